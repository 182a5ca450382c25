"""What no longer stands is retired by a record of its own, so that the log shows when and why it went."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from trucewatch.model.ids import content_id
from trucewatch.model.instant import rfc3339
from trucewatch.model.register import NewRecord, Record
from trucewatch.model.wire import to_bytes
from trucewatch.service.ports import Transaction

RETIREMENT = "retirement"


def retire(tx: Transaction, kind: str, record_id: str, *, why: str, at_utc: datetime) -> None:
    """Retire the current record of an id; its line stays for ever, and this says that it no longer counts."""
    note = to_bytes({"kind": kind, "id": record_id, "why": why, "at_utc": rfc3339(at_utc)})
    tx.append(
        NewRecord(kind=RETIREMENT, id=content_id("ret", note), payload=note, refs=(record_id,), type=kind),
        at_utc=at_utc,
    )
    tx.retire(kind, record_id)
    # A note of an event does not stand for anything; left current, the same one could not be written a second time.
    tx.retire(RETIREMENT, content_id("ret", note))


def standing(records: Iterable[Record]) -> dict[tuple[str, str], int]:
    """Say from the records alone which revision of each id stands, as its place in the log, by kind and id.

    An id's last record stands unless it was retired after it; a retirement itself never stands.
    """
    stands: dict[tuple[str, str], int] = {}
    for r in records:
        if r.kind != RETIREMENT:
            stands[r.kind, r.id] = r.seq
            continue
        note = json.loads(r.payload)
        stands.pop((note["kind"], note["id"]), None)
    return stands
