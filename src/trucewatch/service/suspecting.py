"""What does not agree with others, over all that stands: found after fusion, and recorded as it differs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from trucewatch import __version__
from trucewatch.fuse import SUSPICION_METHOD, suspicions
from trucewatch.model.detection import DetectionKind
from trucewatch.model.ids import content_id
from trucewatch.model.register import NewRecord
from trucewatch.model.suspicion import Suspicion
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.service.ports import Progress, Register
from trucewatch.service.retirement import retire
from trucewatch.service.sensing import current_detections
from trucewatch.service.texts import Texts
from trucewatch.service.understanding import current_incidents, fuse_settings, network_of

KIND = "suspicion"
MARK = "suspected"


def suspect(texts: Texts, register: Register, progress: Progress, *, now_utc: datetime) -> int:
    """Find what does not agree with others; returns how many findings stand.

    A mission in which everything agrees is left as it is, byte for byte.
    """
    heard = [d for d in current_detections(register) if d.kind is DetectionKind.ONSET]
    incidents, previous = current_incidents(register), current_suspicions(register)
    if not heard and not previous:
        return 0
    network = network_of(texts, register)
    of_sensors = [(s.id, s.owner, s.place) for s in network.sensors]
    stands = [(i.id, i.revision) for i in incidents]
    basis = (__version__, SUSPICION_METHOD, [d.id for d in heard], stands, of_sensors)
    key = content_id("sus", to_bytes(basis))
    if register.marked(MARK) == key:
        return len(previous)
    progress.start("comparing sensors", None)
    found = suspicions(incidents, heard, network, fuse_settings(texts.mission))
    _record(register, previous, found, now_utc, key)
    progress.finish()
    return len(found)


def current_suspicions(register: Register) -> tuple[Suspicion, ...]:
    """Return everything that stands as not agreeing with others, by time."""
    found = (from_bytes(Suspicion, r.payload) for r in register.current(KIND))
    return tuple(sorted(found, key=lambda s: (str(s.time.start_utc), s.about, s.kind, s.id)))


def suspicions_of(register: Register, incident_id: str) -> tuple[Suspicion, ...]:
    """Return those that an incident rests on."""
    return tuple(s for s in current_suspicions(register) if incident_id in s.incident_ids)


def _record(
    register: Register, previous: Sequence[Suspicion], found: Sequence[Suspicion], now_utc: datetime, key: str
) -> None:
    gone = sorted({s.id for s in previous} - {s.id for s in found})
    with register.transaction() as tx:
        for one in found:
            tx.append(_line(one), at_utc=now_utc)
        for name in gone:
            retire(tx, KIND, name, why="the detections no longer say so", at_utc=now_utc)
        tx.mark(MARK, key)


def _line(found: Suspicion) -> NewRecord:
    return NewRecord(
        kind=KIND,
        id=found.id,
        payload=to_bytes(found),
        refs=found.incident_ids[:16],
        time=found.time,
        type=found.kind.value,
    )
