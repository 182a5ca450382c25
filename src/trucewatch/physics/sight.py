"""How well a camera sees a burst at a range, with a free line of sight.

LIMIT: terrain, buildings and the direction in which the camera looks are the planner's; without them this is a bound.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.physics.level import equivalent_charge_kg
from trucewatch.physics.source import Source
from trucewatch.physics.weather import Weather

FloatArray = NDArray[np.float64]

# By day a plume of dust and smoke about 10 m W^(1/3) across at half contrast; by night a fireball about 3.5 m W^(1/3)
# across, a hundred times brighter than its background. Both general knowledge, hence the spread.
_DAY_SIZE_M, _DAY_CONTRAST_DB = 10.0, -6.0
_NIGHT_SIZE_M, _NIGHT_CONTRAST_DB = 3.5, 40.0
_SPREAD_DB = 10.0
# One picture element of a fixed camera with 1,000 of them over 60 degrees.
# LIMIT: a long lens sees further than this by its magnification.
_PIXEL_RAD = 1e-3
# Contrast falls to 5 % over the meteorological optical range (WMO No. 8, part I, chapter 9): 26 dB.
_LOSS_DB_PER_VISIBILITY = -20.0 * np.log10(0.05)


def contrast_level_db(source: Source, range_m: ArrayLike, weather: Weather) -> FloatArray:
    """Return the contrast of a burst against its background, decibels re 1, in the shape of range_m.

    Koschmieder's law in the haze; once the burst is smaller than a picture element, contrast falls with its area.
    """
    size, contrast = (_NIGHT_SIZE_M, _NIGHT_CONTRAST_DB) if weather.is_night else (_DAY_SIZE_M, _DAY_CONTRAST_DB)
    distance = np.asarray(range_m, dtype=np.float64)
    width_m = size * np.cbrt(equivalent_charge_kg(source))
    diluted = 40.0 * np.log10(np.maximum(1.0, distance * _PIXEL_RAD / width_m))
    level: FloatArray = contrast - _LOSS_DB_PER_VISIBILITY * distance / weather.visibility_m - diluted
    return level


def contrast_spread_db(source: Source) -> float:
    """Return the standard deviation of that level, decibels."""
    return float(np.hypot(source.spread_db, _SPREAD_DB))
