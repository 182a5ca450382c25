"""A mission opened for work or for reading: store, log, keys, clock, progress."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from trucewatch.evidence import DirectoryDisk, TileLog
from trucewatch.model.errors import TrucewatchError
from trucewatch.service.ports import Progress
from trucewatch.service.texts import Texts
from trucewatch.service.workshop import Workshop
from trucewatch.store import Inbox, Outbox, SqliteRegister
from trucewatch.wiring.folder import MissionFolder, replace_file
from trucewatch.wiring.keys import keys_of
from trucewatch.wiring.sealed import file_states
from trucewatch.wiring.texts import classifier_of, load_texts, read_places


class Quiet:
    """Progress that nobody watches."""

    def start(self, step: str, total: int | None) -> None:
        """Say nothing."""

    def advance(self, units: int = 1) -> None:
        """Say nothing."""

    def finish(self) -> None:
        """Say nothing."""


def clock(texts: Texts, now: str | None) -> datetime:
    """Return the moment at which work is done: the one given, the mission's replayed clock, or the real clock.

    Raises:
        TrucewatchError: where the text given is no time with a zone.
    """
    if now is None:
        return texts.mission.clock_utc or datetime.now(UTC).replace(microsecond=0)
    return moment(now, "--now")


def moment(text: str, option: str) -> datetime:
    """Read a time that a person gave.

    Raises:
        TrucewatchError: naming the option, where the text is no time with a zone.
    """
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise TrucewatchError(f"{option} {text!r}: expected a time such as 2025-08-13T12:00:00Z") from error
    if given.tzinfo is None:
        raise TrucewatchError(f"{option} {text!r} has no zone; expected a time such as 2025-08-13T12:00:00Z")
    return given.astimezone(UTC)


@contextmanager
def open_workshop(folder: MissionFolder, progress: Progress | None = None) -> Iterator[Workshop]:
    """Open a mission for work, alone; closes register and log at the end.

    Raises:
        InvalidMission: where its files are not in order.
        StoreError, EvidenceError: where store or log cannot be used or another run has them.
    """
    texts = load_texts(folder)
    texts = replace(texts, classifier=classifier_of(folder, texts.mission))
    signer, secret = keys_of(folder, texts.mission)
    folder.store.parent.mkdir(parents=True, exist_ok=True)
    (folder.root / "inbox").mkdir(exist_ok=True)
    with TileLog(DirectoryDisk(folder.log), signer) as log:
        # Only now: a key that the log does not take must not replace the public key of the one that signed it.
        replace_file(folder.public_key, signer.verifier.vkey.encode() + b"\n")
        register = SqliteRegister(folder.store)
        try:
            yield Workshop(
                texts=texts,
                inbox=Inbox(folder.root / "inbox"),
                outbox=Outbox(folder.root / "out", folder.root / "rejected"),
                register=register,
                log=log,
                signer=signer,
                secret=secret,
                places=read_places(folder, texts.mission),
                progress=progress or Quiet(),
                file_states=lambda: tuple(file_states(folder).values()),
                write_seal=lambda content: replace_file(folder.seal, content),
            )
        finally:
            register.seal()


@contextmanager
def open_reading(folder: MissionFolder) -> Iterator[tuple[Texts, SqliteRegister]]:
    """Open a mission for reading, also while a run is at work.

    Raises:
        TrucewatchError: where nothing has been run yet.
    """
    texts = load_texts(folder)
    if not folder.store.is_file():
        raise TrucewatchError(f"{folder.root}: nothing was run yet; `trucewatch run {folder.root}` does it")
    register = SqliteRegister(folder.store, read_only=True)
    try:
        yield texts, register
    finally:
        register.seal()
