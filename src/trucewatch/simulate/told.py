"""How people put what they noticed: numbers, distances, directions and times, as far off as people are.

Few things are counted exactly, many are counted too low and in round numbers; a distance is a band, a direction one of
sixteen winds; a watch is some seconds off, and now and then an hour. Shares and spreads are our choice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from trucewatch.geo import WIND_HALF_WIDTH_DEG, wind_degrees, wind_name
from trucewatch.model.count import Count
from trucewatch.model.instant import Interval
from trucewatch.model.observation import MonitorReport
from trucewatch.model.vocabulary import CountQuality, Description, Means, ObservationType, WeaponClass
from trucewatch.simulate.happening import Happening
from trucewatch.simulate.observers import Observer, Watch

TIME_SIGMA_S = 60.0
NO_WEAPON = ("N/K", WeaponClass.NOT_KNOWN)
_NAMED = 0.3
"""share of lines that name a weapon"""
_WATCH_SIGMA_S = 40.0
_WRONG_HOUR = 0.01
_BANDS_M = ((200, 500), (500, 1_000), (1_000, 2_000), (2_000, 4_000), (4_000, 7_000), (5_000, 10_000), (8_000, 15_000))
_NO_RANGE = 0.3
_RANGE_ERROR = 0.35
"""standard deviation of the log of a distance that is judged by ear"""
_BEARING_SIGMA_DEG = 12.0
_WEAPONS = {
    "small_arms": ("Small arms", WeaponClass.SMALL_ARMS),
    "heavy_machine_gun": ("Heavy machine gun", WeaponClass.HEAVY_MACHINE_GUN),
    "mortar_82": ("Mortar", WeaponClass.MORTAR),
    "mortar_120": ("Mortar", WeaponClass.MORTAR),
    "artillery_122": ("Artillery", WeaponClass.ARTILLERY_TYPE_NK),
    "artillery_152": ("Artillery", WeaponClass.ARTILLERY_TYPE_NK),
}


def weapon_said(label: str, rng: np.random.Generator) -> tuple[str, WeaponClass]:
    """Return the weapon that a line names, and its class; mostly none."""
    known = _WEAPONS.get(label.removesuffix("_launch"), NO_WEAPON)
    return known if rng.uniform() < _NAMED else NO_WEAPON


def description_said(happening: Happening, rng: np.random.Generator) -> Description:
    """Return what a person takes an event for; often nothing."""
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


def band_said(away: float, rng: np.random.Generator) -> tuple[float, float] | None:
    """Return the band of distances that a person names; None where they could not judge."""
    said = away * float(np.exp(rng.normal(0.0, _RANGE_ERROR)))
    if rng.uniform() < _NO_RANGE:
        return None
    near, far = min(_BANDS_M, key=lambda b: abs(np.log(np.sqrt(b[0] * b[1]) / said)))
    return float(near), float(far)


def winds_said(toward: float, rng: np.random.Generator) -> tuple[float, ...]:
    """Return the winds that a person names, as degrees: one, two that adjoin, or none."""
    said = toward + float(rng.normal(0.0, _BEARING_SIGMA_DEG))
    names = [wind_name(said)]
    u = rng.uniform()
    if u < 0.06:
        return ()
    if u < 0.2:
        names.append(wind_name(said + 22.5))
    return tuple(wind_degrees(name) for name in names)


def line(
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
    """Write a line, at the minute that the observer's watch shows."""
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
