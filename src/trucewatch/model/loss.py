"""Tasked time of a sensor in which something kept it from noticing all that it should have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LossCause(StrEnum):
    """What took the time: states of a sensor, what no detector could take, what the recordings show, clocks."""

    NON_OPERATIONAL = "non_operational"
    OBSTRUCTED_WEATHER = "obstructed_weather"
    JAMMED = "jammed"
    DAMAGED = "damaged"
    POWER_CUT = "power_cut"
    VANDALISED = "vandalised"
    DEGRADED = "degraded"
    """by its own word not whole, as without satellite time; it went on listening"""
    UNHEARD = "unheard"
    """recorded, and no detector could take it"""
    ELEMENT = "element"
    """an array without one of its elements"""
    LASTING = "lasting"
    """sound without a pause from one direction"""
    UNUSABLE = "unusable"
    """recorded dead, clipped or drowned"""
    CLOCK = "clock"
    """a clock known to be off"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One cause at one sensor over one period; stretches of one cause count once where they overlap."""

    sensor_id: str
    cause: LossCause
    lost_s: float
    """tasked time that it touched"""
    tasked_s: float
    """tasked time of the sensor in the period"""
    n_stretches: int
    wholly: bool
    """True: nothing could be noticed in it, and silence says nothing; False: less could be"""
