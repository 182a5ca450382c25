"""Arrivals in a beamed record: where the F statistic rises out of the background of its own last minutes.

Coherent noise (wind farms, surf, traffic) lifts F for hours, so a fixed threshold cries wolf at one array and sleeps
at another. The background of a sliding history is measured, the distribution of F in noise is moved to it, and each
window is given the probability that such noise alone reaches its F.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.background import Backgrounds, SlidingBackground
from trucewatch.detect.beam import BeamResult
from trucewatch.detect.beam_windows import BeamWindows, in_order, windows_of
from trucewatch.detect.noise_curve import NoiseCurve
from trucewatch.detect.wave_train import Train, Window, window_of
from trucewatch.model.detection import BearingMode

FloatArray = NDArray[np.float64]

DAY_S = 86_400.0

LEAST_LOOK = 0.3
"""Part of a window by which it must move to be another look at the noise: half-overlapping tapered windows are nearly
independent, and windows a quarter apart made 1.6 times as many false alarms as these, not twice."""

UNKNOWN_BEARING_VARIANCE_DEG2 = 360.0**2 / 12.0
"""Variance of a bearing that is only noise: uniform over the circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalSettings:
    """When a window counts, when windows are one arrival, and when an arrival may be relied on."""

    history_s: float = 1200.0
    p_window: float = 0.01
    """A window belongs to an arrival when noise reaches its F with at most this probability."""
    false_alarms_per_day: float = 10.0
    """An arrival is given when noise makes such an F at most this often. Kept within a factor of two in noise that is
    steady over the history, independent or correlated between elements (tests/scenarios/test_array_noise.py)."""
    confident_per_day: float = 0.1
    """An arrival is confident when noise makes such an F at most this often ..."""
    f_confident: float = 5.0
    """... and its F at least this: with few elements a lower F gives bearings that are off by more than 10 degrees."""
    max_gap_windows: int = 1
    """Windows below the threshold that may lie inside one arrival."""
    same_bearing_deg: float = 10.0
    """Windows whose back azimuths differ by more are different arrivals (unless their errors allow it)."""
    longest_s: float = 1200.0
    """A longer arrival is cut here: by then it is background."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BandBearing:
    """What one band says of an arrival."""

    band_hz: tuple[float, float]
    back_azimuth_deg: float
    back_azimuth_sigma_deg: float
    trace_velocity_m_s: float
    f_statistic: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One wave train that crossed the array; times from the first sample of the record or the start of the stream."""

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
    false_alarms_per_day: float
    """How often this noise alone makes such an arrival."""
    n_windows: int
    n_elements: int
    """Elements used at the peak."""
    at_boundary: bool
    confident: bool
    band_hz: tuple[float, float]
    """In which the peak was found."""
    bands: tuple[BandBearing, ...] = ()
    """What each band says, lowest first, where several were searched."""
    modes: tuple[BearingMode, ...] = ()
    """All directions that the peak allows, the stated one first, where there are several."""


class ArrivalFinder:
    """Finds the arrivals of one band while its beams come in."""

    # LIMIT: a window has one beam, its best, so two sources at the same time take turns and the weaker may be lost.

    def __init__(
        self,
        *,
        window_s: float,
        step_s: float,
        band_hz: tuple[float, float],
        settings: ArrivalSettings,
        n_bands: int = 1,
    ) -> None:
        self._window_s, self._step_s, self._band_hz = window_s, step_s, band_hz
        self._settings = settings
        self._looks_per_day = n_bands * DAY_S / max(step_s, LEAST_LOOK * window_s)
        self._background = SlidingBackground(settings.history_s)
        self._waiting: list[BeamWindows] = []
        self._open: list[Train] = []
        self._now_s = -np.inf

    def feed(self, windows: BeamWindows) -> list[Arrival]:
        """Take the next windows; returns the arrivals that no later window can change."""
        if len(windows) == 0:
            return []
        self._waiting.append(windows)
        known = [
            background
            for time_s, value, bearing_deg in zip(
                windows.time_s.tolist(), windows.standard().tolist(), windows.back_azimuth_deg.tolist(), strict=True
            )
            for background in self._background.feed(time_s, value, bearing_deg)
        ]
        return self._judge(known)

    def flush(self) -> list[Arrival]:
        """End the stream; returns the arrivals that were still open."""
        found = self._judge(self._background.flush())
        found += [self._arrival(train) for train in self._open]
        self._open = []
        return _given(found, self._settings)

    @property
    def settled_s(self) -> float:
        """Before this time nothing more will be found to begin."""
        waits = [float(w.time_s[0]) for w in self._waiting]
        return min([self._now_s, *(train.first.time_s for train in self._open), *waits]) - self._step_s / 2.0

    def _judge(self, known: list[Backgrounds]) -> list[Arrival]:
        if not known:
            return []
        whole = in_order(self._waiting)
        windows, rest = whole.rows(slice(0, len(known))), whole.rows(slice(len(known), None))
        self._waiting = [rest] if len(rest) else []
        own = [b.of(windows.directions_deg(row)) for row, b in enumerate(known)]
        level = np.array([b.level for b in own])
        p = windows.p_noise(level, np.array([b.width for b in own]))
        background = windows.background_f(level)
        found: list[Arrival] = []
        for row in np.flatnonzero(p <= self._settings.p_window).tolist():
            found += self._take(window_of(windows, row, float(p[row]), float(background[row])))
        self._now_s = float(windows.time_s[-1])
        found += self._close_before(int(windows.number[-1]) + 1)
        return _given(found, self._settings)

    def _take(self, window: Window) -> list[Arrival]:
        found = self._close_before(window.number)
        home = min(self._open, key=lambda train: train.turn_deg(window), default=None)
        if home is not None and home.turn_deg(window) <= self._allowed_turn_deg(home, window):
            home.add(window)
        else:
            self._open.append(Train(window))
        return found

    def _close_before(self, number: int) -> list[Arrival]:
        """Give the trains that a window of this number cannot join."""
        still = [
            t
            for t in self._open
            if number - t.last.number <= self._settings.max_gap_windows + 1
            and t.last.time_s - t.first.time_s < self._settings.longest_s
        ]
        found = [self._arrival(t) for t in self._open if t not in still]
        self._open = still
        return found

    def _allowed_turn_deg(self, train: Train, window: Window) -> float:
        both = float(np.hypot(train.peak.back_azimuth_sigma_deg, window.back_azimuth_sigma_deg))
        return max(self._settings.same_bearing_deg, 2.0 * both)

    def _arrival(self, train: Train) -> Arrival:
        peak = train.peak
        # Overlapping windows are one look: only as many as fit side by side are counted.
        n_looks = 1.0 + (train.last.time_s - train.first.time_s) / self._window_s
        p_false = float(-np.expm1(n_looks * np.log1p(-min(peak.p, 1.0 - 1e-12))))
        # With probability p_false the peak is noise and its direction means nothing: weak bearings get wide.
        variance_deg2 = max(peak.back_azimuth_sigma_deg, train.scatter_deg) ** 2
        per_day = peak.p * self._looks_per_day
        sure = per_day <= self._settings.confident_per_day and peak.f_statistic >= self._settings.f_confident
        return Arrival(
            start_s=train.first.time_s - self._step_s / 2.0,
            peak_s=peak.time_s,
            end_s=train.last.time_s + self._step_s / 2.0,
            time_sigma_s=float(np.hypot(self._step_s, self._window_s / 2.0) / np.sqrt(12.0)),
            back_azimuth_deg=peak.back_azimuth_deg,
            back_azimuth_sigma_deg=float(np.sqrt(variance_deg2 + p_false * UNKNOWN_BEARING_VARIANCE_DEG2)),
            trace_velocity_m_s=peak.trace_velocity_m_s,
            trace_velocity_sigma_m_s=peak.trace_velocity_sigma_m_s,
            f_statistic=peak.f_statistic,
            semblance=peak.semblance,
            background_f=peak.background_f,
            p_false=p_false,
            false_alarms_per_day=per_day,
            n_windows=train.n,
            n_elements=peak.n_elements,
            at_boundary=peak.at_boundary,
            confident=sure and not peak.at_boundary,
            band_hz=self._band_hz,
            modes=peak.modes,
        )


def _given(found: list[Arrival], settings: ArrivalSettings) -> list[Arrival]:
    kept = [a for a in found if a.false_alarms_per_day <= settings.false_alarms_per_day]
    return sorted(kept, key=lambda a: (a.start_s, a.back_azimuth_deg))


def find_arrivals(
    beams: BeamResult, settings: ArrivalSettings | None = None, noise: NoiseCurve | None = None
) -> tuple[Arrival, ...]:
    """Return the arrivals of a beamed record in order of time, weak ones included but not marked confident.

    Args:
        beams: The best beam of every window.
        settings: History, thresholds and what makes windows one arrival.
        noise: What noise reaches at this array (`noise_curve`); None: judged as if nothing had been searched, which
            errs towards too few arrivals.
    """
    finder = ArrivalFinder(
        window_s=beams.window_s, step_s=beams.step_s, band_hz=beams.band_hz, settings=settings or ArrivalSettings()
    )
    found = [*finder.feed(windows_of(beams, noise=noise)), *finder.flush()]
    return tuple(sorted(found, key=lambda a: (a.start_s, a.back_azimuth_deg)))
