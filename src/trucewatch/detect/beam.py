"""Array beamforming: from which direction, how fast, and how coherently a wave crosses an array.

The Bartlett beam of every window and every slowness is one real matrix product. With the spectra of one window scaled
to unit total power at each of `F` frequencies, `M` elements, and `S_pf` the cross spectrum of element pair `p`,

    P(s) = 1/M + 2/(M F) * sum_p sum_f Re[S_pf * exp(-2 pi i f * delay_p(s))],

so the features (pairs x frequencies, real and imaginary) of all windows meet one table of cosines and sines. P is the
semblance, 1/M for unrelated noise and 1 for one plane wave; F = (M - 1) P / (1 - P).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from trucewatch.detect.array_channels import ChannelFault, screen
from trucewatch.detect.slowness import direction, nodes_s_m, on_edge
from trucewatch.detect.slowness_error import direction_sigma
from trucewatch.detect.steering import BeamSettings, Steering, time_bandwidth

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
ComplexArray = NDArray[np.complex128]

MIN_ELEMENTS = 3
"""Two elements leave a whole cone of directions."""

BLOCK_BYTES = 64 * 2**20
"""Largest feature block, and largest steering block, in memory at once."""

MOST_PAIRED_ELEMENTS = 10
"""Up to here pairs are steered, beyond it elements, for pairs grow with their square; measured to cross at 10 to 12."""

FFT_WINDOWS = 64
"""Windows transformed together; bounds the spectra in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamResult:
    """The best beam of each window; every array has shape (n_windows,)."""

    time_s: FloatArray
    """Middle of the window, from the first sample."""
    back_azimuth_deg: FloatArray
    """Direction towards the source, clockwise from north, [0, 360)."""
    back_azimuth_sigma_deg: FloatArray
    trace_velocity_m_s: FloatArray
    trace_velocity_sigma_m_s: FloatArray
    f_statistic: FloatArray
    semblance: FloatArray
    at_boundary: NDArray[np.bool_]
    """True where the best slowness lies on the edge of the grid, so the true one may lie beyond."""
    elements_used: tuple[int, ...]
    faults: tuple[ChannelFault, ...]
    window_s: float
    step_s: float
    band_hz: tuple[float, float]
    time_bandwidth: float
    """Independent spectral samples in one window after tapering."""


def _spectra_blocks(steering: Steering, samples: FloatArray, starts: NDArray[np.int64]) -> Iterator[ComplexArray]:
    """Yield spectra of consecutive windows, as many at a time as keep their features within the memory bound."""
    windows = sliding_window_view(samples, steering.n_window, axis=1)
    per_block = max(FFT_WINDOWS, BLOCK_BYTES // (8 * steering.n_features))
    for begin in range(0, starts.size, per_block):
        chosen = starts[begin : begin + per_block]
        parts = [
            steering.spectra(windows[:, chosen[at : at + FFT_WINDOWS]].transpose(1, 0, 2))
            for at in range(0, chosen.size, FFT_WINDOWS)
        ]
        yield np.concatenate(parts)


def _paired_power(steering: Steering, features: Float32Array, nodes: FloatArray) -> Float32Array:
    """Return beams (n_windows, n_nodes), up to a constant, from pairs: fewest operations for few elements."""
    return features @ steering.table_float32(nodes).T


def _projected_power(steering: Steering, spectra: ComplexArray, nodes: FloatArray) -> Float32Array:
    """Return beams (n_windows, n_nodes), up to a scale, by steering every element: fewest operations for many."""
    delays = steering.delays_s(nodes).T
    power = np.zeros((len(spectra), len(nodes)), dtype=np.float32)
    for number, frequency in enumerate(steering.frequency_hz):
        steer = np.exp(-2j * np.pi * frequency * delays).astype(np.complex64)
        summed = spectra[:, :, number].astype(np.complex64) @ steer
        power += np.square(summed.real) + np.square(summed.imag)
    return power


def _best_node(steering: Steering, spectra: ComplexArray, features: FloatArray, nodes: FloatArray) -> NDArray[np.int64]:
    """Return the node of the strongest beam of each window, shape (n_windows,)."""
    paired = spectra.shape[1] <= MOST_PAIRED_ELEMENTS
    single = features.astype(np.float32) if paired else np.empty((0, 0), dtype=np.float32)
    best = np.full(len(spectra), -np.inf, dtype=np.float32)
    node = np.zeros(len(spectra), dtype=np.int64)
    width = max(steering.n_features, len(spectra)) if paired else 4 * len(spectra)
    per_block = max(1, BLOCK_BYTES // (4 * width))
    for begin in range(0, len(nodes), per_block):
        block = nodes[begin : begin + per_block]
        power = _paired_power(steering, single, block) if paired else _projected_power(steering, spectra, block)
        local = power.argmax(axis=1)
        value = power[np.arange(len(power)), local]
        better = value > best
        best[better], node[better] = value[better], begin + local[better]
    return node


def _quadratic_peak(values: FloatArray) -> FloatArray:
    """Return the peak (n, 2), in steps from the middle, of the parabola through 3 x 3 values (n, 3, 3)."""
    step = np.array([-1.0, 0.0, 1.0])
    first, second = (axis.ravel() for axis in np.meshgrid(step, step, indexing="ij"))
    design = np.stack([np.ones(9), first, second, first**2, first * second, second**2], axis=1)
    c = values.reshape(-1, 9) @ np.linalg.pinv(design).T
    determinant = 4.0 * c[:, 3] * c[:, 5] - c[:, 4] ** 2
    concave = (determinant > 0) & (c[:, 3] < 0)
    safe = np.where(concave, determinant, 1.0)
    peak = np.stack([c[:, 4] * c[:, 2] - 2 * c[:, 5] * c[:, 1], c[:, 4] * c[:, 1] - 2 * c[:, 3] * c[:, 2]], axis=1)
    return np.where(concave[:, None], np.clip(peak / safe[:, None], -1.0, 1.0), 0.0)


def _refine(steering: Steering, features: FloatArray, node: NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    """Return slowness (n, 2) and semblance (n,) at the peak, never outside the node's cell or the grid."""
    grid = steering.settings.grid
    index = np.stack(np.divmod(node, grid.shape[1]), axis=1).astype(np.float64)
    last = np.array(grid.shape, dtype=np.float64) - 1.0
    free = np.array(grid.periodic)
    middle = np.where(free, index, np.clip(index, 1.0, last - 1.0))

    def beam(at: FloatArray) -> FloatArray:
        table = steering.table(grid.slowness_s_m(at[:, 0], at[:, 1]))
        beams: FloatArray = np.einsum("nf,nf->n", features, table)
        return beams

    stencil = [(i, j) for i in (-1.0, 0.0, 1.0) for j in (-1.0, 0.0, 1.0)]
    around = np.stack([beam(middle + np.array(offset)) for offset in stencil], axis=1)
    peak = middle + _quadratic_peak(around.reshape(-1, 3, 3))
    peak = np.clip(peak, index - 1.0, index + 1.0)
    peak = np.where(free, peak, np.clip(peak, 0.0, last))
    at_peak, at_node = beam(peak), beam(index)
    # Where the beam is no parabola the grid node stands: refinement never lowers the beam.
    place = np.where((at_peak >= at_node)[:, None], peak, index)
    return grid.slowness_s_m(place[:, 0], place[:, 1]), steering.semblance(np.maximum(at_peak, at_node))


def beamform(
    samples: FloatArray, rate_hz: float, offsets_m: FloatArray, settings: BeamSettings | None = None
) -> BeamResult:
    """Steer an array over all directions and return the best beam of every window.

    Args:
        samples: Recordings, shape (n_elements, n), any unit; elements may differ in gain only a little.
        rate_hz: Sampling rate.
        offsets_m: Element positions, shape (n_elements, 2) east and north or (n_elements, 3) with height.
        settings: Band, windows, grid and error floors.

    Raises:
        ValueError: If shapes disagree, the band lies above half the sampling rate, the record is shorter than one
            window, or fewer than three elements are alive.

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
    if len(used) < MIN_ELEMENTS:
        why = "; ".join(f"element {fault.element}: {fault.reason}" for fault in faults)
        raise ValueError(f"{len(used)} live elements, {MIN_ELEMENTS} needed ({why or 'no faults'})")
    kept = offsets_m[list(used)]
    steering = Steering(kept - kept.mean(axis=0), rate_hz, settings)
    n_last = samples.shape[1] - steering.n_window
    if n_last < 0:
        raise ValueError(f"record of {samples.shape[1]} samples is shorter than a window of {steering.n_window}")
    n_windows = int(n_last / (settings.step_s * rate_hz)) + 1
    starts = np.round(np.arange(n_windows) * settings.step_s * rate_hz).astype(np.int64)
    return _result(steering, samples[list(used)], rate_hz, starts, used, faults)


def _result(
    steering: Steering,
    samples: FloatArray,
    rate_hz: float,
    starts: NDArray[np.int64],
    used: tuple[int, ...],
    faults: tuple[ChannelFault, ...],
) -> BeamResult:
    settings = steering.settings
    nodes = nodes_s_m(settings.grid)
    parts = []
    for spectra in _spectra_blocks(steering, samples, starts):
        features = steering.features(spectra)
        node = _best_node(steering, spectra, features, nodes)
        parts.append((*_refine(steering, features, node), on_edge(settings.grid, node)))
    slowness, semblance, at_boundary = (np.concatenate(column) for column in zip(*parts, strict=True))
    f_statistic = (len(used) - 1) * semblance / (1.0 - semblance)
    back_azimuth, velocity = direction(slowness)
    sigma_deg, sigma_m_s = direction_sigma(
        slowness_s_m=slowness,
        f_statistic=f_statistic,
        offsets_m=steering.offsets_m[:, :2],
        frequency_hz=steering.frequency_hz,
        n_independent=time_bandwidth(settings),
        timing_floor_s=settings.timing_floor_s,
        bearing_floor_deg=settings.bearing_floor_deg,
    )
    return BeamResult(
        time_s=(starts.astype(np.float64) + (steering.n_window - 1) / 2.0) / rate_hz,
        back_azimuth_deg=back_azimuth,
        back_azimuth_sigma_deg=sigma_deg,
        trace_velocity_m_s=velocity,
        trace_velocity_sigma_m_s=sigma_m_s,
        f_statistic=f_statistic,
        semblance=semblance,
        at_boundary=at_boundary,
        elements_used=used,
        faults=faults,
        window_s=settings.window_s,
        step_s=settings.step_s,
        band_hz=settings.band_hz,
        time_bandwidth=time_bandwidth(settings),
    )
