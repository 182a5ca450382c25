"""What was watched, by which means, for how long, and how much of it would have been noticed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.loss import Loss
from trucewatch.model.trouble import Trouble
from trucewatch.model.vocabulary import ObserverKind, SensorState


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A stretch in which a sensor could not watch."""

    sensor_id: str
    time: Interval
    state: SensorState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorEffort:
    """One sensor over one period."""

    sensor_id: str
    kind: ObserverKind
    tasked_s: float
    operational_s: float
    outages: tuple[Outage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Share of events of one kind that would have been noticed."""

    source: str
    """reference source, such as "mortar_82" """
    label: str
    p_mean: float
    """over place and time, by at least one sensor"""
    p_low: float
    """5th percentile over the hours of the period"""
    p_high: float
    p_two: float
    """by at least two owners' sensors or two sensors"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourShare:
    """Share of events of one kind that would have been noticed in one hour: what "nothing heard" is worth."""

    time: Interval
    source: str
    """reference source"""
    p_mean: float
    """over place, by at least one sensor"""
    p_least: float
    """where it was least"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """The observation effort of a period."""

    period: Interval
    sensors: tuple[SensorEffort, ...]
    shares: tuple[Share, ...]
    overpasses: int
    """satellite overpasses with data in the period"""
    watched_area: str
    """over what the shares are taken, in plain words"""
    hours: tuple[HourShare, ...] = ()
    """of the tasked hours, by time"""
    listening: tuple[Listening, ...] = ()
    """how well sensors listened in those hours in which that was measured, by sensor and time"""
    troubles: tuple[Trouble, ...] = ()
    """what kept sensors from listening in the period, by sensor and time"""
    losses: tuple[Loss, ...] = ()
    """the tasked time that it took, by sensor and cause; causes may overlap"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CoverageGrid:
    """Probability that an event of one kind would have been noticed, cell by cell."""

    source: str
    period: Interval
    lon_deg: NDArray[np.float64]
    """cell centres, shape (n_lon,)"""
    lat_deg: NDArray[np.float64]
    """cell centres, shape (n_lat,)"""
    p_one: NDArray[np.float64]
    """by at least one sensor, mean over the period's hours, shape (n_lat, n_lon)"""
    p_two: NDArray[np.float64]
    """by at least two, same shape"""
