"""What F an array reaches in noise alone: the distribution of the best of many beams.

The best beam of a window is the largest F of as many independent beams as the array can tell apart. Their number is
found once for an array by beamforming noise made here; each beam's F has 2 N' and 2 N' (M - 1) degrees of freedom.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

from trucewatch.detect.beam import beamform
from trucewatch.detect.steering import BeamSettings

FloatArray = NDArray[np.float64]

LOW_QUANTILE = 0.1
"""The width of noise is measured from its median down to here, where signals change least."""

NOISE_WINDOWS = 256
"""Windows of made noise; their median is good to 1 % of F, the false alarm rate to a third."""

NOISE_SEED = 20_090_301

CURVE_POINTS = 33

WIDTH_FOR_LEVEL = 1.0
"""Widths that noise is taken to be wider for each width that its level lies above independent noise: a coherent source
fills one beam, whose F scatters more than the best of many (simulated surf: 0.6; it also comes and goes)."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NoiseCurve:
    """The distribution of the best F of one window in noise that is independent from element to element."""

    dof: tuple[float, float]
    """degrees of freedom of one beam"""
    n_beams: float
    """independent beams among which the best is taken; 1: no search"""

    def log_f(self, p_below: float, n_beams: float | FloatArray | None = None) -> FloatArray:
        """Return the natural log of the F below which a share of noise windows stays."""
        beams = np.asarray(self.n_beams if n_beams is None else n_beams, dtype=np.float64)
        return np.asarray(np.log(f_distribution.isf(-np.expm1(np.log(p_below) / beams), *self.dof)), dtype=np.float64)

    @property
    def median(self) -> float:
        """Natural log of the median F."""
        return float(self.log_f(0.5))

    @property
    def width(self) -> float:
        """Median less lower decile of log F."""
        return self.median - float(self.log_f(LOW_QUANTILE))

    def p_above(self, log_f: FloatArray, *, level: FloatArray, width: FloatArray) -> FloatArray:
        """Return the probability that noise of a measured level and width reaches each F, the shape of log_f.

        Coherent noise has both a higher level and a wider spread than independent noise, for it fills one beam and
        not the best of many. So the number of beams is the one that gives the measured width, or the width that goes
        with the level, never more than independent noise has; where one beam is too narrow, the scale is stretched.

        Args:
            log_f: Natural log of F.
            level: Natural log of the median F of the noise, broadcast against log_f.
            width: Median less lower decile of the noise, broadcast against log_f.
        """
        beams = np.geomspace(1.0, max(self.n_beams, 1.0), CURVE_POINTS)
        median = self.log_f(0.5, beams)
        widths = median - self.log_f(LOW_QUANTILE, beams)
        wide = np.maximum(width, widths[-1])
        if self.n_beams > 1.0:
            wide = np.maximum(wide, widths[-1] + WIDTH_FOR_LEVEL * np.maximum(level - median[-1], 0.0))
        chosen = np.exp(np.interp(-wide, -widths, np.log(beams)))
        stretch = np.minimum(1.0, widths[0] / wide)
        moved = np.interp(np.log(chosen), np.log(beams), median) + (log_f - level) * stretch
        one = np.minimum(f_distribution.sf(np.exp(moved), *self.dof), 1.0 - 1e-12)
        return np.asarray(-np.expm1(chosen * np.log1p(-one)), dtype=np.float64)


def one_beam(bandwidth: float, n_places: int) -> NoiseCurve:
    """Return the curve of beams of unknown geometry, as if nothing had been searched: errs towards too few alarms."""
    return NoiseCurve(dof=(2.0 * bandwidth, 2.0 * bandwidth * (n_places - 1)), n_beams=1.0)


def noise_curve(offsets_m: FloatArray, settings: BeamSettings) -> NoiseCurve:
    """Return the noise curve of an array, from noise made here and kept for the next call.

    Args:
        offsets_m: Element positions, (n_elements, 2 or 3).
        settings: Band, window and grid.
    """
    shape = (len(offsets_m), offsets_m.shape[1])
    return _measured(np.ascontiguousarray(offsets_m, dtype=np.float64).tobytes(), shape, settings)


@lru_cache(maxsize=64)
def _measured(offsets: bytes, shape: tuple[int, int], settings: BeamSettings) -> NoiseCurve:
    offsets_m = np.frombuffer(offsets, dtype=np.float64).reshape(shape)
    # Noise above the band changes nothing, so the lowest rate that holds the band is the cheapest.
    rate_hz = 2.5 * settings.band_hz[1]
    n_window = round(settings.window_s * rate_hz) + 1
    noise = np.random.default_rng(NOISE_SEED).normal(size=(shape[0], NOISE_WINDOWS * n_window))
    beams = beamform(noise, rate_hz, offsets_m, replace(settings, step_s=n_window / rate_hz))
    n_places = beams.n_places
    # Every frequency is scaled to the same power before the sum: that narrows a beam's spread by M / (M + 1).
    single = one_beam(beams.time_bandwidth * (n_places + 1) / n_places, n_places)
    above = float(f_distribution.sf(np.median(beams.f_statistic), *single.dof))
    return replace(single, n_beams=max(1.0, float(np.log(0.5) / np.log1p(-above))))
