"""Says what a network can notice: where, when, of what size, and how much of it was up.

Takes: a network with its health and measured noise, a period, areas, weather. Gives: coverage grids and observation
effort.
Never: moves a sensor by itself, reads a recording, or counts an incident.
"""

from trucewatch.plan.coverage import CoverageSettings, Hour, cells_of, coverage
from trucewatch.plan.effort import sensor_effort
from trucewatch.plan.loss import losses_in, troubles_in
from trucewatch.plan.watch import REPORTED_SOURCES, measured_in, watch

__all__ = [
    "REPORTED_SOURCES",
    "CoverageSettings",
    "Hour",
    "cells_of",
    "coverage",
    "losses_in",
    "measured_in",
    "sensor_effort",
    "troubles_in",
    "watch",
]
