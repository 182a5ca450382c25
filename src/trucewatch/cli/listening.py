"""`trucewatch listening MISSION`: how well each sensor listened, hour by hour."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from trucewatch.cli.output import JsonOption, MissionArgument, day_of, folder_of, say, say_json, table
from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.network import Network
from trucewatch.plan import troubles_in
from trucewatch.report import listening_rows, words
from trucewatch.report.trouble_rows import trouble_rows
from trucewatch.service.listening import with_clocks
from trucewatch.service.period import reporting_day, reporting_period
from trucewatch.service.sensing import current_detections
from trucewatch.service.suspecting import current_suspicions
from trucewatch.service.understanding import current_incidents, network_of
from trucewatch.wiring import open_reading

HEADERS = ["sensor", "local hour", "recorded", "usable", "noise", "drowned", "clock", "what does not look right"]
DOUBT_HEADERS = ["sensor or owner", "local time", "what was found", "incidents that rest on it"]
TROUBLE_HEADERS = ["sensor", "local time", "what was found", "what it means"]


def command(
    mission: MissionArgument,
    as_json: JsonOption = False,
    day: Annotated[str | None, typer.Option(help="only this reporting day, such as 2025-08-13")] = None,
) -> None:
    """Say how well each sensor listened, hour by hour: what was recorded, its noise, and what does not look right."""
    wanted = None if day is None else day_of(day)
    with open_reading(folder_of(mission)) as (texts, register):
        network = with_clocks(network_of(texts, register), current_incidents(register), current_detections(register))
        doubts = [
            s
            for s in current_suspicions(register)
            if wanted is None or s.time.overlap_s(reporting_period(texts.mission, wanted)) > 0
        ]
    found = [
        one
        for s in network.sensors
        for one in s.listening
        if one.time.start_utc is not None
        and (wanted is None or reporting_day(texts.mission, one.time.start_utc) == wanted)
    ]
    whole = Interval(start_utc=None, end_utc=None)
    troubles = troubles_in(network, whole if wanted is None else reporting_period(texts.mission, wanted))
    if as_json:
        say_json({"listening": found, "troubles": troubles, "suspicions": doubts})
        return
    zone = ZoneInfo(texts.mission.time_zone)
    table(HEADERS, [_row(one, network, zone) for one in found])
    n_sensors = len({one.sensor_id for one in found})
    say(f"hours measured: {len(found)}, of sensors: {n_sensors}; hours of which no recording came in are not listed")
    if troubles:
        say(f"what kept sensors from listening, or from giving all that they heard: {len(troubles)}")
        rows = trouble_rows(troubles, zone, most=None)
        table(TROUBLE_HEADERS, [[r.sensor_id, r.local, r.what, r.meaning] for r in rows])
    if doubts:
        say(f"what does not agree with others, by itself no proof of anything: {len(doubts)}")
        table(
            DOUBT_HEADERS,
            [[s.about, words.interval_text(s.time, zone), s.text, str(len(s.incident_ids))] for s in doubts],
        )


def _row(one: Listening, network: Network, zone: ZoneInfo) -> list[str]:
    sensor = network.sensor(one.sensor_id)
    clips = sensor is not None and sensor.sends_clips
    offset = "" if one.clock_offset_s is None else f"{one.clock_offset_s:+.3f} s"
    drift = "" if not one.clock_drift_s_per_day else f"{one.clock_drift_s_per_day:+.2f} s a day"
    return [
        one.sensor_id,
        words.interval_text(one.time, zone),
        words.share_text(one.recorded_share),
        words.share_text(one.usable_share),
        "clips: not judged" if clips else listening_rows.noise_text(one, None if sensor is None else sensor.kind),
        f"{one.drowned_minutes:.0f} min" if one.drowned_minutes else "",
        offset or drift,
        "; ".join(one.signs),
    ]
