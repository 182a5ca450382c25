"""Array beamforming: from which direction, how fast, and how coherently a wave crosses an array.

Four methods find the slowness; what is reported of it is the same for all. Semblance is the power of delay and sum over
the power of the elements, 1/M for unrelated noise and 1 for one plane wave; F = (M - 1) P / (1 - P).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.signal import detrend

from trucewatch.detect.array_channels import ChannelFault, screen
from trucewatch.detect.array_shape import line_azimuth_deg, shared_places
from trucewatch.detect.capon import Capon
from trucewatch.detect.cross_spectra import cross_spectra
from trucewatch.detect.lags import PairLags, pair_lags
from trucewatch.detect.modes import BeamModes, general_modes, line_modes, only_mode, rivals, sharpness
from trucewatch.detect.music import music
from trucewatch.detect.peak import BeamMap, refine, search
from trucewatch.detect.projection import Projection
from trucewatch.detect.slowness import confine, direction, on_edge, slowest_s_m
from trucewatch.detect.slowness_error import (
    UNKNOWN_BEARING_SIGMA_DEG,
    direction_sigma,
    estimator,
    noise_variance_s2,
    slowness_covariance,
)
from trucewatch.detect.steering import BeamSettings, Method, Steering, pieces_time_bandwidth, time_bandwidth
from trucewatch.detect.trimmed_squares import TrimmedFit, doubted_place, solver, trimmed_squares

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
ComplexArray = NDArray[np.complex128]

MIN_ELEMENTS = 3
"""Two places leave a whole cone of directions."""

BLOCK_BYTES = 64 * 2**20
"""Spectra, covariances and features of the windows beamed together."""

AVERAGED = ("capon", "music")
"""Methods that need covariances averaged over pieces of a window."""

FFT_WINDOWS = 64
"""Windows transformed together; bounds the spectra in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamResult:
    """The best beam of each window; every array has shape (n_windows,) unless said otherwise."""

    time_s: FloatArray
    """Middle of the window, from the first sample."""
    back_azimuth_deg: FloatArray
    """Direction towards the source, clockwise from north, [0, 360)."""
    back_azimuth_sigma_deg: FloatArray
    """Spread over all modes: large where the window allows several directions."""
    trace_velocity_m_s: FloatArray
    trace_velocity_sigma_m_s: FloatArray
    f_statistic: FloatArray
    semblance: FloatArray
    """F and semblance of delay and sum at the slowness found, whatever the method, so that they compare."""
    at_boundary: BoolArray
    """True where the best slowness lies on the edge of the grid, so the true one may lie beyond."""
    elements_used: tuple[int, ...]
    faults: tuple[ChannelFault, ...]
    window_s: float
    step_s: float
    band_hz: tuple[float, float]
    time_bandwidth: float
    """Independent spectral samples in one window after tapering."""
    places: tuple[tuple[int, ...], ...] = ()
    """Elements used, those at one place together; empty: each has its own."""
    method: Method = "bartlett"
    slowness_s_m: FloatArray = field(default_factory=lambda: np.empty((0, 2)))
    """(n_windows, 2), east and north, towards the source; empty in a result that was not beamed."""
    slowness_covariance: FloatArray = field(default_factory=lambda: np.empty((0, 2, 2)))
    """(n_windows, 2, 2), (s/m)^2: noise, clocks and survey, within the mode reported; empty as above."""
    modes: BeamModes | None = None
    """All directions that each window allows; None in a result that was not beamed."""
    peak_value: FloatArray = field(default_factory=lambda: np.empty(0))
    """What the method maximised: semblance, Capon's beam, share in the signal subspace, median pair correlation."""
    doubted_element: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Trimmed squares: first element of the place whose lags fit least, -1 for none; else empty."""

    @property
    def n_places(self) -> int:
        """Places that count towards degrees of freedom."""
        return len(self.places) or len(self.elements_used)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Found:
    """What a method found in one block of windows, before errors are worked out."""

    slowness_s_m: FloatArray
    value: FloatArray
    at_boundary: BoolArray
    semblance: FloatArray
    covariance: FloatArray
    modes: BeamModes
    doubted: IntArray


def beamform(
    samples: FloatArray, rate_hz: float, offsets_m: FloatArray, settings: BeamSettings | None = None
) -> BeamResult:
    """Steer an array over all directions and return the best beam of every window.

    Args:
        samples: Recordings, shape (n_elements, n), any unit; gains of elements do not matter (`equal_gain`).
        rate_hz: Sampling rate.
        offsets_m: Element positions, shape (n_elements, 2) east and north or (n_elements, 3) with height.
        settings: Method, band, windows, grid and error floors.

    Raises:
        ValueError: If shapes disagree, the band lies above half the sampling rate, the record is shorter than one
            window, or fewer than three places are alive.

    References:
        Rost & Thomas (2002), Rev. Geophys. 40(3), section 3 (frequency-wavenumber analysis);
        Blandford (1974), Geophysics 39(5), 633-643 (F statistic).
    """
    settings = settings or BeamSettings()
    samples = np.asarray(samples, dtype=np.float64)
    offsets_m = np.asarray(offsets_m, dtype=np.float64)
    if samples.ndim != 2 or offsets_m.shape not in ((len(samples), 2), (len(samples), 3)):
        raise ValueError(f"samples {samples.shape} and offsets_m {offsets_m.shape} do not describe one array")
    if settings.band_hz[1] > rate_hz / 2.0:
        raise ValueError(f"band up to {settings.band_hz[1]} Hz needs more than {rate_hz} samples per second")
    used, faults = screen(samples, rate_hz, max_gap_s=settings.max_gap_s, max_clipped_share=settings.max_clipped_share)
    why = "; ".join(f"element {fault.element}: {fault.reason}" for fault in faults) or "no faults"
    if len(used) < MIN_ELEMENTS:
        raise ValueError(f"{len(used)} live elements, {MIN_ELEMENTS} needed ({why})")
    places = shared_places(offsets_m[list(used)])
    if len(places) < MIN_ELEMENTS:
        raise ValueError(f"live elements at {len(places)} places, {MIN_ELEMENTS} needed ({why})")
    steering = Steering(offsets_m[list(used)], rate_hz, settings, places)
    n_last = samples.shape[1] - steering.n_window
    if n_last < 0:
        raise ValueError(f"record of {samples.shape[1]} samples is shorter than a window of {steering.n_window}")
    n_windows = int(n_last / (settings.step_s * rate_hz)) + 1
    starts = np.round(np.arange(n_windows) * settings.step_s * rate_hz).astype(np.int64)
    chosen = samples[list(used)]
    if settings.detrend == "record_line":
        chosen = np.asarray(detrend(chosen, axis=1), dtype=np.float64)
    return _result(steering, chosen, starts, used, faults)


def _blocks(steering: Steering, samples: FloatArray, starts: IntArray) -> Iterator[tuple[FloatArray, ComplexArray]]:
    """Yield windows (n, n_elements, n_window) and their spectra, as many at a time as the memory bound allows."""
    view = sliding_window_view(samples, steering.n_window, axis=1)
    # Covariances are square, and are held beside their inverses or eigenvectors while these are made.
    rows = 4 * steering.n_places**2 if steering.settings.method in AVERAGED else steering.first.size
    of_spectra = 16 * rows * steering.frequency_hz.size
    of_samples = 8 * len(samples) * steering.n_window
    per_block = max(FFT_WINDOWS, BLOCK_BYTES // max(of_spectra, of_samples))
    for begin in range(0, starts.size, per_block):
        chosen = view[:, starts[begin : begin + per_block]].transpose(1, 0, 2)
        parts = [steering.spectra(chosen[at : at + FFT_WINDOWS]) for at in range(0, len(chosen), FFT_WINDOWS)]
        yield chosen, np.concatenate(parts)


def _found(steering: Steering, windows: FloatArray, spectra: ComplexArray) -> _Found:
    semblance = Projection(steering, spectra[:, None], steering.frequency_hz)
    method = steering.settings.method
    if method == "trimmed_squares":
        return _from_lags(steering, spectra, semblance)
    if method == "bartlett":
        return _from_beam(steering, semblance, semblance)
    averaged = cross_spectra(steering, windows)
    beam: BeamMap = Capon(steering, averaged) if method == "capon" else music(steering, averaged)
    return _from_beam(steering, beam, semblance)


def _from_beam(steering: Steering, beam: BeamMap, semblance: Projection) -> _Found:
    settings, every = steering.settings, np.arange(beam.n_windows)
    regions = search(beam, settings.grid)
    peak = refine(beam, settings.grid, regions.best(), every, settings.refinement)
    coherent = _kept_inside(peak.value if beam is semblance else semblance.at(peak.slowness_s_m, every))
    noise_s2 = _noise_s2(steering, semblance, peak.slowness_s_m)
    covariance = _covariance(steering, estimator(steering.offsets_m[:, :2]), noise_s2, peak.slowness_s_m)
    modes = _line(steering, peak.slowness_s_m, covariance)
    if modes is None:
        sigma_deg, _ = direction_sigma(peak.slowness_s_m, covariance, settings.bearing_floor_deg)
        worth = sharpness(_f(coherent, steering.n_places), steering.n_places, time_bandwidth(settings))
        others = rivals(beam, semblance, settings.grid, regions, peak.node, worth, coherent)
        modes = general_modes(peak.slowness_s_m, coherent, sigma_deg, others, worth)
    return _Found(
        slowness_s_m=peak.slowness_s_m,
        value=peak.value,
        at_boundary=on_edge(settings.grid, peak.node),
        semblance=coherent,
        covariance=covariance,
        modes=modes,
        doubted=np.empty(0, dtype=np.int64),
    )


def _from_lags(steering: Steering, spectra: ComplexArray, semblance: Projection) -> _Found:
    settings = steering.settings
    pairs = steering.first, steering.second
    baselines_m = steering.offsets_m[steering.first] - steering.offsets_m[steering.second]
    lags = pair_lags(steering, spectra, slowest_s_m(settings.grid))
    fit = _trimmed(steering, lags, baselines_m[:, :2])
    slowness, at_boundary = confine(settings.grid, fit.slowness_s_m)
    coherent = _kept_inside(semblance.at(slowness, np.arange(len(slowness))))
    solve = solver(fit, baselines_m[:, :2], pairs, steering.n_places)
    covariance = _covariance(steering, solve, _noise_s2(steering, semblance, slowness), slowness)
    modes = _line(steering, slowness, covariance)
    if modes is None:
        sigma_deg, _ = direction_sigma(slowness, covariance, settings.bearing_floor_deg)
        modes = only_mode(slowness, sigma_deg, 1.0 - fit.p_chance)
    doubted = doubted_place(fit, pairs, steering.n_places)
    return _Found(
        slowness_s_m=slowness,
        value=np.median(lags.correlation, axis=1),
        at_boundary=at_boundary,
        semblance=coherent,
        covariance=covariance,
        modes=modes,
        doubted=doubted,
    )


def _trimmed(steering: Steering, lags: PairLags, baselines_m: FloatArray) -> TrimmedFit:
    settings = steering.settings
    resolution_s = max(settings.timing_floor_s, 0.5 / steering.rate_hz)
    fit = trimmed_squares(lags, baselines_m, keep_share=settings.keep_share, resolution_s=resolution_s)
    if steering.offsets_m.shape[1] == 2:
        return fit
    # What heights add to the lags depends on the speed found; one more round settles it.
    level = replace(lags, lag_s=lags.lag_s - steering.vertical_lags_s(fit.slowness_s_m))
    return trimmed_squares(level, baselines_m, keep_share=settings.keep_share, resolution_s=resolution_s)


def _kept_inside(semblance: FloatArray) -> FloatArray:
    """Keep semblance inside (0, 1), so that F is finite and positive."""
    return np.clip(semblance, 1e-9, 1.0 - 1e-9)


def _f(semblance: FloatArray, n_places: int) -> FloatArray:
    return (n_places - 1) * semblance / (1.0 - semblance)


def _noise_s2(steering: Steering, semblance: Projection, slowness_s_m: FloatArray) -> FloatArray:
    coherence, weight = semblance.by_frequency_at(slowness_s_m)
    return noise_variance_s2(
        coherence,
        # Capon and MUSIC give every frequency the same say.
        np.ones_like(weight) if steering.settings.method in AVERAGED else weight,
        n_places=steering.n_places,
        frequency_hz=steering.frequency_hz,
        n_independent=_n_independent(steering),
    )


def _n_independent(steering: Steering) -> float:
    if steering.settings.method in AVERAGED:
        return pieces_time_bandwidth(steering.settings, steering.piece_s)
    return time_bandwidth(steering.settings)


def _covariance(steering: Steering, solve: FloatArray, noise_s2: FloatArray, slowness_s_m: FloatArray) -> FloatArray:
    settings = steering.settings
    # Sensors at one place average their errors of clock and survey, but not the crumpling of the wavefront there.
    share = 1.0 / np.array([len(place) for place in steering.places])
    return slowness_covariance(
        solve,
        noise_s2=noise_s2,
        slowness_s_m=slowness_s_m,
        clock_s2=settings.timing_floor_s**2 + settings.clock_sigma_s**2 * share,
        position_m2=settings.position_sigma_m**2 * share,
    )


def _line(steering: Steering, slowness_s_m: FloatArray, covariance: FloatArray) -> BeamModes | None:
    """Return the two sides of an array whose places lie on one line; None for any other."""
    azimuth_deg = line_azimuth_deg(steering.offsets_m[:, :2])
    if azimuth_deg is None:
        return None
    axis = np.array([np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))])
    along = np.sqrt(np.einsum("i,nij,j->n", axis, covariance, axis))
    return line_modes(slowness_s_m, along, azimuth_deg, steering.settings.grid)


def _joined_modes(parts: list[BeamModes]) -> BeamModes:
    names = ("back_azimuth_deg", "back_azimuth_sigma_deg", "trace_velocity_m_s", "p")
    return BeamModes(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _result(
    steering: Steering,
    samples: FloatArray,
    starts: IntArray,
    used: tuple[int, ...],
    faults: tuple[ChannelFault, ...],
) -> BeamResult:
    settings = steering.settings
    parts = [_found(steering, windows, spectra) for windows, spectra in _blocks(steering, samples, starts)]
    slowness = np.concatenate([part.slowness_s_m for part in parts])
    covariance = np.concatenate([part.covariance for part in parts])
    semblance = np.concatenate([part.semblance for part in parts])
    doubted = np.concatenate([part.doubted for part in parts])
    modes = _joined_modes([part.modes for part in parts])
    back_azimuth, velocity = direction(slowness)
    sigma_deg, sigma_m_s = direction_sigma(slowness, covariance, settings.bearing_floor_deg)
    sigma_deg = np.minimum(np.hypot(sigma_deg, modes.spread_deg()), UNKNOWN_BEARING_SIGMA_DEG)
    if line_azimuth_deg(steering.offsets_m[:, :2]) is not None:
        sigma_deg = np.full_like(sigma_deg, UNKNOWN_BEARING_SIGMA_DEG)
    first_element = np.array([used[place[0]] for place in steering.places] + [-1])
    return BeamResult(
        time_s=(starts.astype(np.float64) + (steering.n_window - 1) / 2.0) / steering.rate_hz,
        back_azimuth_deg=back_azimuth,
        back_azimuth_sigma_deg=sigma_deg,
        trace_velocity_m_s=velocity,
        trace_velocity_sigma_m_s=sigma_m_s,
        f_statistic=_f(semblance, steering.n_places),
        semblance=semblance,
        at_boundary=np.concatenate([part.at_boundary for part in parts]),
        elements_used=used,
        faults=faults,
        window_s=settings.window_s,
        step_s=settings.step_s,
        band_hz=settings.band_hz,
        time_bandwidth=time_bandwidth(settings),
        places=tuple(tuple(used[row] for row in place) for place in steering.places),
        method=settings.method,
        slowness_s_m=slowness,
        slowness_covariance=covariance,
        modes=modes,
        peak_value=np.concatenate([part.value for part in parts]),
        doubted_element=first_element[doubted],
    )
