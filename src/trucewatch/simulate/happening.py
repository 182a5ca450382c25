"""One thing that happens in a theatre: what the sensors' physics needs of it, and what the truth file says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo import from_azimuthal
from trucewatch.model.truth import TrueEvent
from trucewatch.model.vocabulary import Cause, ObservationType
from trucewatch.physics import Source, reference_source
from trucewatch.physics.level import equivalent_charge_kg

FloatArray = NDArray[np.float64]

_SMALL_KG, _LARGE_KG = 1.0, 8.0
"""limits of small and large: a bomb of 82 mm, a shell of 155 mm"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Happening:
    """Something that sounds, flashes, burns or moves."""

    truth: TrueEvent
    activity: str
    rounds_s: FloatArray
    """(n,) seconds after the start of the theatre, ascending; empty for what makes no bang"""
    offset_m: FloatArray
    """(n, 2) east and north of each round from the place of the truth"""
    height_m: FloatArray
    """(n,) above the ground"""
    source: Source | None = None
    """what each round sounds like; None for what makes no bang"""
    flash: bool = False
    """whether a camera sees each round"""
    flash_kind: ObservationType = ObservationType.MUZZLE_FLASH
    frp_mw: float = 0.0
    """fire radiative power of what burns"""
    burn_m: float = 0.0
    """its radius"""
    path_m: FloatArray | None = None
    """(n, 4) of what moves: seconds after the start, longitude, latitude, height above ground"""
    impact: bool = False
    """rounds arrive here: craters may be seen afterwards"""

    @property
    def start_s(self) -> float:
        """Return when it begins, seconds after the start of the theatre."""
        if len(self.rounds_s):
            return float(self.rounds_s[0])
        return 0.0 if self.path_m is None else float(self.path_m[0, 0])


# What the physics has no reference for. Thunder at 1 m: a few pascal at a kilometre from each piece of the channel (Few
# 1969), two octaves lower than a shot; fireworks some grams of flash powder; a lorry's bump some pascal beside the
# road; a quarry's charges go off one by one, so that the largest of them sounds, muffled by the rock.
SOURCES: dict[str, Source] = {
    "thunder": Source(kind="thunder", level_db_1m=166.0, dominant_frequency_hz=70.0, spread_db=8.0),
    "fireworks": Source(kind="fireworks", charge_kg=0.01, spread_db=6.0),
    "lorry bump": Source(kind="lorry bump", level_db_1m=118.0, dominant_frequency_hz=80.0, spread_db=6.0),
    "quarry": Source(kind="quarry", charge_kg=4.0, spread_db=6.0),
}


def source_of(label: str) -> Source:
    """Return the source of a label: one of physics, or one of what is innocent."""
    return SOURCES.get(label) or reference_source(label)


@lru_cache(maxsize=64)
def size_of(source: Source) -> str:
    """Return small, medium or large."""
    kg = equivalent_charge_kg(source)
    return "small" if kg < _SMALL_KG else "medium" if kg <= _LARGE_KG else "large"


def moment(start_utc: datetime, at_s: float) -> datetime:
    """Return a moment, seconds after the start, to the microsecond."""
    return start_utc + timedelta(microseconds=round(float(at_s) * 1e6))


def spread_of(offset_m: FloatArray) -> float:
    """Return the standard deviation of rounds' places (n, 2) about their middle, of one axis; 0 for one round."""
    n = len(offset_m)
    return round(float(np.sqrt((offset_m**2).sum() / (2.0 * (n - 1)))), 2) if n > 1 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the truth says of a happening beyond its place and times."""

    id: str
    activity: str
    label: str
    kind: ObservationType
    cause: Cause
    size: str
    side: str = ""
    zone: str = ""
    innocent: bool = False
    notified: bool = False


def bangs(
    said: Said,
    start_utc: datetime,
    at: FloatArray,
    rounds_s: FloatArray,
    *,
    source: Source,
    spread_m: float = 0.0,
    rng: np.random.Generator,
    height_m: FloatArray | None = None,
    flash: ObservationType | None = None,
    launch: FloatArray | None = None,
    impact: bool = False,
) -> Happening:
    """Make a happening of rounds from, or at, one place.

    Args:
        said: for the truth.
        start_utc: of the theatre.
        at: (2,) longitude, latitude.
        rounds_s: (n,) moments, ascending.
        source: of each round.
        spread_m: standard deviation of each round's place, east and north.
        rng: where chance comes from.
        height_m: (n,) of each round; on the ground when absent.
        flash: what a camera sees of a round, if anything.
        launch: (2,) longitude, latitude from where the rounds were fired, if elsewhere.
        impact: rounds arrive here.
    """
    n = len(rounds_s)
    offset = rng.normal(0.0, 1.0, (n, 2)) * spread_m
    # What is true of a place is the middle of where the rounds were, not where they were meant to be.
    middle = offset.mean(axis=0)
    lon, lat = from_azimuthal(at[0], at[1], middle)
    truth = TrueEvent(
        id=said.id,
        kind=said.kind,
        label=said.label,
        cause=said.cause,
        innocent=said.innocent,
        notified=said.notified,
        start_utc=moment(start_utc, rounds_s[0]),
        end_utc=moment(start_utc, rounds_s[-1]),
        lon_deg=float(lon),
        lat_deg=float(lat),
        sigma_m=0.0,
        count=n,
        size=said.size,
        side=said.side,
        zone=said.zone,
        launch_lon_deg=None if launch is None else float(launch[0]),
        launch_lat_deg=None if launch is None else float(launch[1]),
        spread_m=spread_of(offset - middle),
    )
    return Happening(
        truth=truth,
        activity=said.activity,
        rounds_s=rounds_s,
        offset_m=offset - middle,
        height_m=np.zeros(n) if height_m is None else height_m,
        source=source,
        flash=flash is not None,
        flash_kind=flash or ObservationType.MUZZLE_FLASH,
        impact=impact,
    )
