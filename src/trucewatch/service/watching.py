"""What was watched in a period: the effort that every count is printed beside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trucewatch.assess import geometry
from trucewatch.model.effort import CoverageGrid, Effort
from trucewatch.model.instant import Interval
from trucewatch.model.network import Network
from trucewatch.model.observation import Weather
from trucewatch.model.register import Box
from trucewatch.plan import watch
from trucewatch.service.ports import Register
from trucewatch.service.texts import Texts

KNOWN_TIME_S = 3600.0
"""a fire pixel with a larger error of time names a day, not an overpass"""
MINUTE_S = 60.0


def effort_of_period(
    texts: Texts, register: Register, network: Network, weather: Sequence[Weather], period: Interval
) -> tuple[Effort, tuple[CoverageGrid, ...]]:
    """Say who watched in a period, and what share of events would have been noticed.

    Shares are taken over the zones that the terms speak of, or over the mission's area where a term applies anywhere.
    """
    inside = [place.inside for _, place in geometry(texts.agreement).terms]
    areas = [a for a in inside if a is not None]
    everywhere = len(areas) < len(inside) or not areas
    return watch(
        network,
        period,
        mission=texts.mission,
        areas=() if everywhere else areas,
        where="the mission's area" if everywhere else "the zones that the terms speak of",
        weather=weather,
        n_overpasses=overpasses(register, period),
    )


def overpasses(register: Register, period: Interval) -> int:
    """Count satellite overpasses that gave fire pixels: distinct satellites and minutes of known time.

    LIMIT: an overpass that saw no fire leaves no row, so it is not counted; nor is one of which only the day is known.
    """
    pixels = register.fires(Box(time=period))
    known = np.flatnonzero(pixels.time_sigma_s <= KNOWN_TIME_S)
    return len({(pixels.satellite[i], int(pixels.time_s[i] // MINUTE_S)) for i in known})
