"""How well sensors listened, and what "nothing heard" is worth, in rows for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from trucewatch.model.effort import HourShare
from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.network import Network, Sensor
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.report.words import duration_text, interval_text, share_text

HOURLY_SOURCE = "mortar_82"
"""the size of event for which hours are told one by one: the smallest weapon that agreements single out"""
MOST_SIGNS = 6
"""of one sensor that are told in a report; the open data hold all"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourRow:
    """A run of hours in which an event would have been noticed equally well."""

    local: str
    share: str
    least: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningRow:
    """One sensor over a period, as its own recordings show it."""

    sensor_id: str
    recorded: str
    usable: str
    noise: str
    drowned: str
    clock: str
    signs: tuple[str, ...]


def hour_rows(hours: Sequence[HourShare], zone: ZoneInfo) -> tuple[HourRow, ...]:
    """Tell the share of HOURLY_SOURCE that would have been noticed, hours of the same share in one row."""
    mine = [h for h in hours if h.source == HOURLY_SOURCE]

    def said(h: HourShare) -> tuple[str, str]:
        return share_text(h.p_mean, estimated=True), share_text(h.p_least, estimated=True)

    rows = []
    for (share, least), run in groupby(mine, key=said):
        of_run = list(run)
        span = Interval(start_utc=of_run[0].time.start_utc, end_utc=of_run[-1].time.end_utc)
        rows.append(HourRow(local=interval_text(span, zone), share=share, least=least))
    return tuple(rows)


def listening_rows(found: Sequence[Listening], network: Network) -> tuple[ListeningRow, ...]:
    """Sum up each sensor's measured hours."""
    by_sensor: dict[str, list[Listening]] = {}
    for one in found:
        by_sensor.setdefault(one.sensor_id, []).append(one)
    return tuple(_row(network.sensor(name), name, by_sensor[name]) for name in sorted(by_sensor))


def noise_text(one: Listening, kind: ObserverKind | None) -> str:
    """Write an hour's noise: "62 ± 4 dB", "+3 dB against its usual level", "not measured"."""
    if one.noise_level_db is not None:
        spread = "" if one.noise_sigma_db is None else f" ± {one.noise_sigma_db:.0f}"
        return f"{one.noise_level_db:.0f}{spread} {_unit(kind)}"
    if one.relative_level_db is not None:
        return f"{round(one.relative_level_db):+d} dB against its usual level"
    return "not measured"


def listening_text(one: Listening | None, sensor: Sensor | None) -> str:
    """Write how a sensor listened in one hour, in a line; "" where nothing was measured."""
    if one is None:
        return ""
    if sensor is not None and sensor.sends_clips:
        return "; ".join(("sends clips", *one.signs))
    usable = f"{share_text(one.usable_share)} of the hour usable"
    kind = None if sensor is None else sensor.kind
    return "; ".join((f"noise {noise_text(one, kind)}", usable, *one.signs))


def _row(sensor: Sensor | None, name: str, hours: Sequence[Listening]) -> ListeningRow:
    lengths = [h.time.duration_s for h in hours]
    recorded = sum(h.recorded_share * s for h, s in zip(hours, lengths, strict=True))
    usable = sum(h.usable_share * s for h, s in zip(hours, lengths, strict=True))
    signs = [s for h in hours for s in h.signs]
    more = [f"{len(signs) - MOST_SIGNS} more"] if len(signs) > MOST_SIGNS else []
    drowned = sum(h.drowned_minutes for h in hours)
    return ListeningRow(
        sensor_id=name,
        recorded=duration_text(recorded),
        usable=share_text(usable / recorded) if recorded else "nothing",
        noise="clips: not judged" if sensor is not None and sensor.sends_clips else _noise_range(hours, sensor),
        drowned=f"{drowned:.0f} min" if drowned else "none",
        clock=_clock(hours),
        signs=(*signs[:MOST_SIGNS], *more),
    )


def _noise_range(hours: Sequence[Listening], sensor: Sensor | None) -> str:
    levels = [h.noise_level_db for h in hours if h.noise_level_db is not None]
    unit = _unit(None if sensor is None else sensor.kind)
    if not levels:
        levels = [h.relative_level_db for h in hours if h.relative_level_db is not None]
        if not levels:
            return "not measured"
        low, high = f"{round(min(levels)):+d}", f"{round(max(levels)):+d}"
        return f"{low if low == high else f'{low} to {high}'} dB against its usual level"
    low, high = f"{min(levels):.0f}", f"{max(levels):.0f}"
    return f"{low if low == high else f'{low} to {high}'} {unit}"


def _unit(kind: ObserverKind | None) -> str:
    return "dB re 1 nm" if kind is ObserverKind.SEISMIC_STATION else "dB"


def _clock(hours: Sequence[Listening]) -> str:
    told = [h for h in hours if h.clock_offset_s is not None]
    if told and told[-1].clock_offset_s is not None:
        last = told[-1]
        error = "" if last.clock_offset_sigma_s is None else f" ± {duration_text(last.clock_offset_sigma_s)}"
        return f"{last.clock_offset_s:+.3f} s{error}"
    drifts = [h.clock_drift_s_per_day for h in hours if h.clock_drift_s_per_day]
    return f"drifts {drifts[-1]:+.2f} s a day" if drifts else "nothing to tell"
