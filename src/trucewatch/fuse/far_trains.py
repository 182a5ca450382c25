"""Arrivals of one array and direction that follow each other as one train: one look at one event, not several.

Ducts follow each other within a minute; many arrivals that come minutes apart are the rounds of a barrage. Either is
one reading, and counts once as chance: else the rounds of a barrage would be what is usual there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trucewatch.fuse.far_reading import AIR, Reading, off_deg, single_readings
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.model.detection import Detection
from trucewatch.model.network import Network


def readings_of(detections: Sequence[Detection], network: Network, settings: FarSettings) -> tuple[Reading, ...]:
    """Return the readings of arrays, seismic stations and single channels, trains joined, in time order."""
    single = single_readings(detections, network, settings)
    families = [_joined(run) for run in _runs(single, settings.family_gap_s, settings.longest_family_s)]
    out = list[Reading]()
    for run in _runs(sorted(families, key=lambda r: r.key), settings.barrage_gap_s, settings.longest_barrage_s):
        rounds = sum(len(r.detections) for r in run)
        out += [_joined(run)] if rounds >= settings.least_barrage else run
    return tuple(sorted(out, key=lambda r: r.key))


def _runs(readings: Sequence[Reading], gap_s: float, longest_s: float) -> list[list[Reading]]:
    """Return readings in runs of one sensor and direction without a longer gap; others may come in between.

    Args:
        readings: in time order.
        gap_s: longest time from the end of one to the start of the next.
        longest_s: from the first start to the last end.
    """
    runs, open_of = list[list[Reading]](), dict[str, list[list[Reading]]]()
    for reading in readings:
        mine = open_of.setdefault(reading.sensor_id, [])
        mine[:] = [run for run in mine if reading.start_s - _end_s(run) <= gap_s]
        homes = [run for run in mine if _follows(run, reading, longest_s)]
        if homes:
            min(homes, key=lambda run: (_turn_deg(run, reading), run[0].key)).append(reading)
        else:
            runs.append([reading])
            mine.append(runs[-1])
    return runs


def _end_s(run: Sequence[Reading]) -> float:
    return max(r.end_s for r in run)


def _surest(run: Sequence[Reading]) -> Reading:
    return min(run, key=lambda r: (r.bearings[0][1], r.key))


def _turn_deg(run: Sequence[Reading], reading: Reading) -> float:
    return abs(off_deg(_surest(run).bearings[0][0], reading.bearings[0][0]))


def _follows(run: Sequence[Reading], reading: Reading, longest_s: float) -> bool:
    if reading.medium != AIR or run[0].medium != AIR or not reading.bearings or not run[0].bearings:
        return False
    spread = float(np.hypot(_surest(run).bearings[0][1], reading.bearings[0][1]))
    return _turn_deg(run, reading) <= 2.0 * spread and reading.end_s - run[0].start_s <= longest_s


def _joined(run: Sequence[Reading]) -> Reading:
    """Return a run as one reading; its surest arrival gives the direction."""
    if len(run) == 1:
        return run[0]
    detections = [d for r in run for d in r.detections]
    return replace(
        _surest(run),
        detections=tuple(sorted(detections, key=lambda d: (d.time.utc, d.id))),
        start_s=run[0].start_s,
        end_s=_end_s(run),
        p_false=min(r.p_false for r in run),
    )
