"""How often a sensor hears what nothing explains, by direction: what each reading is weighed against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.far_reading import CIRCLE_DEG, TRACE_SPAN_M_S, Reading
from trucewatch.fuse.far_settings import FarSettings

FloatArray = NDArray[np.float64]

_CHANCE_KERNEL_DEG = 10.0
_KERNEL_SHARE = 0.5
"""half of the unexplained arrivals is held to come from where others came, half from anywhere"""
_NONE = np.zeros(0)


def with_chance(readings: Sequence[Reading], explained: frozenset[str], settings: FarSettings) -> tuple[Reading, ...]:
    """Return readings with the density of chance at their own sensor, where they point.

    A sensor that hears the surf all night from one side has a high density there and a low one elsewhere. What an event
    explains already is no chance.

    Args:
        readings: all of them, in time order.
        explained: ids of readings that belong to events.
        settings: usual rates.
    """
    if not readings:
        return ()
    hours = (max(r.end_s for r in readings) - min(r.start_s for r in readings)) / 3600.0
    usual_s = 3600.0 * (hours + 1.0 / settings.usual_arrivals_per_hour)
    free: dict[tuple[str, str], list[Reading]] = {}
    for r in readings:
        if r.id not in explained:
            free.setdefault((r.sensor_id, r.medium), []).append(r)
    pointed = {key: np.array([r.bearings[0][0] for r in of if r.bearings]) for key, of in free.items()}
    return tuple(
        replace(r, chance=_density(r, len(free.get(key, ())), pointed.get(key, _NONE), r.id not in explained, usual_s))
        for r in readings
        for key in [(r.sensor_id, r.medium)]
    )


def _density(reading: Reading, n_free: int, pointed_deg: FloatArray, itself: bool, usual_s: float) -> float:
    """Return the density of chance for a reading; where it is among the free ones it does not speak against itself."""
    trace = 1.0 if reading.trace_m_s is None else 1.0 / TRACE_SPAN_M_S
    others = n_free - itself
    if not reading.bearings:
        return (1.0 + others) / usual_s * trace
    turns = (pointed_deg - reading.bearings[0][0] + 180.0) % 360.0 - 180.0
    peak = 1.0 / (_CHANCE_KERNEL_DEG * np.sqrt(2 * np.pi))
    near = float((peak * np.exp(-0.5 * (turns / _CHANCE_KERNEL_DEG) ** 2)).sum()) - itself * peak
    even = (1.0 + others * (1.0 - _KERNEL_SHARE)) / CIRCLE_DEG
    return float((even + _KERNEL_SHARE * max(near, 0.0)) / usual_s * trace)
