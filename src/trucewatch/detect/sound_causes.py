"""What may have made an impulse at one microphone: gunfire, an explosion, or one of what sounds like them.

Each kind has a middle and a spread of nine figures; what fits none of them well, is faint or may be noise stays
undetermined. One sensor knows little: a knock on a door nearby and a shot far off differ in few of the figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.onset import Onset
from trucewatch.model.detection import CauseProbability
from trucewatch.model.vocabulary import Cause

FloatArray = NDArray[np.float64]

FIGURES = (
    "log_first_lobe",
    "log_second_lobe",
    "log_odds_low",
    "log_centroid",
    "tail_db",
    "log_company",
    "log_duration",
    "log_after",
    "score_db_3",
)
"""Lobes, share below 150 Hz, centre of the spectrum, what rings on, impulses within 2 s, length, what follows the
lobes, suddenness; times in seconds, frequencies in hertz, natural logarithms."""
COMPANY_S = 2.0
TEMPERED = 0.6
"""The figures are not independent, so each counts for less than a whole one."""
PRIOR = {Cause.GUNFIRE: 0.30, Cause.EXPLOSION: 0.12, Cause.UNDETERMINED: 0.10}
OTHER_PRIOR = 0.06
"""Stated choice, before anything is heard, for a sensor that is put up where shots are expected."""
FAINT_DB = 12.0
"""By how much above the noise an impulse must stand for its shape to say anything; below, it fades to undetermined."""
MOST_BELIEVED = 0.9
"""No cause is believed further than this from one impulse at one sensor.
LIMIT: all kinds but gunfire of handguns rest on simulated recordings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Where the figures of one kind of sound lie; a kind may have several."""

    cause: Cause
    middle: tuple[float, ...]
    spread: tuple[float, ...]


KINDS = (
    Kind(
        cause=Cause.GUNFIRE,
        middle=(-6.89, -6.84, -3.2, 6.4, 8.67, 1.49, -3.09, -0.14, 8.41),
        spread=(0.55, 0.5, 1.16, 0.22, 6.91, 0.62, 0.54, 0.96, 3.37),
    ),
    Kind(
        cause=Cause.GUNFIRE,
        middle=(-6.62, -7.21, -3.0, 6.42, 0.0, 1.78, -2.92, 0.6, 3.02),
        spread=(1.0, 0.62, 1.47, 0.26, 4.0, 0.6, 0.4, 1.05, 1.0),
    ),
    Kind(
        cause=Cause.GUNFIRE,
        middle=(-8.24, -8.67, -7.65, 7.88, 24.88, 1.83, -6.81, -1.04, 14.52),
        spread=(0.25, 0.35, 0.72, 0.2, 11.6, 0.6, 0.4, 0.6, 1.71),
    ),
    Kind(
        cause=Cause.RAIN,
        middle=(-7.64, -8.44, -3.53, 7.68, 4.1, 2.62, -5.44, -0.62, 4.48),
        spread=(1.57, 0.35, 1.13, 0.32, 5.72, 0.6, 1.36, 0.91, 2.2),
    ),
    Kind(
        cause=Cause.THUNDER,
        middle=(-4.73, -5.37, 1.85, 5.01, 9.68, 3.27, -3.97, -4.81, 3.79),
        spread=(1.0, 1.22, 0.85, 0.2, 9.41, 0.6, 0.58, 3.04, 1.55),
    ),
    Kind(
        cause=Cause.KNOCK,
        middle=(-7.01, -7.95, -3.9, 6.66, 11.11, 1.42, -2.9, 1.02, 11.69),
        spread=(0.5, 1.07, 1.1, 0.26, 10.99, 0.6, 0.4, 0.68, 1.56),
    ),
    Kind(
        cause=Cause.FIREWORKS,
        middle=(-7.77, -7.14, -3.26, 7.24, 9.47, 3.32, -6.49, -3.47, 4.41),
        spread=(0.27, 0.52, 0.66, 0.26, 12.61, 0.6, 0.72, 2.84, 2.41),
    ),
    Kind(
        cause=Cause.FIREWORKS,
        middle=(-5.42, -4.98, -1.98, 6.45, 13.37, 3.06, -5.66, -8.38, 11.08),
        spread=(1.82, 0.71, 0.99, 0.53, 14.37, 0.78, 1.12, 1.81, 5.56),
    ),
    Kind(
        cause=Cause.SONIC_BOOM,
        middle=(-2.22, -7.47, 1.34, 4.46, 16.85, 0.69, -4.39, -9.21, 9.47),
        spread=(0.25, 2.79, 0.94, 0.26, 17.17, 0.6, 0.4, 0.6, 2.43),
    ),
    Kind(
        cause=Cause.EXPLOSION,
        middle=(-4.78, -2.85, 2.76, 4.85, 0.22, 0.0, -4.3, -9.17, 13.16),
        spread=(0.42, 0.5, 0.94, 0.24, 4.0, 0.6, 0.4, 0.6, 3.92),
    ),
    Kind(
        cause=Cause.INSTRUMENT,
        middle=(-7.95, -8.37, -3.44, 7.82, 1.82, 0.6, -8.46, -6.7, 10.06),
        spread=(0.54, 0.9, 1.07, 0.2, 7.06, 0.6, 0.4, 1.64, 2.39),
    ),
    Kind(
        cause=Cause.INSTRUMENT,
        middle=(-2.72, -9.33, 1.25, 6.14, -0.24, 0.45, -5.47, -8.69, 11.05),
        spread=(1.47, 0.35, 1.94, 0.76, 4.0, 0.6, 1.34, 1.38, 3.79),
    ),
    Kind(
        cause=Cause.UNDETERMINED,
        middle=(-6.54, -6.73, -1.77, 6.55, 8.55, 2.76, -5.09, -3.43, 5.69),
        spread=(3.57, 3.1, 5.03, 2.19, 21.26, 1.84, 3.07, 7.02, 7.65),
    ),
)
"""The first two of gunfire are direct pulses and echoes of the Pittsburgh live-fire tests (TN098, CC BY 4.0), the third
shock waves of simulated rifle shots (`physics.ballistics`); the others the simulated sounds of `simulate.soundscape`,
twelve recordings of 20 s each at 12 kHz."""


def figures(onsets: Sequence[Onset]) -> FloatArray:
    """Return the figures of each impulse in the order of FIGURES, shape (n, 9)."""
    time_s = np.array([one.time_s for one in onsets])
    begin, end = (np.searchsorted(time_s, time_s + side * COMPANY_S) for side in (-1, 1))
    company = np.log(np.maximum(end - begin, 1.0))
    return np.array([_row(one, float(beside)) for one, beside in zip(onsets, company, strict=True)]).reshape(-1, 9)


def _row(one: Onset, log_company: float) -> list[float]:
    said = dict(one.features)
    low = said["low_share"]
    return [
        math.log(said["first_lobe_s"]),
        math.log(max(said["second_lobe_s"], 8e-5)),
        math.log((low + 1e-4) / (1.0 - low + 1e-4)),
        math.log(said["centroid_hz"]),
        min(max(said["tail_db"], -3.0), 40.0),
        log_company,
        math.log(one.duration_s),
        math.log(said["after_share"] + 1e-4),
        said["score_db"] / 3.0,
    ]


def causes(onsets: Sequence[Onset]) -> tuple[tuple[CauseProbability, ...], ...]:
    """Return for each impulse what may have made it, largest first, each summing to 1.

    Args:
        onsets: Every impulse of one microphone, unmerged, in order of time.
    """
    rows = figures(onsets)
    return tuple(_shares(row, one) for row, one in zip(rows, onsets, strict=True))


def _shares(row: FloatArray, one: Onset) -> tuple[CauseProbability, ...]:
    log_p: dict[Cause, float] = {}
    for kind in KINDS:
        n_alike = sum(other.cause is kind.cause for other in KINDS)
        away = (row - np.array(kind.middle)) / np.array(kind.spread)
        fit = TEMPERED * float(np.sum(-0.5 * np.square(away) - np.log(kind.spread)))
        log_p[kind.cause] = np.logaddexp(
            log_p.get(kind.cause, -math.inf), fit + math.log(PRIOR.get(kind.cause, OTHER_PRIOR) / n_alike)
        )
    total = np.logaddexp.reduce(list(log_p.values()))
    said = 1.0 - max(one.p_false, math.exp(-max(one.snr_db, 0.0) / FAINT_DB))
    shares = {cause: said * min(math.exp(value - total), MOST_BELIEVED) for cause, value in log_p.items()}
    shares[Cause.UNDETERMINED] += 1.0 - sum(shares.values())
    ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0].value))
    return tuple(CauseProbability(cause=cause, p=p) for cause, p in ordered)
