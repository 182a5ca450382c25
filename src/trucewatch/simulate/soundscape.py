"""What else a microphone hears: wind, rain, traffic, thunder, knocks, fireworks, sonic booms, faults, explosions.

Each is the simplest physical model that its reference gives, in pascal. They test whether sounds are told apart; they
are no substitute for recordings, and what rests on them alone says so.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from trucewatch.physics.ballistics import n_wave_pa
from trucewatch.physics.blast import friedlander_pa, peak_overpressure_pa, positive_duration_s

FloatArray = NDArray[np.float64]
Sound = Callable[[int, float, np.random.Generator], FloatArray]


def coloured(n: int, rate_hz: float, slope: float, rng: np.random.Generator, low_hz: float = 1.0) -> FloatArray:
    """Return noise of unit variance whose power falls as f to the minus `slope` above `low_hz`, shape (n,)."""
    frequency = np.fft.rfftfreq(n, 1.0 / rate_hz)
    spectrum = np.fft.rfft(rng.normal(size=n)) / np.maximum(frequency / low_hz, 1.0) ** (slope / 2.0)
    noise = np.fft.irfft(spectrum, n)
    return np.asarray(noise / noise.std(), dtype=np.float64)


def wind_pa(n: int, rate_hz: float, rng: np.random.Generator) -> FloatArray:
    """Return the pressure of turbulence at a windscreen: power as f^(-7/3), up and down with the gusts.

    References:
        van den Berg 2006, J. Acoust. Soc. Am. 119, 824 (wind-induced noise in screened microphones).
    """
    gusts = np.exp(0.5 * coloured(n, rate_hz, 3.0, rng, low_hz=0.2))
    return rng.uniform(0.3, 3.0) * gusts**2 * coloured(n, rate_hz, 7.0 / 3.0, rng, low_hz=5.0)


def rain_pa(n: int, rate_hz: float, rng: np.random.Generator) -> FloatArray:
    """Return drops on the housing: a Poisson stream of short ringing taps, few of them large.

    References:
        Marshall & Palmer 1948, J. Meteorol. 5, 165 (sizes fall exponentially; momentum as the cube and more).
    """
    pressure, ring = np.zeros(n), np.arange(round(0.006 * rate_hz)) / rate_hz
    for at in rng.integers(0, n, rng.poisson(n / rate_hz * rng.uniform(10.0, 80.0))):
        size = rng.exponential(1.0) ** 3.5
        hz, decay_s = rng.uniform(1_200.0, 4_000.0), rng.uniform(0.3e-3, 1.2e-3)
        tap = 0.01 * size * np.exp(-ring / decay_s) * np.sin(2 * np.pi * hz * ring)
        _add(pressure, int(at), tap)
    return pressure


def traffic_pa(n: int, rate_hz: float, rng: np.random.Generator) -> FloatArray:
    """Return vehicles that pass: tyre noise about 1 kHz, an engine's harmonics, and now and then a bump in the road.

    References:
        Sandberg 2003, INTER-NOISE, 1739 (the multi-coincidence peak of tyre noise at 0.7 to 1.3 kHz).
    """
    time_s, pressure = np.arange(n) / rate_hz, np.zeros(n)
    tyres = sosfilt(butter(1, (400.0, 1_800.0), "bandpass", fs=rate_hz, output="sos"), rng.normal(size=n))
    for _ in range(max(1, rng.poisson(n / rate_hz / 8.0))):
        at_s, speed, beside_m = rng.uniform(0, n / rate_hz), rng.uniform(8.0, 25.0), rng.uniform(5.0, 40.0)
        near = beside_m**2 / (beside_m**2 + (speed * (time_s - at_s)) ** 2)
        engine = sum(np.sin(2 * np.pi * k * rng.uniform(25.0, 60.0) * time_s) / k for k in (1, 2, 3))
        pressure += rng.uniform(0.1, 0.5) * np.sqrt(near) * (tyres / tyres.std() + 0.5 * engine)
        if rng.uniform() < 0.5:
            ring = np.arange(round(0.25 * rate_hz)) / rate_hz
            bump = np.sin(2 * np.pi * rng.uniform(40.0, 120.0) * ring) * np.exp(-ring / 0.04)
            _add(pressure, int(at_s * rate_hz), rng.uniform(0.5, 3.0) * bump)
    return pressure


def thunder_pa(n: int, rate_hz: float, rng: np.random.Generator) -> FloatArray:
    """Return one stroke: N-waves of a crooked channel's pieces, each at its own distance, over many seconds.

    References:
        Few 1969, J. Geophys. Res. 74, 6926; Ribner & Roy 1982, J. Acoust. Soc. Am. 72, 1911.
    """
    pressure = np.zeros(n)
    away_m, pieces = rng.uniform(800.0, 5_000.0), int(rng.integers(150, 400))
    height_m = np.sort(rng.uniform(0.0, 5_000.0, pieces))
    aside_m = np.cumsum(rng.normal(0.0, 40.0, (pieces, 2)), axis=0)
    range_m = np.hypot(np.hypot(away_m + aside_m[:, 0], aside_m[:, 1]), height_m)
    begin = rng.uniform(0.05, 0.2) * n / rate_hz
    for r in range_m:
        duration_s = rng.uniform(3e-3, 12e-3) * (r / 1_000.0) ** 0.25
        # Turbulence and damp air round the fronts to milliseconds over kilometres.
        wave = np.arange(round(2 * duration_s * rate_hz)) / rate_hz
        piece = n_wave_pa(
            wave, peak_pa=3_000.0 / r * rng.exponential(1.0), duration_s=duration_s, rise_s=duration_s / 8
        )
        _add(pressure, int((begin + (r - range_m.min()) / 340.0) * rate_hz), piece)
    return pressure


def knock_pa(n: int, rate_hz: float, rng: np.random.Generator) -> FloatArray:
    """Return a door or a hammer nearby: some blows, each a few ringing modes of wood or sheet metal."""
    pressure, ring = np.zeros(n), np.arange(round(0.2 * rate_hz)) / rate_hz
    modes_hz, decay_s = rng.uniform(150.0, 1_500.0, 4), rng.uniform(8e-3, 40e-3, 4)
    at_s = rng.uniform(1.0, 2.0)
    for _ in range(int(rng.integers(2, 8))):
        blow = sum(np.exp(-ring / d) * np.sin(2 * np.pi * f * ring) for f, d in zip(modes_hz, decay_s, strict=True))
        _add(pressure, int(at_s * rate_hz), rng.uniform(0.3, 2.0) * blow)
        at_s += rng.uniform(0.15, 0.6)
    return pressure


def fireworks_pa(n: int, rate_hz: float, rng: np.random.Generator) -> FloatArray:
    """Return reports of some grams of flash powder at changing places and sizes, some with a crackle after."""
    pressure, time_s, at_s = np.zeros(n), np.arange(n) / rate_hz, rng.uniform(1.0, 2.0)
    while at_s < n / rate_hz - 1.0:
        charge_kg, range_m = 10.0 ** rng.uniform(-2.7, -1.3), rng.uniform(80.0, 500.0)
        _blast(pressure, time_s, at_s, charge_kg, range_m, rate_hz)
        if rng.uniform() < 0.4:
            for spark in at_s + rng.uniform(0.1, 1.2, 30):
                _blast(pressure, time_s, spark, 1e-5, range_m, rate_hz)
        at_s += rng.exponential(1.2) + 0.15
    return pressure


def sonic_boom_pa(n: int, rate_hz: float, rng: np.random.Generator) -> FloatArray:
    """Return the boom of an aircraft: an N-wave of 0.1 to 0.3 s whose fronts take milliseconds.

    References:
        Maglieri et al. 2014, NASA SP-2014-622.
    """
    time_s = np.arange(n) / rate_hz - rng.uniform(0.3, 0.6) * n / rate_hz
    duration_s, rise_s = rng.uniform(0.1, 0.3), rng.uniform(0.5e-3, 8e-3)
    return n_wave_pa(time_s, peak_pa=rng.uniform(15.0, 80.0), duration_s=duration_s, rise_s=rise_s)


def explosion_pa(n: int, rate_hz: float, rng: np.random.Generator) -> FloatArray:
    """Return charges of 0.3 to 50 kg at 0.3 to 4 km, fronts rounded by the way (Kinney & Graham; Friedlander)."""
    pressure, time_s = np.zeros(n), np.arange(n) / rate_hz
    for at_s in np.arange(2.0, n / rate_hz - 1.0, 4.0):
        _blast(
            pressure, time_s, at_s + rng.uniform(0, 1), 10.0 ** rng.uniform(-0.5, 1.7), rng.uniform(300, 4_000), rate_hz
        )
    return pressure


def instrument_pa(n: int, rate_hz: float, rng: np.random.Generator) -> FloatArray:
    """Return faults of the recorder: single wrong samples, and steps that its own high-pass lets decay."""
    pressure, decay = np.zeros(n), np.exp(-np.arange(round(0.3 * rate_hz)) / (0.05 * rate_hz))
    for at in rng.integers(round(0.3 * rate_hz), n - round(0.3 * rate_hz), 5):
        height = rng.choice([-1.0, 1.0]) * rng.uniform(0.5, 20.0)
        _add(pressure, int(at), height * (np.ones(1) if rng.uniform() < 0.6 else decay))
    return pressure


SOUNDS: dict[str, Sound] = {
    "wind": wind_pa,
    "rain": rain_pa,
    "traffic": traffic_pa,
    "thunder": thunder_pa,
    "knock": knock_pa,
    "fireworks": fireworks_pa,
    "sonic_boom": sonic_boom_pa,
    "explosion": explosion_pa,
    "instrument": instrument_pa,
}


def scene_pa(
    name: str, *, seconds: float, rate_hz: float, rng: np.random.Generator, background_pa: float = 0.02
) -> FloatArray:
    """Return a recording of one kind of sound over a pink background.

    Args:
        name: One of SOUNDS.
        seconds: Length.
        rate_hz: Sampling rate.
        rng: Everything that is drawn.
        background_pa: Standard deviation of the background; 0.02 Pa is 60 dB.
    """
    n = round(seconds * rate_hz)
    return SOUNDS[name](n, rate_hz, rng) + background_pa * coloured(n, rate_hz, 1.0, rng, low_hz=50.0)


def _add(pressure: FloatArray, begin: int, wave: FloatArray) -> None:
    held = pressure[begin : begin + wave.size]
    held += wave[: held.size]


def _blast(
    pressure: FloatArray, time_s: FloatArray, at_s: float, charge_kg: float, range_m: float, rate_hz: float
) -> None:
    """Add one blast wave; its front takes some milliseconds a kilometre (turbulence, humidity)."""
    begin = int(at_s * rate_hz)
    peak_pa = float(peak_overpressure_pa(charge_kg, range_m))
    positive_s = float(positive_duration_s(charge_kg, range_m))
    wave = friedlander_pa(time_s[: round(10 * positive_s * rate_hz)], peak_pa, positive_s)
    n_rise = max(1, round(1e-3 * range_m / 1_000.0 * rate_hz))
    _add(pressure, begin, np.convolve(wave, np.full(n_rise, 1.0 / n_rise)))
