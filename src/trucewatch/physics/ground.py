"""How strongly the ground shakes at a range from an explosion at the surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.physics.level import equivalent_charge_kg
from trucewatch.physics.source import Source

FloatArray = NDArray[np.float64]

# Khalturin, Rautian & Richards 1998 (Bull. Seismol. Soc. Am. 88, 1511): well-coupled charges reach at most
# 2.45 + 0.73 log10(tonnes). An open surface burst loses 1 to 2 units (general knowledge; check before use as oracle).
_SURFACE_LOSS = 1.5
_MAGNITUDE_SPREAD = 0.5
_DB_PER_MAGNITUDE = 20.0
# Keeps the law finite at the source; it was fitted from 10 km outwards.
_LEAST_RANGE_M = 1000.0


def surface_magnitude(charge_kg: ArrayLike) -> FloatArray:
    """Return the local magnitude expected of a charge at the surface; spread 0.5."""
    magnitude: FloatArray = 2.45 + 0.73 * np.log10(np.asarray(charge_kg, dtype=np.float64) / 1e3) - _SURFACE_LOSS
    return magnitude


def ground_level_db(source: Source, range_m: ArrayLike) -> FloatArray:
    """Return the peak Wood-Anderson displacement, decibels re 1 nm, in the shape of range_m.

    References:
        IASPEI 2013 standard local magnitude: ML = log10 A + 1.11 log10 R + 0.00189 R - 2.09 (nm, km).
    """
    km = np.hypot(np.asarray(range_m, dtype=np.float64), _LEAST_RANGE_M) / 1e3
    log_nm = surface_magnitude(equivalent_charge_kg(source)) + 2.09 - 1.11 * np.log10(km) - 0.00189 * km
    level: FloatArray = _DB_PER_MAGNITUDE * log_nm
    return level


def ground_spread_db(source: Source) -> float:
    """Return the standard deviation of that level, decibels: half a magnitude for coupling and path, and the source."""
    return float(np.hypot(source.spread_db, _DB_PER_MAGNITUDE * _MAGNITUDE_SPREAD))
