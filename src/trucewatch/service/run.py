"""The main job, in its order: take in, detect, fuse, assess, publish, seal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trucewatch.model.errors import RuleViolation
from trucewatch.model.instant import rfc3339
from trucewatch.model.publication import Publication
from trucewatch.model.register import NewRecord
from trucewatch.model.wire import to_bytes
from trucewatch.service.ingest import Intake, ingest
from trucewatch.service.publish import publish
from trucewatch.service.retirement import retire
from trucewatch.service.sealing import Seal, log_new, write_seal
from trucewatch.service.sensing import sense
from trucewatch.service.suspecting import suspect
from trucewatch.service.texts import TextFile
from trucewatch.service.tracking import follow_all
from trucewatch.service.understanding import Understood, understand
from trucewatch.service.workshop import Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What a run did."""

    intake: Intake
    n_sensed: int
    """detection steps that had to be done"""
    n_detections: int
    understood: Understood
    publications: tuple[Publication, ...]
    """new ones only"""
    n_records: int
    n_new_records: int
    log_size: int
    root: str
    """hexadecimal"""
    n_tracks: int = 0
    """of what moves"""
    n_suspicions: int = 0
    """sensors, owners and regions that do not agree with others"""


def run(shop: Workshop, *, now_utc: datetime, processes: int = 1) -> RunSummary:
    """Take in everything new, process it and publish what changed.

    Every step is recorded in the register and then in the log before the next one begins. A run that stops anywhere
    is continued by the next one; a run that finds nothing new changes no byte.

    Args:
        shop: the mission.
        now_utc: when.
        processes: that share fusion; how many changes no byte.

    Raises:
        RuleViolation: where now_utc lies before the last record; the log may not go back in time.
    """
    before = len(shop.register)
    require_forward(shop, now_utc)
    log_new(shop.register, shop.log, shop.secret)
    _record_texts(shop, shop.texts.files, now_utc)
    intake = ingest(shop.texts, shop.inbox, shop.outbox, shop.register, shop.progress, now_utc=now_utc)
    log_new(shop.register, shop.log, shop.secret)
    n_sensed = sense(shop.texts, shop.inbox, shop.register, shop.progress, now_utc=now_utc)
    understood = understand(shop.texts, shop.register, shop.progress, now_utc=now_utc, processes=processes)
    n_suspicions = suspect(shop.texts, shop.register, shop.progress, now_utc=now_utc)
    n_tracks = follow_all(shop.texts, shop.register, shop.progress, now_utc=now_utc)
    log_new(shop.register, shop.log, shop.secret)
    publications = publish(shop, now_utc=now_utc)
    finish(shop)
    return RunSummary(
        intake=intake,
        n_sensed=n_sensed,
        n_detections=sum(1 for _ in shop.register.current("detection")),
        understood=understood,
        publications=publications,
        n_records=len(shop.register),
        n_new_records=len(shop.register) - before,
        log_size=shop.log.size,
        root=shop.log.root.hex(),
        n_tracks=n_tracks,
        n_suspicions=n_suspicions,
    )


def finish(shop: Workshop) -> None:
    """Log what is left, bring the store to rest and seal the mission's files."""
    log_new(shop.register, shop.log, shop.secret)
    shop.log.sweep()
    shop.register.seal()
    seal = Seal(origin=shop.signer.name, log_size=shop.log.size, files=shop.file_states())
    shop.write_seal(write_seal(seal, shop.signer))


def require_forward(shop: Workshop, now_utc: datetime) -> None:
    """Refuse a clock that lies before the last record.

    Raises:
        RuleViolation: with both times.
    """
    n = len(shop.register)
    for record in shop.register.records(start=max(0, n - 1)):
        if now_utc < record.received_utc:
            raise RuleViolation(
                f"the clock says {rfc3339(now_utc)}, but the last record was received "
                f"{rfc3339(record.received_utc)}; a log may not go back in time"
            )


def _record_texts(shop: Workshop, files: Sequence[TextFile], now_utc: datetime) -> None:
    with shop.register.transaction() as tx:
        for f in files:
            tx.append(NewRecord(kind="mission_text", id=f.name, payload=to_bytes(f)), at_utc=now_utc)
        for gone in sorted({r.id for r in shop.register.current("mission_text")} - {f.name for f in files}):
            retire(tx, "mission_text", gone, why="the file is no longer in the mission folder", at_utc=now_utc)
