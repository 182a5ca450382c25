"""A mission's folders: raw files come in unfollowed and unchanged, publications go out whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from trucewatch.store.errors import StoreError

DRAFT_ENDING = ".part"
"""of a hidden file that becomes the real one when it is whole"""


class Inbox:
    """The raw files under one folder; links, devices and pipes are not followed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all plain files, relative, with "/", sorted by code point.

        Raises:
            StoreError: where the folder is missing or a part of it cannot be read.
        """
        return tuple(sorted(path for path, why in self._walk() if not why))

    def skipped(self) -> tuple[tuple[str, str], ...]:
        """Return what lies in the folder but is not taken in, each with the reason in words, sorted by path."""
        return tuple(sorted((path, why) for path, why in self._walk() if why))

    def open(self, path: str) -> BinaryIO:
        """Open one for reading from its start.

        Raises:
            StoreError: where the path leads outside, through a link, or to no plain file.
        """
        place = _inside(self._root, path)
        try:
            # Without O_NONBLOCK a pipe that was put there meanwhile would hold the run for ever.
            handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as problem:
            raise StoreError(f"{place}: cannot be opened: {problem.strerror}") from problem
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise StoreError(f"{place}: is not a plain file")
        return os.fdopen(handle, "rb")

    def _walk(self) -> Iterator[tuple[str, str]]:
        for folder, folders, names in os.walk(self._root, onerror=_unreadable):
            linked = [name for name in folders if Path(folder, name).is_symlink()]
            for name in (*names, *linked):
                place = Path(folder, name)
                relative = place.relative_to(self._root).as_posix()
                yield os.fsencode(relative).decode(errors="backslashreplace"), _why_not(place, relative)


class Outbox:
    """Publications under one folder, what could not be read under another."""

    def __init__(self, root: Path, rejected: Path) -> None:
        """Name the folders; they are made at the first write.

        Args:
            root: where publications go.
            rejected: where inputs go that could not be read.
        """
        self._root = root
        self._rejected = rejected

    def write(self, path: str, content: bytes) -> None:
        """Write one file, replacing it in one step; nothing happens where the bytes are the same.

        Raises:
            StoreError: where the path leads outside or the disk refuses.
        """
        if self.read(path) != content:
            _replace(_inside(self._root, path), (content,))

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is none."""
        place = _inside(self._root, path)
        return place.read_bytes() if place.is_file() and not place.is_symlink() else None

    def reject(self, path: str, content: Iterable[bytes], reason: str) -> None:
        """Keep what could not be read under its own path, and the reason as `PATH.reason.txt` beside it.

        # LIMIT: an input that itself ends in ".reason.txt" shares its name with its neighbour's reason.
        """
        place = _inside(self._rejected, path)
        _replace(place, content)
        _replace(place.with_name(place.name + ".reason.txt"), (reason.rstrip().encode() + b"\n",))

    def take_back(self, path: str) -> None:
        """Remove what `reject` kept under a path, once it could be read after all."""
        place = _inside(self._rejected, path)
        for kept in (place, place.with_name(place.name + ".reason.txt")):
            kept.unlink(missing_ok=True)


def _unreadable(problem: OSError) -> None:
    raise StoreError(f"{problem.filename}: cannot be read: {problem.strerror}") from problem


def _why_not(place: Path, relative: str) -> str:
    """Say why a file is not taken in; "" where it is."""
    mode = place.lstat().st_mode
    if stat.S_ISLNK(mode):
        return "a link is not followed"
    if not stat.S_ISREG(mode):
        return "not a plain file"
    if place.name.startswith(".") and place.name.endswith(DRAFT_ENDING):
        return "a draft that is still being written"
    try:
        relative.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8; rename it"
    return ""


def _inside(root: Path, path: str) -> Path:
    """Join a relative path to a folder.

    Raises:
        StoreError: where it would leave the folder, itself or through a linked folder.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\0" in path:
        raise StoreError(f"{path!r}: is not a path inside {root}")
    place = root.joinpath(*parts)
    for folder in (root.joinpath(*parts[:n]) for n in range(1, len(parts))):
        if folder.is_symlink():
            raise StoreError(f"{place}: leads through the link {folder}")
    return place


def _replace(place: Path, content: Iterable[bytes]) -> None:
    """Write beside the place, bring it to the disk, rename over it, bring the folder to the disk.

    After a failed sync nothing is read back or tried again: what the disk then holds is not known.
    """
    draft = place.with_name(f".{place.name}{DRAFT_ENDING}")
    try:
        _make_folders(place.parent)
        draft.unlink(missing_ok=True)
        with draft.open("xb") as file:
            for piece in content:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
        _sync_folder(place.parent)
    except OSError as problem:
        raise StoreError(f"{place}: cannot be written: {problem.strerror}") from problem


def _make_folders(folder: Path) -> None:
    """Make a folder and those above it, each new one brought to the disk in its parent."""
    missing = []
    for step in (folder, *folder.parents):
        if step.is_dir():
            break
        missing.append(step)
    for step in reversed(missing):
        step.mkdir(exist_ok=True)
        _sync_folder(step.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
