"""What no longer stands is retired by a record of its own, so that the log shows when and why it went."""

from __future__ import annotations

from datetime import datetime

from trucewatch.model.ids import content_id
from trucewatch.model.instant import rfc3339
from trucewatch.model.register import NewRecord
from trucewatch.model.wire import to_bytes
from trucewatch.service.ports import Transaction


def retire(tx: Transaction, kind: str, record_id: str, *, why: str, at_utc: datetime) -> None:
    """Retire the current record of an id; its line stays for ever, and this says that it no longer counts."""
    note = to_bytes({"kind": kind, "id": record_id, "why": why, "at_utc": rfc3339(at_utc)})
    tx.append(
        NewRecord(kind="retirement", id=content_id("ret", note), payload=note, refs=(record_id,), type=kind),
        at_utc=at_utc,
    )
    tx.retire(kind, record_id)
