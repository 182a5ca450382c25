"""How loud a source is at a range, in the octave bands that microphones and ears take in.

The level of a band is the peak of the pulse seen through that octave, decibels re 20 uPa.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.physics.air import absorption_db_per_m, wind_along_m_s
from trucewatch.physics.blast import charge_kg_for, peak_overpressure_pa, positive_duration_s
from trucewatch.physics.refraction import gradient_per_s
from trucewatch.physics.source import Source
from trucewatch.physics.weather import Weather

FloatArray = NDArray[np.float64]

REFERENCE_PRESSURE_PA = 20e-6
OCTAVES_HZ: FloatArray = 1000.0 * 10.0 ** (0.3 * np.arange(-3.0, 2.0))
"""Exact middles of the octaves 125 to 2000 Hz (IEC 61260-1)."""
A_WEIGHTING_DB: FloatArray = np.array([-16.1, -8.6, -3.2, 0.0, 1.2])
"""The ear's weighting of those octaves (IEC 61672-1, table 3)."""

# Attenuation over porous ground, source and listener 1.5 m high: twice the far-range term of ISO 9613-2:1996, table 3,
# in each octave, built up within some 50 m as there.
_GROUND_DB = 2.0 * np.array([5.34, 7.02, 4.97, 0.66, 0.0])
_GROUND_BUILD_UP_M = 50.0
# Upwind shadow: measured excess attenuation settles at 20 to 30 dB (Wiener & Keast 1959; Piercy, Embleton & Sutherland
# 1977, J. Acoust. Soc. Am. 61, 1403, reviews both). The creeping wave that leaks into a shadow decays as the cube root
# of frequency. How the shadow builds up is our own choice between those ends: half of it at 2.5 m/s upwind, where the
# grazing ray leaves an ear's height at 300 m, and over 500 m of range.
# LIMIT: where the weather states no lapse, none is taken; on still clear nights everything is heard further.
_SHADOW_DB = 25.0
_SHADOW_HALF_WIND_M_S = -2.5
_SHADOW_WIND_STEP_M_S = 1.25
_SHADOW_BUILD_UP_M = 500.0
_SHADOW_REFERENCE_HZ = 250.0
# Measured blast waves fall as range to the -1.36 (Stevens et al. 2002, as in infrasound), not -1: refraction, scatter
# and turbulence take 7.2 dB a decade, here from a kilometre on (our choice; the relation was fitted further out).
_REFRACTION_DB_PER_DECADE = 7.2
_REFRACTION_FROM_M = 1000.0
# ISO 9613-2:1996, table 5, states 3 dB up to 1 km for broad-band sound averaged over downwind weather. Single events
# vary more, and by tens of decibels at several kilometres (general knowledge of blast noise; refit on mission data).
_SPREAD_AT_100_M_DB = 2.0
_SPREAD_PER_DECADE_DB = 3.0
_REFERENCE_RANGE_M = 100.0
_CHARGE_RANGE_M = 1000.0
_LEAST_RANGE_M = 1.0


def received_level_db(
    source: Source, range_m: ArrayLike, weather: Weather, path_bearing_deg: ArrayLike | None = None
) -> FloatArray:
    """Return the peak level in the loudest octave from 125 Hz to 2 kHz.

    Args:
        source: What makes the noise.
        range_m: Distance, any shape; nearer than 1 m counts as 1 m.
        weather: The weather on the path.
        path_bearing_deg: Bearing from source to listener, broadcast against the range; across the wind when absent.

    Returns:
        Decibels re 20 uPa: spherical spreading (or the blast curve of a charge), absorption, ground and upwind shadow.
    """
    if path_bearing_deg is None:
        along: FloatArray | float = 0.0
    else:
        along = wind_along_m_s(weather.wind_m_s, weather.wind_from_deg, path_bearing_deg)
    loudest: FloatArray = band_levels_db(source, range_m, weather, along).max(axis=0)
    return loudest


def received_levels_db(sources: Sequence[Source], range_m: ArrayLike, weather: Weather) -> FloatArray:
    """Return what received_level_db says of several sources across the wind, shape (n_sources, ...).

    What air, ground and shadow take is the same for all and worked out once.
    """
    given = np.asarray(range_m, dtype=np.float64)
    distance = np.maximum(given, _LEAST_RANGE_M)
    absorbed, ground = _absorbed_db(distance, weather), _ground_db(distance)
    shadow = upwind_share(0.0, weather.lapse_k_per_m) * shadow_depth_db(given)
    out = np.empty((len(sources), *distance.shape))
    for row, source in zip(out, sources, strict=True):
        levels = _unlost_db(source, distance, weather) - absorbed - ground
        row[...] = (levels - shadow).max(axis=0)
    return out


def level_spread_db(source: Source, range_m: ArrayLike) -> FloatArray:
    """Return the standard deviation of the level at a range, for a known mean wind along the path.

    Args:
        source: What makes the noise; its own spread is part of the result.
        range_m: Distance, any shape.

    Returns:
        Decibels: the source's spread with 2 dB of propagation at 100 m and 3 dB more a decade of range.
    """
    decades = np.log10(np.maximum(np.asarray(range_m, dtype=np.float64), _REFERENCE_RANGE_M) / _REFERENCE_RANGE_M)
    spread: FloatArray = np.hypot(source.spread_db, _SPREAD_AT_100_M_DB + _SPREAD_PER_DECADE_DB * decades)
    return spread


def band_levels_db(source: Source, range_m: ArrayLike, weather: Weather, wind_along_m_s: ArrayLike) -> FloatArray:
    """Return the peak level in each of OCTAVES_HZ.

    Args:
        source: What makes the noise.
        range_m: Distance, any shape.
        weather: Temperature, humidity and pressure are used.
        wind_along_m_s: Wind component from source to listener, broadcast against the range.

    Returns:
        (5, ...) decibels re 20 uPa; falls with range and rises with charge in every band.
    """
    distance, wind = np.broadcast_arrays(
        np.asarray(range_m, dtype=np.float64), np.asarray(wind_along_m_s, dtype=np.float64)
    )
    return downwind_levels_db(source, distance, weather) - upwind_share(wind, weather.lapse_k_per_m) * shadow_depth_db(
        distance
    )


def downwind_levels_db(source: Source, range_m: ArrayLike, weather: Weather) -> FloatArray:
    """Return (5, ...) band levels where no shadow falls; the part of band_levels_db that does not depend on wind."""
    distance = np.maximum(np.asarray(range_m, dtype=np.float64), _LEAST_RANGE_M)
    levels: FloatArray = _unlost_db(source, distance, weather) - _absorbed_db(distance, weather) - _ground_db(distance)
    return levels


def _unlost_db(source: Source, distance_m: FloatArray, weather: Weather) -> FloatArray:
    """Return band levels but for what air absorbs and ground takes, shape (5, ...)."""
    broad = free_field_level_db(source, distance_m, weather) - refraction_db(distance_m)
    return broad + _columns(_shares_db(source, weather), distance_m)


def _absorbed_db(distance_m: FloatArray, weather: Weather) -> FloatArray:
    return _columns(_absorption_db_per_m(weather), distance_m) * distance_m


def _ground_db(distance_m: FloatArray) -> FloatArray:
    return _columns(_GROUND_DB, distance_m) * (1.0 - np.exp(-distance_m / _GROUND_BUILD_UP_M))


@lru_cache(maxsize=512)
def _absorption_db_per_m(weather: Weather) -> FloatArray:
    """Return the absorption of each octave, shape (5,)."""
    return absorption_db_per_m(OCTAVES_HZ, weather.temperature_c, weather.relative_humidity_pct, weather.pressure_pa)


@lru_cache(maxsize=4096)
def _shares_db(source: Source, weather: Weather) -> FloatArray:
    """Return the peak through each octave, relative to the whole peak, shape (5,)."""
    return _octave_share_db(OCTAVES_HZ, dominant_frequency_hz(source, weather))


def shadow_depth_db(range_m: ArrayLike) -> FloatArray:
    """Return (5, ...) decibels lost in a full upwind shadow at a range."""
    distance = np.asarray(range_m, dtype=np.float64)
    leak = np.minimum(1.0, np.cbrt(_columns(OCTAVES_HZ, distance) / _SHADOW_REFERENCE_HZ))
    depth: FloatArray = _SHADOW_DB * leak * (1.0 - np.exp(-distance / _SHADOW_BUILD_UP_M))
    return depth


def upwind_share(wind_along_m_s: ArrayLike, lapse_k_per_m: ArrayLike = 0.0) -> FloatArray:
    """Return how much of the full shadow is cast: near 1 upwind, 0.12 in still air of one temperature, 0 downwind.

    What bends rays is the gradient of the effective speed, so warm air aloft counts as wind in the back.
    """
    slope = gradient_per_s(wind_along_m_s, lapse_k_per_m)
    half, step = gradient_per_s(_SHADOW_HALF_WIND_M_S), gradient_per_s(_SHADOW_WIND_STEP_M_S)
    share: FloatArray = 1.0 / (1.0 + np.exp((slope - half) / step))
    return share


def free_field_level_db(source: Source, range_m: ArrayLike, weather: Weather) -> FloatArray:
    """Return the peak level of the whole pulse in air that absorbs nothing, decibels re 20 uPa, shape of range_m."""
    distance = np.maximum(np.asarray(range_m, dtype=np.float64), _LEAST_RANGE_M)
    if source.charge_kg is None:
        level: FloatArray = (source.level_db_1m or 0.0) - 20.0 * np.log10(distance)
        return level
    pressure = peak_overpressure_pa(source.charge_kg, distance, weather.pressure_pa, weather.temperature_c)
    blast: FloatArray = 20.0 * np.log10(pressure / REFERENCE_PRESSURE_PA)
    return blast


def dominant_frequency_hz(source: Source, weather: Weather) -> float:
    """Return where the source's spectrum peaks: stated, or for a charge 1 / (2 pi duration) of its far pulse.

    References:
        The Fourier transform of the Friedlander pulse p (1 - t / T) exp(-t / T) has its maximum at 1 / (2 pi T).
    """
    if source.dominant_frequency_hz is not None:
        return source.dominant_frequency_hz
    far_m = _CHARGE_RANGE_M * float(np.cbrt(source.charge_kg or 1.0))
    duration = positive_duration_s(source.charge_kg or 1.0, far_m, weather.pressure_pa, weather.temperature_c)
    return float(1.0 / (2.0 * np.pi * duration))


def equivalent_charge_kg(source: Source) -> float:
    """Return the source's charge, or the charge that is as loud at 1 km in free air."""
    if source.charge_kg is not None:
        return source.charge_kg
    pressure = REFERENCE_PRESSURE_PA * 10.0 ** ((source.level_db_1m or 0.0) / 20.0) / _CHARGE_RANGE_M
    return float(charge_kg_for(pressure, _CHARGE_RANGE_M))


def _octave_share_db(octave_hz: FloatArray, dominant_hz: float) -> FloatArray:
    """Return the peak of a Friedlander pulse through an octave, relative to its whole peak.

    Twice the spectral density times the octave's width: 2 * x / (1 + x^2) T * f / sqrt(2), x = f / dominant; a shock
    front is as strong in every octave above its dominant one.
    """
    x2 = (octave_hz / dominant_hz) ** 2
    share: FloatArray = 20.0 * np.log10(np.sqrt(2.0) / (2.0 * np.pi) * x2 / (1.0 + x2))
    return share


def refraction_db(distance_m: FloatArray) -> FloatArray:
    """Return what refraction, scatter and turbulence take beyond a kilometre, decibels, in the shape of distance_m."""
    loss: FloatArray = _REFRACTION_DB_PER_DECADE * np.log10(np.maximum(1.0, distance_m / _REFRACTION_FROM_M))
    return loss


def _columns(bands: FloatArray, like: FloatArray) -> FloatArray:
    """Return values of the bands (5,) shaped (5, 1, ...) to meet an array of ranges."""
    return bands.reshape(-1, *[1] * like.ndim)
