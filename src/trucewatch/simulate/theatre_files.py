"""A theatre as files, each with the moment at which it would arrive: minutes, hours or a day after what it tells of."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from trucewatch.model.network import Sensor
from trucewatch.model.observation import ImageChange, Pulse
from trucewatch.simulate.clips import Noise, ground_clips, sound_clips
from trucewatch.simulate.image_changes import image_times
from trucewatch.simulate.node_output import FILE_S
from trucewatch.simulate.raw_files import (
    batch_path,
    batch_text,
    changes_geojson,
    fires_csv,
    health_csv,
    monitors_csv,
    pulses_json,
    sightings_json,
    weather_csv,
)
from trucewatch.simulate.theatre_nouns import Theatre, TheatreHour

SHIFT_H = 8
"""people hand in their tables after a shift"""
_LINK = timedelta(seconds=40)
_NODE = timedelta(minutes=2)
_WEATHER = timedelta(minutes=5)
_HEALTH = timedelta(minutes=10)
_FIRMS = timedelta(hours=3)
_MONITORS = timedelta(hours=2, minutes=30)
_IMAGES = timedelta(hours=6)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TimedFile:
    """A file of the inbox and when it arrives."""

    arrives_utc: datetime
    path: str
    """in the mission folder"""
    content: bytes
    pulses: tuple[Pulse, ...] = ()
    """what it holds of nodes' onsets, for those who send them live instead"""


def timed_files(
    theatre: Theatre,
    hours: Iterable[TheatreHour],
    *,
    pulses_every_s: int = FILE_S,
    noise: Noise | None = None,
) -> Iterator[TimedFile]:
    """Yield the inbox of a theatre in the order of arrival.

    Args:
        theatre: as it was opened.
        hours: of `theatre_hours`, in order; each is dropped once its files are made.
        pulses_every_s: how much time one file of onsets covers; a part of an hour.
        noise: a recording to mix into the clips.
    """
    waiting: list[tuple[datetime, str, TimedFile]] = []
    shift: list[TheatreHour] = []
    last: TheatreHour | None = None
    changes: list[ImageChange] = []
    for hour in hours:
        changes += hour.changes
        shift.append(hour)
        end = _at(theatre, hour.hour + 1)
        made = [*_of_hour(theatre, hour, pulses_every_s, noise)]
        if hour.hour % SHIFT_H == SHIFT_H - 1 or hour.hour == theatre.preset.hours - 1:
            made += _monitors(theatre, shift)
            shift = []
        for one in made:
            heapq.heappush(waiting, (one.arrives_utc, one.path, one))
        # What later hours tell of arrives after they began.
        while waiting and waiting[0][0] < end:
            yield heapq.heappop(waiting)[2]
        last = hour
    if last is not None and changes:
        arrives = image_times(theatre.preset)[1] + _IMAGES
        path = changes[0].input_id
        heapq.heappush(waiting, (arrives, path, _file(arrives, path, changes_geojson(changes))))
    while waiting:
        yield heapq.heappop(waiting)[2]


def _of_hour(theatre: Theatre, hour: TheatreHour, every_s: int, noise: Noise | None) -> Iterator[TimedFile]:
    begin, end = _at(theatre, hour.hour), _at(theatre, hour.hour + 1)
    yield from _pulses(theatre, hour.pulses, begin, every_s)
    weather = theatre.weather[hour.hour : hour.hour + 1]
    yield _file(begin + _WEATHER, f"inbox/weather/{begin:%Y-%m-%dT%H}.csv", weather_csv(weather))
    told = [h for h in theatre.health if begin < (h.time.end_utc or end) <= end]
    if told:
        yield _file(end + _HEALTH, f"inbox/health/{begin:%Y-%m-%dT%H}.csv", health_csv(told))
    if hour.sightings:
        path = f"inbox/sightings/{begin:%Y-%m-%d}/{begin:%H}.sightings.json"
        yield _file(end + _NODE, path, sightings_json(hour.sightings))
    for node, edge in groupby(sorted(hour.edge, key=lambda e: e.node), key=lambda e: e.node):
        content = batch_text(node, begin, end, list(edge))
        yield _file(end + _NODE, batch_path(node, begin, content), content)
    for block in hour.fires:
        yield _file(
            datetime.fromtimestamp(float(block.time_s[0]), tz=begin.tzinfo) + _FIRMS, block.input_id, fires_csv(block)
        )
    senders = [s for s in theatre.said.sensors if s.sends_clips]
    yield from _clips(hour, senders, begin, end + _NODE, theatre.seed, noise)


def _pulses(theatre: Theatre, pulses: tuple[Pulse, ...], begin: datetime, every_s: int) -> Iterator[TimedFile]:
    start = theatre.preset.start_utc

    def part(pulse: Pulse) -> int:
        return int((pulse.time.utc - start).total_seconds() // every_s)

    for number, group in groupby(pulses, key=part):
        held = tuple(group)
        at = start + timedelta(seconds=number * every_s)
        arrives = max(begin, at + timedelta(seconds=every_s)) + _LINK
        path = f"inbox/acoustic/{at:%Y-%m-%d}/{at:%H%M}.pulses.json"
        yield TimedFile(arrives_utc=arrives, path=path, content=pulses_json(held), pulses=held)


def _monitors(theatre: Theatre, shift: list[TheatreHour]) -> list[TimedFile]:
    reports = [r for hour in shift for r in hour.reports]
    if not reports:
        return []
    begin, arrives = _at(theatre, shift[0].hour), _at(theatre, shift[-1].hour + 1) + _MONITORS
    content = monitors_csv(reports, theatre.preset.time_zone)
    return [_file(arrives, f"inbox/monitors/{begin:%Y-%m-%dT%H}.csv", content)]


def _clips(
    hour: TheatreHour, senders: list[Sensor], begin: datetime, arrives: datetime, seed: int, noise: Noise | None
) -> Iterator[TimedFile]:
    made = sound_clips(hour.pulses, senders, begin, seed, noise) | ground_clips(hour.edge, senders, seed)
    # A sidecar comes first, so that a recording never lies in the inbox without it.
    for path in sorted(made, key=lambda p: (not p.endswith(".json"), p)):
        yield _file(arrives, path, made[path])


def _at(theatre: Theatre, hour: int) -> datetime:
    return theatre.preset.start_utc + timedelta(hours=hour)


def _file(arrives: datetime, path: str, content: bytes) -> TimedFile:
    return TimedFile(arrives_utc=arrives, path=path, content=content)
