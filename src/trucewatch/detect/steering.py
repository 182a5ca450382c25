"""The fixed side of a beam: settings, geometry and frequencies, everything that does not depend on the recording."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from trucewatch.detect.slowness import Grid, PolarGrid, slowest_s_m
from trucewatch.model.mission import BeamMethod

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
ComplexArray = NDArray[np.complex128]


Method = BeamMethod

Taper = Literal["hann", "cosine", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamSettings:
    """How an array is steered; `REFERENCE_FK` are the options that equal a public peer."""

    method: Method = "bartlett"
    """Bartlett: delay and sum. Capon: least variance, parts close directions. MUSIC: signal subspace. Trimmed squares:
    lags of element pairs, tolerates an element that does not fit."""
    band_hz: tuple[float, float] = (0.5, 5.0)
    window_s: float = 10.0
    step_s: float = 5.0
    taper: Taper = "cosine"
    """Of a whole window. Cosine keeps nearly all of it, so that bearings err less than with Hann; none at all lets
    microbaroms leak into the band."""
    piece_taper: Taper = "hann"
    """Of the short pieces that Capon and MUSIC average: below 1 Hz cosine lets microbaroms into them."""
    detrend: Literal["window_mean", "record_line"] = "window_mean"
    """Take the mean from every window, or one straight line from the whole record given."""
    equal_gain: bool = True
    """Scale each element to the same power in the band of each window, so that gains do not matter."""
    weighting: Literal["smooth", "equal", "power"] = "smooth"
    """Each frequency by its power over the mean of its neighbours, so that no part of the band outweighs another and
    yet what carries the signal counts; or every frequency the same; or each by its power."""
    refinement: Literal["confined", "central_difference"] = "confined"
    """Peak of a parabola inside the node's cell and the grid, or that of InfraPy, which may leave both."""
    grid: Grid = field(default_factory=PolarGrid)
    sound_speed_m_s: float = 340.0
    """Used only for the vertical delay of elements given with a height."""
    subwindow_s: float | None = None
    """Capon and MUSIC: length of the half-overlapping pieces whose covariance is averaged; None: as the array needs."""
    loading: float = 0.1
    """Capon: share of the mean power added to the diagonal, against errors of steering and few pieces; MUSIC counts
    signals above it. Chosen on simulated arrays of 4 and 8 elements."""
    n_signals: int | None = None
    """MUSIC: signals that cross at once; None: estimated for every window."""
    keep_share: float = 0.5
    """Trimmed squares: least share of element pairs that must agree, 0.5 to 1."""
    timing_floor_s: float = 0.003
    """Spread of arrival time per element that averaging does not remove: wavefront, ordinary clock and survey."""
    clock_sigma_s: float = 0.0
    """Error of each element's clock beyond that floor."""
    position_sigma_m: float = 0.0
    """Error of each element's surveyed place, east and north each, beyond that floor."""
    bearing_floor_deg: float = 0.5
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
        if self.subwindow_s is not None and not 0 < self.subwindow_s <= self.window_s:
            raise ValueError(f"subwindow_s must lie in (0, {self.window_s}], got {self.subwindow_s}")
        if self.loading <= 0 or not 0.5 <= self.keep_share <= 1:
            raise ValueError("need loading > 0 and 0.5 <= keep_share <= 1")
        if self.n_signals is not None and self.n_signals < 1:
            raise ValueError("n_signals must be at least 1")
        if min(self.timing_floor_s, self.clock_sigma_s, self.position_sigma_m, self.bearing_floor_deg) < 0:
            raise ValueError("errors must not be negative")


REFERENCE_FK = BeamSettings(
    taper="hann", detrend="record_line", equal_gain=False, weighting="equal", refinement="central_difference"
)
"""Bartlett beams equal to InfraPy's `run_fk` (commit 9fc48482), coherence to 1e-6."""

SHORTEST_PIECE, LONGEST_PIECE = 0.25, 0.5
"""Piece over window: seven half-overlapping pieces, enough for arrays of four to eight elements, or at least three."""

CROSSINGS = 2.0
"""A piece lasts at least this many times what the slowest wave takes across the array, up to the longest piece: cut
shorter, its copies at both ends of the array have little in common."""

SMOOTH_BINS = 4
"""Neighbours to either side, in widths of a window's own frequencies, over which `smooth` takes the mean power: wide
enough to leave the signal its peaks, narrow enough to follow the fall of wind noise. 4 and 8 differ by 2 % on made
waves."""

COSINE_SHARE = 0.22
"""Share of a window that a cosine taper bends, both ends together; that of ObsPy's beamformer."""


def taper_of(taper: Taper, n_window: int) -> FloatArray:
    """Return the taper of one window or piece, shape (n_window,)."""
    if taper == "none":
        return np.ones(n_window)
    if taper == "cosine":
        n_ramp = round(COSINE_SHARE * n_window / 2.0)
        ramp = 0.5 * (1.0 - np.cos(np.pi * np.linspace(0.0, 1.0, n_ramp)))
        return np.concatenate([ramp, np.ones(n_window - 2 * n_ramp), ramp[::-1]])
    return np.hanning(n_window)


PIECES_ALIKE = 1.0 + 2.0 / 36.0
"""What half overlap costs averaged Hann pieces: neighbours correlate by 1/6 (Welch 1967), and power by its square."""


def pieces_time_bandwidth(settings: BeamSettings, piece_s: float) -> float:
    """Return how many independent spectral samples the half-overlapping pieces of a window hold in the band.

    They use the ends of a window better than one taper does.
    """
    n_pieces = 1 + int((settings.window_s - piece_s) / (0.5 * piece_s) + 1e-9)
    low, high = settings.band_hz
    held = n_pieces * piece_s * _kept(settings.piece_taper) / (PIECES_ALIKE if n_pieces > 1 else 1.0)
    return float(max(1.0, (high - low) * min(held, settings.window_s)))


def time_bandwidth(settings: BeamSettings) -> float:
    """Return how many independent spectral samples a tapered window holds in the band.

    A taper `w` leaves the time `T (sum w^2)^2 / (n sum w^4)` (variance of a smoothed periodogram).

    References:
        Bendat & Piersol, Random Data, 4th ed., section 11.5.
    """
    low, high = settings.band_hz
    return float(max(1.0, (high - low) * settings.window_s * _kept(settings.taper)))


def _kept(taper: Taper) -> float:
    weight = taper_of(taper, 1001)
    return float(np.square(np.square(weight).sum()) / (weight.size * np.power(weight, 4).sum()))


def _delays_s(slowness_s_m: FloatArray, offsets_m: FloatArray, sound_speed_m_s: float) -> FloatArray:
    """Return how much earlier than the origin each element hears the wave, shape (..., n_elements)."""
    delays = slowness_s_m @ offsets_m[:, :2].T
    if offsets_m.shape[1] == 3:
        squared = sound_speed_m_s**-2 - np.square(slowness_s_m).sum(axis=-1)
        delays = delays + np.sqrt(np.maximum(squared, 0.0))[..., None] * offsets_m[:, 2]
    return delays


class Steering:
    """The geometry and frequencies of one run: everything that does not depend on the recording.

    Elements at one place are one row here: their recordings are averaged, for they are one look at the field.
    """

    def __init__(
        self,
        offsets_m: FloatArray,
        rate_hz: float,
        settings: BeamSettings,
        places: tuple[tuple[int, ...], ...] | None = None,
    ) -> None:
        """Fix places and frequencies.

        Args:
            offsets_m: Element positions, (n_elements, 2 or 3).
            rate_hz: Sampling rate.
            settings: Band, window, taper and grid.
            places: Rows of elements that share a place; None: each has its own.
        """
        # Both ends of the window count, as in the reference run: 10 s at 100 Hz is 1001 samples.
        self.n_window = round(settings.window_s * rate_hz) + 1
        self.n_fft, self.bins, self.frequency_hz = band_bins(self.n_window, rate_hz, settings)
        self.taper = taper_of(settings.taper, self.n_window)
        self.rate_hz = rate_hz
        self.settings = settings
        self.places = places if places is not None else tuple((row,) for row in range(len(offsets_m)))
        self.merge = _merging(self.places, len(offsets_m))
        self.offsets_m: FloatArray = self.merge @ offsets_m
        self.offsets_m = self.offsets_m - self.offsets_m.mean(axis=0)
        self.n_places = len(self.places)
        self.piece_s = self._piece_s()
        rows, columns = np.triu_indices(self.n_places, 1)
        self.first, self.second = rows.astype(np.int64), columns.astype(np.int64)

    def _piece_s(self) -> float:
        """Return the length of the pieces that a covariance averages."""
        if self.settings.subwindow_s is not None:
            return self.settings.subwindow_s
        flat = self.offsets_m[:, :2]
        across_m = float(np.linalg.norm(flat[:, None] - flat[None], axis=-1).max())
        needed_s = CROSSINGS * across_m * slowest_s_m(self.settings.grid)
        shortest_s, longest_s = SHORTEST_PIECE * self.settings.window_s, LONGEST_PIECE * self.settings.window_s
        return float(np.clip(needed_s, shortest_s, longest_s))

    def spectra(self, windows: FloatArray) -> ComplexArray:
        """Return spectra (n_windows, n_places, n_frequencies) of windows (n_windows, n_elements, n_window).

        Power over the places has a mean of 1 over the band; how much single frequencies deviate from it is the
        settings' `weighting`.
        """
        spectra = np.fft.rfft(self.levelled(windows) * self.taper, self.n_fft, axis=-1)[..., self.bins]
        if self.settings.equal_gain:
            spectra = spectra / _not_zero(np.linalg.norm(spectra, axis=-1, keepdims=True))
        if self.n_places < spectra.shape[1]:
            spectra = np.einsum("pm,wmf->wpf", self.merge, spectra)
        power = np.square(spectra.real).sum(axis=1, keepdims=True) + np.square(spectra.imag).sum(axis=1, keepdims=True)
        scaled: ComplexArray = spectra / np.sqrt(_not_zero(self._level(power)))
        return scaled

    def _level(self, power: FloatArray) -> FloatArray:
        """Return what the power (n_windows, 1, n_frequencies) is divided by."""
        if self.settings.weighting == "equal":
            return power
        if self.settings.weighting == "power":
            mean: FloatArray = power.mean(axis=-1, keepdims=True)
            return mean
        width = 2 * round(SMOOTH_BINS * self.n_fft / self.n_window) + 1
        around: FloatArray = uniform_filter1d(power, width, axis=-1, mode="reflect")
        around = np.where(around > 0.0, around, power)
        level: FloatArray = around * (power / _not_zero(around)).mean(axis=-1, keepdims=True)
        return level

    def levelled(self, windows: FloatArray) -> FloatArray:
        """Return windows without their mean, unless the whole record was straightened."""
        if self.settings.detrend == "record_line":
            return windows
        level: FloatArray = windows - windows.mean(axis=-1, keepdims=True)
        return level

    def delays_s(self, slowness_s_m: FloatArray) -> FloatArray:
        """Return how much earlier than the origin each place hears the wave, shape (..., n_places)."""
        return _delays_s(slowness_s_m, self.offsets_m, self.settings.sound_speed_m_s)

    def lags_s(self, slowness_s_m: FloatArray) -> FloatArray:
        """Return the delay of the first minus that of the second place of every pair, shape (..., n_pairs)."""
        delays = self.delays_s(slowness_s_m)
        return delays[..., self.first] - delays[..., self.second]

    def vertical_lags_s(self, slowness_s_m: FloatArray) -> FloatArray:
        """Return the part of the lags of all pairs that comes from height alone, (..., n_pairs)."""
        flat = slowness_s_m @ self.offsets_m[:, :2].T
        return self.lags_s(slowness_s_m) - (flat[..., self.first] - flat[..., self.second])


def band_bins(n_window: int, rate_hz: float, settings: BeamSettings) -> tuple[int, NDArray[np.int64], FloatArray]:
    """Return transform length, and numbers and frequencies (Hz) of the bins inside the band.

    Raises:
        ValueError: If the band holds fewer than two.
    """
    n_fft = 1 << (n_window - 1).bit_length()
    frequency = np.fft.rfftfreq(n_fft, 1.0 / rate_hz)
    bins = np.flatnonzero((frequency >= settings.band_hz[0]) & (frequency <= settings.band_hz[1]))
    if bins.size < 2:
        raise ValueError(
            f"band {settings.band_hz} Hz holds fewer than 2 frequencies of a {n_window / rate_hz:g} s window"
        )
    return n_fft, bins, frequency[bins].astype(np.float64)


def _merging(places: tuple[tuple[int, ...], ...], n_elements: int) -> FloatArray:
    """Return the matrix (n_places, n_elements) that averages the elements of each place."""
    matrix = np.zeros((len(places), n_elements))
    for row, members in enumerate(places):
        matrix[row, list(members)] = 1.0 / len(members)
    return matrix


def _not_zero(values: FloatArray) -> FloatArray:
    return np.where(values > 0.0, values, 1.0)
