"""How long a wave in the air is under way: sound, and infrasound by duct."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.model.mission import CelerityPrior
from trucewatch.physics.air import sound_speed_m_s, sound_speed_sigma_m_s

FloatArray = NDArray[np.float64]


class Celerity(NamedTuple):
    """One part of an infrasound celerity mixture."""

    label: str
    celerity_m_s: float
    sigma_m_s: float
    weight: float


class CelerityPart(NamedTuple):
    """One part of a mixture whose weight depends on distance."""

    label: str
    celerity_m_s: float
    sigma_m_s: float
    weight: FloatArray
    """shape of the distances"""


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
DIRECT = "direct"
"""label of the part that holds near the source"""
_DIRECT_HALF_M, _DIRECT_POWER = 60_000.0, 4.2


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


def celerities(
    distance_m: ArrayLike,
    month: int | None = None,
    own: Sequence[CelerityPrior] = (),
    toward_deg: float | None = None,
) -> tuple[CelerityPart, ...]:
    """Return the mixture of celerities that holds at each distance, near and far in one.

    Near, the wave is direct; far, it has come back from a duct. The direct part's weight falls from one to nought as
    distance passes 60 km; nearer than 20 km it has 0.99, beyond 180 km 0.01.

    Args:
        distance_m: Along the surface, any shape.
        month: 1 to 12, picks the mission's parts that hold then; None: those for all year.
        own: The mission's parts. Those for this month and direction take the place of the built-in ducts at their
            distances; one labelled "direct" takes the place of the built-in near part. Where none holds, the built-in
            ones stay.
        toward_deg: Direction in which the sound travels; None: parts for single directions do not hold.

    Returns:
        The parts, the direct one first, with weights in the shape of distance_m that sum to one over the parts.

    LIMIT: where direct waves end and ducted ones begin is our own choice, between the last direct waves (some tens of
    kilometres) and the first returns (100 to 200 km).
    """
    holds = [p for p in own if p.holds(month, toward_deg)]
    near, far = [p for p in holds if p.label == DIRECT], [p for p in holds if p.label != DIRECT]
    distance, direct = np.asarray(distance_m, dtype=np.float64), direct_share(distance_m)
    return (
        *_own_or_usual(near, "near_field", distance, direct),
        *_own_or_usual(far, "broad", distance, 1.0 - direct),
    )


def direct_share(distance_m: ArrayLike) -> FloatArray:
    """Return the weight of the direct wave at a distance: near 1 within 20 km, near 0 beyond 180 km."""
    distance = np.maximum(np.asarray(distance_m, dtype=np.float64), 1.0)
    share: FloatArray = 1.0 / (1.0 + (distance / _DIRECT_HALF_M) ** _DIRECT_POWER)
    return share


def _own_or_usual(
    own: Sequence[CelerityPrior], usual: MixtureKind, distance_m: FloatArray, share: FloatArray
) -> tuple[CelerityPart, ...]:
    """Return the mission's parts where they hold, and the built-in ones where none does."""
    weights = [p.weight * ((p.from_m <= distance_m) & (distance_m < p.to_m)) for p in own]
    total = sum(weights, start=np.zeros_like(distance_m))
    known = total > 0.0
    scale = share / np.where(known, total, 1.0)
    stated = tuple(
        CelerityPart(p.label, p.celerity_m_s, p.sigma_m_s, np.asarray(scale * w))
        for p, w in zip(own, weights, strict=True)
    )
    return stated if known.all() and own else (*stated, *_weighted(_MIXTURES[usual], np.where(known, 0.0, share)))


def _weighted(parts: Sequence[Celerity], share: FloatArray) -> tuple[CelerityPart, ...]:
    total = sum(p.weight for p in parts)
    return tuple(CelerityPart(p.label, p.celerity_m_s, p.sigma_m_s, share * (p.weight / total)) for p in parts)
