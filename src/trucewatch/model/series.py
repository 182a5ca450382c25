"""What is one incident, where rounds or charges follow each other: said once, for fusion, simulation and scores.

Rounds of one kind from, or at, one place are one incident as long as no pause between them is longer than these. A
count of incidents means nothing without such a rule: the same afternoon of mine clearance is one incident or twelve.
Monitors of past missions wrote down explosions with their number and span of minutes in one line.
"""

from __future__ import annotations

from trucewatch.model.vocabulary import ObservationType

GUNFIRE_PAUSE_S = 30.0
"""longest pause within one incident of shots or bursts: firings of the published live fire (TN098) that are separate
follow each other within a minute"""
BANG_PAUSE_S = 300.0
"""the same of explosions: a battery loads and lays again, charges are set one after another; our choice"""
_GUNFIRE = frozenset({ObservationType.SHOT, ObservationType.BURST, ObservationType.MUZZLE_FLASH})


def longest_pause_s(kind: ObservationType) -> float:
    """Return the longest pause within one incident of a kind, seconds."""
    return GUNFIRE_PAUSE_S if kind in _GUNFIRE else BANG_PAUSE_S
