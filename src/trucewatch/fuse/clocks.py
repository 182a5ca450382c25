"""How far each sensor's clock is off the others', learned from located events.

A sensor's onsets are compared with when each event would reach it by a right clock, hours around: a clock that is off
makes one difference come again and again, from event to event, while other onsets give differences at random. From then
on offset and drift are followed with slow forgetting.

References:
    Kalman 1960, J. Basic Eng. 82, 35 (offset and drift as a state that is followed).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.onsets import frame_at, gather, plane_m
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Instant, rfc3339, utc_from_timestamp
from trucewatch.model.network import Network
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]

_DAY_S = 86_400.0
SPEED_M_S, SPEED_SHARE = 337.0, 0.02
"""sound speed for clocks and its error: an offset matters from hundredths of a second on"""
_REACH_M = 15_000.0
_SEARCH_S = 2 * 3600.0 + 60.0
"""clocks are looked for as far off as this: a wrong hour of summer time, two hours of a wrong zone, a stuck minute"""
_BIN_S = 0.25
_LEAST_EVENTS = 4
"""as many events must share one difference"""
_CHANCE = 1e-4
"""and chance must offer as many as rarely as this, over all differences"""
_FORGET_PER_S2_DAY = 1e-6
"""variance that a day adds to an offset: a millisecond of wandering"""
_DRIFT_PRIOR_S_DAY = 2.0
"""spread of a free quartz clock's drift: 20 parts in a million"""
_OUTLIER = 16.0
_APART_S = 600.0
"""two feasts of an hour, or two barrages, share many differences by chance: events that tell of a clock far off come
in four different stretches of this length"""
_CELL_DEG = 0.005
"""events within some 500 m share the air to a sensor"""
_LEAST_JUMP_S = 0.15
_LEAST_SIGMA_S = 0.03
_MOST_SIGMAS = 8.0
"""an onset farther off says no more: it may be of something else"""
_LEAST_GAIN = 12.0
"""by so many sigmas in all must two values fit better than one"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOffset:
    """What events say of one sensor's clock."""

    sensor_id: str
    offset_s: float
    """positive where its clock shows later times than the others', at the last event"""
    sigma_s: float
    drift_s_per_day: float
    drift_sigma_s_per_day: float
    n_events: int
    """that agree on it"""
    at_s: float
    """moment that offset_s holds for, seconds since 1970 UTC"""
    from_s: float = -math.inf
    """when it was set to that, where it jumped; seconds since 1970 UTC"""
    to_s: float = math.inf
    """when it jumped on from there"""

    @property
    def is_wrong(self) -> bool:
        """Say whether the clock is off by more than the error of saying so, and by more than sound's own detours."""
        return abs(self.offset_s) > max(0.1, 4 * self.sigma_s)

    def holds(self, seconds: float) -> bool:
        """Say whether it holds at a moment, seconds since 1970 UTC."""
        return self.from_s <= seconds < self.to_s

    def at(self, seconds: float) -> float:
        """Return the offset at a moment, seconds since 1970 UTC."""
        return self.offset_s + self.drift_s_per_day * (seconds - self.at_s) / _DAY_S


def clock_offsets(
    incidents: Sequence[Incident], detections: Sequence[Detection], network: Network
) -> tuple[ClockOffset, ...]:
    """Return what located events say of each sensor's clock, by sensor id; sensors that no events tell of are left out.

    Args:
        incidents: located ones are used.
        detections: onsets in any order.
        network: for the sensors' places.
    """
    onsets = gather([d for d in detections if d.kind is DetectionKind.ONSET], network)
    if not onsets.stations:
        return ()
    firm = [i for i in incidents if i.place is not None and i.p_exists >= 0.9]
    out = list[ClockOffset]()
    for station, name in enumerate(onsets.names):
        times = onsets.epoch_s + np.asarray(onsets.times_of_station[station])
        expected = expected_moments(firm, onsets.stations[station], frozenset((name,)))
        out += offsets_of(name, expected, times)
    return tuple(out)


def expected_moments(incidents: Sequence[Incident], place: Place, without: frozenset[str]) -> FloatArray:
    """Return when a sensor with a right clock hears each event, shape (n, 4).

    Columns: the moment, its error, the part of that error which all events of one place share (the air between them and
    the sensor), and a number for the place.

    Args:
        incidents: firm ones, with places.
        place: where the sensor stands.
        without: sensors that have no say; of the others three must have heard an event.

    LIMIT: an event is not located again without the sensor: what is off by less than a few hundredths of a second pulls
    its own fixes along and is seen too small.
    """
    rows = []
    placed = [i.place for i in incidents if i.place is not None]
    away_m = np.hypot(*plane_m(placed, frame_at(place)).T) if placed else np.zeros(0)
    for incident, away in zip(incidents, away_m.tolist(), strict=True):
        others = {s.sensor_id for s in incident.supports if s.used and s.residual_s is not None} - without
        if incident.place is None or len(others) < 3:
            continue
        if away <= _REACH_M:
            travel = away / SPEED_M_S
            spread = math.sqrt(max(incident.place.var_east_m2, incident.place.var_north_m2)) / SPEED_M_S
            moments = [r.time.utc.timestamp() for r in incident.rounds] or [incident.time.utc.timestamp()]
            shared = SPEED_SHARE * travel
            error = math.hypot(spread, shared, incident.time.sigma_s, 0.01)
            rows.append((moments[0] + travel, error, shared, _place_number(incident.place)))
    return np.array(sorted(rows)).reshape(-1, 4)


def _place_number(place: Place) -> float:
    east, north = math.floor(place.lon_deg / _CELL_DEG), math.floor(place.lat_deg / _CELL_DEG)
    return float(east * 100_000 + north)


def offsets_of(name: str, expected: FloatArray, times: FloatArray) -> list[ClockOffset]:
    """Return how far a clock is off: once, or before and after it jumped; nothing where too few events say so.

    Args:
        name: of the sensor.
        expected: as `expected_moments` gives it.
        times: its onsets, in order, seconds since 1970.
    """
    if len(expected) < _LEAST_EVENTS or not len(times):
        return []
    centre = _common_difference(expected[:, 0], times)
    if centre is None:
        return []
    pairs = _paired(expected, times, centre)
    if abs(centre) > 2 * _BIN_S and not _is_spread(pairs):
        return []
    return _parted(name, pairs, _elsewhere(expected, times, pairs, centre))


def _elsewhere(expected: FloatArray, times: FloatArray, pairs: FloatArray, centre: float) -> FloatArray:
    """Return the pairs, as `_paired`, of events that have no onset at the usual difference but share another one."""
    left = expected[~np.isin(expected[:, 0], pairs[:, 0])]
    other = _common_difference(left[:, 0], times) if len(left) >= _LEAST_EVENTS else None
    if other is None or other == centre:
        return np.zeros((0, 5))
    found = _paired(left, times, other)
    return found if _is_spread(found) else np.zeros((0, 5))


def _is_spread(pairs: FloatArray) -> bool:
    """Say whether the events of pairs come in several stretches of time, not in a burst or two."""
    return len(np.unique(pairs[:, 0] // _APART_S)) >= _LEAST_EVENTS


def _parted(name: str, usual: FloatArray, others: FloatArray) -> list[ClockOffset]:
    """Return offsets before and after the moment at which the difference changes most, where it does."""
    pairs = np.concatenate((usual, others))
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    cut = _cut(pairs)
    if cut is None:
        one = _followed(name, usual) if len(usual) >= _LEAST_EVENTS else None
        return [] if one is None else [one]
    at_s = float(pairs[cut - 1, 0] + pairs[cut, 0]) / 2
    before, after = _followed(name, pairs[:cut]), _followed(name, pairs[cut:])
    out = [] if before is None else [replace(before, to_s=at_s)]
    return out if after is None else [*out, replace(after, from_s=at_s)]


def _cut(pairs: FloatArray) -> int | None:
    """Return where differences change from one value to another, None where they do not.

    The cut that lowers the sum of absolute differences from the medians most; it must do so by far, and leave events
    enough on both sides. A drift stays what it is: it is followed.

    References:
        Hinkley 1970, Biometrika 57, 1 (change-point by likelihood).
    """
    n = len(pairs)
    sigma = np.sqrt(pairs[:, 2] + _LEAST_SIGMA_S**2)

    def cost(rows: slice) -> float:
        value = pairs[rows, 1]
        return float(np.minimum(np.abs(value - np.median(value)) / sigma[rows], _MOST_SIGMAS).sum())

    cuts = range(_LEAST_EVENTS, n - _LEAST_EVENTS + 1)
    best = min(((cost(slice(0, k)) + cost(slice(k, n)), k) for k in cuts), default=None)
    if best is None or cost(slice(0, n)) - best[0] < _LEAST_GAIN:
        return None
    low, high = np.median(pairs[: best[1], 1]), np.median(pairs[best[1] :, 1])
    unsure = math.hypot(_shared_s(pairs[: best[1]]), _shared_s(pairs[best[1] :]))
    return best[1] if abs(high - low) > max(_LEAST_JUMP_S, 4 * unsure) else None


def _common_difference(expected: FloatArray, times: FloatArray) -> float | None:
    """Return the difference that most events share, None where chance offers as many."""
    differences = [times[_between(times, e)] - e for e in expected]
    bins = [np.unique(np.round(d / _BIN_S).astype(np.int64)) for d in differences]
    values, counts = np.unique(np.concatenate(bins), return_counts=True)
    if not len(values):
        return None
    # A drifting clock spreads over neighbouring bins, so three of them are one.
    ends = np.concatenate(([0], np.cumsum(counts)))
    wide = ends[np.searchsorted(values, values + 1, "right")] - ends[np.searchsorted(values, values - 1, "left")]
    first = int(np.lexsort((values, np.abs(values), -wide))[0])
    n = min(int(wide[first]), len(expected))
    mean = max(1e-9, 3 * float(np.mean([len(b) for b in bins])) * _BIN_S / (2 * _SEARCH_S)) * len(expected)
    by_chance = len(wide) * math.exp(n * math.log(mean) - mean - math.lgamma(n + 1))
    return int(values[first]) * _BIN_S if n >= _LEAST_EVENTS and by_chance < _CHANCE else None


def _between(times: FloatArray, moment: float) -> slice:
    return slice(*np.searchsorted(times, (moment - _SEARCH_S, moment + _SEARCH_S)))


def _paired(expected: FloatArray, times: FloatArray, centre: float) -> FloatArray:
    """Return moment, difference, variance, shared error and place of the onset nearest each event, shape (n, 5)."""
    rows = []
    for moment, sigma, shared, cell in expected:
        slack = 2 * _BIN_S + 3 * sigma
        low, high = np.searchsorted(times, (moment + centre - slack, moment + centre + slack))
        if high > low:
            rows.append((moment, float(times[low]) - moment, sigma**2, shared, cell))
    return np.array(rows).reshape(-1, 5)


def _shared_s(pairs: FloatArray) -> float:
    """Return the error that is left when events of one place share theirs: more events from there take nothing off."""
    return float(np.sqrt(np.mean(pairs[:, 3] ** 2) / len(np.unique(pairs[:, 4]))))


def _followed(name: str, pairs: FloatArray) -> ClockOffset | None:
    """Follow offset and drift through the events, forgetting slowly; an onset far from the rest changes nothing."""
    state = np.array([float(np.median(pairs[:, 1])), 0.0])
    covariance = np.diag([1.0, _DRIFT_PRIOR_S_DAY**2])
    before, used = float(pairs[0, 0]), 0
    for moment, difference, variance in pairs[:, :3]:
        days = (moment - before) / _DAY_S
        step = np.array([[1.0, days], [0.0, 1.0]])
        state, covariance = step @ state, step @ covariance @ step.T + np.diag([_FORGET_PER_S2_DAY * days, 0.0])
        before = float(moment)
        surprise = float(difference) - state[0]
        total = float(covariance[0, 0]) + float(variance)
        if surprise**2 > _OUTLIER * total:
            continue
        gain = covariance[:, 0] / total
        state, covariance = state + gain * surprise, covariance - np.outer(gain, covariance[0])
        used += 1
    if used < _LEAST_EVENTS:
        return None
    return ClockOffset(
        sensor_id=name,
        offset_s=float(state[0]),
        sigma_s=math.hypot(float(np.sqrt(covariance[0, 0])), _shared_s(pairs)),
        drift_s_per_day=float(state[1]),
        drift_sigma_s_per_day=float(np.sqrt(covariance[1, 1])),
        n_events=used,
        at_s=before,
    )


def set_right(detections: Sequence[Detection], wrong: Sequence[ClockOffset]) -> list[Detection]:
    """Return detections with the onsets of wrong clocks at the others' time."""
    by_sensor: dict[str, list[ClockOffset]] = {}
    for clock in wrong:
        by_sensor.setdefault(clock.sensor_id, []).append(clock)
    return [_moved(d, by_sensor.get(d.sensor_id, ())) for d in detections]


def _moved(detection: Detection, clocks: Sequence[ClockOffset]) -> Detection:
    clock = next((c for c in clocks if c.holds(detection.time.utc.timestamp())), None)
    if clock is None or detection.kind is not DetectionKind.ONSET:
        return detection
    late = timedelta(seconds=clock.at(detection.time.utc.timestamp()))
    time = Instant(utc=detection.time.utc - late, sigma_s=math.hypot(detection.time.sigma_s, clock.sigma_s))
    return replace(detection, time=time)


def sentence(clock: ClockOffset) -> str:
    """Return what was found of a clock, in words."""
    side = "fast" if clock.offset_s > 0 else "slow"
    drift = clock.drift_s_per_day
    moving = f", drifting by {drift:+.2f} s a day" if abs(drift) > 3 * clock.drift_sigma_s_per_day else ""
    when = f" from {_moment(clock.from_s)} on" if clock.from_s > -math.inf else ""
    when += f" until {_moment(clock.to_s)}" if clock.to_s < math.inf else ""
    off = f"{abs(clock.offset_s):.2f} s {side}, give or take {2 * clock.sigma_s:.2f}"
    return (
        f"the clock of {clock.sensor_id} is{when} {off}"
        f"{moving}, as {clock.n_events} events agree; its onsets were set right by that"
    )


def _moment(seconds: float) -> str:
    return rfc3339(utc_from_timestamp(round(seconds)))
