"""How strong the infrasound of a source is at a range, 0.5 to 5 Hz."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.physics.level import (
    REFERENCE_PRESSURE_PA,
    dominant_frequency_hz,
    equivalent_charge_kg,
    free_field_level_db,
)
from trucewatch.physics.source import Source
from trucewatch.physics.weather import Weather

FloatArray = NDArray[np.float64]

BAND_TOP_HZ = 5.0
"""Upper edge of the band in which infrasound arrays are usually searched."""
_KILOTON_KG = 1e6
# Direct wave up to 1 km, ducted return beyond 150 km, and a straight blend in log range between (our choice: the zone
# of silence in between has no simple law).
_DIRECT_M, _DUCTED_M = 1e3, 150e3
_DIRECT_SPREAD_DB = 3.0
# The duct's wind changes amplitude by 10^(0.018 v) (Whitaker, Los Alamos); 20 m/s of unknown stratospheric wind is
# 7 dB, and scatter about the relation adds the rest.
_DUCTED_SPREAD_DB = 9.0


def infrasound_level_db(source: Source, range_m: ArrayLike, weather: Weather) -> FloatArray:
    """Return the peak level in the infrasound band, decibels re 20 uPa, in the shape of range_m.

    Near, the blast wave of the charge; far, the Los Alamos relation log P = 3.37 + 0.68 log W - 1.36 log R (Pa, kt, km)
    with no stratospheric wind; both through the band's upper edge, above which lies most of a small charge's pulse.

    LIMIT: the season's ducts are not modelled; the spread carries them until a mission passes its own loss.

    References:
        Stevens et al. 2002, Pure Appl. Geophys. 159, 1045.
    """
    distance = np.maximum(np.asarray(range_m, dtype=np.float64), 1.0)
    near = free_field_level_db(source, distance, weather)
    kilotons = equivalent_charge_kg(source) / _KILOTON_KG
    log_pressure = 3.37 + 0.68 * np.log10(kilotons) - 1.36 * np.log10(distance / 1e3)
    far = 20.0 * (log_pressure - np.log10(REFERENCE_PRESSURE_PA))
    direct = _direct_share(distance)
    x2 = (BAND_TOP_HZ / dominant_frequency_hz(source, weather)) ** 2
    level: FloatArray = direct * near + (1.0 - direct) * far + 20.0 * np.log10(x2 / (1.0 + x2))
    return level


def infrasound_spread_db(source: Source, range_m: ArrayLike) -> FloatArray:
    """Return the standard deviation of that level, decibels: 3 near to 9 far, with the source's own."""
    direct = _direct_share(np.maximum(np.asarray(range_m, dtype=np.float64), 1.0))
    spread: FloatArray = np.hypot(source.spread_db, direct * _DIRECT_SPREAD_DB + (1.0 - direct) * _DUCTED_SPREAD_DB)
    return spread


def _direct_share(distance_m: FloatArray) -> FloatArray:
    share: FloatArray = np.clip(np.log(_DUCTED_M / distance_m) / np.log(_DUCTED_M / _DIRECT_M), 0.0, 1.0)
    return share
