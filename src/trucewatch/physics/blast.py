"""The pressure wave of a chemical explosion in free air.

LIMIT: a surface burst on hard ground sounds like up to twice the charge, a shell's casing takes up part of it, and a
buried burst loses most: charge from pressure alone is an order of magnitude, and must be reported as one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trucewatch.physics.air import ZERO_CELSIUS_K, sound_speed_m_s

FloatArray = NDArray[np.float64]

STANDARD_PRESSURE_PA = 101_325.0
STANDARD_TEMPERATURE_C = 15.0
_STANDARD_KELVIN = STANDARD_TEMPERATURE_C + ZERO_CELSIUS_K
_TABLE_END_Z = 500.0
"""m/kg^(1/3): where the reference's table ends. LIMIT: beyond it peak_overpressure_pa falls as 1/Z. Weak-shock theory
takes another 5.7 dB by 100 km for 1 kg (weak_shock_growth); `level` does not, since its measured decay with range holds
that loss already."""
_WEAK_SHOCK = (1.4 + 1.0) / (2.0 * 1.4)


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


def positive_impulse_pa_s(
    charge_kg: ArrayLike,
    range_m: ArrayLike,
    ambient_pressure_pa: ArrayLike = STANDARD_PRESSURE_PA,
    temperature_c: ArrayLike = STANDARD_TEMPERATURE_C,
) -> FloatArray:
    """Return the positive phase's impulse, pascal seconds; arguments as peak_overpressure_pa.

    Away from the charge it varies far less with burst and casing than pressure does.

    References:
        Kinney & Graham 1985, chapter 6: 0.067 sqrt(1 + (Z / 0.23)^4) / (Z^2 (1 + (Z / 1.55)^3)^(1/3)) bar ms.
    """
    z = _scaled_range(charge_kg, range_m, ambient_pressure_pa, temperature_c)
    scaled = 6.7 * np.sqrt(1.0 + (z / 0.23) ** 4) / (z**2 * np.cbrt(1.0 + (z / 1.55) ** 3))
    pressure, warmth = _ambient(ambient_pressure_pa, temperature_c)
    # Pressure scales with ambient, time as in positive_duration_s.
    impulse: FloatArray = (
        scaled * pressure ** (2.0 / 3.0) / warmth ** (1.0 / 6.0) * np.cbrt(np.asarray(charge_kg, dtype=np.float64))
    )
    return impulse


def weak_shock_growth(
    charge_kg: ArrayLike,
    range_m: ArrayLike,
    ambient_pressure_pa: ArrayLike = STANDARD_PRESSURE_PA,
    temperature_c: ArrayLike = STANDARD_TEMPERATURE_C,
) -> FloatArray:
    """Return by how much the pulse has lengthened, and its pressure times range fallen, beyond the reference's table.

    A shock runs ahead of the point where pressure is nought, for it is faster than sound; what it gains in length it
    loses in pressure. 1 within the table; 1.9 at 100 km for 1 kg in air that is the same everywhere.

    References:
        Landau 1945, J. Phys. USSR 9, 496 (spherical N wave): length as sqrt(1 + k ln(r / r0)),
        k = (gamma + 1) / (2 gamma) (p / p0) r0 / (c T) at r0.
    """
    z = _scaled_range(charge_kg, range_m, ambient_pressure_pa, temperature_c)
    # In scaled terms the pulse at the table's end is that of 1 kg in standard air.
    ratio = peak_overpressure_pa(1.0, _TABLE_END_Z) / STANDARD_PRESSURE_PA
    length_m = sound_speed_m_s(STANDARD_TEMPERATURE_C) * positive_duration_s(1.0, _TABLE_END_Z)
    steepness = _WEAK_SHOCK * ratio * _TABLE_END_Z / length_m
    growth: FloatArray = np.sqrt(1.0 + steepness * np.log(np.maximum(z / _TABLE_END_Z, 1.0)))
    return growth


def corner_frequency_hz(
    charge_kg: ArrayLike,
    range_m: ArrayLike,
    ambient_pressure_pa: ArrayLike = STANDARD_PRESSURE_PA,
    temperature_c: ArrayLike = STANDARD_TEMPERATURE_C,
) -> FloatArray:
    """Return where the pulse's spectrum peaks, weak-shock lengthening included; falls with charge and with range.

    References:
        The Fourier transform of the Friedlander pulse p (1 - t / T) exp(-t / T) has its maximum at 1 / (2 pi T).
    """
    where = (charge_kg, range_m, ambient_pressure_pa, temperature_c)
    corner: FloatArray = 1.0 / (2.0 * np.pi * positive_duration_s(*where) * weak_shock_growth(*where))
    return corner


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


def friedlander_pa(time_s: FloatArray, peak_pa: float, positive_s: float) -> FloatArray:
    """Return the pressure of a blast wave that arrives at time 0: p (1 - t/T) exp(-t/T), 0 before.

    References:
        Friedlander 1946, Proc. R. Soc. A 186, 322, with a decay of one.
    """
    share = np.maximum(time_s, 0.0) / positive_s
    return np.asarray(np.where(time_s >= 0, peak_pa * (1 - share) * np.exp(-share), 0.0), dtype=np.float64)


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
