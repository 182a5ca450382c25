"""How many explanations as good as this one mere chance would offer, from the onsets around it.

The rate of other onsets is taken within seconds of the candidate, sensor by sensor: a rate averaged over a day is too
low inside a salvo, where side lobes of real impulses then pass as impulses (FUSION section 2).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from trucewatch.fuse.impulse import Impulse, Scene
from trucewatch.fuse.onsets import Neighbourhood

_RATE_S = 10.0
"""half the stretch over which the rate of other onsets is taken"""
_MAX_CHANCE = 0.1
"""more chance explanations than this, and a candidate is not worth weighing; evidence decides over the others"""
_MAX_CHANCE_WHEN_ALL = 1.0
"""the same where every sensor around agrees: in a small network that is all there is"""


def may_be_chance(scene: Scene, candidate: Impulse, hood: Neighbourhood) -> bool:
    """Say whether chance offers as much around a candidate, so that it need not be weighed."""
    everyone = len(candidate.members) >= len(hood.stations)
    return expected_by_chance(scene, candidate, hood) >= (_MAX_CHANCE_WHEN_ALL if everyone else _MAX_CHANCE)


def expected_by_chance(scene: Scene, candidate: Impulse, hood: Neighbourhood) -> float:
    """Return the expected number of chance agreements of as many sensors around the candidate's first onset.

    The first two further sensors agree with some place whenever they have any onset in their window; every one beyond
    them has to hit within the tolerance of a residual. The count of ways to choose the sensors is allowed for.

    LIMIT: other real rounds count as clutter here. At three rounds a second from different places, six sensors find a
    tenth to a fifth of them; rounds some seconds apart are not affected.
    """
    air, n, k = scene.air(candidate.members[0]), len(candidate.members), len(hood.stations)
    window_s = _mean_away_m(hood) / air.speed_m_s
    tolerance_s = 2 * scene.settings.outlier_sigmas * scene.settings.path_excess_sigma_m / air.speed_m_s
    rate = _other_rate(scene, candidate, hood)
    ways = math.comb(k - 1, n - 1) if n <= k else 1
    return float(ways * min(rate * window_s, 5.0) ** 2 * min(rate * tolerance_s, 1.0) ** (n - 3))


@lru_cache(maxsize=4096)
def _mean_away_m(hood: Neighbourhood) -> float:
    return float(np.mean(hood.away_m[1:]))


def _other_rate(scene: Scene, candidate: Impulse, hood: Neighbourhood) -> float:
    """Return onsets a second and sensor of the neighbourhood, without one onset of each member's sensor."""
    onsets = scene.onsets
    at = float(onsets.time_s[candidate.members[0]])
    counts = [onsets.n_between(s, at - _RATE_S, at + _RATE_S) for s in hood.stations]
    own = len({int(onsets.station[i]) for i in candidate.members})
    return max(0.0, (sum(counts) - own) / (len(counts) * 2 * _RATE_S))
