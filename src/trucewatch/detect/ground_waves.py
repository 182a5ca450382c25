"""What the onsets of one station may be: P, S, Lg, a surface wave or the sound in the air; and what may have made them.

Each onset is weighed by how the ground moves, how strong and how low it is beside the one before, and how long after.
The likelihoods are ours, set before any of them was scored and broad on purpose. LIMIT: no seismic recording of an
explosion of known place was at hand, so they are not fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from trucewatch.detect.ground_onsets import GroundOnset
from trucewatch.model.detection import CauseProbability, WaveProbability
from trucewatch.model.vocabulary import Cause, Wave

K = TypeVar("K")

SEQUENCE_S = 120.0
"""Onsets further apart than this do not belong to one event: S comes 100 s after P at 900 km."""
CRUST_S_PER_M = 1.0 / 3_400.0 - 1.0 / 5_900.0
"""S minus P per metre in the crust."""
SOUND_M_S, SOUND_SHARE = 335.0, 0.08
LG_FROM_S = 11.0
"""S minus P at 100 km, nearer than which Lg has not formed"""

_PRIOR = {
    Wave.P: 0.45,
    Wave.S: 0.20,
    Wave.LG: 0.05,
    Wave.SURFACE: 0.08,
    Wave.AIR_COUPLED: 0.07,
    Wave.UNDETERMINED: 0.15,
}
_UPRIGHT = {
    Wave.P: (0.75, 0.22),
    Wave.S: (0.20, 0.20),
    Wave.LG: (0.30, 0.20),
    Wave.SURFACE: (0.50, 0.25),
    Wave.AIR_COUPLED: (0.50, 0.30),
    Wave.UNDETERMINED: (0.45, 0.35),
}
"""Vertical share of the energy after the onset, mean and spread. Equal shares would be 0.33."""
_CAUSES = {
    Cause.EXPLOSION: 0.25,
    Cause.QUARRY_BLAST: 0.20,
    Cause.EARTHQUAKE: 0.20,
    Cause.TRAFFIC: 0.15,
    Cause.UNDETERMINED: 0.20,
}
_LOG_P_OVER_S = {
    Cause.EXPLOSION: (0.05, 0.40),
    Cause.QUARRY_BLAST: (-0.05, 0.40),
    Cause.EARTHQUAKE: (-0.35, 0.40),
    Cause.TRAFFIC: (0.0, 0.60),
    Cause.UNDETERMINED: (-0.1, 0.60),
}
"""Peak of P over peak of S, log10. Soft: the ratio varies threefold with range for one shot (BSSA 83(4):1155)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """An onset with what it may be."""

    onset: GroundOnset
    waves: tuple[WaveProbability, ...]
    causes: tuple[CauseProbability, ...]
    s_minus_p_s: float | None
    """where it is a P followed by its S"""


def label(onsets: Sequence[GroundOnset]) -> tuple[Labelled, ...]:
    """Weigh the onsets of one station, given in order of time."""
    labelled: list[Labelled] = []
    for sequence in _sequences(onsets):
        waves = [_waves(sequence, n) for n in range(len(sequence))]
        second = next((n for n, w in enumerate(waves) if n and w[0].wave is Wave.S), None)
        paired = second is not None and waves[0][0].wave is Wave.P
        airborne = any(w[0].wave is Wave.AIR_COUPLED for w in waves)
        causes = _causes(sequence, second if paired else None, airborne=airborne)
        for n, onset in enumerate(sequence):
            gap = sequence[second].time_s - onset.time_s if paired and second is not None and n == 0 else None
            labelled.append(Labelled(onset=onset, waves=waves[n], causes=causes, s_minus_p_s=gap))
    return tuple(labelled)


def _sequences(onsets: Sequence[GroundOnset]) -> list[list[GroundOnset]]:
    """Cut onsets into runs that may be of one event: a firm, first onset and what follows."""
    runs: list[list[GroundOnset]] = []
    for onset in onsets:
        if runs and onset.time_s - runs[-1][0].time_s <= SEQUENCE_S and not _begins_anew(onset, runs[-1]):
            runs[-1].append(onset)
        else:
            runs.append([onset])
    return runs


def _begins_anew(onset: GroundOnset, run: Sequence[GroundOnset]) -> bool:
    """An upright wave, or one far stronger than all before after a pause, is the P of another event."""
    if onset.motion is not None:
        return onset.motion.vertical_share > 0.8 and onset.motion.rectilinearity > 0.8 and onset.band.name != "s"
    pause_s = onset.time_s - run[-1].time_s
    return onset.time_s - run[0].time_s > SEQUENCE_S / 2.0 or (
        pause_s > 10.0 and onset.peak > 20.0 * max(o.peak for o in run)
    )


def _waves(run: Sequence[GroundOnset], n: int) -> tuple[WaveProbability, ...]:
    weight = dict(_PRIOR)
    onset, first = run[n], run[0]
    if n == 0:
        _times(weight, {Wave.P: 2.0, Wave.S: 0.6, Wave.LG: 0.5, Wave.SURFACE: 0.5, Wave.AIR_COUPLED: 0.7})
    else:
        _follow(weight, onset, first, before=run[n - 1], second=_second(run, n))
    if onset.motion is not None:
        share = onset.motion.vertical_share
        _times(weight, {w: _bell(share, *_UPRIGHT[w]) for w in weight})
    return _ranked(weight)


def _follow(
    weight: dict[Wave, float],
    onset: GroundOnset,
    first: GroundOnset,
    *,
    before: GroundOnset,
    second: GroundOnset | None,
) -> None:
    """Weigh an onset that comes after the first of its run."""
    gap_s = onset.time_s - first.time_s
    weight[Wave.P] *= 0.15
    stronger = onset.peak / max(first.peak, 1e-300)
    weight[Wave.S] *= 3.0 if stronger >= 0.7 else 1.0
    weight[Wave.LG] *= 3.0 if gap_s > LG_FROM_S and stronger >= 0.7 else 0.2
    lower = onset.middle_hz < 0.6 * before.middle_hz
    weight[Wave.SURFACE] *= 3.0 if lower and gap_s > 2.0 else 0.4
    if second is not None and second is not onset:
        weight[Wave.S] *= 0.3
        distance_m = (second.time_s - first.time_s) / CRUST_S_PER_M
        expected_s = distance_m / SOUND_M_S - distance_m / 5_900.0
        weight[Wave.AIR_COUPLED] *= 12.0 * float(np.exp(-0.5 * ((gap_s / expected_s - 1.0) / SOUND_SHARE) ** 2)) + 0.1


def _second(run: Sequence[GroundOnset], n: int) -> GroundOnset | None:
    """Return the onset before number n that looks most like the S of the run's first, where one does."""
    others = [o for o in run[1:n] if o.motion is None or o.motion.vertical_share < 0.4]
    return max(others, key=lambda o: o.peak, default=None)


def _causes(run: Sequence[GroundOnset], second: int | None, *, airborne: bool) -> tuple[CauseProbability, ...]:
    weight = dict(_CAUSES)
    if second is not None:
        ratio = float(np.log10(max(run[0].peak, 1e-300) / max(run[second].peak, 1e-300)))
        _times(weight, {c: _bell(ratio, *_LOG_P_OVER_S[c]) for c in weight})
        weight[Cause.TRAFFIC] *= 0.1
    elif run[0].rise_s > 0.8 and run[0].snr_db < 15.0:
        weight[Cause.TRAFFIC] *= 3.0
    if airborne:
        _times(weight, {Cause.EXPLOSION: 4.0, Cause.QUARRY_BLAST: 4.0, Cause.EARTHQUAKE: 0.2, Cause.TRAFFIC: 0.3})
    total = sum(weight.values())
    ranked = sorted(weight.items(), key=lambda item: (-item[1], item[0].value))
    return tuple(CauseProbability(cause=c, p=w / total) for c, w in ranked)


def _ranked(weight: dict[Wave, float]) -> tuple[WaveProbability, ...]:
    total = sum(weight.values())
    ranked = sorted(weight.items(), key=lambda item: (-item[1], item[0].value))
    return tuple(WaveProbability(wave=w, p=v / total) for w, v in ranked)


def _times(weight: dict[K, float], factors: dict[K, float]) -> None:
    for key, factor in factors.items():
        weight[key] *= factor


def _bell(value: float, mean: float, sigma: float) -> float:
    return float(np.exp(-0.5 * ((value - mean) / sigma) ** 2)) / sigma + 0.02
