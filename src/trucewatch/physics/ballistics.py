"""A rifle shot past a microphone: the shock wave of the bullet, then the blast of the muzzle.

The bullet slows by a constant share a metre. Its shock wave leaves each point of the path at the Mach angle, so what a
listener hears left where the bullet's speed towards the listener was that of sound. Heights, wind and the drop of the
bullet are left out.

References:
    Whitham 1952, Commun. Pure Appl. Math. 5, 301 (N-wave of a slender body).
    Stoughton 1997, J. Acoust. Soc. Am. 102, 781 (its peak and length for bullets, measured).
    Maher 2006, IEEE SAFE (muzzle blast 3 to 5 ms, geometry).
    Lindgren et al. 2010, EURASIP J. Adv. Signal Process., 690732 (shock and blast at one sensor).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.physics.blast import friedlander_pa

FloatArray = NDArray[np.float64]

AMBIENT_PA = 101_325.0
MUZZLE_RANGE_M = 1.0
"""Where the peak level of a muzzle blast is stated."""
_STEP_M = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullet:
    """A supersonic projectile."""

    diameter_m: float
    length_m: float
    muzzle_speed_m_s: float
    slowing_per_m: float = 8e-4
    """share of its speed that it loses a metre; about 0.0005 for heavy rifle bullets to 0.0012 for light ones"""

    def __post_init__(self) -> None:
        """Refuse what is no bullet."""
        if min(self.diameter_m, self.length_m, self.muzzle_speed_m_s) <= 0 or self.slowing_per_m < 0:
            raise ValueError("diameter, length and speed of a bullet must be positive, its slowing not negative")


RIFLE_556 = Bullet(diameter_m=5.7e-3, length_m=0.023, muzzle_speed_m_s=930.0, slowing_per_m=1.2e-3)
RIFLE_762 = Bullet(diameter_m=7.8e-3, length_m=0.027, muzzle_speed_m_s=715.0, slowing_per_m=1.0e-3)
RIFLE_127 = Bullet(diameter_m=13.0e-3, length_m=0.060, muzzle_speed_m_s=850.0, slowing_per_m=5e-4)
"""Sizes and speeds of common ammunition, general knowledge to two digits: examples for simulation, no weapon table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShockArrival:
    """The shock wave at one listener."""

    time_s: float
    """after the bullet left the muzzle"""
    along_m: float
    """how far from the muzzle the bullet was when this part of the wave left it"""
    miss_m: float
    """shortest distance of the listener from the line of fire"""
    mach: float
    """of the bullet there"""
    peak_pa: float
    duration_s: float
    """from the first to the second front of the N"""


def mach_angle_deg(mach: float) -> float:
    """Return half the opening angle of the cone; 22 degrees at Mach 2.67 (Maher 2006).

    Raises:
        ValueError: The bullet is not supersonic.
    """
    if mach <= 1.0:
        raise ValueError(f"mach = {mach!r}: there is no shock wave below the speed of sound")
    return math.degrees(math.asin(1.0 / mach))


def n_wave_duration_s(bullet: Bullet, mach: float, miss_m: float, sound_speed_m_s: float) -> float:
    """Return the length of an N-wave, 1.82 d / c (M b / l)^(1/4).

    References:
        Stoughton 1997, equation (3), after Whitham.
    """
    stretch = math.sqrt(math.sqrt(mach * miss_m / bullet.length_m))
    return 1.82 * bullet.diameter_m / sound_speed_m_s * stretch


def n_wave_peak_pa(bullet: Bullet, mach: float, miss_m: float, ambient_pa: float = AMBIENT_PA) -> float:
    """Return the overpressure of the front, 0.53 p0 d (M^2 - 1)^(1/8) / (b^(3/4) l^(1/4)).

    References:
        Stoughton 1997, equation (2), after Whitham.
    """
    strength = 0.53 * ambient_pa * bullet.diameter_m * math.pow(mach**2 - 1.0, 0.125)
    return strength / float(miss_m**0.75 * bullet.length_m**0.25)


def shock_arrival(bullet: Bullet, *, along_m: float, miss_m: float, sound_speed_m_s: float) -> ShockArrival | None:
    """Return when and how a listener hears the shock wave, or None where it passes by.

    Args:
        bullet: What was fired.
        along_m: How far down the line of fire the listener stands; negative behind the muzzle.
        miss_m: How far beside it, more than nought.
        sound_speed_m_s: Of the still air.

    Returns:
        None behind the cone of the muzzle, and where the bullet had become subsonic before.
    """
    # The earliest time over the path where it lies inside; the wave's front is the envelope of what left each point.
    reach_m = math.log(bullet.muzzle_speed_m_s / sound_speed_m_s) / max(bullet.slowing_per_m, 1e-9)
    if reach_m <= 0 or along_m <= 0:
        return None
    path_m = np.arange(0.0, min(reach_m, along_m) + _STEP_M, _STEP_M)
    time_s = flight_time_s(bullet, path_m) + np.hypot(along_m - path_m, miss_m) / sound_speed_m_s
    at = int(np.argmin(time_s))
    if at in (0, path_m.size - 1):
        return None
    fine_m = np.linspace(path_m[at - 1], path_m[at + 1], 501)
    fine_s = flight_time_s(bullet, fine_m) + np.hypot(along_m - fine_m, miss_m) / sound_speed_m_s
    best = int(np.argmin(fine_s))
    mach = bullet.muzzle_speed_m_s * math.exp(-bullet.slowing_per_m * float(fine_m[best])) / sound_speed_m_s
    if mach <= 1.0:
        return None
    return ShockArrival(
        time_s=float(fine_s[best]),
        along_m=float(fine_m[best]),
        miss_m=miss_m,
        mach=mach,
        peak_pa=n_wave_peak_pa(bullet, mach, miss_m),
        duration_s=n_wave_duration_s(bullet, mach, miss_m, sound_speed_m_s),
    )


def flight_time_s(bullet: Bullet, path_m: FloatArray) -> FloatArray:
    """Return when the bullet passes points of its path, (exp(k x) - 1) / (k v0)."""
    k = bullet.slowing_per_m
    if k == 0.0:
        return np.asarray(path_m / bullet.muzzle_speed_m_s, dtype=np.float64)
    return np.asarray(np.expm1(k * path_m) / (k * bullet.muzzle_speed_m_s), dtype=np.float64)


def blast_after_shock_s(bullet: Bullet, *, along_m: float, miss_m: float, sound_speed_m_s: float) -> float | None:
    """Return how long after the shock wave the muzzle blast arrives at a listener; None without a shock wave."""
    shock = shock_arrival(bullet, along_m=along_m, miss_m=miss_m, sound_speed_m_s=sound_speed_m_s)
    return None if shock is None else math.hypot(along_m, miss_m) / sound_speed_m_s - shock.time_s


def n_wave_pa(time_s: FloatArray, *, peak_pa: float, duration_s: float, rise_s: float = 5e-6) -> FloatArray:
    """Return the pressure of an N-wave that begins at time 0: up at once, down through nought, up at once.

    Args:
        time_s: Any shape.
        peak_pa: Of the front.
        duration_s: From front to front.
        rise_s: Of each front; microseconds in still air, tens of them after turbulent air.
    """
    up = np.clip(time_s / rise_s, 0.0, 1.0)
    fall = 1.0 - 2.0 * np.clip(time_s - rise_s, 0.0, duration_s) / duration_s
    back = 1.0 - np.clip((time_s - rise_s - duration_s) / rise_s, 0.0, 1.0)
    return np.asarray(np.where(time_s > 0, peak_pa * up * fall * back, 0.0), dtype=np.float64)


def muzzle_blast_pa(time_s: FloatArray, *, peak_pa: float, positive_s: float = 0.8e-3) -> FloatArray:
    """Return the pressure of a muzzle blast that begins at time 0: a Friedlander wave of 3 to 5 ms (Maher 2006)."""
    return friedlander_pa(time_s, peak_pa, positive_s)


def rifle_shot_pa(
    time_s: FloatArray,
    bullet: Bullet,
    *,
    along_m: float,
    miss_m: float,
    height_m: float = 1.5,
    sound_speed_m_s: float = 340.0,
    muzzle_level_db: float = 160.0,
    ground: float = 0.6,
) -> FloatArray:
    """Return what a microphone hears of one shot fired at time 0: shock wave, blast, and both once more off the ground.

    Args:
        time_s: Moments, shape (n,).
        bullet: What was fired.
        along_m: How far down the line of fire the microphone stands.
        miss_m: How far beside it.
        height_m: Of muzzle, line of fire and microphone over flat ground.
        sound_speed_m_s: Of the still air.
        muzzle_level_db: Peak of the blast at 1 m, re 20 uPa.
        ground: Share of the pressure that the ground returns.
    """
    pressure = np.zeros_like(time_s)
    for gain, beside_m in ((1.0, miss_m), (ground, math.hypot(miss_m, 2.0 * height_m))):
        shock = shock_arrival(bullet, along_m=along_m, miss_m=beside_m, sound_speed_m_s=sound_speed_m_s)
        if shock is not None:
            wave = n_wave_pa(time_s - shock.time_s, peak_pa=shock.peak_pa, duration_s=shock.duration_s)
            pressure += gain * wave
        away_m = max(MUZZLE_RANGE_M, math.hypot(along_m, beside_m))
        peak_pa = 20e-6 * 10.0 ** (muzzle_level_db / 20.0) / away_m
        pressure += gain * muzzle_blast_pa(time_s - away_m / sound_speed_m_s, peak_pa=peak_pa)
    return pressure
