"""At the surface or below it: how well either explains an event's onsets, with all that is unknown integrated out."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from trucewatch.fuse.phase_candidates import log_depth_prior, score
from trucewatch.fuse.phase_fit import Depth, Fits, Own, fit
from trucewatch.fuse.phase_picks import Picks
from trucewatch.fuse.phase_settings import PhaseSettings

FloatArray = NDArray[np.float64]

_WIDEST_S = 4.0
"""how far a start from the first fit may be off in another plane, or brought to the surface"""
_LEAST_START_M = 2_000.0
"""right at the surface times do not change with depth: a fit that began there would stay"""
_LOG_2PI = math.log(2.0 * math.pi)
_NODES_M: FloatArray = 250.0 * np.arange(16.0) ** 2
_SHALLOW_M = 30_000.0
_SHALLOW_SIGMAS = 4.0
_PINNED_M = 1.0


def at_surface(picks: Picks, own: Own, starts: FloatArray, settings: PhaseSettings) -> tuple[Fits, FloatArray]:
    """Return events fitted as sources at the surface, and their log evidence against chance.

    Args:
        picks: all onsets.
        own: the events' onsets and planes.
        starts: (n, 5) unknowns to begin with.
        settings: priors.
    """
    begin = starts.copy()
    begin[:, 2] = 0.0
    depth = Depth(np.zeros(len(begin)), settings.surface_sigma_m)
    fits = fit(picks, own.owner >= 0, begin, settings, _WIDEST_S, depth, own)
    off = (fits.unknowns[:, 2] / settings.surface_sigma_m) ** 2
    prior = math.log(1.0 - settings.p_buried) - math.log(settings.surface_sigma_m) - 0.5 * (off + _LOG_2PI)
    return fits, score(picks, fits, settings) + prior


def below_ground(picks: Picks, own: Own, starts: FloatArray, settings: PhaseSettings) -> tuple[Fits, FloatArray]:
    """Return events fitted as sources at any depth, and their log evidence against chance; arguments as at_surface.

    Near the surface times change with the square of depth, where one peak's curvature says nothing of the room about
    it: there depth is summed over.
    """
    begin = starts.copy()
    begin[:, 2] = np.maximum(begin[:, 2], _LEAST_START_M)
    fits = fit(picks, own.owner >= 0, begin, settings, _WIDEST_S, None, own)
    evidence = score(picks, fits, settings) + log_depth_prior(settings)
    sigma = np.sqrt(np.linalg.inv(fits.information)[:, 2, 2])
    depth = fits.unknowns[:, 2]
    shallow = np.flatnonzero((depth < _SHALLOW_M) & (depth < _SHALLOW_SIGMAS * sigma))
    if len(shallow):
        evidence[shallow] = _summed(picks, own, fits.unknowns[shallow], shallow, settings)
    return fits, evidence


def _summed(
    picks: Picks, own: Own, starts: FloatArray, events: NDArray[np.int64], settings: PhaseSettings
) -> FloatArray:
    """Return the log evidence of some events summed over depth by the trapezoid rule."""
    n, k = len(events), len(_NODES_M)
    begin = np.repeat(starts, k, axis=0)
    begin[:, 2] = np.tile(_NODES_M, n)
    mine = Own(owner=own.owner, mine=np.repeat(own.mine[events], k), planes_m=own.planes_m)
    pinned = fit(picks, own.owner >= 0, begin, settings, _WIDEST_S, Depth(begin[:, 2], _PINNED_M), mine)
    density = score(picks, pinned, settings) - 0.5 * _LOG_2PI - math.log(_PINNED_M)
    weights = np.convolve(np.diff(_NODES_M), [0.5, 0.5])
    summed: FloatArray = logsumexp(density.reshape(n, k) + np.log(weights), axis=1) + log_depth_prior(settings)
    return summed
