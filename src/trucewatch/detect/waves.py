"""Which wave each impulse at one microphone is: muzzle blast, shock wave, blast, echo, or not known.

A shock wave is an N of some tenths of a millisecond, symmetric, and comes before its muzzle blast; a muzzle blast lasts
some milliseconds, the blast of an explosion tens of them. An echo is told by order, level and pattern (`echoes`).
LIMIT: no recorded shock wave was at hand. Their shape is that of simulated rifle shots (`physics.ballistics`); that of
muzzle blasts is the shape of 739 recorded handgun rounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trucewatch.detect.onset import Onset
from trucewatch.model.detection import CauseProbability, WaveProbability
from trucewatch.model.vocabulary import Cause, Wave

SHAPES = {
    Wave.SHOCK_WAVE: (math.log(0.35e-3), 0.35, math.log(2600.0), 0.30),
    Wave.MUZZLE_BLAST: (math.log(2.3e-3), 0.65, math.log(640.0), 0.35),
    Wave.BLAST: (math.log(40e-3), 1.00, math.log(120.0), 0.50),
    Wave.UNDETERMINED: (math.log(2e-3), 1.80, math.log(700.0), 1.20),
}
"""Length of the two lobes together and centre of the spectrum: middle and spread of their logarithms. Muzzle blasts:
1.3 to 2.4 ms and 470 to 870 Hz hold nine of ten recorded ones, simulated ones last to 7 ms. Shock waves: 0.2 to 0.6 ms
and 1,800 to 3,400 Hz at 12 and at 48 kHz. Blasts: charges of 0.3 to 50 kg at 0.3 to 4 km."""
PRIOR = {Wave.MUZZLE_BLAST: 0.5, Wave.SHOCK_WAVE: 0.15, Wave.BLAST: 0.15, Wave.UNDETERMINED: 0.2}
_NATURE = frozenset({Cause.INSTRUMENT, Cause.RAIN, Cause.THUNDER, Cause.SONIC_BOOM})
NOT_OF = {
    Wave.MUZZLE_BLAST: _NATURE,
    Wave.SHOCK_WAVE: _NATURE,
    Wave.BLAST: _NATURE | {Cause.KNOCK},
}
"""Causes that make no such wave, however much the shape is like one."""
PAIR_S = (0.002, 1.5)
"""How long after a shock wave its muzzle blast may come: beside the muzzle, and a kilometre down range."""
PAIR_P = 0.5
COMPANY_S = 2.0
PAIRED_SHARE = 0.4
"""So many of the short impulses within that time must pair: each shot has an N that does, and one off the ground."""
LONELY_SHARE = 0.3
"""What is left of a shock wave's odds where no muzzle blast follows: it may be too far, hidden or suppressed."""
GROUND_S = 0.020
"""A second N within this of a louder one is its reflection from the ground."""
ECHO_SHARE = 0.5
"""An N below this share of an earlier one is its echo; those of further rounds are as strong."""
FIRST_P = 0.9
"""How probably an N that follows no stronger one came straight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """What one impulse may be, and the pair that it begins."""

    waves: tuple[WaveProbability, ...]
    """largest first, sums to 1"""
    blast_after_shock_s: float | None = None
    blast_after_shock_sigma_s: float | None = None

    def p(self, wave: Wave) -> float:
        """Return the probability of one wave."""
        return sum(each.p for each in self.waves if each.wave is wave)


def shape_odds(one: Onset) -> dict[Wave, float]:
    """Return how well a straight impulse's shape fits each wave, prior included, summing to 1."""
    said = dict(one.features)
    length, centre = math.log(max(said["first_lobe_s"] + said["second_lobe_s"], 1e-4)), math.log(said["centroid_hz"])
    fit = {
        wave: PRIOR[wave] * math.exp(-(((length - a) / b) ** 2 + ((centre - c) / d) ** 2) / 2.0) / (b * d)
        for wave, (a, b, c, d) in SHAPES.items()
    }
    total = sum(fit.values()) + 1e-300
    return {wave: value / total for wave, value in fit.items()}


def label(
    onsets: Sequence[Onset], p_direct: Sequence[float], causes: Sequence[Sequence[CauseProbability]]
) -> tuple[Waves, ...]:
    """Say for each impulse which wave it may be.

    Args:
        onsets: Every impulse of one microphone, unmerged, in order of time.
        p_direct: For each the probability that it came straight.
        causes: For each what may have made it.
    """
    odds = [shape_odds(one) for one in onsets]
    straight = [_straight(i, onsets, odds, p) for i, p in enumerate(p_direct)]
    pairs = _regular(onsets, odds, _pairs(onsets, odds, straight))
    blasts = set(pairs.values())
    likely = [max(p, 0.9 * odds[i][Wave.MUZZLE_BLAST]) if i in blasts else p for i, p in enumerate(straight)]
    paired = blasts | set(pairs)
    # A pair speaks for a shot whatever else its first wave alone may look like.
    made = [each if i in paired else _of_causes(each, causes[i]) for i, each in enumerate(odds)]
    return tuple(_waves(i, onsets, made[i], p, pairs.get(i)) for i, p in enumerate(likely))


def _regular(onsets: Sequence[Onset], odds: Sequence[dict[Wave, float]], pairs: dict[int, int]) -> dict[int, int]:
    """Return the pairs that are no chance: among many short clicks, as of rain, some are followed by something."""
    sharp = [i for i, each in enumerate(odds) if each[Wave.SHOCK_WAVE] >= PAIR_P]
    found = {}
    for i, blast in pairs.items():
        near = [k for k in sharp if abs(onsets[k].time_s - onsets[i].time_s) < COMPANY_S]
        if sum(k in pairs for k in near) >= PAIRED_SHARE * len(near):
            found[i] = blast
    return found


def _of_causes(odds: dict[Wave, float], causes: Sequence[CauseProbability]) -> dict[Wave, float]:
    """Take from each wave what its cause forbids; it stays undetermined."""
    kept = {
        wave: p * (1.0 - sum(each.p for each in causes if each.cause in NOT_OF.get(wave, frozenset())))
        for wave, p in odds.items()
    }
    kept[Wave.UNDETERMINED] += 1.0 - sum(kept.values())
    return kept


def _straight(i: int, onsets: Sequence[Onset], odds: Sequence[dict[Wave, float]], p: float) -> float:
    """Return the chance of a straight path; the law of echoes knows no shock waves: order and level decide for them."""
    if odds[i][Wave.SHOCK_WAVE] < PAIR_P:
        return p
    for j in range(i - 1, -1, -1):
        since_s = onsets[i].time_s - onsets[j].time_s
        if since_s > PAIR_S[1]:
            break
        weaker = onsets[i].peak < (1.0 if since_s < GROUND_S else ECHO_SHARE) * onsets[j].peak
        if weaker and odds[j][Wave.SHOCK_WAVE] > PAIR_P:
            return min(p, 0.2)
    return max(p, FIRST_P)


def _pairs(onsets: Sequence[Onset], odds: Sequence[dict[Wave, float]], straight: Sequence[float]) -> dict[int, int]:
    """Return for shock waves the muzzle blast that follows each, as positions."""
    found: dict[int, int] = {}
    for i, one in enumerate(onsets):
        if odds[i][Wave.SHOCK_WAVE] < PAIR_P or straight[i] < PAIR_P * 0.5:
            continue
        for j in range(i + 1, len(onsets)):
            after_s = onsets[j].time_s - one.time_s
            if after_s > PAIR_S[1] or (after_s > GROUND_S and odds[j][Wave.SHOCK_WAVE] * straight[j] > PAIR_P):
                break
            if after_s > PAIR_S[0] and odds[i][Wave.SHOCK_WAVE] * odds[j][Wave.MUZZLE_BLAST] > PAIR_P:
                found[i] = j
                break
    return found


def _waves(i: int, onsets: Sequence[Onset], odds: dict[Wave, float], straight: float, blast: int | None) -> Waves:
    weighed = dict(odds)
    if blast is None:
        weighed[Wave.SHOCK_WAVE] *= LONELY_SHARE
        weighed[Wave.UNDETERMINED] += odds[Wave.SHOCK_WAVE] * (1.0 - LONELY_SHARE)
    sound = 1.0 - onsets[i].p_false
    shares = {wave: sound * straight * p for wave, p in weighed.items()} | {Wave.ECHO: sound * (1.0 - straight)}
    shares[Wave.UNDETERMINED] += 1.0 - sound
    ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0].value))
    waves = tuple(WaveProbability(wave=wave, p=p) for wave, p in ordered)
    if blast is None:
        return Waves(waves=waves)
    return Waves(
        waves=waves,
        blast_after_shock_s=onsets[blast].time_s - onsets[i].time_s,
        blast_after_shock_sigma_s=math.hypot(onsets[blast].sigma_s, onsets[i].sigma_s),
    )
