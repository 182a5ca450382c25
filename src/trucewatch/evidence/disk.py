"""The one door to files in this room: a tiny Disk, a real one with fsync, and an in-memory twin.

Paths are relative, with forward slashes; "" is the log's own directory.
"""

import fcntl
import os
import weakref
from errno import ELOOP, ENOENT, ENOTDIR
from pathlib import Path
from stat import S_ISREG
from typing import Protocol

from trucewatch.evidence.errors import LogError


class Disk(Protocol):
    """A directory whose writer decides what is durable, and when.

    Guarantee: when `write` returns, the file's bytes survive a power cut, but its name may not until
    `sync_directory(parent)` returns; likewise for a new directory's name, a rename and a removal. After any OSError
    nothing is promised about what was being written, and the caller must not go on from what it reads back.
    """

    def claim(self) -> None:
        """Create the directory where needed and become its only writer; LogError when another holds it."""

    def release(self) -> None:
        """Let another become the writer."""

    def files(self) -> list[str]:
        """Every file at any depth, sorted."""

    def is_regular(self, path: str) -> bool:
        """Whether a listed path is a plain file, neither link nor pipe."""

    def read(self, path: str) -> bytes:
        """All bytes of a regular file; FileNotFoundError when there is none, be it a link or a pipe."""

    def make_directory(self, path: str) -> None:
        """Create one directory whose parent exists; nothing happens when it is there already."""

    def write(self, path: str, data: bytes) -> None:
        """Create or replace a file in place, and make its bytes durable."""

    def rename(self, old: str, new: str) -> None:
        """Give a file a new name, replacing what had it, in one step."""

    def remove(self, path: str) -> None:
        """Remove a file, and the directories above it that this leaves empty."""

    def sync_directory(self, path: str) -> None:
        """Make the names in a directory durable."""


class DirectoryDisk:
    """A Disk on a POSIX file system.

    LIMIT: the lock is advisory and local: on a network file system without working flock two machines could write to
    one log, and the log would then diverge from one of its own checkpoints.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._release: weakref.finalize[[int], DirectoryDisk] | None = None

    def claim(self) -> None:
        """Create the directory durably and take its advisory lock."""
        if self._release is not None:
            return
        missing = [d for d in (self._root, *self._root.parents) if not d.exists()]
        self._root.mkdir(parents=True, exist_ok=True)
        for directory in missing:
            _sync(directory.parent)
        handle = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            raise LogError(f"another writer has the log in {self._root.name!r} open; close it first") from error
        # Closing the handle gives the lock back, also when the owner is dropped without saying so.
        self._release = weakref.finalize(self, os.close, handle)

    def release(self) -> None:
        """Give the lock back."""
        if self._release is not None:
            self._release()
            self._release = None

    def files(self) -> list[str]:
        """List everything that is not a directory, links included: they do not belong in a log either."""
        found = (p for p in self._root.rglob("*") if p.is_symlink() or not p.is_dir())
        return sorted(p.relative_to(self._root).as_posix() for p in found)

    def is_regular(self, path: str) -> bool:
        """Look at the path itself, not at what a link points to."""
        return S_ISREG((self._root / path).lstat().st_mode)

    def read(self, path: str) -> bytes:
        """Read a whole file, following no link and waiting at no pipe."""
        try:
            handle = os.open(self._root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            if error.errno in {ENOENT, ENOTDIR, ELOOP}:
                raise FileNotFoundError(path) from error
            raise
        try:
            if not S_ISREG(os.fstat(handle).st_mode):
                raise FileNotFoundError(path)
            with os.fdopen(handle, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(handle)

    def make_directory(self, path: str) -> None:
        """Create one directory."""
        (self._root / path).mkdir(exist_ok=True)

    def write(self, path: str, data: bytes) -> None:
        """Write all bytes and fsync through the same handle, so that no write error can be missed."""
        handle = os.open(self._root / path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
        try:
            rest = memoryview(data)
            while rest:  # os.write may return short without raising
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        finally:
            os.close(handle)

    def rename(self, old: str, new: str) -> None:
        """Rename within the directory."""
        (self._root / old).replace(self._root / new)

    def remove(self, path: str) -> None:
        """Unlink a file and prune directories left empty."""
        (self._root / path).unlink()
        parent = (self._root / path).parent
        while parent != self._root and not any(parent.iterdir()):
            parent.rmdir()
            parent = parent.parent

    def sync_directory(self, path: str) -> None:
        """Fsync a directory."""
        _sync(self._root / path)


class MemoryDisk:
    """A Disk in memory: the same names and bytes, and nothing survives the process."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        """Bytes by path, open to tests that tamper."""

    def claim(self) -> None:
        """Nobody else can reach this memory."""

    def release(self) -> None:
        """Nothing is held."""

    def files(self) -> list[str]:
        """List all paths."""
        return sorted(self.contents)

    def is_regular(self, path: str) -> bool:
        """Nothing else can be kept here."""
        return path in self.contents

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        if path not in self.contents:
            raise FileNotFoundError(path)
        return self.contents[path]

    def make_directory(self, path: str) -> None:
        """Directories exist where files are."""

    def write(self, path: str, data: bytes) -> None:
        """Keep the bytes."""
        self.contents[path] = bytes(data)

    def rename(self, old: str, new: str) -> None:
        """Move the bytes."""
        self.contents[new] = self.contents.pop(old)

    def remove(self, path: str) -> None:
        """Forget the bytes."""
        del self.contents[path]

    def sync_directory(self, path: str) -> None:
        """Nothing is ever durable here."""


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
