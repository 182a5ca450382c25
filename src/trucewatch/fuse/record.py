"""How often claims of a sort were right, on simulated days whose world departs from what fusion takes for granted.

A sum of log-odds is right where its laws are. It cannot know what they leave out: arrivals of two events that agree by
chance, a place that a wrong clock moved, a series told twice because the rounds between were not heard. So each claim
is held against the record of its sort, as forecasts of weather are. The record is a curve from the sum of log-odds to
how often claims of that sort and sum were right (`record_table`); it never falls, so more evidence never makes less
sure, and between its knots, in log-odds, it is straight.

References:
    Zadrozny & Elkan 2002, KDD, 694 (isotonic calibration); Platt 1999, Advances in Large Margin Classifiers, 61 (counts
    held off nought and one).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from trucewatch.fuse.apart import between, squared_sigmas
from trucewatch.fuse.existence import Term, log_odds, probability, stands_alone
from trucewatch.fuse.part import BANGS, GUNFIRE, Part
from trucewatch.fuse.record_table import RECORDED
from trucewatch.fuse.scatter import FALL_M
from trucewatch.fuse.track_kinds import FOLLOWED
from trucewatch.model.detection import DetectionKind
from trucewatch.model.incident import Incident
from trucewatch.model.place import Place
from trucewatch.model.series import longest_pause_s
from trucewatch.model.vocabulary import ObservationType

BESIDE = "beside a surer one"
"""sort of a claim with a surer one of about the same place and time beside it"""
_WELL_HEARD = {"arrivals at 9 or more"}
OTHERS = "any sort"
"""record of sorts that were too rare for one of their own"""
_SLOPE = 0.005
"""so that more evidence makes a little surer even where the record is level"""
_BESIDE2 = 13.8
"""squared sigmas within which two claims may be of one place, 99.9 per cent"""
_PAUSES = 4.0
"""within so many of the longest pauses of one incident, two claims of one place may be one whose rounds were missed"""
_SOUNDING = BANGS | GUNFIRE | {ObservationType.MUZZLE_FLASH}
_DEGREE_M = 111_320.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How claims of one sort fared."""

    sort: str
    n: int
    n_right: int
    at: tuple[float, ...]
    """sums of log-odds, ascending"""
    right: tuple[float, ...]
    """log-odds of being right at each, never falling"""

    def log_odds(self, total: float) -> float:
        """Return the log-odds of being right of claims with a sum; below the first knot they fall with it."""
        level = float(np.interp(total, self.at, self.right)) - max(0.0, self.at[0] - total)
        return level + _SLOPE * (total - self.at[-1])

    def sentence(self) -> str:
        """Return it in words."""
        said = f"{self.n_right} of {self.n} such claims ({self.sort})"
        return f"held against its record: {said} were right on simulated days"


RECORDS = {
    sort: Record(sort=sort, n=n, n_right=n_right, at=at, right=right)
    for sort, (n, n_right, at, right) in RECORDED.items()
}


def held_against(incidents: Sequence[Incident], sorts: Sequence[str]) -> list[Incident]:
    """Return incidents as sure as claims of their sort were right; those without a place, or a record, as they are.

    Args:
        incidents: as fusion made them.
        sorts: of each, from `sort_of`.
    """
    rows = zip(incidents, told_beside(incidents, sorts), strict=True)
    return [_held(i, RECORDS.get(sort, RECORDS.get(OTHERS))) for i, sort in rows]


def told_beside(incidents: Sequence[Incident], sorts: Sequence[str]) -> list[str]:
    """Return the sorts with those that may be a part of another incident told apart.

    What many sensors agree on is no part of another of which they missed the rounds between: they would have heard
    these as well.
    """
    rows = zip(sorts, beside_others(incidents), strict=True)
    return [BESIDE if beside and sort not in _WELL_HEARD else sort for sort, beside in rows]


def _held(incident: Incident, record: Record | None) -> Incident:
    if record is None or incident.place is None:
        return incident
    before = log_odds(incident.p_exists)
    after = record.log_odds(before)
    if after > before and (incident.owner_doubt < 0.0 or stands_alone(incident.supports)):
        # A record lifts neither what one source says nor what a doubted owner says.
        return incident
    term = Term(log_odds=after - before, why=record.sentence())
    return replace(
        incident,
        p_exists=probability(before + term.log_odds),
        influences=tuple(replace(i, p_exists=_left(i.p_exists, record)) for i in incident.influences),
        rationale=(*incident.rationale, term.sentence()),
    )


def _left(p: float, record: Record) -> float:
    return round(min(p, probability(record.log_odds(log_odds(p)))), 6) if p > 0.0 else 0.0


def sort_of(part: Part) -> str:
    """Return the sort of claim that an incident anchored in a part is."""
    if part.place is None:
        return "told, and moves" if part.observation_type in FOLLOWED else "told"
    if part.far or part.ground:
        return "far"
    if part.surest is not None:
        return f"arrivals at {_grade(len(part.surest.members), (4, 6, 9))}"
    kinds = {d.kind for d in part.detections}
    if DetectionKind.SIGHTING in kinds and DetectionKind.ONSET in kinds:
        n = len({d.sensor_id for d in part.detections if d.kind is DetectionKind.ONSET})
        return f"flash and sounds at {_grade(n, (2, 4))}"
    return {"sighting": "flashes", "onset": "barrage"}.get(part.first.kind.value, part.first.kind.value)


def _grade(n: int, steps: Sequence[int]) -> str:
    """Return a number of sensors as "3", "4 or more": the largest step that it reaches, the first one for fewer."""
    reached = [k for k in steps if k <= n]
    return f"{reached[-1]} or more" if reached else f"fewer than {steps[0]}"


def beside_others(incidents: Sequence[Incident]) -> list[bool]:
    """Say of each incident whether a surer one of about the same place and time stands beside it.

    Args:
        incidents: in any order; those without a place, and those that are no bang, stand beside none.
    """
    out = [False] * len(incidents)
    sounding = [n for n, i in enumerate(incidents) if i.place is not None and i.kinds[0].kind in _SOUNDING]
    order = sorted(sounding, key=lambda n: (_span_s(incidents[n]), incidents[n].id))
    places = _Places(tuple(p for n in order if (p := incidents[n].place) is not None))
    start_s = np.array([_span_s(incidents[n])[0] for n in order])
    for k, n in enumerate(order):
        one = incidents[n]
        latest_s = _span_s(one)[1] + _PAUSES * longest_pause_s(one.kinds[0].kind)
        for m in places.about(k, int(np.searchsorted(start_s, latest_s, side="right"))):
            both = (n, order[m])
            out[min(both, key=lambda i: (_surety(incidents[i]), incidents[i].id))] = True
    return out


class _Places:
    """Places in order of time, looked up by a rough sieve and then by their errors."""

    def __init__(self, places: tuple[Place, ...]) -> None:
        self._places = places
        self._lon, self._lat = np.array([p.lon_deg for p in places]), np.array([p.lat_deg for p in places])
        self._var = np.array([p.var_east_m2 + p.var_north_m2 for p in places])

    def about(self, k: int, stop: int) -> list[int]:
        """Return which of those after place k and before `stop` may be of one place with it."""
        rest = slice(k + 1, stop)
        east = ((self._lon[rest] - self._lon[k] + 180.0) % 360.0 - 180.0) * math.cos(math.radians(self._lat[k]))
        away_m = _DEGREE_M * np.hypot(east, self._lat[rest] - self._lat[k])
        reach_m = np.sqrt(_BESIDE2 * (self._var[k] + self._var[rest] + 2 * FALL_M**2))
        near = np.flatnonzero(away_m <= 1.1 * reach_m) + k + 1
        return [int(m) for m in near if _one_place(self._places[k], self._places[m])]


def _one_place(one: Place, other: Place) -> bool:
    away, spread = between(one, other)
    return squared_sigmas(away, spread + 2 * FALL_M**2 * np.eye(2)) <= _BESIDE2


def _span_s(incident: Incident) -> tuple[float, float]:
    first, last = incident.interval.start_utc, incident.interval.end_utc
    return ((first or incident.time.utc).timestamp(), (last or incident.time.utc).timestamp())


def _surety(incident: Incident) -> tuple[int, float]:
    return (len({s.sensor_id for s in incident.supports if s.used}), incident.p_exists)
