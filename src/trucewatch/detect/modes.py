"""The several directions that one window of an array allows, with the probability of each.

Side lobes, spatial aliasing and the mirror image of a line of elements can all be as loud as the truth. For a Gaussian
signal of power ratio q on `M` places and `N` independent spectral samples the log likelihood of a slowness is, up to
what does not depend on it, `N M^2 q (1 + q) / (1 + M q)` times its semblance; F estimates `q = (F - 1)/M`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.peak import BeamMap, Regions, refine
from trucewatch.detect.slowness import Grid, PolarGrid, direction
from trucewatch.detect.slowness_error import UNKNOWN_BEARING_SIGMA_DEG
from trucewatch.model.detection import BearingMode

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_MODES = 3
MOST_CANDIDATES = 12
"""Peaks whose likelihood counts; those that are not modes leave their probability to any direction."""

LEAST_P = 0.02
"""Modes less probable than this are left out."""

CHOSEN_AS_BEST = 0.7
"""The best of all directions looks better than it is, and its F with it. Fitted on simulated arrays of 4 and 6 elements
at power ratios of 0.15 to 1; there modes stated at 0.5 to 0.7 are right in 0.78 and those above 0.97 in 0.99."""

SURELY = 300.0
"""Largest difference of log likelihood that is taken further."""

VELOCITY_SAMPLES = 61


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BeamModes:
    """Directions of each window, the reported one first; every array has shape (n_windows, n_modes), NaN where none."""

    back_azimuth_deg: FloatArray
    back_azimuth_sigma_deg: FloatArray
    trace_velocity_m_s: FloatArray
    p: FloatArray
    """probability, given that one wave crossed; 0 where none; what a window's lack to 1 is for any other direction"""

    def of(self, window: int) -> tuple[BearingMode, ...]:
        """Return the modes of one window; a single one where the direction is unambiguous."""
        return tuple(
            BearingMode(
                bearing_deg=float(self.back_azimuth_deg[window, mode]),
                bearing_sigma_deg=float(self.back_azimuth_sigma_deg[window, mode]),
                trace_velocity_m_s=float(self.trace_velocity_m_s[window, mode]),
                p=float(self.p[window, mode]),
            )
            for mode in np.flatnonzero(self.p[window] > 0.0)
        )

    def spread_deg(self) -> FloatArray:
        """Return the root mean square turn of all that is possible from the first mode, (n_windows,)."""
        turn = (self.back_azimuth_deg - self.back_azimuth_deg[:, :1] + 180.0) % 360.0 - 180.0
        squared = np.where(self.p > 0.0, self.p * np.square(turn), 0.0)
        elsewhere = np.clip(1.0 - self.p.sum(axis=1), 0.0, 1.0) * np.square(UNKNOWN_BEARING_SIGMA_DEG)
        return np.asarray(np.sqrt(squared.sum(axis=1) + elsewhere), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Rivals:
    """Peaks beside the best one, NaN where none."""

    slowness_s_m: FloatArray
    """(n_windows, n, 2)"""
    semblance: FloatArray
    """(n_windows, n)"""
    lesser: FloatArray
    """likelihood of all further peaks together, over that of the best, (n_windows,)"""


def sharpness(f_statistic: FloatArray, n_places: int, n_independent: float) -> FloatArray:
    """Return what one unit of semblance adds to the log likelihood, (n_windows,)."""
    ratio = np.maximum(f_statistic - 1.0, 1e-6) / n_places
    gain: FloatArray = CHOSEN_AS_BEST * n_independent * n_places**2 * ratio * (1.0 + ratio) / (1.0 + n_places * ratio)
    return gain


def rivals(
    beam: BeamMap,
    semblance: BeamMap,
    grid: Grid,
    regions: Regions,
    best: IntArray,
    worth: FloatArray,
    least: FloatArray,
) -> Rivals:
    """Return the strongest peaks beside the best.

    Args:
        beam: What was searched.
        semblance: The delay-and-sum beam, by which likelihoods are compared.
        grid: The grid searched.
        regions: Highest node of each region of it.
        best: Node reported, (n_windows,).
        worth: Log likelihood that one unit of semblance adds, (n_windows,).
        least: Semblance of the best, (n_windows,).
    """
    n_windows = len(best)
    value = np.where(_tops(regions.value, grid) & (regions.node != best[:, None, None]), regions.value, -np.inf)
    flat = value.reshape(n_windows, -1)
    order = np.argsort(-flat, axis=1, kind="stable")[:, :MOST_CANDIDATES]
    node = np.take_along_axis(regions.node.reshape(n_windows, -1), order, axis=1)
    exists = np.isfinite(np.take_along_axis(flat, order, axis=1))
    window = np.repeat(np.arange(n_windows), order.shape[1]).reshape(order.shape)
    at_node = grid.slowness_s_m(*(axis.astype(np.float64) for axis in np.divmod(node.ravel(), grid.shape[1])))
    loss = worth[:, None] * (least[:, None] - semblance.at(at_node, window.ravel()).reshape(order.shape))
    likelihood = np.where(exists, np.exp(-np.clip(loss, -SURELY, SURELY)), 0.0)
    # A peak between nodes may be a little higher than its node: refine those that come near.
    near = exists & (loss < -np.log(LEAST_P) + 1.0) & (np.arange(order.shape[1]) < 2 * (MOST_MODES - 1))
    slowness, found = np.full((*order.shape, 2), np.nan), np.full(order.shape, np.nan)
    if near.any():
        peak = refine(beam, grid, node[near], window[near], "confined")
        real = peak.is_local_maximum & (peak.node != best[window[near]])
        slowness[near] = np.where(real[:, None], peak.slowness_s_m, np.nan)
        found[near] = np.where(real, semblance.at(peak.slowness_s_m, window[near]), np.nan)
        # What led up to the best peak, or to nothing, is no rival.
        likelihood[near] = np.where(real, likelihood[near], 0.0)
    return _strongest(slowness, found, likelihood)


def _strongest(slowness_s_m: FloatArray, semblance: FloatArray, likelihood: FloatArray) -> Rivals:
    """Keep the best of each window, each place once, and add up the rest."""
    order = np.argsort(np.where(np.isnan(semblance), np.inf, -semblance), axis=1, kind="stable")
    semblance = np.take_along_axis(semblance, order, axis=1)
    likelihood = np.take_along_axis(likelihood, order, axis=1)
    slowness_s_m = np.take_along_axis(slowness_s_m, order[..., None], axis=1)
    # Two regions may lead up to one peak; equal semblance then means the same peak.
    twin = np.zeros(semblance.shape, dtype=np.bool_)
    twin[:, 1:] = np.abs(np.diff(semblance, axis=1)) < 1e-12
    twin[:, 1:] &= np.linalg.norm(np.diff(slowness_s_m, axis=1), axis=-1) < 1e-9
    kept = np.arange(semblance.shape[1]) < MOST_MODES - 1
    return Rivals(
        slowness_s_m=slowness_s_m[:, kept],
        semblance=np.where(twin, np.nan, semblance)[:, kept],
        lesser=np.where(twin | (kept & ~np.isnan(semblance)), 0.0, likelihood).sum(axis=1),
    )


def _tops(value: NDArray[np.float32], grid: Grid) -> NDArray[np.bool_]:
    """Say which regions (n_windows, n_rows, n_pieces) are as high as all regions beside them."""
    padded = np.pad(value, ((0, 0), (1, 1), (0, 0)), mode="wrap" if grid.periodic[0] else "edge")
    padded = np.pad(padded, ((0, 0), (0, 0), (1, 1)), mode="edge")
    top = np.ones(value.shape, dtype=np.bool_)
    for row in range(3):
        for piece in range(3):
            top &= value >= padded[:, row : row + value.shape[1], piece : piece + value.shape[2]]
    return top


def general_modes(
    slowness_s_m: FloatArray, semblance: FloatArray, sigma_deg: FloatArray, others: Rivals, worth: FloatArray
) -> BeamModes:
    """Return the modes of an array whose places do not lie on one line.

    Args:
        slowness_s_m: Best slowness, (n_windows, 2).
        semblance: Its semblance, (n_windows,).
        sigma_deg: Spread of the bearing within a mode, (n_windows,).
        others: Peaks beside it.
        worth: Log likelihood that one unit of semblance adds, (n_windows,).
    """
    all_slowness = np.concatenate([slowness_s_m[:, None], others.slowness_s_m], axis=1)
    all_semblance = np.concatenate([semblance[:, None], others.semblance], axis=1)
    log_p = worth[:, None] * (all_semblance - semblance[:, None])
    weight = np.where(np.isnan(log_p), 0.0, np.exp(np.clip(log_p, -SURELY, SURELY)))
    p = weight / (weight.sum(axis=1) + others.lesser)[:, None]
    p = np.where((p < LEAST_P) & (np.arange(p.shape[1]) > 0), 0.0, p)
    azimuth, velocity = direction(all_slowness)
    absent = p <= 0.0
    return BeamModes(
        back_azimuth_deg=np.where(absent, np.nan, azimuth),
        back_azimuth_sigma_deg=np.where(absent, np.nan, sigma_deg[:, None]),
        trace_velocity_m_s=np.where(absent, np.nan, velocity),
        p=p,
    )


def only_mode(slowness_s_m: FloatArray, sigma_deg: FloatArray, p: FloatArray) -> BeamModes:
    """Return single modes, which are right with probability `p`; otherwise any direction is.

    Args:
        slowness_s_m: (n_windows, 2).
        sigma_deg: Spread of the bearing within the mode, (n_windows,).
        p: (n_windows,).
    """
    azimuth, velocity = direction(slowness_s_m)
    return BeamModes(
        back_azimuth_deg=azimuth[:, None],
        back_azimuth_sigma_deg=sigma_deg[:, None],
        trace_velocity_m_s=velocity[:, None],
        p=p[:, None],
    )


def line_modes(slowness_s_m: FloatArray, sigma_along_s_m: FloatArray, azimuth_deg: float, grid: Grid) -> BeamModes:
    """Return the two sides of a line of places, equally probable.

    A line measures slowness along itself only; every trace velocity that the grid allows gives another angle to the
    line, so each side has the mean and spread of those, and of the error of what was measured.

    Args:
        slowness_s_m: Best slowness, (n_windows, 2).
        sigma_along_s_m: Error of slowness along the line, (n_windows,).
        azimuth_deg: Azimuth of the line.
        grid: Grid searched.
    """
    axis = np.array([np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))])
    along = slowness_s_m @ axis
    velocity = velocities_m_s(grid)
    spread = np.array([-1.0, 0.0, 1.0]) * np.sqrt(1.5)
    cosine = (along[:, None] + sigma_along_s_m[:, None] * spread)[..., None] * velocity
    possible = (np.abs(cosine) <= 1.0).astype(np.float64)
    # Where no velocity fits exactly the wave runs along the line.
    possible[..., 0] = np.where(possible.sum(axis=(1, 2)) > 0, possible[..., 0].T, 1.0).T
    angle = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    total = possible.sum(axis=(1, 2))
    mean = (possible * angle).sum(axis=(1, 2)) / total
    variance = (possible * np.square(angle - mean[:, None, None])).sum(axis=(1, 2)) / total
    typical = (possible * velocity).sum(axis=(1, 2)) / total
    both = np.stack([(azimuth_deg + mean) % 360.0, (azimuth_deg - mean) % 360.0], axis=1)
    return BeamModes(
        back_azimuth_deg=both,
        back_azimuth_sigma_deg=np.repeat(np.sqrt(variance)[:, None], 2, axis=1),
        trace_velocity_m_s=np.repeat(typical[:, None], 2, axis=1),
        p=np.full(both.shape, 0.5),
    )


def velocities_m_s(grid: Grid) -> FloatArray:
    """Return trace velocities that a grid covers; a Cartesian one reaches to infinity, cut at ten times its least."""
    if isinstance(grid, PolarGrid):
        return np.linspace(grid.min_velocity_m_s, grid.max_velocity_m_s, VELOCITY_SAMPLES)
    return np.geomspace(1.0, 10.0, VELOCITY_SAMPLES) / grid.max_slowness_s_m
