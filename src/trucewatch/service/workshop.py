"""Everything that the corridor works with, in one hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trucewatch.evidence import Signer, TileLog
from trucewatch.report import NamedPlace
from trucewatch.service.ports import Inbox, Outbox, Progress, Register
from trucewatch.service.sealing import FileState
from trucewatch.service.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """A mission that is open for work."""

    texts: Texts
    inbox: Inbox
    outbox: Outbox
    register: Register
    log: TileLog
    signer: Signer
    secret: bytes
    """from which the salts of the commitments are derived"""
    places: tuple[NamedPlace, ...]
    progress: Progress
    file_states: Callable[[], tuple[FileState, ...]]
    """hash everything that a seal covers: publications, rejected inputs, the store"""
    write_seal: Callable[[bytes], None]
    """keep the seal in one step; nothing happens where the bytes are the same"""
