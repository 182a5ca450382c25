"""The best beams of consecutive windows with what noise alone would reach in each, as they pass through a stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.beam import BeamResult
from trucewatch.detect.modes import MOST_MODES
from trucewatch.detect.noise_curve import NoiseCurve, one_beam
from trucewatch.model.detection import BearingMode

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LEAST_MODE_P = 0.01
"""Less likely directions of a window are left out of account when it is asked where it may point."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BeamWindows:
    """Beams in order of time, every array (n_windows,); windows that too few elements cover are left out."""

    number: IntArray
    """windows counted from the start of the stream"""
    time_s: FloatArray
    """middle of the window, from the start of the stream"""
    back_azimuth_deg: FloatArray
    back_azimuth_sigma_deg: FloatArray
    trace_velocity_m_s: FloatArray
    trace_velocity_sigma_m_s: FloatArray
    f_statistic: FloatArray
    semblance: FloatArray
    at_boundary: NDArray[np.bool_]
    n_elements: IntArray
    """elements used"""
    modes: FloatArray
    """(n_windows, MOST_MODES, 4): bearing, its sigma, trace velocity, probability; the last 0 where there is none"""
    curve: IntArray
    """which of `curves` holds for the window"""
    curves: tuple[NoiseCurve, ...]

    def __len__(self) -> int:
        return self.number.size

    def standard(self) -> FloatArray:
        """Return log F less the median of independent noise, in widths of independent noise, (n_windows,)."""
        median, width = self._medians_and_widths()
        return (np.log(np.maximum(self.f_statistic, 1e-6)) - median) / width

    def _medians_and_widths(self) -> tuple[FloatArray, FloatArray]:
        median = np.array([c.median for c in self.curves])
        width = np.array([c.width for c in self.curves])
        return median[self.curve], width[self.curve]

    def background_f(self, level: FloatArray) -> FloatArray:
        """Return the median F of noise whose level is given in widths, (n_windows,)."""
        median, width = self._medians_and_widths()
        return np.asarray(np.exp(median + width * level), dtype=np.float64)

    def p_noise(self, level: FloatArray, width: FloatArray) -> FloatArray:
        """Return the probability that noise reaches the F of each window, (n_windows,).

        Args:
            level: Of the noise, in widths of independent noise from its median, (n_windows,).
            width: Of the noise, in widths of independent noise, (n_windows,).

        References:
            Arrowsmith et al. (2009), Geophys. J. Int. 177(3) (F distribution moved to the measured background).
        """
        log_f = np.log(np.maximum(self.f_statistic, 1e-6))
        p = np.ones(len(self))
        for number, c in enumerate(self.curves):
            rows = self.curve == number
            p[rows] = c.p_above(
                log_f[rows], level=c.median + c.width * level[rows], width=c.width * np.maximum(width[rows], 1.0)
            )
        return p

    def directions_deg(self, row: int) -> FloatArray:
        """Return all directions that a window allows, its best beam's first, (n,)."""
        modes = self.modes[row]
        return np.concatenate([self.back_azimuth_deg[row : row + 1], modes[modes[:, 3] > LEAST_MODE_P, 0]])

    def modes_of(self, row: int) -> tuple[BearingMode, ...]:
        """Return the directions that a window allows, none where there is only one."""
        found = tuple(
            BearingMode(bearing_deg=float(b), bearing_sigma_deg=float(s), trace_velocity_m_s=float(v), p=float(p))
            for b, s, v, p in self.modes[row]
            if p > 0.0
        )
        return found if len(found) > 1 else ()

    def rows(self, chosen: NDArray[np.int64] | NDArray[np.bool_] | slice) -> BeamWindows:
        """Return the windows of some rows."""
        return BeamWindows(curves=self.curves, **{n: getattr(self, n)[chosen] for n in _COLUMNS})


_COLUMNS = tuple(f.name for f in fields(BeamWindows) if f.name != "curves")


def windows_of(
    beams: BeamResult,
    *,
    number: IntArray | None = None,
    time_s: FloatArray | None = None,
    noise: NoiseCurve | None = None,
) -> BeamWindows:
    """Return the windows of one beam result.

    Args:
        beams: Beams of windows that the same elements cover.
        number: Their numbers in the stream; None: counted from 0.
        time_s: Their middles in the stream; None: as the result says.
        noise: What noise reaches at these elements; None: judged as if nothing had been searched.
    """
    n = beams.time_s.size
    n_elements = len(beams.elements_used)
    return BeamWindows(
        number=np.arange(n, dtype=np.int64) if number is None else number,
        time_s=beams.time_s if time_s is None else time_s,
        back_azimuth_deg=beams.back_azimuth_deg,
        back_azimuth_sigma_deg=beams.back_azimuth_sigma_deg,
        trace_velocity_m_s=beams.trace_velocity_m_s,
        trace_velocity_sigma_m_s=beams.trace_velocity_sigma_m_s,
        f_statistic=beams.f_statistic,
        semblance=beams.semblance,
        at_boundary=beams.at_boundary,
        n_elements=np.full(n, n_elements, dtype=np.int64),
        modes=_modes(beams),
        curve=np.zeros(n, dtype=np.int64),
        curves=(noise or one_beam(beams.time_bandwidth, beams.n_places),),
    )


def _modes(beams: BeamResult) -> FloatArray:
    table = np.zeros((beams.time_s.size, MOST_MODES, 4))
    if beams.modes is not None:
        m = beams.modes
        columns = (m.back_azimuth_deg, m.back_azimuth_sigma_deg, m.trace_velocity_m_s, m.p)
        table[:, : m.p.shape[1]] = np.stack(columns, axis=2)[:, :MOST_MODES]
    return table


def in_order(parts: Sequence[BeamWindows]) -> BeamWindows:
    """Return the windows of several parts in order of time."""
    curves = tuple(dict.fromkeys(c for p in parts for c in p.curves))
    joined = {n: np.concatenate([getattr(p, n) for p in parts]) for n in _COLUMNS if n != "curve"}
    curve = np.concatenate([np.array([curves.index(c) for c in p.curves], dtype=np.int64)[p.curve] for p in parts])
    whole = BeamWindows(curves=curves, curve=curve, **joined)
    return whole.rows(np.argsort(whole.number, kind="stable"))
