"""How long a wave is under way: sound in air, infrasound by duct, waves in the ground."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.physics.air import sound_speed_m_s, sound_speed_sigma_m_s

FloatArray = NDArray[np.float64]


class Celerity(NamedTuple):
    """One part of an infrasound celerity mixture."""

    label: str
    celerity_m_s: float
    sigma_m_s: float
    weight: float


class GroundPhase(NamedTuple):
    """One seismic phase with a constant speed."""

    label: str
    speed_m_s: float
    sigma_m_s: float


MixtureKind = Literal["canonical", "broad", "near_field"]

# canonical: InfraPy's reciprocal-celerity mixture (infrapy/propagation/infrasound.py); its spreads 0.066, 0.080 and
# 0.330 s/km are turned into celerities by sigma_c = c^2 sigma_(1/c). broad: weights for unknown season and ducts.
# near_field: a direct wave, up to some tens of kilometres. LIMIT: none is right for a given day; pass your own.
_MIXTURES: dict[str, tuple[Celerity, ...]] = {
    "canonical": (
        Celerity("tropospheric", 327.0, 7.06, 0.0539),
        Celerity("stratospheric", 293.0, 6.87, 0.0899),
        Celerity("thermospheric", 260.0, 22.3, 0.8562),
    ),
    "broad": (
        Celerity("tropospheric", 330.0, 12.0, 0.25),
        Celerity("stratospheric", 295.0, 15.0, 0.50),
        Celerity("thermospheric", 250.0, 25.0, 0.25),
    ),
    "near_field": (Celerity("direct", 335.0, 8.0, 1.0),),
}

GROUND_PHASES: tuple[GroundPhase, ...] = (
    GroundPhase("P", 6000.0, 250.0),
    GroundPhase("S", 3500.0, 150.0),
    GroundPhase("Lg", 3500.0, 200.0),
)
"""Starting speeds in the crust. LIMIT: constant speeds, no Pn (near 8 km/s, first beyond some 150 km), S and Lg are two
labels for one arrival: onset times are wrong by seconds at 100 km. Use a layered model per mission."""


def acoustic_travel_time_s(range_m: ArrayLike, speed_m_s: ArrayLike) -> FloatArray:
    """Return the travel time over a range at a speed, seconds, broadcasting."""
    time: FloatArray = np.asarray(range_m, dtype=np.float64) / np.asarray(speed_m_s, dtype=np.float64)
    return time


def acoustic_travel_time_sigma_s(
    range_m: ArrayLike, temperature_c: ArrayLike, temperature_sigma_c: ArrayLike, wind_sigma_m_s: ArrayLike
) -> FloatArray:
    """Return the standard deviation of an acoustic travel time, to first order.

    Args:
        range_m: Distance.
        temperature_c: Air temperature.
        temperature_sigma_c: Its standard deviation along the path.
        wind_sigma_m_s: Standard deviation of the wind component along the path.

    Returns:
        Seconds, range / c^2 times the spread of the speed. The sensors of one event share most of this error: treat it
        as common to them, not as noise of each.
    """
    speed = sound_speed_m_s(temperature_c)
    speed_sigma = np.hypot(sound_speed_sigma_m_s(temperature_sigma_c, temperature_c), wind_sigma_m_s)
    sigma: FloatArray = np.asarray(range_m, dtype=np.float64) / speed**2 * speed_sigma
    return sigma


def celerity_mixture(kind: MixtureKind = "broad") -> tuple[Celerity, ...]:
    """Return a mixture of infrasound celerities (horizontal range over travel time), weights summing to one.

    Raises:
        ValueError: There is none of that name.
    """
    if kind not in _MIXTURES:
        raise ValueError(f"unknown celerity mixture {kind!r}: expected one of {', '.join(_MIXTURES)}")
    return _MIXTURES[kind]


def ground_phase(label: str) -> GroundPhase:
    """Return a seismic phase of the starting table.

    Raises:
        ValueError: There is none of that name.
    """
    for phase in GROUND_PHASES:
        if phase.label == label:
            return phase
    raise ValueError(f"unknown phase {label!r}: expected one of {', '.join(p.label for p in GROUND_PHASES)}")


def ground_travel_time_s(range_m: ArrayLike, phase: GroundPhase) -> tuple[FloatArray, FloatArray]:
    """Return travel time and its standard deviation over a range for a seismic phase, seconds."""
    time = np.asarray(range_m, dtype=np.float64) / phase.speed_m_s
    return time, time * (phase.sigma_m_s / phase.speed_m_s)
