"""Windows that follow each other and point the same way: one wave train, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.beam_windows import BeamWindows
from trucewatch.model.detection import BearingMode

FloatArray = NDArray[np.float64]


def turn_deg(first_deg: FloatArray | float, second_deg: FloatArray | float) -> FloatArray:
    """Return the unsigned angle between two bearings, in [0, 180] degrees."""
    return np.abs((np.asarray(first_deg, dtype=np.float64) - second_deg + 180.0) % 360.0 - 180.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window that counts."""

    number: int
    time_s: float
    back_azimuth_deg: float
    back_azimuth_sigma_deg: float
    trace_velocity_m_s: float
    trace_velocity_sigma_m_s: float
    f_statistic: float
    semblance: float
    at_boundary: bool
    n_elements: int
    p: float
    background_f: float
    modes: tuple[BearingMode, ...]


class Train:
    """Windows that follow each other and point the same way, in bounded memory: sums, the peak and the ends."""

    def __init__(self, first: Window) -> None:
        self.first = self.last = self.peak = first
        self.n = 0
        self._weight = 0.0
        self._east = 0.0
        self._north = 0.0
        self.add(first)

    def add(self, window: Window) -> None:
        """Take the next window."""
        weight = max(window.f_statistic - 1.0, 1e-6)
        angle = np.radians(window.back_azimuth_deg)
        self._weight += weight
        self._east += weight * float(np.sin(angle))
        self._north += weight * float(np.cos(angle))
        self.last = window
        self.n += 1
        if window.f_statistic > self.peak.f_statistic:
            self.peak = window

    def turn_deg(self, window: Window) -> float:
        """Return the angle between the peak and a window."""
        return float(turn_deg(self.peak.back_azimuth_deg, window.back_azimuth_deg))

    @property
    def scatter_deg(self) -> float:
        """Spread of the windows' bearings about that of the peak, weighted by F - 1."""
        length = min(float(np.hypot(self._east, self._north)) / self._weight, 1.0)
        mean_deg = float(np.degrees(np.arctan2(self._east, self._north)))
        spread_deg2 = np.degrees(1.0) ** 2 * -2.0 * np.log(max(length, 1e-9))
        return float(np.sqrt(max(spread_deg2, 0.0) + turn_deg(mean_deg, self.peak.back_azimuth_deg) ** 2))


def window_of(windows: BeamWindows, row: int, p: float, background_f: float) -> Window:
    """Return one window of a batch, with the probability that noise reaches its F and the F of that noise."""
    return Window(
        number=int(windows.number[row]),
        time_s=float(windows.time_s[row]),
        back_azimuth_deg=float(windows.back_azimuth_deg[row]),
        back_azimuth_sigma_deg=float(windows.back_azimuth_sigma_deg[row]),
        trace_velocity_m_s=float(windows.trace_velocity_m_s[row]),
        trace_velocity_sigma_m_s=float(windows.trace_velocity_sigma_m_s[row]),
        f_statistic=float(windows.f_statistic[row]),
        semblance=float(windows.semblance[row]),
        at_boundary=bool(windows.at_boundary[row]),
        n_elements=int(windows.n_elements[row]),
        p=p,
        background_f=background_f,
        modes=windows.modes_of(row),
    )
