"""Arrivals in a beamed record: where the F statistic rises out of the background of its own last minutes.

Coherent noise (wind farms, surf, traffic) lifts F for hours, so a fixed threshold cries wolf at one array and sleeps
at another. The background of a sliding history is measured, the F distribution is scaled to it, and each window is
given the probability that such noise alone reaches its F.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.stats import f as f_distribution

from trucewatch.detect.beam import BeamResult

FloatArray = NDArray[np.float64]

LOG_F_BIN = 0.02
LOG_F_SMOOTHING = 0.08
"""Bins and kernel width of the background density, in natural log of F; noise at four arrays spread by 0.08 to 0.13."""

UNKNOWN_BEARING_VARIANCE_DEG2 = 360.0**2 / 12.0
"""Variance of a bearing that is only noise: uniform over the circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalSettings:
    """When a window counts, when windows are one arrival, and when an arrival may be relied on."""

    history_s: float = 1200.0
    p_window: float = 0.01
    """A window counts when noise reaches its F with at most this probability."""
    p_confident: float = 1e-4
    """An arrival is confident when its p_false is at most this ..."""
    f_confident: float = 5.0
    """... and its F at least this: with few elements a lower F gives bearings that are off by more than 10 degrees."""
    max_gap_windows: int = 1
    """Windows below the threshold that may lie inside one arrival."""
    same_bearing_deg: float = 10.0
    """Windows whose back azimuths differ by more are different arrivals (unless their errors allow it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One wave train that crossed the array; times from the first sample of the record."""

    start_s: float
    peak_s: float
    """Middle of the most coherent window: not the arrival of the first energy."""
    end_s: float
    time_sigma_s: float
    """Standard deviation of start, peak and end: what the length and the step of the windows leave open."""
    back_azimuth_deg: float
    back_azimuth_sigma_deg: float
    trace_velocity_m_s: float
    trace_velocity_sigma_m_s: float
    f_statistic: float
    semblance: float
    background_f: float
    """F of the noise of the last minutes at this array."""
    p_false: float
    """Probability that this noise alone reaches such an F in as many independent windows."""
    n_windows: int
    at_boundary: bool
    confident: bool


def background_f(time_s: FloatArray, f_statistic: FloatArray, history_s: float) -> FloatArray:
    """Return the most frequent F of the history of each window, shape (n_windows,).

    The mode of log F is used because signals in the history move it least. Before a full history exists the first
    `history_s` of the record stand in, so the earliest windows are judged with hindsight.
    """
    # LIMIT: a coherent source that fills more than about half of the history becomes background and is not reported.
    background = np.empty_like(f_statistic)
    log_f = np.log(np.maximum(f_statistic, 1e-6))
    stride_s = history_s / 20.0
    block = np.floor((time_s - time_s[0]) / stride_s).astype(np.int64)
    for number in np.unique(block):
        members = block == number
        end_s = max(float(time_s[members][-1]), float(time_s[0]) + history_s)
        history = (time_s > end_s - history_s - 1e-9) & (time_s <= end_s + 1e-9)
        background[members] = np.exp(_mode(log_f[history]))
    return background


def _mode(log_f: FloatArray) -> float:
    first = np.floor(log_f.min() / LOG_F_BIN) - 25
    n_bins = int(np.ceil(log_f.max() / LOG_F_BIN) + 25 - first)
    count, edges = np.histogram(log_f, bins=n_bins, range=(first * LOG_F_BIN, (first + n_bins) * LOG_F_BIN))
    density = gaussian_filter1d(count.astype(np.float64), LOG_F_SMOOTHING / LOG_F_BIN, mode="constant")
    return float(edges[density.argmax()] + LOG_F_BIN / 2.0)


def p_noise(beams: BeamResult, background: FloatArray) -> FloatArray:
    """Return the probability that noise alone reaches the F of each window, shape (n_windows,).

    The F distribution has 2 N and 2 N (M - 1) degrees of freedom for M elements and N independent spectral samples;
    its logarithm peaks at F = 1 exactly, so dividing by the mode of the measured background aligns the two. The
    search over slowness makes the real noise narrower than that, so the probability errs on the high side.

    References:
        Arrowsmith et al. (2009), Geophys. J. Int. 177(3) (adaptive F detector).
    """
    dof = 2.0 * beams.time_bandwidth
    ratio = beams.f_statistic / np.maximum(background, 1.0)
    return np.asarray(f_distribution.sf(ratio, dof, dof * (len(beams.elements_used) - 1)), dtype=np.float64)


def turn_deg(first_deg: FloatArray | float, second_deg: FloatArray | float) -> FloatArray:
    """Return the unsigned angle between two bearings, in [0, 180] degrees."""
    return np.abs((np.asarray(first_deg, dtype=np.float64) - second_deg + 180.0) % 360.0 - 180.0)


def _groups(beams: BeamResult, chosen: NDArray[np.int64], settings: ArrivalSettings) -> list[list[int]]:
    """Gather chosen windows that follow each other and point the same way."""
    # LIMIT: a window has one beam, its best, so two sources at the same time take turns and the weaker may be lost.
    open_groups: list[list[int]] = []
    closed: list[list[int]] = []
    for window in chosen.tolist():
        recent = [group for group in open_groups if window - group[-1] <= settings.max_gap_windows + 1]
        closed += [group for group in open_groups if window - group[-1] > settings.max_gap_windows + 1]
        home = min(recent, key=lambda group: _turn(beams, group, window), default=None)
        if home is not None and _turn(beams, home, window) <= _allowed_turn(beams, home, window, settings):
            home.append(window)
        else:
            recent.append([window])
        open_groups = recent
    return sorted(closed + open_groups, key=lambda group: group[0])


def _strongest(beams: BeamResult, group: list[int]) -> int:
    return max(group, key=lambda window: float(beams.f_statistic[window]))


def _turn(beams: BeamResult, group: list[int], window: int) -> float:
    peak = _strongest(beams, group)
    return float(turn_deg(beams.back_azimuth_deg[peak], beams.back_azimuth_deg[window]))


def _allowed_turn(beams: BeamResult, group: list[int], window: int, settings: ArrivalSettings) -> float:
    sigma = beams.back_azimuth_sigma_deg
    return max(settings.same_bearing_deg, 2.0 * float(np.hypot(sigma[_strongest(beams, group)], sigma[window])))


def _arrival(
    beams: BeamResult, group: list[int], p_window: FloatArray, background: FloatArray, settings: ArrivalSettings
) -> Arrival:
    peak = _strongest(beams, group)
    members = np.array(group)
    weight = np.maximum(beams.f_statistic[members] - 1.0, 1e-6)
    turned = turn_deg(beams.back_azimuth_deg[members], float(beams.back_azimuth_deg[peak]))
    scatter_deg = float(np.sqrt(np.average(np.square(turned), weights=weight)))
    span_s = float(beams.time_s[group[-1]] - beams.time_s[group[0]])
    # Overlapping windows are one look: only as many as fit side by side are counted.
    n_looks = 1.0 + span_s / beams.window_s
    p_false = float(-np.expm1(n_looks * np.log1p(-min(p_window[peak], 1.0 - 1e-12))))
    # With probability p_false the peak is noise and its direction means nothing: weak bearings get wide.
    variance_deg2 = max(float(beams.back_azimuth_sigma_deg[peak]), scatter_deg) ** 2
    f_statistic = float(beams.f_statistic[peak])
    at_boundary = bool(beams.at_boundary[peak])
    return Arrival(
        start_s=float(beams.time_s[group[0]]) - beams.step_s / 2.0,
        peak_s=float(beams.time_s[peak]),
        end_s=float(beams.time_s[group[-1]]) + beams.step_s / 2.0,
        time_sigma_s=float(np.hypot(beams.step_s, beams.window_s / 2.0) / np.sqrt(12.0)),
        back_azimuth_deg=float(beams.back_azimuth_deg[peak]),
        back_azimuth_sigma_deg=float(np.sqrt(variance_deg2 + p_false * UNKNOWN_BEARING_VARIANCE_DEG2)),
        trace_velocity_m_s=float(beams.trace_velocity_m_s[peak]),
        trace_velocity_sigma_m_s=float(beams.trace_velocity_sigma_m_s[peak]),
        f_statistic=f_statistic,
        semblance=float(beams.semblance[peak]),
        background_f=float(background[peak]),
        p_false=p_false,
        n_windows=len(group),
        at_boundary=at_boundary,
        confident=p_false <= settings.p_confident and f_statistic >= settings.f_confident and not at_boundary,
    )


def find_arrivals(beams: BeamResult, settings: ArrivalSettings | None = None) -> tuple[Arrival, ...]:
    """Return the arrivals of a beamed record in order of time, weak ones included but not marked confident.

    Args:
        beams: The best beam of every window.
        settings: History, thresholds and what makes windows one arrival.
    """
    settings = settings or ArrivalSettings()
    background = background_f(beams.time_s, beams.f_statistic, settings.history_s)
    p_window = p_noise(beams, background)
    chosen = np.flatnonzero(p_window <= settings.p_window)
    groups = _groups(beams, chosen, settings)
    return tuple(_arrival(beams, group, p_window, background, settings) for group in groups)
