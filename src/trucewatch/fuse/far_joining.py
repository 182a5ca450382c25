"""Which further readings an event takes: those that come when its waves may, and fit it better than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.far_density import Seen, roughly_seen_from, seen_from
from trucewatch.fuse.far_grid import Cloud
from trucewatch.fuse.far_likelihood import likelihood
from trucewatch.fuse.far_reading import GROUND, SOUND, SOUND_REACH_M, Reading
from trucewatch.fuse.far_region import region_time
from trucewatch.fuse.far_settings import FarSettings

FloatArray = NDArray[np.float64]

_SPEEDS_M_S = {"air": (205.0, 360.0), "sound": (310.0, 360.0), GROUND: (2_000.0, 9_500.0)}
_FARTHEST_M = 1_100_000.0
_APART_S = 1.0
_MOST_PHASES = 3
"""onsets of one station in the ground that one event may have"""


def joining(free: Sequence[Reading], members: Sequence[Reading], cloud: Cloud, settings: FarSettings) -> list[Reading]:
    """Return the readings that the event explains better than chance, the best one of each sensor and medium first."""
    best: dict[tuple[str, str], tuple[float, Reading]] = {}
    about, views = about_of(cloud), dict[tuple[float, float], Seen]()
    for reading in free:
        if not _has_room(reading, members) or not may_belong(reading, about):
            continue
        gain, key = join_gain(reading, cloud, settings, views), (reading.sensor_id, reading.medium)
        if gain > 0.0 and (key not in best or gain > best[key][0]):
            best[key] = gain, reading
    return [reading for _, reading in sorted(best.values(), key=lambda x: (-x[0], x[1].key))]


def _has_room(reading: Reading, members: Sequence[Reading]) -> bool:
    """Say whether an event may have one more reading of a sensor: one train in the air, several waves in the ground."""
    same = [m for m in members if m.sensor_id == reading.sensor_id and m.medium == reading.medium]
    if reading.medium != GROUND:
        return not same
    return len(same) < _MOST_PHASES and all(abs(m.start_s - reading.start_s) > _APART_S for m in same)


class About(NamedTuple):
    """Roughly where and when an event was."""

    lon_lat: FloatArray
    """its densest cells, shape (n, 2)"""
    at_s: float
    sigma_s: float


def about_of(cloud: Cloud) -> About:
    """Return roughly where and when an event was."""
    densest = np.argsort(-cloud.p_cell, kind="stable")[:50]
    return About(cloud.lon_lat[densest], *region_time(cloud))


def may_belong(reading: Reading, about: About) -> bool:
    """Say whether a reading comes when waves of the event may: a quick look before the exact one."""
    slow, fast = _SPEEDS_M_S[reading.medium]
    slack = 4.0 * (about.sigma_s + reading.sigma_s)
    if not -slack <= reading.end_s - about.at_s or reading.start_s - about.at_s > _FARTHEST_M / slow + slack:
        return False
    away = roughly_seen_from(reading.lon_deg, reading.lat_deg, about.lon_lat).away_m
    if reading.medium == SOUND and float(away.min()) > SOUND_REACH_M:
        return False
    first, last = about.at_s + float(away.min()) / fast - slack, about.at_s + float(away.max()) / slow + slack
    return reading.end_s >= first and reading.start_s <= last


def _against_chance(
    reading: Reading, cloud: Cloud, settings: FarSettings, views: dict[tuple[float, float], Seen]
) -> FloatArray:
    place = reading.lon_deg, reading.lat_deg
    if place not in views:
        views[place] = seen_from(reading, cloud.lon_lat)
    return likelihood([reading], [views[place]], cloud.time_s, cloud.cell_m / 2, settings)


def join_gain(reading: Reading, cloud: Cloud, settings: FarSettings, views: dict[tuple[float, float], Seen]) -> float:
    """Return the log of how much better an event without this reading explains it than chance.

    Args:
        reading: that may join.
        cloud: where and when the event was.
        settings: priors.
        views: of the cloud's cells from places where sensors stand; filled as they are asked for.
    """
    return math.log(float((cloud.joint * _against_chance(reading, cloud, settings, views)).sum()) + 1e-300)


def stay_gain(reading: Reading, cloud: Cloud, settings: FarSettings) -> float:
    """Return the same of a reading that the event was settled with: the evidence with it over that without it.

    The posterior without it is the posterior divided by what it says: exact as far as the grid reaches.
    """
    explained = np.maximum(_against_chance(reading, cloud, settings, {}), settings.p_outlier)
    return -math.log(float((cloud.joint / explained).sum()))
