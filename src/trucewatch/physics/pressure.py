"""The whole pressure pulse of a charge at a distance, as a microphone without filters records it, and its spread.

What `level` says of octaves is what ears and triggers take in; the size of a charge is read from the whole pulse.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.physics.air import absorption_db_per_m, wind_along_m_s
from trucewatch.physics.blast import peak_overpressure_pa, positive_duration_s
from trucewatch.physics.level import (
    OCTAVES_HZ,
    REFERENCE_PRESSURE_PA,
    level_spread_db,
    refraction_db,
    shadow_depth_db,
    upwind_share,
)
from trucewatch.physics.source import Source
from trucewatch.physics.weather import Weather

FloatArray = NDArray[np.float64]

_SILENT_SOURCE = Source(kind="path alone", level_db_1m=0.0, dominant_frequency_hz=100.0, spread_db=0.0)


def pulse_level_db(
    charge_kg: ArrayLike, range_m: ArrayLike, weather: Weather, bearing_deg: ArrayLike | None = None
) -> FloatArray:
    """Return the peak level of a charge's whole pulse, broadcasting charges against ranges.

    Args:
        charge_kg: TNT equivalent in free air.
        range_m: Distance.
        weather: On the path; the wind's component from source to listener casts the shadow upwind.
        bearing_deg: From source to listener; across the wind when absent.

    Returns:
        Decibels re 20 uPa: Kinney and Graham's pressure, less refraction beyond a kilometre, absorption at the pulse's
        dominant frequency, and the upwind shadow, which long waves leak into.
    """
    charge, distance, bearing = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (charge_kg, range_m, 0.0 if bearing_deg is None else bearing_deg))
    )
    free = peak_overpressure_pa(charge, distance, weather.pressure_pa, weather.temperature_c)
    dominant = pulse_frequency_hz(charge, distance, weather)
    absorbed = distance * absorption_db_per_m(
        dominant, weather.temperature_c, weather.relative_humidity_pct, weather.pressure_pa
    )
    along = 0.0 if bearing_deg is None else wind_along_m_s(weather.wind_m_s, weather.wind_from_deg, bearing)
    shadow = upwind_share(along) * _shadow_db(distance, dominant)
    level: FloatArray = 20.0 * np.log10(free / REFERENCE_PRESSURE_PA) - refraction_db(distance) - absorbed - shadow
    return level


def pulse_frequency_hz(charge_kg: ArrayLike, range_m: ArrayLike, weather: Weather) -> FloatArray:
    """Return where the spectrum of a charge's pulse peaks at a range: 1 / (2 pi T) of a Friedlander pulse."""
    duration = positive_duration_s(charge_kg, range_m, weather.pressure_pa, weather.temperature_c)
    frequency: FloatArray = 1.0 / (2.0 * np.pi * duration)
    return frequency


def pulse_spread_db(range_m: ArrayLike, weather: Weather, bearing_deg: ArrayLike | None = None) -> FloatArray:
    """Return how far the level of one path scatters about `pulse_level_db`, one standard deviation, decibels.

    It is the propagation's own spread (`level_spread_db`) with what the wind's uncertainty does to the shadow.
    """
    distance = np.asarray(range_m, dtype=np.float64)
    own = level_spread_db(_SILENT_SOURCE, distance)
    mean: FloatArray | float = 0.0
    if bearing_deg is not None:
        mean = wind_along_m_s(weather.wind_m_s, weather.wind_from_deg, bearing_deg)
    swing = upwind_share(mean - weather.wind_sigma_m_s) - upwind_share(mean + weather.wind_sigma_m_s)
    depth = _shadow_db(distance, np.full(distance.shape, OCTAVES_HZ[0]))
    spread: FloatArray = np.hypot(own, 0.5 * swing * depth)
    return spread


def _shadow_db(distance_m: FloatArray, frequency_hz: FloatArray) -> FloatArray:
    """Return the full shadow at a frequency: what leaks in decays as the cube root of frequency, also below 125 Hz."""
    lowest = shadow_depth_db(distance_m)[0]
    depth: FloatArray = lowest * np.cbrt(np.minimum(frequency_hz, OCTAVES_HZ[0]) / OCTAVES_HZ[0])
    return depth
