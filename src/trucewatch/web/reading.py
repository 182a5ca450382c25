"""The mission as pages see it: read when something changed, kept until something changes again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from trucewatch.evidence import Checkpoint, DirectoryDisk, EvidenceError, LogReader, Verifier, open_checkpoint
from trucewatch.model.errors import TrucewatchError
from trucewatch.model.register import Record
from trucewatch.service.dossier import Proof, proof_of
from trucewatch.service.lookup import Overview, overview
from trucewatch.service.ports import Inbox, Register
from trucewatch.service.texts import OPTIONAL, REQUIRED
from trucewatch.store import Inbox as FolderInbox
from trucewatch.store import Outbox, SqliteRegister
from trucewatch.wiring import MissionFolder, clock, load_texts, read_places

T = TypeVar("T")
Version = tuple[tuple[str, int, int], ...]
"""name, size and time of change of every file that a page rests on"""
KEPT = 256
"""drawings and grids that are kept"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Reading:
    """One look at the mission."""

    version: Version
    view: Overview
    register: Register
    inbox: Inbox


class MissionReader:
    """Opens a mission for each request and remembers what is costly to make, as long as nothing changed."""

    def __init__(self, folder: MissionFolder) -> None:
        folder.require()
        self.folder = folder
        self._lock = threading.Lock()
        self._view: tuple[Version, Overview] | None = None
        self._made: OrderedDict[Hashable, Any] = OrderedDict()

    @contextmanager
    def open(self) -> Iterator[Reading]:
        """Open the register for reading; what a run wrote meanwhile is there.

        Raises:
            TrucewatchError: where nothing was run yet or the mission's files are not in order.
        """
        version = self.version()
        if not self.folder.store.is_file():
            root = self.folder.root
            raise TrucewatchError(f"{root}: nothing was run yet; `trucewatch run {root}` does it")
        register = SqliteRegister(self.folder.store, read_only=True)
        try:
            view = self._current(version, register)
            inbox = FolderInbox(self.folder.root / "inbox")
            yield Reading(version=version, view=view, register=register, inbox=inbox)
        finally:
            register.seal()

    def _current(self, version: Version, register: Register) -> Overview:
        """Return the kept view, or read it anew; others wait meanwhile rather than read the same twice."""
        with self._lock:
            if self._view is None or self._view[0] != version:
                texts = load_texts(self.folder)
                places = read_places(self.folder, texts.mission)
                view = overview(texts, register, now_utc=clock(texts, None), places=places)
                self._view = (version, view)
                self._made.clear()
            return self._view[1]

    def kept(self, reading: Reading, name: Hashable, make: Callable[[], T]) -> T:
        """Return what was made under a name since the mission last changed, or make it now."""
        key = (reading.version, name)
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                found: T = self._made[key]
                return found
        made = make()
        with self._lock:
            self._made[key] = made
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        return made

    def version(self) -> Version:
        """Name the present state of everything that a page rests on."""
        f = self.folder
        paths = [f.store, f.store.with_name(f.store.name + "-wal"), f.log / "checkpoint"]
        paths += [f.root / name for name in (*REQUIRED, *OPTIONAL)]
        return tuple(state for path in paths if (state := _state(path)) is not None)

    def published(self, path: str) -> bytes | None:
        """Return the bytes of a published file, None where it is not there; links are not followed."""
        return Outbox(self.folder.root / "out", self.folder.root / "rejected").read(path)

    def checkpoint(self) -> Checkpoint:
        """Open the log's signed checkpoint with the key that lies in the folder.

        Raises:
            TrucewatchError: where there is none or its signature does not hold.
        """
        f = self.folder
        try:
            verifier = Verifier.from_vkey(f.public_key.read_text(encoding="utf-8").strip())
            return open_checkpoint((f.log / "checkpoint").read_bytes(), verifier)
        except (OSError, EvidenceError) as error:
            raise TrucewatchError(f"the log's checkpoint cannot be used: {error}") from error

    def proof(self, record: Record) -> Proof:
        """Prove that a record is in the log.

        Raises:
            TrucewatchError: where it is not, or not yet.
        """
        checkpoint = self.checkpoint()
        return proof_of(LogReader(DirectoryDisk(self.folder.log), checkpoint.size), checkpoint, record)


def _state(path: Path) -> tuple[str, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (path.name, found.st_size, found.st_mtime_ns) if found.st_size else None
