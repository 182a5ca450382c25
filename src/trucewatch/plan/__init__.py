"""Says what a network can notice: where, when, of what size, and how much of it was up.

Takes: a network with its health and measured noise, a period, areas, weather. Gives: coverage grids and observation
effort.
Never: moves a sensor by itself, reads a recording, or counts an incident.
"""

from trucewatch.plan.coverage import CoverageSettings, Hour, cells_of, coverage
from trucewatch.plan.effort import sensor_effort
from trucewatch.plan.watch import REPORTED_SOURCES, measured_in, troubles_in, watch

__all__ = [
    "REPORTED_SOURCES",
    "CoverageSettings",
    "Hour",
    "cells_of",
    "coverage",
    "measured_in",
    "sensor_effort",
    "troubles_in",
    "watch",
]
