"""Coherent sound that does not stop (surf, a wind farm, a road): named as one source instead of as many arrivals."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.arrivals import Arrival
from trucewatch.detect.beam_windows import BeamWindows
from trucewatch.detect.wave_train import turn_deg

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistentSettings:
    """When a coherent direction is a lasting source."""

    history_s: float = 1200.0
    share_to_begin: float = 0.5
    """Share of a full history's windows that must point one way ..."""
    share_to_end: float = 0.3
    """... and below which it has ended."""
    p_coherent: float = 0.1
    """A window is coherent when independent noise reaches its F with at most this probability."""
    half_width_deg: float = 10.0
    """Windows this near to a bearing point there."""
    stands_out: float = 3.0
    """An arrival from the same direction is one of its own when its F is this many times the source's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistentSource:
    """A direction from which coherent sound came for long."""

    # LIMIT: a barrage that leaves no pause for half of the history looks the same; so it is given, never hidden.

    start_s: float
    end_s: float | None
    """None: it goes on"""
    back_azimuth_deg: float
    back_azimuth_sigma_deg: float
    trace_velocity_m_s: float
    f_statistic: float
    """Median of its windows."""
    share: float
    """Largest share of a history's windows that came from it."""
    n_absorbed: int = 0
    """Arrivals from its direction that did not stand out and are not given."""


class PersistentWatch:
    """Watches the directions of all windows for one that lasts."""

    def __init__(self, settings: PersistentSettings) -> None:
        self._settings = settings
        self._history: deque[tuple[float, float, float, float, bool]] = deque()
        self._first_s: float | None = None
        self._next_s = -np.inf
        self.current: PersistentSource | None = None
        self._recent: deque[PersistentSource] = deque(maxlen=8)

    def feed(self, windows: BeamWindows) -> list[PersistentSource]:
        """Take the next windows; returns the sources that have begun, and those that have ended with their end."""
        found: list[PersistentSource] = []
        zero = np.zeros(len(windows))
        coherent = windows.p_noise(zero, zero + 1.0) <= self._settings.p_coherent
        for row, time_s in enumerate(windows.time_s.tolist()):
            self._first_s = time_s if self._first_s is None else self._first_s
            self._history.append(
                (
                    time_s,
                    float(windows.back_azimuth_deg[row]),
                    float(windows.trace_velocity_m_s[row]),
                    float(windows.f_statistic[row]),
                    bool(coherent[row]),
                )
            )
            if time_s >= self._next_s:
                self._next_s = time_s + self._settings.history_s / 20.0
                found += self._look(time_s)
        return found

    def flush(self) -> list[PersistentSource]:
        """End the stream; returns the source that goes on, if any."""
        return [] if self.current is None else [self.current]

    def absorbs(self, arrival: Arrival) -> bool:
        """Say whether an arrival is part of a lasting source, and count it there."""
        for source in [s for s in (self.current, *self._recent) if s is not None]:
            over = source.start_s <= arrival.end_s and (source.end_s is None or arrival.start_s <= source.end_s)
            near = turn_deg(source.back_azimuth_deg, arrival.back_azimuth_deg) <= max(
                self._settings.half_width_deg, 2.0 * source.back_azimuth_sigma_deg
            )
            if over and near and arrival.f_statistic < self._settings.stands_out * source.f_statistic:
                if source is self.current:
                    self.current = replace(source, n_absorbed=source.n_absorbed + 1)
                return True
        return False

    def _look(self, time_s: float) -> list[PersistentSource]:
        begin = time_s - self._settings.history_s
        while self._history and self._history[0][0] <= begin:
            self._history.popleft()
        if self._first_s is None or time_s - self._first_s < self._settings.history_s / 2.0:
            return []
        rows = np.array(self._history)
        if self.current is not None:
            return self._follow(self.current, rows, time_s)
        bearing = _crowded(rows[rows[:, 4] > 0, 1], self._settings.half_width_deg)
        if bearing is None:
            return []
        source = self._source(rows, bearing)
        if source.share * min(1.0, (time_s - self._first_s) / self._settings.history_s) < self._settings.share_to_begin:
            return []
        self.current = source
        return [source]

    def _follow(self, source: PersistentSource, rows: FloatArray, time_s: float) -> list[PersistentSource]:
        now = self._source(rows, source.back_azimuth_deg)
        if now.share >= self._settings.share_to_end:
            self.current = replace(
                source,
                share=max(now.share, source.share),
                back_azimuth_deg=now.back_azimuth_deg,
                f_statistic=now.f_statistic,
            )
            return []
        members = self._members(rows, source.back_azimuth_deg)
        last_s = float(rows[members, 0].max(initial=time_s - self._settings.history_s))
        ended = replace(source, end_s=last_s)
        self._recent.append(ended)
        self.current = None
        return [ended]

    def _members(self, rows: FloatArray, bearing_deg: float) -> NDArray[np.bool_]:
        near = turn_deg(rows[:, 1], bearing_deg) <= self._settings.half_width_deg
        members: NDArray[np.bool_] = near & (rows[:, 4] > 0)
        return members

    def _source(self, rows: FloatArray, bearing_deg: float) -> PersistentSource:
        chosen = rows[self._members(rows, bearing_deg)]
        if len(chosen) == 0:
            chosen = np.array([[rows[0, 0], bearing_deg, np.nan, 0.0, 0.0]])
        share = len(chosen) / len(rows)
        turned = (chosen[:, 1] - bearing_deg + 180.0) % 360.0 - 180.0
        return PersistentSource(
            start_s=float(chosen[0, 0]),
            end_s=None,
            back_azimuth_deg=float((bearing_deg + np.median(turned)) % 360.0),
            back_azimuth_sigma_deg=float(np.std(turned)),
            trace_velocity_m_s=float(np.median(chosen[:, 2])),
            f_statistic=float(np.median(chosen[:, 3])),
            share=share,
        )


def _crowded(bearing_deg: FloatArray, half_width_deg: float) -> float | None:
    """Return the bearing around which most others lie, or None where there are none."""
    if bearing_deg.size == 0:
        return None
    count, edges = np.histogram(bearing_deg, bins=72, range=(0.0, 360.0))
    reach = int(half_width_deg // 5)
    around = sum(np.roll(count, shift) for shift in range(-reach, reach + 1))
    middle = float(edges[int(np.argmax(around))] + 2.5)
    near = (bearing_deg - middle + 180.0) % 360.0 - 180.0
    return float((middle + np.median(near[np.abs(near) <= 5.0 * reach + 2.5])) % 360.0)
