"""When the waves of an event at the surface pass a station in the ground: a layered model of P and S speeds.

First P and S come from rays through the layers (direct in the crust, refracted below it, reflected on its bottom).
Lg and the surface wave, which are guided by the crust as a whole, travel at group speeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.model.mission import GroundLayer
from trucewatch.model.vocabulary import Wave
from trucewatch.physics.rays import EARTH_RADIUS_M, Branch, branches, earliest

FloatArray = NDArray[np.float64]

FARTHEST_M = 1_000_000.0
"""How far the tables reach."""
_STEP_M = 500.0
_FLOOR_S = 0.05
"""Least error: what a source's depth of some hundred metres and its own ground leave."""
LG_FROM_M = 100_000.0
"""Nearer than this Lg has not formed: the S waves of the crust are one arrival (BSSA 71(1):263 measures Lg beyond)."""
_LG_M_S, _LG_SHARE = 3_500.0, 0.05
_SURFACE_M_S, _SURFACE_SHARE = 3_000.0, 0.10
"""Group speeds with their spread: Lg 3.5 km/s, within windows of 2.8 to 4.0 (BSSA 71(1):263); Rayleigh waves of about a
second period over sediments and bedrock 2.4 to 3.4 km/s (general knowledge, hence the spread)."""

_IASP91_CRUST = ((0.0, 5800.0, 3360.0), (20_000.0, 6500.0, 3750.0))
_IASP91_MANTLE = (
    (35_000.0, 120_000.0, (8785.41, -749.53), (6706.231, -2248.585)),
    (120_000.0, 210_000.0, (25_413.89, -17_697.22), (5750.20, -1274.20)),
)
"""From depth to depth: speeds of P and S as a + b r / 6371 km, metres and seconds (Kennett & Engdahl 1991, table 2)."""
_SHELL_M = 10_000.0


def _iasp91() -> tuple[GroundLayer, ...]:
    """Return the crust as published and the mantle in shells of 10 km, each with the speed at its middle."""
    rows = list(_IASP91_CRUST)
    for top_m, bottom_m, p, s in _IASP91_MANTLE:
        for depth_m in np.arange(top_m, bottom_m, _SHELL_M):
            x = 1.0 - (depth_m + min(_SHELL_M, bottom_m - depth_m) / 2.0) / EARTH_RADIUS_M
            rows.append((float(depth_m), p[0] + p[1] * x, s[0] + s[1] * x))
    return tuple(GroundLayer(top_m=top, p_m_s=p, s_m_s=s) for top, p, s in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundModel:
    """Layers of the ground with the error of the times that they give."""

    layers: tuple[GroundLayer, ...]
    """from the surface down, the first at depth 0; the last reaches down without end"""
    p_share: float = 0.03
    """standard deviation of a P time as a share of it, for a place whose own layers are not known"""
    s_share: float = 0.04
    """the same of an S time: S speeds vary more"""

    def __post_init__(self) -> None:
        """Refuse a model that is none.

        Raises:
            ValueError: no layer at the surface, tops that do not descend, or a share outside (0, 1).
        """
        tops = [layer.top_m for layer in self.layers]
        if not tops or tops[0] != 0.0 or any(b <= a for a, b in pairwise(tops)):
            raise ValueError("layers must start at depth 0 and descend")
        if not (0.0 < self.p_share < 1.0 and 0.0 < self.s_share < 1.0):
            raise ValueError("p_share and s_share must lie between 0 and 1")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PhaseTime:
    """One wave's travel time at some distances."""

    wave: Wave
    time_s: FloatArray
    """shape of the distances; NaN where this wave does not arrive or the table ends"""
    sigma_s: FloatArray
    """standard deviation, mostly shared by stations in one direction: the model's, not the pick's"""


REFERENCE_GROUND = GroundModel(layers=_iasp91())
"""The continental average iasp91 (Kennett & Engdahl 1991, Geophys. J. Int. 105, 429), for missions that state none."""


def phase_times(distance_m: ArrayLike, model: GroundModel = REFERENCE_GROUND) -> tuple[PhaseTime, ...]:
    """Return when each wave of a surface event passes, by distance.

    Args:
        distance_m: Along the surface, any shape.
        model: The ground; tables are made once for each.

    Returns:
        First P (the earliest of direct and refracted), first S, Lg and the surface wave, in this order. NaN beyond
        1,000 km, and for Lg nearer than 100 km.

    LIMIT: surface sources only; a buried charge or an earthquake comes later or earlier by its depth over the speed.
    """
    distance = np.asarray(distance_m, dtype=np.float64)
    table = _table(model)
    return (
        _timed(Wave.P, _at(distance, table[0]), model.p_share),
        _timed(Wave.S, _at(distance, table[1]), model.s_share),
        _timed(Wave.LG, np.where(distance >= LG_FROM_M, _guided(distance, _LG_M_S), np.nan), _LG_SHARE),
        _timed(Wave.SURFACE, _guided(distance, _SURFACE_M_S), _SURFACE_SHARE),
    )


def ground_branches(model: GroundModel, wave: Wave) -> tuple[Branch, ...]:
    """Return the direct, refracted and reflected branches of P or S, for record sections and later arrivals.

    Raises:
        ValueError: The wave is neither.
    """
    if wave not in (Wave.P, Wave.S):
        raise ValueError(f"{wave.value!r} has no rays: expected p or s")
    tops = np.array([layer.top_m for layer in model.layers])
    return branches(tops, np.array([layer.p_m_s if wave is Wave.P else layer.s_m_s for layer in model.layers]))


def ground_model(layers: Sequence[GroundLayer], share: float | None = None) -> GroundModel:
    """Return a mission's ground: its own layers with their error, or the reference where it states none."""
    if not layers:
        return REFERENCE_GROUND
    return (
        GroundModel(layers=tuple(layers))
        if share is None
        else GroundModel(layers=tuple(layers), p_share=share, s_share=share)
    )


@lru_cache(maxsize=16)
def _table(model: GroundModel) -> tuple[FloatArray, FloatArray]:
    grid = np.arange(0.0, FARTHEST_M + _STEP_M / 2, _STEP_M)
    first = tuple(earliest(ground_branches(model, wave), grid) for wave in (Wave.P, Wave.S))
    for column in first:
        column.flags.writeable = False
    return first[0], first[1]


def _at(distance_m: FloatArray, column: FloatArray) -> FloatArray:
    # The grid is even, so the place in it needs no search.
    step = np.clip(np.nan_to_num(distance_m) / _STEP_M, 0.0, len(column) - 1.0)
    below = np.minimum(step.astype(np.int64), len(column) - 2)
    time: FloatArray = column[below] + (step - below) * (column[below + 1] - column[below])
    return np.where(distance_m <= FARTHEST_M, time, np.nan)


def _guided(distance_m: FloatArray, speed_m_s: float) -> FloatArray:
    return np.where(distance_m <= FARTHEST_M, distance_m / speed_m_s, np.nan)


def _timed(wave: Wave, time_s: FloatArray, share: float) -> PhaseTime:
    return PhaseTime(wave=wave, time_s=time_s, sigma_s=np.hypot(share * time_s, _FLOOR_S))
