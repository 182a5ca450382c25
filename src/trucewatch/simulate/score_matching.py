"""What each claim and each event turned out to be, by the rules of the score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.score import ScoreSettings
from trucewatch.simulate.score_assignment import most_then_nearest
from trucewatch.simulate.score_columns import ClaimColumns, EventColumns
from trucewatch.simulate.score_pairs import Pairs, near_pairs

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Matching:
    """Events, claims, and what stands for what."""

    events: EventColumns
    claims: ClaimColumns
    pairs: Pairs
    pair_of_claim: IntArray
    """position of its pair, -1 where it is matched with nothing; shape (n_claims,)"""
    event_of_claim: IntArray
    """-1 where it stands for none; shape (n_claims,)"""
    claim_of_event: IntArray
    """-1 where no claim stands for it; shape (n_events,)"""
    found: BoolArray
    """of events, shape (n_events,)"""
    true: BoolArray
    """claims by which an event is found, shape (n_claims,)"""
    false: BoolArray
    """shape (n_claims,)"""

    @property
    def doubled(self) -> BoolArray:
        """False claims that cover an event which another claim stands for (rule 8), shape (n_claims,)."""
        taken = self.claim_of_event[self.pairs.event] >= 0
        covers = np.zeros(len(self.false), dtype=np.bool_)
        covers[self.pairs.claim[taken]] = True
        return self.false & (self.pair_of_claim < 0) & covers

    @property
    def merged(self) -> tuple[tuple[int, int], ...]:
        """Missed events and the nearest claim that covers each but stands for another (rule 8)."""
        missed = ~self.found & ~self.events.innocent & (self.claim_of_event < 0)
        stands = self.true[self.pairs.claim] & missed[self.pairs.event]
        nearest: dict[int, tuple[float, int]] = {}
        for k in np.flatnonzero(stands):
            event, rank = int(self.pairs.event[k]), (float(self.pairs.cost[k]), int(self.pairs.claim[k]))
            nearest[event] = min(nearest.get(event, rank), rank)
        return tuple((event, claim) for event, (_, claim) in sorted(nearest.items()))


def match(events: EventColumns, claims: ClaimColumns, settings: ScoreSettings) -> Matching:
    """Match claims with events, those that are made first (rules 5 to 7)."""
    pairs = near_pairs(events, claims, settings)
    made = claims.made[pairs.claim]
    chosen = _choose(pairs, made)
    taken = np.zeros(len(events.events), dtype=np.bool_)
    taken[pairs.event[chosen]] = True
    chosen = np.concatenate((chosen, _choose(pairs, ~made & ~taken[pairs.event])))
    pair_of_claim = np.full(len(claims.claims), -1, dtype=np.int64)
    pair_of_claim[pairs.claim[chosen]] = chosen
    claim_of_event = np.full(len(events.events), -1, dtype=np.int64)
    claim_of_event[pairs.event[chosen]] = pairs.claim[chosen]
    event = _or_none(pairs.event, pair_of_claim)
    innocent = np.where(event >= 0, _take(events.innocent, event), False)
    unsaid = np.where(event >= 0, _take(~events.kind_known, event), False)
    true = claims.made & (~claims.innocent | unsaid) & (event >= 0) & ~innocent
    found = np.zeros(len(events.events), dtype=np.bool_)
    found[event[true]] = True
    false = claims.counts & ((event < 0) | (innocent & claims.may_violate))
    return Matching(
        events=events,
        claims=claims,
        pairs=pairs,
        pair_of_claim=pair_of_claim,
        event_of_claim=event,
        claim_of_event=claim_of_event,
        found=found,
        true=true,
        false=false,
    )


def _choose(pairs: Pairs, allowed: BoolArray) -> IntArray:
    at = np.flatnonzero(allowed)
    return at[most_then_nearest(pairs.event[at], pairs.claim[at], pairs.cost[at])]


def _or_none(values: IntArray, at: IntArray) -> IntArray:
    """Take values where a position is given, -1 elsewhere."""
    out = np.full(len(at), -1, dtype=np.int64)
    out[at >= 0] = values[at[at >= 0]]
    return out


def _take(flags: BoolArray, at: IntArray) -> BoolArray:
    if not len(flags):
        return np.zeros(len(at), dtype=np.bool_)
    return flags[np.maximum(at, 0)]
