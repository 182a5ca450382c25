"""The pressure wave of a chemical explosion in free air.

LIMIT: a surface burst on hard ground sounds like up to twice the charge, a shell's casing takes up part of it, and a
buried burst loses most: charge from pressure alone is an order of magnitude, and must be reported as one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.physics.air import ZERO_CELSIUS_K

FloatArray = NDArray[np.float64]

STANDARD_PRESSURE_PA = 101_325.0
STANDARD_TEMPERATURE_C = 15.0
_STANDARD_KELVIN = STANDARD_TEMPERATURE_C + ZERO_CELSIUS_K
# LIMIT: beyond the reference's table (500 m/kg^(1/3)) the curve falls as 1/Z, without the slow logarithm of weak-shock
# theory: a few decibels too loud at 100 km, which is little beside the weather.


def peak_overpressure_pa(
    charge_kg: ArrayLike,
    range_m: ArrayLike,
    ambient_pressure_pa: ArrayLike = STANDARD_PRESSURE_PA,
    temperature_c: ArrayLike = STANDARD_TEMPERATURE_C,
) -> FloatArray:
    """Return the peak overpressure of a charge at a range, broadcasting.

    Args:
        charge_kg: TNT equivalent.
        range_m: Distance.
        ambient_pressure_pa: Air pressure at the burst.
        temperature_c: Air temperature at the burst.

    Returns:
        Pascal; 840.0 for 1 kg at 100 m and 83.8 at 1 km in standard air.

    References:
        Kinney & Graham 1985, Explosive Shocks in Air, 2nd ed., chapter 6 (chemical explosions) and its scaling for
        ambient density.
    """
    z = _scaled_range(charge_kg, range_m, ambient_pressure_pa, temperature_c)
    near = (1.0 + (z / 0.048) ** 2) * (1.0 + (z / 0.32) ** 2) * (1.0 + (z / 1.35) ** 2)
    ratio = 808.0 * (1.0 + (z / 4.5) ** 2) / np.sqrt(near)
    pressure: FloatArray = np.asarray(ambient_pressure_pa, dtype=np.float64) * ratio
    return pressure


def positive_duration_s(
    charge_kg: ArrayLike,
    range_m: ArrayLike,
    ambient_pressure_pa: ArrayLike = STANDARD_PRESSURE_PA,
    temperature_c: ArrayLike = STANDARD_TEMPERATURE_C,
) -> FloatArray:
    """Return how long the pressure stays above ambient, seconds; arguments as peak_overpressure_pa.

    References:
        Kinney & Graham 1985, chapter 6 (980 ms per kg^(1/3) form).
    """
    z = _scaled_range(charge_kg, range_m, ambient_pressure_pa, temperature_c)
    below = (1.0 + (z / 0.02) ** 3) * (1.0 + (z / 0.74) ** 6) * np.sqrt(1.0 + (z / 6.9) ** 2)
    scaled_ms = 980.0 * (1.0 + (z / 0.54) ** 10) / below
    pressure, warmth = _ambient(ambient_pressure_pa, temperature_c)
    transmission = pressure ** (1.0 / 3.0) * warmth ** (1.0 / 6.0)
    duration: FloatArray = 1e-3 * scaled_ms * np.cbrt(np.asarray(charge_kg, dtype=np.float64)) / transmission
    return duration


def charge_kg_for(
    pressure_pa: ArrayLike,
    range_m: ArrayLike,
    ambient_pressure_pa: ArrayLike = STANDARD_PRESSURE_PA,
    temperature_c: ArrayLike = STANDARD_TEMPERATURE_C,
) -> FloatArray:
    """Return the charge whose peak overpressure at a range is as given: the inverse of peak_overpressure_pa.

    Args:
        pressure_pa: Peak overpressure, greater than nought and below 808 atmospheres.
        range_m: Distance.
        ambient_pressure_pa: Air pressure at the burst.
        temperature_c: Air temperature at the burst.

    Returns:
        TNT equivalent in kilograms, in the broadcast shape. An error of a factor two in pressure is eight in charge.

    Raises:
        ValueError: A pressure is not within (0, 808 atmospheres).
    """
    pressure, distance, ambient, celsius = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (pressure_pa, range_m, ambient_pressure_pa, temperature_c))
    )
    if not ((pressure > 0.0) & (pressure < 808.0 * ambient)).all():
        raise ValueError("peak overpressure must be above 0 and below 808 atmospheres")
    # Pressure falls steadily with scaled range, so halving its logarithm 80 times leaves one part in 1e15.
    low, high = np.full(pressure.shape, np.log(1e-6)), np.full(pressure.shape, np.log(1e12))
    for _ in range(80):
        middle = (low + high) / 2.0
        too_loud = peak_overpressure_pa(1.0, np.exp(middle), STANDARD_PRESSURE_PA) / STANDARD_PRESSURE_PA * ambient
        nearer = too_loud < pressure
        low, high = np.where(nearer, low, middle), np.where(nearer, middle, high)
    scaled = np.exp((low + high) / 2.0)
    charge: FloatArray = (_scaled_range(1.0, distance, ambient, celsius) / scaled) ** 3
    return charge[()]


def _scaled_range(
    charge_kg: ArrayLike, range_m: ArrayLike, ambient_pressure_pa: ArrayLike, temperature_c: ArrayLike
) -> FloatArray:
    pressure, warmth = _ambient(ambient_pressure_pa, temperature_c)
    transmission = np.cbrt(pressure / warmth)
    cube_root = np.cbrt(np.asarray(charge_kg, dtype=np.float64))
    z: FloatArray = transmission * np.asarray(range_m, dtype=np.float64) / cube_root
    return z


def _ambient(ambient_pressure_pa: ArrayLike, temperature_c: ArrayLike) -> tuple[FloatArray, FloatArray]:
    pressure = np.asarray(ambient_pressure_pa, dtype=np.float64) / STANDARD_PRESSURE_PA
    return pressure, (np.asarray(temperature_c, dtype=np.float64) + ZERO_CELSIUS_K) / _STANDARD_KELVIN
