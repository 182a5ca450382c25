"""The rows of the sections on effort, zones, notified activity, access, disputes, clocks and what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from trucewatch.model.agreement import NotifiedActivity
from trucewatch.model.effort import Outage
from trucewatch.model.instant import Interval
from trucewatch.model.vocabulary import ObserverKind, SensorState
from trucewatch.report.daybook import DayBook
from trucewatch.report.deciding import CERTAIN
from trucewatch.report.digest import Digest
from trucewatch.report.words import (
    STATE,
    capital,
    hours_text,
    interval_text,
    length_text,
    observer_text,
    share_text,
    utc_text,
)

INTERFERENCE = frozenset({SensorState.JAMMED, SensorState.DAMAGED, SensorState.POWER_CUT, SensorState.VANDALISED})
"""states that somebody may have caused: they are reported with access, without saying who"""
SILENCE_KINDS = frozenset({"window_of_silence", "repair"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EffortRow:
    """Sensors of one kind."""

    kind: str
    n_sensors: int
    n_throughout: int
    hours: str
    share: str


def effort_rows(book: DayBook) -> tuple[EffortRow, ...]:
    """Add up the effort by kind of sensor."""
    rows = []
    for kind in ObserverKind:
        mine = [s for s in book.effort.sensors if s.kind is kind]
        if mine:
            operational, tasked = sum(s.operational_s for s in mine), sum(s.tasked_s for s in mine)
            rows.append(
                EffortRow(
                    kind=capital(observer_text(kind, len(mine))),
                    n_sensors=len(mine),
                    n_throughout=sum(1 for s in mine if not s.outages),
                    hours=f"{hours_text(operational)} of {hours_text(tasked)}",
                    share=share_text(operational / tasked) if tasked else "not tasked",
                )
            )
    return tuple(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageRow:
    """One stretch in which one sensor could not watch."""

    sensor_id: str
    state: str
    local: str
    utc: str
    reason: str


def outage_rows(digest: Digest, states: frozenset[SensorState] | None = None) -> tuple[OutageRow, ...]:
    """List outages by sensor and time, all of them or those in some states."""
    found = [o for s in digest.book.effort.sensors for o in s.outages if states is None or o.state in states]
    found.sort(key=lambda o: (o.sensor_id, "" if o.time.start_utc is None else o.time.start_utc.isoformat()))
    return tuple(_outage_row(digest, o) for o in found)


def _outage_row(digest: Digest, outage: Outage) -> OutageRow:
    start = "" if outage.time.start_utc is None else utc_text(outage.time.start_utc)
    end = "" if outage.time.end_utc is None else utc_text(outage.time.end_utc)
    return OutageRow(
        sensor_id=outage.sensor_id,
        state=STATE[outage.state],
        local=interval_text(outage.time, digest.zone),
        utc=f"{start or 'before'} to {end or 'now'}",
        reason=outage.reason or "no reason given",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRow:
    """How the day's incidents lie against the zones of one term."""

    article: str
    zones: str
    inside: int
    open: int
    outside: int


def zone_rows(digest: Digest) -> tuple[ZoneRow, ...]:
    """Count, for every term with zones, incidents inside, indeterminate and outside (at 95 %)."""
    agreement = digest.book.agreement
    names = {z.id: z.name for z in agreement.zones}
    rows = []
    for term in agreement.terms:
        p = [a.p_inside for found in digest.assessments.values() for a in found if a.term_id == term.id]
        known = [x for x in p if x is not None]
        if (term.zone_ids or term.outside_zone_ids) and known:
            inside, outside = sum(x >= CERTAIN for x in known), sum(x <= 1 - CERTAIN for x in known)
            rest = len(known) - inside - outside
            said = [names.get(z, z) for z in term.zone_ids] + [f"not {names.get(z, z)}" for z in term.outside_zone_ids]
            row = ZoneRow(article=term.article, zones=", ".join(said), inside=inside, open=rest, outside=outside)
            rows.append(row)
    return tuple(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifiedRow:
    """One notified activity of the period."""

    id: str
    what: str
    notifier: str
    where: str
    when: str
    declared: str
    acknowledged: str
    incidents: tuple[tuple[str, int], ...]
    """(id, number) of the incidents that it explains"""


def notified_rows(digest: Digest, *, silence: bool) -> tuple[NotifiedRow, ...]:
    """List the activities whose time touches the period: windows of silence and repairs, or all others."""
    period = digest.book.period
    mine = [n for n in digest.book.notified if (n.kind in SILENCE_KINDS) is silence]
    touching = [n for n in mine if _with_margin(n).overlap_s(period) > 0]
    return tuple(_notified_row(digest, n) for n in sorted(touching, key=lambda n: (_start(n.time), n.id)))


def _with_margin(n: NotifiedActivity) -> Interval:
    margin = timedelta(seconds=n.margin_s)
    start, end = n.time.start_utc, n.time.end_utc
    return Interval(start_utc=None if start is None else start - margin, end_utc=None if end is None else end + margin)


def _start(interval: Interval) -> str:
    return "" if interval.start_utc is None else interval.start_utc.isoformat()


def _notified_row(digest: Digest, n: NotifiedActivity) -> NotifiedRow:
    declared = [
        "" if n.max_count is None else f"at most {n.max_count} events",
        "" if n.charge_kg is None else f"{n.charge_kg:g} kg",
        f"within {length_text(n.radius_m)}",
    ]
    waiting = [a.recipient for a in n.acknowledgements if not a.at]
    done = [f"{a.recipient} ({a.at})" for a in n.acknowledgements if a.at]
    return NotifiedRow(
        id=n.id,
        what=capital(n.kind.replace("_", " ")),
        notifier=digest.party(n.notifier),
        where=digest.gazetteer.phrase(n.place.lon_deg, n.place.lat_deg),
        when=interval_text(n.time, digest.zone),
        declared=", ".join(d for d in declared if d),
        acknowledged="; ".join(done + [f"{w}: not acknowledged" for w in waiting]) or "nobody was asked",
        incidents=tuple(
            (i.id, digest.number[i.id])
            for i in digest.incidents
            if any(a.exempted_by == n.id for a in digest.assessments[i.id])
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRow:
    """What a party submitted on a case, or where reviewers differed."""

    incident_id: str
    number: int
    when: str
    kind: str
    by: str
    text: str


def comment_rows(digest: Digest) -> tuple[CommentRow, ...]:
    """List submissions of parties and dissents on the incidents of the period."""
    rows = []
    for case in sorted(digest.book.cases, key=lambda c: digest.number.get(c.id, 0)):
        number = digest.number.get(case.id)
        if number is None:
            continue
        for c in case.comments:
            said = {"when": utc_text(c.at_utc), "kind": "submission", "by": digest.party(c.actor), "text": c.reason}
            rows.append(CommentRow(incident_id=case.id, number=number, **said))
        if case.finding is not None:
            when = utc_text(case.finding.found_utc)
            rows += [
                CommentRow(incident_id=case.id, number=number, when=when, kind="dissent", by="a reviewer", text=d)
                for d in case.finding.dissents
            ]
    return tuple(rows)
