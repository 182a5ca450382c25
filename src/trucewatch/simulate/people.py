"""What people at posts and on patrol report, with the errors that people make.

They sleep, look away, sum up by the half hour, take what is innocent for fire, and now and then write of nothing.
Shares are our choice: no mission publishes its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from trucewatch.geo import bearing_deg, distance_m
from trucewatch.model.count import Count
from trucewatch.model.observation import MonitorReport
from trucewatch.model.vocabulary import Description, Means, ObservationType
from trucewatch.physics import probability_of_detection, reference_listener
from trucewatch.simulate.happening import Happening
from trucewatch.simulate.hearing import OWN, SHARED
from trucewatch.simulate.observers import Observer, Watch, in_reach
from trucewatch.simulate.told import (
    NO_WEAPON,
    band_said,
    count_said,
    description_said,
    line,
    weapon_said,
    winds_said,
)

FloatArray = NDArray[np.float64]

ATTENDS = 0.85
"""share of the time in which somebody listens"""
_FARTHEST_M = 15_000.0
_SEEN_M = 4_000.0
_SEES = 0.6
_NOTHING = 0.01
"""lines that describe nothing, by observer and hour"""
_WINDOW_S = 1_800.0
_WORDS = {"thunder": 0.04, "fireworks": 0.3, "quarry": 0.4, "traffic": 0.0}
"""how often what is innocent is written down as an explosion"""


def reports_of(happening: Happening, watch: Watch, rng: np.random.Generator) -> tuple[MonitorReport, ...]:
    """Draw what people write of an event."""
    if happening.path_m is not None and happening.frp_mw == 0.0:
        return _sightings(happening, watch, rng)
    if happening.source is None or _WORDS.get(happening.activity, 1.0) == 0.0:
        return ()
    near = in_reach(happening, watch, _FARTHEST_M)
    out: list[MonitorReport] = []
    event_z = rng.normal()
    for observer, away, toward in near:
        heard_s = _heard(happening, watch, away, toward, event_z, rng)
        out += [
            _report(happening, observer, window, away, toward, watch, rng)
            for window in _windows(_bursts(happening, heard_s))
            if rng.uniform() < ATTENDS * _WORDS.get(happening.activity, 1.0)
        ]
    return tuple(out)


def _heard(
    happening: Happening, watch: Watch, away: float, toward: float, event_z: float, rng: np.random.Generator
) -> FloatArray:
    """Return the moments of the rounds that one observer hears; rounds of one event are heard alike."""
    source = happening.source
    assert source is not None  # noqa: S101 - asked for by reports_of
    truth = happening.truth
    weather = watch.sky.weather_at(happening.start_s, truth.lon_deg, truth.lat_deg)
    p = float(probability_of_detection(source, away, reference_listener("patrol"), weather, (toward + 180.0) % 360.0))
    own = rng.normal(size=len(happening.rounds_s))
    seldom = np.sqrt(0.5) * (SHARED * event_z + OWN * own) + np.sqrt(0.5) * rng.normal()
    heard_s: FloatArray = happening.rounds_s[seldom < ndtri(p)] + away / 340.0
    return heard_s


def _bursts(happening: Happening, heard_s: FloatArray) -> FloatArray:
    """Return the moments that a person counts: bursts of automatic fire as one each, the pieces of thunder as one."""
    if happening.truth.kind is not ObservationType.BURST and happening.activity != "thunder":
        return heard_s
    return heard_s[np.diff(heard_s, prepend=-np.inf) > 1.0]


def _windows(heard_s: FloatArray) -> list[FloatArray]:
    """Return moments in pieces of half an hour, as a person sums up."""
    if not len(heard_s):
        return []
    part = ((heard_s - heard_s[0]) // _WINDOW_S).astype(np.int64)
    return [heard_s[part == k] for k in np.unique(part)]


def _report(
    happening: Happening,
    observer: Observer,
    heard_s: FloatArray,
    away: float,
    toward: float,
    watch: Watch,
    rng: np.random.Generator,
) -> MonitorReport:
    named = weapon_said(happening.truth.label, rng)
    span_s = (float(heard_s[0]), float(heard_s[-1]))
    return line(
        observer=observer,
        means=Means.HEARD,
        kind=happening.truth.kind,
        description=description_said(happening, rng),
        count=count_said(len(heard_s), rng),
        span_s=span_s,
        range_m=band_said(away, rng),
        bearings=winds_said(toward, rng),
        weapon=named,
        watch=watch,
        rng=rng,
    )


def _sightings(happening: Happening, watch: Watch, rng: np.random.Generator) -> tuple[MonitorReport, ...]:
    """Draw what people see of something that moves, by day and near."""
    path = happening.path_m
    assert path is not None  # noqa: S101 - asked for by reports_of
    out = []
    for observer in watch.observers:
        if abs(observer.place.lat_deg - path[0, 2]) > 0.5:
            continue
        away = distance_m(observer.place.lon_deg, observer.place.lat_deg, path[:, 1], path[:, 2])
        at = int(np.argmin(away))
        there = observer.from_s <= path[at, 0] < observer.to_s
        weather = watch.sky.weather_at(float(path[at, 0]), float(path[at, 1]), float(path[at, 2]))
        seen = away[at] < min(_SEEN_M, 0.5 * weather.visibility_m) and not weather.is_night
        if not there or not seen or rng.uniform() > _SEES:
            continue
        toward = float(bearing_deg(observer.place.lon_deg, observer.place.lat_deg, path[at, 1], path[at, 2]))
        many = happening.truth.count
        out.append(
            line(
                observer=observer,
                means=Means.SEEN,
                kind=happening.truth.kind,
                description=Description.UNDETERMINED,
                count=Count.exactly(1) if many == 1 else count_said(many, rng),
                span_s=(float(path[at, 0]), float(path[at, 0]) + 30.0 * many),
                range_m=band_said(float(away[at]), rng),
                bearings=winds_said(toward, rng),
                weapon=NO_WEAPON,
                watch=watch,
                rng=rng,
            )
        )
    return tuple(out)


def nothing_there(watch: Watch, hour: int, rng: np.random.Generator) -> tuple[MonitorReport, ...]:
    """Draw lines that describe nothing: a door, a dream, another day's note."""
    there = [o for o in watch.observers if o.from_s <= hour * 3600.0 < o.to_s]
    out = []
    for observer in there:
        if rng.uniform() >= _NOTHING:
            continue
        at = hour * 3600.0 + float(rng.uniform(0.0, 3600.0))
        out.append(
            line(
                observer=observer,
                means=Means.HEARD,
                kind=ObservationType.EXPLOSION,
                description=Description.UNDETERMINED,
                count=Count.exactly(int(rng.integers(1, 3))),
                span_s=(at, at),
                range_m=band_said(float(rng.uniform(1_000.0, 6_000.0)), rng),
                bearings=winds_said(float(rng.uniform(0.0, 360.0)), rng),
                weapon=NO_WEAPON,
                watch=watch,
                rng=rng,
            )
        )
    return tuple(out)


def without_repeats(reports: Sequence[MonitorReport]) -> tuple[MonitorReport, ...]:
    """Return reports in order of time, each line once."""
    seen: dict[tuple[object, ...], MonitorReport] = {}
    for r in reports:
        place = (r.observer_id, r.observer_place.lon_deg, r.observer_place.lat_deg)
        said = (r.local_time_text, r.observation_type, r.description, r.count, r.range_m, r.bearings_deg)
        seen.setdefault((*place, *said, r.means, r.weapon_text), r)
    return tuple(sorted(seen.values(), key=_order))


def _order(report: MonitorReport) -> tuple[str, str, str]:
    return str(report.time.start_utc), report.observer_id, repr(report)
