"""The fixed side of a beam: settings, geometry and frequencies, everything that does not depend on the recording."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.slowness import Grid, PolarGrid

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamSettings:
    """How an array is steered; the defaults are those of the BRP reference run (InfraPy quick start)."""

    band_hz: tuple[float, float] = (0.5, 5.0)
    window_s: float = 10.0
    step_s: float = 5.0
    taper: Literal["hann", "none"] = "hann"
    grid: Grid = field(default_factory=PolarGrid)
    sound_speed_m_s: float = 340.0
    """Used only for the vertical delay of elements given with a height."""
    timing_floor_s: float = 0.003
    """Spread of arrival time per element that averaging does not remove: clock, survey, crumpled wavefront."""
    bearing_floor_deg: float = 1.0
    """Least standard deviation of a back azimuth; the range-test arrays err by 0.4 to 0.9 degrees at high F.
    Deflection by wind along the path is not in it: that is a bias term of the station in the location."""
    max_gap_s: float = 1.0
    max_clipped_share: float = 0.001

    def __post_init__(self) -> None:
        """Refuse settings that describe no beam."""
        low, high = self.band_hz
        if not 0 < low < high:
            raise ValueError(f"band_hz must be 0 < low < high, got {self.band_hz}")
        if self.window_s <= 0 or self.step_s <= 0:
            raise ValueError("window_s and step_s must be positive")


def taper_of(settings: BeamSettings, n_window: int) -> FloatArray:
    """Return the taper of one window, shape (n_window,)."""
    return np.hanning(n_window) if settings.taper == "hann" else np.ones(n_window)


def time_bandwidth(settings: BeamSettings) -> float:
    """Return how many independent spectral samples a tapered window holds in the band.

    A taper `w` leaves the time `T (sum w^2)^2 / (n sum w^4)` (variance of a smoothed periodogram).

    References:
        Bendat & Piersol, Random Data, 4th ed., section 11.5.
    """
    taper = taper_of(settings, 1001)
    kept = np.square(np.square(taper).sum()) / (taper.size * np.power(taper, 4).sum())
    low, high = settings.band_hz
    return float(max(1.0, (high - low) * settings.window_s * kept))


def _pairs(n_elements: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first, second = np.triu_indices(n_elements, 1)
    return first.astype(np.int64), second.astype(np.int64)


def _delays_s(slowness_s_m: FloatArray, offsets_m: FloatArray, sound_speed_m_s: float) -> FloatArray:
    """Return how much earlier than the origin each element hears the wave, shape (..., n_elements)."""
    delays = slowness_s_m @ offsets_m[:, :2].T
    if offsets_m.shape[1] == 3:
        squared = sound_speed_m_s**-2 - np.square(slowness_s_m).sum(axis=-1)
        delays = delays + np.sqrt(np.maximum(squared, 0.0))[..., None] * offsets_m[:, 2]
    return delays


class Steering:
    """The geometry and frequencies of one run: everything that does not depend on the recording."""

    def __init__(self, offsets_m: FloatArray, rate_hz: float, settings: BeamSettings) -> None:
        # Both ends of the window count, as in the reference run: 10 s at 100 Hz is 1001 samples.
        self.n_window = round(settings.window_s * rate_hz) + 1
        self.n_fft = 1 << (self.n_window - 1).bit_length()
        frequency = np.fft.rfftfreq(self.n_fft, 1.0 / rate_hz)
        self.bins = np.flatnonzero((frequency >= settings.band_hz[0]) & (frequency <= settings.band_hz[1]))
        if self.bins.size < 2:
            raise ValueError(
                f"band {settings.band_hz} Hz holds fewer than 2 frequencies of a {settings.window_s} s window"
            )
        self.frequency_hz = frequency[self.bins].astype(np.float64)
        self.taper = taper_of(settings, self.n_window)
        self.offsets_m = offsets_m
        self.settings = settings
        self.first, self.second = _pairs(len(offsets_m))
        self.n_features = 2 * self.first.size * self.bins.size

    def spectra(self, windows: FloatArray) -> ComplexArray:
        """Return spectra (n_windows, n_elements, n_frequencies) of windows (n_windows, n_elements, n_window).

        Each frequency is scaled to unit power over the elements, so that no frequency outweighs another.
        """
        level = windows - windows.mean(axis=-1, keepdims=True)
        spectra = np.fft.rfft(level * self.taper, self.n_fft, axis=-1)[..., self.bins]
        power = np.square(np.abs(spectra)).sum(axis=1, keepdims=True)
        scaled: ComplexArray = spectra / np.sqrt(np.where(power > 0.0, power, 1.0))
        return scaled

    def features(self, spectra: ComplexArray) -> FloatArray:
        """Return cross spectra of all element pairs as real features, (n_windows, n_features)."""
        cross = spectra[:, self.first] * spectra[:, self.second].conj()
        flat = cross.reshape(len(spectra), -1)
        return np.concatenate([flat.real, flat.imag], axis=1)

    def delays_s(self, slowness_s_m: FloatArray) -> FloatArray:
        """Return how much earlier than the origin each element hears the wave, shape (..., n_elements)."""
        return _delays_s(slowness_s_m, self.offsets_m, self.settings.sound_speed_m_s)

    def table(self, slowness_s_m: FloatArray) -> FloatArray:
        """Return cosines and sines (..., n_features) for slowness (..., 2)."""
        delays = self.delays_s(slowness_s_m)
        lag = delays[..., self.first] - delays[..., self.second]
        phase = (2.0 * np.pi * lag[..., None] * self.frequency_hz).reshape(*lag.shape[:-1], -1)
        return np.concatenate([np.cos(phase), np.sin(phase)], axis=-1)

    def table_float32(self, slowness_s_m: FloatArray) -> Float32Array:
        """Return the table in single precision, (n_nodes, n_features): half the memory, twice the speed."""
        delays = self.delays_s(slowness_s_m)
        lag = delays[:, self.first] - delays[:, self.second]
        phase = (2.0 * np.pi * lag[..., None] * self.frequency_hz).astype(np.float32).reshape(len(lag), -1)
        half = phase.shape[1]
        table = np.empty((len(phase), 2 * half), dtype=np.float32)
        np.cos(phase, out=table[:, :half])
        np.sin(phase, out=table[:, half:])
        return table

    def semblance(self, correlation: FloatArray) -> FloatArray:
        """Turn sums of features times table into semblance, kept inside (0, 1)."""
        n_elements = len(self.offsets_m)
        value = 1.0 / n_elements + 2.0 * correlation / (n_elements * self.bins.size)
        return np.clip(value, 1e-9, 1.0 - 1e-9)
