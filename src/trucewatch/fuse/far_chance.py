"""How often a sensor hears what nothing explains, by direction: what each reading is weighed against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.far_reading import CIRCLE_DEG, TRACE_SPAN_M_S, Reading
from trucewatch.fuse.far_settings import FarSettings

FloatArray = NDArray[np.float64]

_CHANCE_KERNEL_DEG = 10.0
_KERNEL_SHARE = 0.5
"""half of the unexplained arrivals is held to come from where others came, half from anywhere"""
_SAME_DEG = 10.0
"""arrivals of a few minutes that differ less in direction are one thing: ducts, rounds, a gust at one spot"""


def with_chance(readings: Sequence[Reading], explained: frozenset[str], settings: FarSettings) -> tuple[Reading, ...]:
    """Return readings with the density of chance at their own sensor, where they point.

    A sensor that hears the surf all night from one side has a high density there and a low one elsewhere. What an event
    explains already is no chance, nor is what comes from the same side within minutes: that is the same once more.

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
    others = {key: _Others.of(those) for key, those in free.items()}
    return tuple(
        replace(r, chance=_density(r, others.get((r.sensor_id, r.medium), _NOBODY), settings) / usual_s)
        for r in readings
    )


class _Others(NamedTuple):
    """Readings of one sensor and medium that nothing explains."""

    ids: NDArray[np.str_]
    start_s: FloatArray
    end_s: FloatArray
    bearing_deg: FloatArray
    """NaN where none was measured"""

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> _Others:
        return cls(
            np.array([r.id for r in readings], dtype=np.str_),
            np.array([r.start_s for r in readings]),
            np.array([r.end_s for r in readings]),
            np.array([r.bearings[0][0] if r.bearings else np.nan for r in readings]),
        )


_NOBODY = _Others.of(())


def _density(reading: Reading, others: _Others, settings: FarSettings) -> float:
    """Return how many readings like this one chance makes while the sensor was listened to, per degree and m/s."""
    trace = 1.0 if reading.trace_m_s is None else 1.0 / TRACE_SPAN_M_S
    if not reading.bearings:
        return (1.0 + np.count_nonzero(others.ids != reading.id)) * trace
    turn = np.abs((others.bearing_deg - reading.bearings[0][0] + 180.0) % 360.0 - 180.0)
    apart_s = np.maximum(others.start_s - reading.end_s, reading.start_s - others.end_s)
    same = (apart_s <= settings.longest_family_s) & (turn <= _SAME_DEG)
    another = (others.ids != reading.id) & ~same
    peak = 1.0 / (_CHANCE_KERNEL_DEG * np.sqrt(2 * np.pi))
    near = peak * np.exp(-0.5 * (turn[another & np.isfinite(turn)] / _CHANCE_KERNEL_DEG) ** 2)
    even = (1.0 + np.count_nonzero(another) * (1.0 - _KERNEL_SHARE)) / CIRCLE_DEG
    return float((even + _KERNEL_SHARE * float(near.sum())) * trace)
