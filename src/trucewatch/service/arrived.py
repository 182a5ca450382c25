"""What lies in the inbox, hashed, and what a reader has to know of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from trucewatch.model.ids import content_id
from trucewatch.observe import ReadContext
from trucewatch.service.ports import Inbox
from trucewatch.service.texts import Texts

CHUNK_BYTES = 1 << 20
MAX_SIDECAR_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One file of the inbox, hashed."""

    path: str
    id: str
    sha256: str
    size: int
    sidecar: bytes | None


def context_of(texts: Texts, *, path: str, input_id: str, sidecar: bytes | None, now_utc: datetime) -> ReadContext:
    """Say to a reader where it is."""
    return ReadContext(
        source=path,
        input_id=input_id,
        area=texts.mission.area,
        network=texts.network,
        now_utc=now_utc,
        time_zone=texts.mission.time_zone,
        sidecar=sidecar,
    )


def identify(inbox: Inbox, path: str, sidecar_path: str | None) -> Arrived:
    """Hash a file; where it has a sidecar, both make its identity."""
    own, size = _digest(inbox, path)
    beside = b"" if sidecar_path is None else _digest(inbox, sidecar_path)[0]
    sidecar = read_sidecar(inbox, sidecar_path)
    return Arrived(path=path, id=content_id("inp", own + beside), sha256=own.hex(), size=size, sidecar=sidecar)


def read_sidecar(inbox: Inbox, path: str | None) -> bytes | None:
    """Read what lies beside a recording, as far as any honest one goes."""
    if path is None:
        return None
    with inbox.open(path) as stream:
        return stream.read(MAX_SIDECAR_BYTES)


def _digest(inbox: Inbox, path: str) -> tuple[bytes, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks_of(inbox, path):
        digest.update(chunk)
        size += len(chunk)
    return digest.digest(), size


def chunks_of(inbox: Inbox, path: str) -> Iterator[bytes]:
    """Yield a file's bytes."""
    with inbox.open(path) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk
