"""The summary: at most eight sentences, the effort first and no count without it."""

from __future__ import annotations

from trucewatch.model.vocabulary import ObservationType, VerificationFinding
from trucewatch.report.clocks import clock_rows
from trucewatch.report.daybook import DayBook
from trucewatch.report.digest import Digest, Outcome
from trucewatch.report.sections import notified_rows
from trucewatch.report.tally import incidents_text, tally
from trucewatch.report.words import STATE, hours_text, listed, number, share_text

MOST = 8
_NAMED_OUTAGES = 6


def bullets(digest: Digest) -> tuple[str, ...]:
    """Write the summary of the day."""
    found = (
        effort_bullet(digest.book),
        _outage_bullet(digest.book),
        _violation_bullet(digest),
        _comparison_bullet(digest),
        _open_bullet(digest),
        _notified_bullet(digest),
        _verification_bullet(digest),
        _after_bullet(digest),
    )
    return tuple(b for b in found if b)[:MOST]


def effort_text(book: DayBook) -> str:
    """Say how many sensor-hours were watched: "170.2 h of 192.0 h sensor-hours (89 %)"."""
    operational = sum(s.operational_s for s in book.effort.sensors)
    tasked = sum(s.tasked_s for s in book.effort.sensors)
    if tasked <= 0:
        return "no sensor-hours tasked"
    return f"{operational / 3600:,.1f} of {tasked / 3600:,.1f} sensor-hours ({share_text(operational / tasked)})"


def passes_text(n: int) -> str:
    """Say how many satellite overpasses gave data; one that saw nothing leaves none."""
    if n == 0:
        return "no satellite overpass of known time with data"
    return f"{number(n)} satellite overpass{'' if n == 1 else 'es'} with data"


def effort_bullet(book: DayBook) -> str:
    """Say what was watched before anything that was counted."""
    n, whole = len(book.effort.sensors), sum(1 for s in book.effort.sensors if not s.outages)
    passes = book.effort.overpasses
    words = f"Effort: {number(whole)} of {number(n)} sensors operational throughout, {effort_text(book)}"
    words += f"; {passes_text(passes)}."
    shares = [f"{s.label}: {share_text(s.p_mean, s.p_low, s.p_high, estimated=True)}" for s in book.effort.shares[:2]]
    return words + (f" Estimated share of events noticed: {'; '.join(shares)}." if shares else "")


def _outage_bullet(book: DayBook) -> str:
    out = [(s.sensor_id, s.outages[0]) for s in sorted(book.effort.sensors, key=lambda s: s.sensor_id) if s.outages]
    if not out:
        return ""
    named = [f"{sensor} ({STATE[o.state]})" for sensor, o in out[:_NAMED_OUTAGES]]
    more = [f"{number(len(out) - len(named))} more"] if len(out) > len(named) else []
    return f"Not operational for part of the period: {listed(named + more)}; see Annex C."


def _violation_bullet(digest: Digest) -> str:
    found = digest.having(Outcome.VIOLATION)
    if not found:
        return f"No incident was assessed as a violation, with {effort_text(digest.book)} observed."
    explosions = tally(i for i in found if i.kind is ObservationType.EXPLOSION)
    words = f"Events assessed as violations: {tally(found).text()}, with {effort_text(digest.book)} observed"
    return words + f"; explosions among them: {explosions.text()}."


def _comparison_bullet(digest: Digest) -> str:
    before = digest.book.previous
    now = tally(i for i in digest.incidents if i.kind is ObservationType.EXPLOSION)
    hours = hours_text(sum(s.operational_s for s in digest.book.effort.sensors))
    this = f"{incidents_text(len(digest.incidents))} and {number(now.best)} explosions on {hours} of sensor time"
    if before is None:
        return f"All recorded, whatever the assessment: {this}. There is no earlier period to compare with."
    that = f"{incidents_text(before.n_incidents)} and {number(before.n_explosions)} explosions"
    return f"All recorded, whatever the assessment: {this}; previous period: {that} on {before.operational_h:,.1f} h."


def _open_bullet(digest: Digest) -> str:
    n = len(digest.having(Outcome.INDETERMINATE))
    return f"Indeterminate: {incidents_text(n)}; section 4 says what would decide." if n else ""


def _notified_bullet(digest: Digest) -> str:
    rows = notified_rows(digest, silence=False)
    n = len(digest.having(Outcome.NOTIFIED))
    if not rows and not n:
        return ""
    matched = sum(1 for r in rows if r.incidents)
    return (
        f"Notified activities in the period: {len(rows)}, of which {matched} matched what was recorded; "
        f"{incidents_text(n)} explained by notification or assessed as an exercise, listed separately."
    )


def _verification_bullet(digest: Digest) -> str:
    stands = [digest.finding(i) for i in digest.incidents]
    verified = sum(f in (VerificationFinding.CONFIRMED, VerificationFinding.REASONABLE_GROUNDS) for f in stands)
    pending = sum(f is None for f in stands)
    rest = len(stands) - verified - pending
    if not stands:
        return ""
    return (
        f"Verification: {verified} verified, {pending} without a finding yet, {rest} with another finding (section 4)."
    )


def _after_bullet(digest: Digest) -> str:
    n_clocks, n_corrections = len(clock_rows(digest)), len(digest.book.corrections)
    parts = []
    if n_clocks:
        parts.append(f"{n_clocks} commitment clock{'' if n_clocks == 1 else 's'} (section 15)")
    if n_corrections:
        parts.append(f"{n_corrections} correction{'' if n_corrections == 1 else 's'} to earlier versions (Annex D)")
    return f"Running and changed: {listed(parts)}." if parts else ""
