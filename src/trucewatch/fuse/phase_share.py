"""How candidates that are close in time share out their onsets: what others explain as well makes no event of its own.

The surest candidate was taken first, with onsets that a neighbour would explain better, and what was left over of two
events can look like a third. So every candidate says which of all onsets it would explain. One whose onsets the others
would explain, all together, better than it is sure of itself goes, the least sure first; each onset then goes to the
candidate that explains it best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.phase_candidates import Candidate, log_depth_prior, score
from trucewatch.fuse.phase_fit import Own, fit
from trucewatch.fuse.phase_picks import Picks
from trucewatch.fuse.phase_settings import PhaseSettings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_WIDEST_S = 1.0
_ROUNDS = 3


def shared_out(picks: Picks, taken: Sequence[Candidate], settings: PhaseSettings) -> list[Candidate]:
    """Return the candidates that remain, each with its own onsets.

    Args:
        picks: all onsets.
        taken: candidates that share none.
        settings: priors.
    """
    kept = list(taken)
    for _ in range(_ROUNDS):
        again = _round(picks, kept, settings)
        if [c.picks.tolist() for c in again] == [c.picks.tolist() for c in kept]:
            break
        kept = again
    return kept


def _round(picks: Picks, taken: Sequence[Candidate], settings: PhaseSettings) -> list[Candidate]:
    if not taken:
        return []
    fits = fit(picks, np.ones(len(picks), dtype=bool), np.stack([c.fitted for c in taken]), settings, _WIDEST_S)
    offers = [_offer(picks, rows, ratio) for rows, ratio in zip(fits.rows, fits.log_ratio, strict=True)]
    alive = _survivors(taken, offers)
    owner = _owners(len(picks), offers, alive)
    starts = np.stack([fits.unknowns[n] for n in alive])
    own = Own(owner=owner, mine=np.arange(len(alive)))
    settled = fit(picks, owner >= 0, starts, settings, _WIDEST_S, own=own)
    scores = score(picks, settled, settings) + log_depth_prior(settings)
    made = [
        replace(taken[n], fitted=settled.unknowns[k], score=float(scores[k]), picks=_of(picks, settled.rows[k]))
        for k, n in enumerate(alive)
    ]
    return [c for c in made if c.score > settings.least_log_odds]


def _of(picks: Picks, rows: IntArray) -> IntArray:
    return picks.row_pick[rows[rows >= 0]]


def _offer(picks: Picks, rows: IntArray, ratio: FloatArray) -> dict[int, float]:
    """Return how well a candidate would explain each onset that it explains better than chance."""
    mine = rows >= 0
    return dict(zip(picks.row_pick[rows[mine]].tolist(), ratio[mine].tolist(), strict=True))


def _survivors(taken: Sequence[Candidate], offers: Sequence[dict[int, float]]) -> list[int]:
    """Return the candidates that explain more than the others would without them, in the order given."""
    wanted: dict[int, set[int]] = {}
    for n, offer in enumerate(offers):
        for pick in offer:
            wanted.setdefault(pick, set()).add(n)
    gone = set[int]()
    for n in sorted(range(len(taken)), key=lambda n: (taken[n].score, *taken[n].fitted.tolist())):
        others = 0.0
        for pick in taken[n].picks.tolist():
            others += max((offers[m][pick] for m in wanted.get(pick, ()) if m != n and m not in gone), default=0.0)
        if others > taken[n].score:
            gone.add(n)
    return [n for n in range(len(taken)) if n not in gone]


def _owners(n_picks: int, offers: Sequence[dict[int, float]], alive: Sequence[int]) -> IntArray:
    """Return the place in alive of the candidate that explains each onset best; -1 where none does."""
    owner, best = np.full(n_picks, -1, dtype=np.int64), np.zeros(n_picks)
    for k, n in enumerate(alive):
        for pick, ratio in offers[n].items():
            if ratio > best[pick]:
                owner[pick], best[pick] = k, ratio
    return owner
