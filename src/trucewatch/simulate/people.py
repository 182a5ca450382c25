"""What people at posts and on patrol report, with the errors that people make.

They under-count when much happens, round distances to bands and directions to sixteen winds, sleep, write late, and are
now and then an hour wrong. Shares and spreads are our choice: no mission publishes its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from trucewatch.geo import WIND_HALF_WIDTH_DEG, bearing_deg, distance_m, wind_degrees, wind_name
from trucewatch.model.count import Count
from trucewatch.model.instant import Interval
from trucewatch.model.observation import MonitorReport
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import (
    CountQuality,
    Description,
    Means,
    ObservationType,
    ObserverKind,
    WeaponClass,
)
from trucewatch.physics import probability_of_detection, reference_listener
from trucewatch.simulate.contact import Contact
from trucewatch.simulate.happening import Happening
from trucewatch.simulate.hearing import OWN, SHARED
from trucewatch.simulate.preset import Preset
from trucewatch.simulate.sky import Sky
from trucewatch.simulate.streams import stream

FloatArray = NDArray[np.float64]

TIME_SIGMA_S = 60.0
PATROL_SIGMA_M = 50.0
_FARTHEST_M = 15_000.0
_SEEN_M = 4_000.0
ATTENDS = 0.85
_WATCH_SIGMA_S = 40.0
_WRONG_HOUR = 0.01
_NOTHING = 0.01
"""share of lines that describe nothing"""
_WINDOW_S = 1_800.0
_BANDS_M = ((200, 500), (500, 1_000), (1_000, 2_000), (2_000, 4_000), (4_000, 7_000), (5_000, 10_000), (8_000, 15_000))
_NO_RANGE = 0.3
_RANGE_ERROR = 0.35
_BEARING_SIGMA_DEG = 12.0
_WORDS = {"thunder": 0.04, "fireworks": 0.3, "quarry": 0.4, "traffic": 0.0}
"""how often what is innocent is written down as an explosion"""
_WEAPONS = {
    "small_arms": ("Small arms", WeaponClass.SMALL_ARMS),
    "heavy_machine_gun": ("Heavy machine gun", WeaponClass.HEAVY_MACHINE_GUN),
    "mortar_82": ("Mortar", WeaponClass.MORTAR),
    "mortar_120": ("Mortar", WeaponClass.MORTAR),
    "artillery_122": ("Artillery", WeaponClass.ARTILLERY_TYPE_NK),
    "artillery_152": ("Artillery", WeaponClass.ARTILLERY_TYPE_NK),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """A post or a patrol at one spot for some time."""

    id: str
    kind: ObserverKind
    place: Place
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What all reports of a theatre share."""

    preset: Preset
    sky: Sky
    observers: tuple[Observer, ...]


def patrols(preset: Preset, contact: Contact, seed: int) -> tuple[Observer, ...]:
    """Return where patrols stand, two hours at a spot, in daylight."""
    every = preset.network.patrols_every_m
    if not np.isfinite(every):
        return ()
    out = []
    n = max(1, round(contact.length_m / every))
    for k in range(n):
        for hour in range(0, preset.hours, 2):
            local = (preset.start_utc.hour + hour + preset.lon_deg / 15.0) % 24.0
            if not 7.0 <= local < 18.0:
                continue
            rng = stream(seed, "patrol", k, hour)
            along = (k + rng.uniform()) / n * contact.length_m
            lon, lat = np.round(contact.place(along, rng.uniform(-4_000.0, 4_000.0)), 5).tolist()
            place = Place.circular(lon_deg=lon, lat_deg=lat, sigma_m=PATROL_SIGMA_M)
            out.append(
                Observer(
                    id=f"PATROL-{k + 1:02d}",
                    kind=ObserverKind.PATROL,
                    place=place,
                    from_s=hour * 3600.0,
                    to_s=(hour + 2) * 3600.0,
                )
            )
    return tuple(out)


def reports_of(happening: Happening, watch: Watch, rng: np.random.Generator) -> tuple[MonitorReport, ...]:
    """Draw what people write of an event."""
    if happening.path_m is not None and happening.frp_mw == 0.0:
        return _sightings(happening, watch, rng)
    if happening.source is None or _WORDS.get(happening.activity, 1.0) == 0.0:
        return ()
    near = _in_reach(happening, watch, _FARTHEST_M)
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


def _in_reach(happening: Happening, watch: Watch, reach_m: float) -> list[tuple[Observer, float, float]]:
    """Return the observers within reach, how far they are, and the bearing from each to the event."""
    truth, there = happening.truth, [o for o in watch.observers if o.from_s <= happening.start_s < o.to_s]
    if not there:
        return []
    lon, lat = np.array([o.place.lon_deg for o in there]), np.array([o.place.lat_deg for o in there])
    # A degree of latitude is 111 km: a box spares the geodesics to a thousand posts along a long line.
    box = (np.abs(lat - truth.lat_deg) < reach_m / 1.1e5) & (np.abs(lon - truth.lon_deg) < reach_m / 6e4)
    which = np.flatnonzero(box)
    away = np.atleast_1d(distance_m(lon[which], lat[which], truth.lon_deg, truth.lat_deg))
    toward = np.atleast_1d(bearing_deg(lon[which], lat[which], truth.lon_deg, truth.lat_deg))
    return [(there[i], float(a), float(b)) for i, a, b in zip(which.tolist(), away, toward, strict=True) if a < reach_m]


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
    label = happening.truth.label.removesuffix("_launch")
    weapon = _WEAPONS.get(label, ("N/K", WeaponClass.NOT_KNOWN))
    named = weapon if rng.uniform() < 0.3 else ("N/K", WeaponClass.NOT_KNOWN)
    span_s = (float(heard_s[0]), float(heard_s[-1]))
    return _line(
        observer=observer,
        means=Means.HEARD,
        kind=happening.truth.kind,
        description=_description(happening, rng),
        count=count_said(len(heard_s), rng),
        span_s=span_s,
        range_m=_band(away, rng),
        bearings=_winds(toward, rng),
        weapon=named,
        watch=watch,
        rng=rng,
    )


def _description(happening: Happening, rng: np.random.Generator) -> Description:
    sure = rng.uniform() < 0.4
    if happening.truth.notified and happening.activity != "exercise":
        return Description.CONTROLLED_EXPLOSION_DEMINING if sure else Description.UNDETERMINED
    if not sure or happening.truth.innocent:
        return Description.UNDETERMINED
    if happening.truth.label.endswith("_launch"):
        return Description.OUTGOING
    return Description.IMPACT if happening.impact else Description.UNDETERMINED


def count_said(n: int, rng: np.random.Generator) -> Count:
    """Return how many a person says that heard n: exact when few, fewer and rounder when many."""
    u = rng.uniform()
    if n <= 5:
        return Count.exactly(max(1, n - int(u < 0.08)))
    said = n * float(np.exp(rng.normal(-0.2, 0.2)))
    step = 1 if said < 12 else 5 if said < 60 else 10 if said < 200 else 50
    whole = max(2, round(said / step) * step)
    if n > 150 and u < 0.3:
        return Count(low=2, best=None, high=None, quality=CountQuality.UNCOUNTABLE)
    if u < 0.55:
        return Count(low=whole * 4 // 5, best=whole, high=-(-whole * 6 // 5), quality=CountQuality.ABOUT)
    if u < 0.8:
        return Count(low=whole, best=whole, high=None, quality=CountQuality.AT_LEAST)
    return Count.exactly(whole)


def _band(away: float, rng: np.random.Generator) -> tuple[float, float] | None:
    said = away * float(np.exp(rng.normal(0.0, _RANGE_ERROR)))
    if rng.uniform() < _NO_RANGE:
        return None
    near, far = min(_BANDS_M, key=lambda b: abs(np.log(np.sqrt(b[0] * b[1]) / said)))
    return float(near), float(far)


def _winds(toward: float, rng: np.random.Generator) -> tuple[float, ...]:
    said = toward + float(rng.normal(0.0, _BEARING_SIGMA_DEG))
    names = [wind_name(said)]
    u = rng.uniform()
    if u < 0.06:
        return ()
    if u < 0.2:
        names.append(wind_name(said + 22.5))
    return tuple(wind_degrees(name) for name in names)


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
        if not there or not seen or rng.uniform() > 0.6:
            continue
        toward = float(bearing_deg(observer.place.lon_deg, observer.place.lat_deg, path[at, 1], path[at, 2]))
        many = happening.truth.count
        out.append(
            _line(
                observer=observer,
                means=Means.SEEN,
                kind=happening.truth.kind,
                description=Description.UNDETERMINED,
                count=Count.exactly(1) if many == 1 else count_said(many, rng),
                span_s=(float(path[at, 0]), float(path[at, 0]) + 30.0 * many),
                range_m=_band(float(away[at]), rng),
                bearings=_winds(toward, rng),
                weapon=("N/K", WeaponClass.NOT_KNOWN),
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
            _line(
                observer=observer,
                means=Means.HEARD,
                kind=ObservationType.EXPLOSION,
                description=Description.UNDETERMINED,
                count=Count.exactly(int(rng.integers(1, 3))),
                span_s=(at, at),
                range_m=_band(float(rng.uniform(1_000.0, 6_000.0)), rng),
                bearings=_winds(float(rng.uniform(0.0, 360.0)), rng),
                weapon=("N/K", WeaponClass.NOT_KNOWN),
                watch=watch,
                rng=rng,
            )
        )
    return tuple(out)


def _line(
    *,
    observer: Observer,
    means: Means,
    kind: ObservationType,
    description: Description,
    count: Count,
    span_s: tuple[float, float],
    range_m: tuple[float, float] | None,
    bearings: tuple[float, ...],
    weapon: tuple[str, WeaponClass],
    watch: Watch,
    rng: np.random.Generator,
) -> MonitorReport:
    off_s = float(rng.normal(0.0, _WATCH_SIGMA_S))
    wrong = rng.uniform(size=2)
    if wrong[0] < _WRONG_HOUR * (1.0 + watch.sky.laws.perturb):
        off_s += 3600.0 if wrong[1] < 0.5 else -3600.0
    start = _minute(watch.preset.start_utc, span_s[0] + off_s)
    end = _minute(watch.preset.start_utc, span_s[1] + off_s)
    time = Interval(start_utc=start, end_utc=end if end > start else start + timedelta(minutes=1))
    return MonitorReport(
        id="",
        input_id="",
        row=1,
        observer_id=observer.id,
        observer_kind=observer.kind,
        observer_place=observer.place,
        means=means,
        time=time,
        time_sigma_s=TIME_SIGMA_S,
        local_time_text=_as_written(start, end, watch.preset.time_zone),
        observation_type=kind,
        description=description,
        count=count,
        range_m=range_m,
        bearings_deg=bearings,
        bearing_half_width_deg=WIND_HALF_WIDTH_DEG,
        weapon_class=weapon[1],
        weapon_text=weapon[0],
        event_location_text="",
        text="",
        language="en",
    )


def _minute(start_utc: datetime, at_s: float) -> datetime:
    return start_utc + timedelta(minutes=int(at_s // 60.0))


def _as_written(start: datetime, end: datetime, zone: str) -> str:
    """Return the local times of the day as a monitor writes them, with the zone that the table's header names."""
    first, last = (t.astimezone(ZoneInfo(zone)) for t in (start, end))
    text = f"{first.day} {first:%B} {first.year}, {first:%H:%M}"
    if end > start:
        text += f" - {last:%H:%M}"
    return f"{text} ({zone})"


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
