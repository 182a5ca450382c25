"""Incidents as missions count them: what happened, parted where its rounds pause for longer than one incident does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo import from_azimuthal
from trucewatch.model.series import longest_pause_s
from trucewatch.model.truth import TrueEvent
from trucewatch.simulate.happening import Happening, spread_of
from trucewatch.simulate.hearing import Onsets

IntArray = NDArray[np.int64]


def incidents_of(happening: Happening, heard: Onsets) -> tuple[TrueEvent, ...]:
    """Return the true incidents of a happening (`model.series`), each with how many nodes heard its best heard round.

    Args:
        happening: one activity, however long it goes on.
        heard: what nodes heard of its rounds.

    Returns:
        One or more; the first has the happening's own id, the others that id with their number.
    """
    parts = _parts(happening)
    if len(parts) == 1:
        return (replace(happening.truth, n_sensors=_best_heard(heard, parts[0])),)
    return tuple(_incident(happening, n, part, heard) for n, part in enumerate(parts))


def _parts(happening: Happening) -> list[IntArray]:
    """Return the rounds of each incident; of what makes no bang one part without rounds."""
    rounds_s = happening.rounds_s
    pauses = np.diff(rounds_s) > longest_pause_s(happening.truth.kind)
    return np.split(np.arange(len(rounds_s)), np.flatnonzero(pauses) + 1)


def _incident(happening: Happening, n: int, part: IntArray, heard: Onsets) -> TrueEvent:
    truth, offset = happening.truth, happening.offset_m[part]
    middle, since_s = offset.mean(axis=0), happening.rounds_s[part] - happening.rounds_s[0]
    lon, lat = from_azimuthal(truth.lon_deg, truth.lat_deg, middle)
    return replace(
        truth,
        id=truth.id if n == 0 else f"{truth.id}-{n + 1}",
        start_utc=_later(happening, since_s[0]),
        end_utc=_later(happening, since_s[-1]),
        lon_deg=float(lon),
        lat_deg=float(lat),
        count=len(part),
        spread_m=spread_of(offset - middle),
        n_sensors=_best_heard(heard, part),
    )


def _later(happening: Happening, since_s: float) -> datetime:
    return happening.truth.start_utc + timedelta(microseconds=round(float(since_s) * 1e6))


def _best_heard(heard: Onsets, part: IntArray) -> int:
    own = np.isin(heard.round, part)
    pairs = np.unique(np.stack((heard.round[own], heard.sensor[own])), axis=1)
    return int(np.bincount(pairs[0]).max()) if pairs.size else 0
