"""The observation effort of a period: who watched, and what share of events would have been noticed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from trucewatch.geo import Area
from trucewatch.model.effort import CoverageGrid, Effort, HourShare, Share
from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.mission import Mission
from trucewatch.model.network import Network
from trucewatch.model.observation import Weather as Report
from trucewatch.physics import Weather, listener_of, reference_source
from trucewatch.plan.coverage import Cells, CoverageSettings, FloatArray, Hour, cells_of, coverage
from trucewatch.plan.effort import middle_of, sensor_effort, share_listening, tasked_in
from trucewatch.plan.loss import losses_in, troubles_in
from trucewatch.plan.sun import is_night

REPORTED_SOURCES = (
    ("small_arms", "single shots of small arms"),
    ("mortar_82", "impacts of 82 mm mortar bombs"),
    ("artillery_152", "impacts of 152 mm artillery shells"),
)
"""the sizes that a report speaks of: reference source, and how it is called"""

USUAL_HUMIDITY_PCT = 70.0
USUAL_PRESSURE_PA = 101_325.0
UNKNOWN_WIND_SIGMA_M_S = 4.0
"""where no wind was taken in: calm to fresh breeze from any side"""
HOUR_S = 3600.0


def watch(
    network: Network,
    period: Interval,
    *,
    mission: Mission,
    areas: Sequence[Area],
    where: str,
    weather: Sequence[Report],
    n_overpasses: int,
    settings: CoverageSettings | None = None,
) -> tuple[Effort, tuple[CoverageGrid, ...]]:
    """Work out the effort of a period.

    Args:
        network: sensors with their health.
        period: with both ends.
        mission: its area and what it assumes of the weather.
        areas: over which the shares are taken.
        where: the same in plain words.
        weather: reports taken in, any order.
        n_overpasses: satellite overpasses that gave data.
        settings: fineness of the grid.

    Shares are over the hours in which at least one sensor was tasked: a recording of ten minutes is not held against
    the other 1,430 of its day, which the sensors' tasked hours show.
    """
    cells = cells_of(mission.area, areas, settings)
    hours = hours_of(network, period, mission, weather)
    shares, grids, hourly = [], [], list[HourShare]()
    for name, label in REPORTED_SOURCES:
        p = coverage(reference_source(name), network.sensors, hours, cells)
        by_hour = p.p_one.mean(axis=1) if len(hours) else np.zeros(1)
        shares.append(
            Share(
                source=name,
                label=label,
                p_mean=float(by_hour.mean()),
                p_low=float(np.percentile(by_hour, 5)),
                p_high=float(np.percentile(by_hour, 95)),
                p_two=float(p.p_two.mean()) if p.p_two.size else 0.0,
            )
        )
        grids.append(_grid(name, period, cells, p.p_one, p.p_two))
        hourly += _hourly(name, hours, p.p_one)
    effort = Effort(
        period=period,
        sensors=tuple(sensor_effort(s, period) for s in network.sensors),
        shares=tuple(shares),
        overpasses=n_overpasses,
        watched_area=where,
        hours=tuple(hourly),
        listening=measured_in(network, period),
        troubles=troubles_in(network, period),
        losses=losses_in(network, period),
    )
    return effort, tuple(grids)


def hours_of(network: Network, period: Interval, mission: Mission, weather: Sequence[Report]) -> tuple[Hour, ...]:
    """Cut the tasked part of a period into hours, each with its weather and who listened."""
    assert period.start_utc is not None and period.end_utc is not None  # noqa: S101 - said in the docstring of watch
    hours, start = [], period.start_utc
    while start < period.end_utc:
        stretch = Interval(start_utc=start, end_utc=min(start + timedelta(seconds=HOUR_S), period.end_utc))
        start += timedelta(seconds=HOUR_S)
        tasked = [t for s in network.sensors for t in tasked_in(s, stretch)]
        if not tasked:
            continue
        first = min(t.start_utc for t in tasked if t.start_utc is not None)
        last = max(t.end_utc for t in tasked if t.end_utc is not None)
        part = Interval(start_utc=first, end_utc=last)
        middle = middle_of(part)
        hours.append(
            Hour(
                time=part,
                weather=weather_at(first, mission, weather),
                listening=tuple(share_listening(s, part) for s in network.sensors),
                listeners=tuple(listener_of(s, s.listening_at(middle)) for s in network.sensors),
            )
        )
    return tuple(hours)


def measured_in(network: Network, period: Interval) -> tuple[Listening, ...]:
    """Return how well sensors listened in a period, where that was measured, by sensor and time."""
    sensors = sorted(network.sensors, key=lambda s: s.id)
    return tuple(one for s in sensors for one in s.listening if one.time.overlap_s(period) > 0)


def _hourly(source: str, hours: Sequence[Hour], p_one: FloatArray) -> list[HourShare]:
    return [
        HourShare(time=h.time, source=source, p_mean=float(p.mean()), p_least=float(p.min()))
        for h, p in zip(hours, p_one, strict=True)
    ]


def weather_at(moment: datetime, mission: Mission, reports: Sequence[Report]) -> Weather:
    """Return the weather that held: the last report before, else the mission's own assumption."""
    lon = (mission.area.west_deg + mission.area.east_deg) / 2
    lat = (mission.area.south_deg + mission.area.north_deg) / 2
    night = is_night(lon_deg=lon, lat_deg=lat, moment=moment)
    before = [r for r in reports if r.time_utc <= moment]
    if not before:
        return Weather(
            temperature_c=mission.temperature_c,
            relative_humidity_pct=USUAL_HUMIDITY_PCT,
            pressure_pa=USUAL_PRESSURE_PA,
            wind_m_s=0.0,
            wind_from_deg=0.0,
            temperature_sigma_c=mission.temperature_sigma_c,
            wind_sigma_m_s=UNKNOWN_WIND_SIGMA_M_S,
            is_night=night,
        )
    r = max(before, key=lambda r: (r.time_utc, r.id))
    known = r.wind_m_s is not None and r.wind_from_deg is not None
    return Weather(
        temperature_c=r.temperature_c,
        relative_humidity_pct=r.relative_humidity_pct or USUAL_HUMIDITY_PCT,
        pressure_pa=r.pressure_pa or USUAL_PRESSURE_PA,
        wind_m_s=r.wind_m_s if known and r.wind_m_s is not None else 0.0,
        wind_from_deg=r.wind_from_deg if known and r.wind_from_deg is not None else 0.0,
        wind_sigma_m_s=2.0 if known else UNKNOWN_WIND_SIGMA_M_S,
        is_night=night,
    )


def _grid(source: str, period: Interval, cells: Cells, p_one: FloatArray, p_two: FloatArray) -> CoverageGrid:
    def spread(p: FloatArray) -> FloatArray:
        full: FloatArray = np.full(cells.inside.shape, np.nan)
        full[cells.inside] = p.mean(axis=0) if len(p) else 0.0
        return full

    return CoverageGrid(
        source=source,
        period=period,
        lon_deg=cells.lon_deg,
        lat_deg=cells.lat_deg,
        p_one=spread(p_one),
        p_two=spread(p_two),
    )
