"""Sound in still and moving air: speed and absorption."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

ZERO_CELSIUS_K = 273.15
SOUND_SPEED_0C_M_S = 331.3
"""Speed of sound in dry air at 0 degrees C (Cramer 1993, J. Acoust. Soc. Am. 93, 2510: 331.29)."""
_STANDARD_PRESSURE_PA = 101_325.0
_REFERENCE_K = 293.15  # ISO 9613-1:1993, 4.2
_TRIPLE_POINT_K = 273.16  # ISO 9613-1:1993, annex B


def sound_speed_m_s(temperature_c: ArrayLike) -> FloatArray:
    """Return the speed of sound in still air of a temperature.

    Args:
        temperature_c: Degrees Celsius, any shape.

    Returns:
        Metres per second, 331.3 sqrt(1 + T / 273.15); humidity adds up to 0.4 % at 30 degrees, which is left out.
    """
    speed: FloatArray = SOUND_SPEED_0C_M_S * np.sqrt(1.0 + np.asarray(temperature_c, dtype=np.float64) / ZERO_CELSIUS_K)
    return speed


def sound_speed_sigma_m_s(temperature_sigma_c: ArrayLike, temperature_c: ArrayLike = 10.0) -> FloatArray:
    """Return the standard deviation of the speed of sound that an uncertain temperature leaves, metres per second.

    Args:
        temperature_sigma_c: Standard deviation of the temperature.
        temperature_c: Where to take the slope; it is 0.61 m/s a degree at 0 and 0.59 at 20.
    """
    kelvin = ZERO_CELSIUS_K + np.asarray(temperature_c, dtype=np.float64)
    slope = sound_speed_m_s(temperature_c) / (2.0 * kelvin)
    sigma: FloatArray = slope * np.asarray(temperature_sigma_c, dtype=np.float64)
    return sigma


def wind_along_m_s(wind_m_s: ArrayLike, wind_from_deg: ArrayLike, path_bearing_deg: ArrayLike) -> FloatArray:
    """Return the wind's component along a path from source to listener, positive downwind, metres per second."""
    toward = np.radians(np.asarray(wind_from_deg, dtype=np.float64) + 180.0)
    along: FloatArray = np.asarray(wind_m_s, dtype=np.float64) * np.cos(
        toward - np.radians(np.asarray(path_bearing_deg, dtype=np.float64))
    )
    return along


def effective_speed_m_s(
    temperature_c: ArrayLike, wind_m_s: ArrayLike, wind_from_deg: ArrayLike, path_bearing_deg: ArrayLike
) -> FloatArray:
    """Return the speed of sound along a path, wind included.

    Args:
        temperature_c: Air temperature, degrees Celsius.
        wind_m_s: Wind speed.
        wind_from_deg: Direction the wind comes from, clockwise from true north.
        path_bearing_deg: Bearing in which the sound travels, from source to listener.

    Returns:
        Metres per second.

    References:
        Negraru et al. 2010, doi 10.1785/gssrl.81.4.615.
    """
    return sound_speed_m_s(temperature_c) + wind_along_m_s(wind_m_s, wind_from_deg, path_bearing_deg)


def absorption_db_per_m(
    frequency_hz: ArrayLike, temperature_c: ArrayLike, relative_humidity_pct: ArrayLike, pressure_pa: ArrayLike
) -> FloatArray:
    """Return the absorption of a pure tone by the air.

    Args:
        frequency_hz: Frequency.
        temperature_c: Air temperature, degrees Celsius.
        relative_humidity_pct: Relative humidity, per cent.
        pressure_pa: Air pressure.

    Returns:
        Decibels per metre; stated by the standard to be good to 10 % from -20 to 50 degrees C and 50 Hz to 10 kHz.

    References:
        ISO 9613-1:1993, equations (3) to (5), and annex B for the share of water vapour.
    """
    f = np.asarray(frequency_hz, dtype=np.float64)
    kelvin = np.asarray(temperature_c, dtype=np.float64) + ZERO_CELSIUS_K
    pressure = np.asarray(pressure_pa, dtype=np.float64) / _STANDARD_PRESSURE_PA
    warmth = kelvin / _REFERENCE_K
    saturation = 10.0 ** (4.6151 - 6.8346 * (_TRIPLE_POINT_K / kelvin) ** 1.261)
    vapour = np.asarray(relative_humidity_pct, dtype=np.float64) * saturation / pressure
    oxygen_hz = pressure * (24.0 + 4.04e4 * vapour * (0.02 + vapour) / (0.391 + vapour))
    nitrogen_hz = pressure * warmth**-0.5 * (9.0 + 280.0 * vapour * np.exp(-4.170 * (warmth ** (-1.0 / 3.0) - 1.0)))
    classical = 1.84e-11 / pressure * np.sqrt(warmth)
    oxygen = 0.01275 * np.exp(-2239.1 / kelvin) / (oxygen_hz + f**2 / oxygen_hz)
    nitrogen = 0.1068 * np.exp(-3352.0 / kelvin) / (nitrogen_hz + f**2 / nitrogen_hz)
    absorption: FloatArray = 8.686 * f**2 * (classical + warmth**-2.5 * (oxygen + nitrogen))
    return absorption
