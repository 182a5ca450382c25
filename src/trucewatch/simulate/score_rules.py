"""The rules of the score, all in one place: what is made, found, false, doubled, merged and wrongly attributed.

1. A claim is *made* where its probability is at least `ScoreSettings.claimed`.
2. A claim is *said to be innocent* where it gives more than 0.5 to its cause being so.
3. A claim *counts* where it is made and not said to be innocent.
4. A claim and a true event may be *matched* where the event lies in the claim's own region of `level` (the error of
   the truth added, and how far the middle of as many of its rounds as the claim counts lies from its place), or
   within `match_m` of its place; and the claim's time lies within the event's own time, or beyond it by at most
   `match_s` plus twice the claim's sigma. Of something that moves the place at that time is taken.
5. Each event and each claim is matched once: as many pairs as can be, then the nearest; first among claims that are
   made, then the others with what is left.
6. An event that is not innocent is *found* where a claim that counts is matched with it, else *missed*. Where the
   truth does not say what it was, a claim that is made finds it, whatever it says of it.
7. A claim that counts is *false* where it is matched with nothing, or with an innocent event while it says, with more
   than 0.5, that it was of a kind that may break an agreement. A pixel of a harvest fire is neither true nor false.
8. A false claim is *doubled* where it may be matched with an event that another claim stands for. A missed event is
   *merged* where a claim that counts may be matched with it but stands for another.
9. Existence is right where a claim, made or not, is matched with any event, innocent or not. Presence is right where
   it may be matched with one, though another claim stands for it: that something happened there and then.
10. A claim that counts and names a side is *wrongly attributed* where its event has another side, is innocent, or is
   none. It is not judged where the truth does not say the side of an event that is not innocent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.truth import Claim, TrueEvent
from trucewatch.model.vocabulary import ObservationType

BoolArray = NDArray[np.bool_]

MAY_VIOLATE = frozenset(
    {
        ObservationType.EXPLOSION,
        ObservationType.PROJECTILE_IN_FLIGHT,
        ObservationType.MUZZLE_FLASH,
        ObservationType.BURST,
        ObservationType.SHOT,
        ObservationType.TRACER_ROUND,
        ObservationType.AIRBURST,
        ObservationType.UAV_SIGHTING,
        ObservationType.AIRCRAFT_SIGHTING,
        ObservationType.GNSS_INTERFERENCE,
        ObservationType.RF_EMISSION,
        ObservationType.WEAPON_PRESENCE,
        ObservationType.FORTIFICATION_WORK,
        ObservationType.VEHICLE_MOVEMENT,
    }
)
"""kinds that an agreement may forbid as such; the others (a fire, smoke, a crater, damage, a flare) are traces of
something, or are forbidden by nobody"""
MORE_LIKELY_THAN_NOT = 0.5


def said_innocent(claim: Claim) -> bool:
    """Say whether a claim says of itself that it was nothing that breaks an agreement (rule 2)."""
    return claim.p_innocent is not None and claim.p_innocent > MORE_LIKELY_THAN_NOT


def may_violate(claim: Claim) -> bool:
    """Say whether a claim is of a kind that may break an agreement (rule 7); one without a kind is."""
    return not claim.kinds or sum(k.p for k in claim.kinds if k.kind in MAY_VIOLATE) > MORE_LIKELY_THAN_NOT


def wrongly_attributed(claim: Claim, event: TrueEvent | None) -> bool | None:
    """Say whether the side that a claim names is wrong (rule 10); None where that cannot be judged."""
    if event is None or event.innocent:
        return True
    return None if not event.side else claim.attributed != event.side
