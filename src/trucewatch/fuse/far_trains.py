"""Arrivals of one array and direction that follow each other as one train: one look at one event, not several."""

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
    trains = _trains(single_readings(detections, network, settings), settings)
    return tuple(sorted(trains, key=lambda r: r.key))


def _trains(single: Sequence[Reading], settings: FarSettings) -> list[Reading]:
    """Join arrivals of one array and direction that follow each other: one look at one event, not several."""
    done, last = list[Reading](), dict[str, int]()
    for reading in single:
        n = last.get(reading.sensor_id)
        if n is not None and reading.medium == AIR and _follows(done[n], reading, settings):
            done[n] = _joined(done[n], reading)
            continue
        last[reading.sensor_id] = len(done)
        done.append(reading)
    return done


def _follows(train: Reading, reading: Reading, settings: FarSettings) -> bool:
    if not train.bearings or not reading.bearings or reading.medium != train.medium:
        return False
    spread = float(np.hypot(train.bearings[0][1], reading.bearings[0][1]))
    near = abs(off_deg(train.bearings[0][0], reading.bearings[0][0])) <= 2.0 * spread
    soon = reading.start_s - train.end_s <= settings.family_gap_s
    return near and soon and reading.end_s - train.start_s <= settings.longest_family_s


def _joined(train: Reading, reading: Reading) -> Reading:
    """Return the train with one more arrival; its surest arrival gives the direction."""
    surest = min(train, reading, key=lambda r: (r.bearings[0][1], r.key))
    return replace(
        surest,
        detections=(*train.detections, *reading.detections),
        start_s=train.start_s,
        end_s=max(train.end_s, reading.end_s),
        p_false=min(train.p_false, reading.p_false),
    )
