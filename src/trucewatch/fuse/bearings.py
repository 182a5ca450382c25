"""The far field as parts of incidents: arrivals at arrays and stations located together, and directions alone.

LIMIT: rounds more than some minutes apart that go on for hours from one direction, and barrages of many hours, count as
chance there like surf; they are joined only where their times stand out.

LIMIT: what an array that heard an event hears from another direction while the event's waves pass is an echo of it or
something else; without a second array it makes no incident of its own and is only named with the event.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trucewatch.fuse.ears import physics_weather
from trucewatch.fuse.far_events import far_events
from trucewatch.fuse.far_hearing import watch_of, window_at
from trucewatch.fuse.far_reading import AIR, Reading
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.fuse.far_settle import FarEvent
from trucewatch.fuse.far_trains import readings_of
from trucewatch.fuse.far_words import far_part
from trucewatch.fuse.part import Part, support
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.geodesic import distance_m
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Sector
from trucewatch.model.instant import Instant, utc_from_timestamp
from trucewatch.model.network import Network
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import CountQuality
from trucewatch.physics import Weather

REACH_M = 500_000.0
"""farthest an arrival is followed to an event that others located (SOUND section 1.1)"""
_LONE_REACH_M = 150_000.0
"""LIMIT: the time of a lone arrival's event is given for sources up to here; a farther one was earlier"""
_SLOWEST_M_S = 220.0
_SOUNDS_BEFORE_S, _SOUNDS_AFTER_S = 3600.0, 600.0


def array_parts(
    detections: Sequence[Detection],
    network: Network,
    settings: FuseSettings,
    sounds: Sequence[Detection] = (),
    weather: Weather | None = None,
) -> tuple[Part, ...]:
    """Return the far events of arrivals and onsets, and the arrivals that belong to none as directions.

    Args:
        detections: arrivals at arrays, onsets at seismic stations and single infrasound channels.
        network: where they stand and when they listened.
        settings: priors.
        sounds: onsets at microphones that nothing near explains: they may join a far event.
        weather: for what arrays would have heard.

    LIMIT: an onset at one seismic station alone makes no incident: it gives neither place nor direction, and most are
    traffic and earthquakes. It stays among the detections.
    """
    far = settings.far
    readings = readings_of(detections, network, far)
    if not readings:
        return ()
    watch = watch_of(network, weather or physics_weather(None, settings), far)
    with_sounds = sorted([*readings, *_in_time(readings, sounds, network, far)], key=lambda r: r.key)
    events, rest = far_events(with_sounds, watch, far)
    beside = {r.id: e for r in rest if r.medium == AIR and (e := _event_of(r, events)) is not None}
    parts = [far_part(e, [r for r in rest if beside.get(r.id) is e], watch, far) for e in events]
    alone = [r for r in rest if r.medium == AIR and r.bearings and r.id not in beside]
    return (*parts, *(_lone(r, far) for r in alone))


def _in_time(
    readings: Sequence[Reading], sounds: Sequence[Detection], network: Network, far: FarSettings
) -> tuple[Reading, ...]:
    first = min(r.start_s for r in readings) - _SOUNDS_BEFORE_S
    last = max(r.end_s for r in readings) + _SOUNDS_AFTER_S
    return readings_of([d for d in sounds if first <= d.time.utc.timestamp() <= last], network, far)


def _event_of(reading: Reading, events: Sequence[FarEvent]) -> FarEvent | None:
    """Return the event whose waves pass a sensor at a reading that is no part of it, the likeliest of several."""
    passing = []
    for event in events:
        if reading.sensor_id not in event.sensors:
            continue
        away = float(distance_m(reading.lon_deg, reading.lat_deg, event.place.lon_deg, event.place.lat_deg))
        at, sigma = event.time
        first, last = window_at(reading.start_s, away)
        if first - 2 * sigma <= at <= last + 2 * sigma:
            passing.append((event.log_odds, event.members[0].id, event))
    return max(passing, key=lambda x: (x[0], x[1]))[2] if passing else None


def _lone(reading: Reading, far: FarSettings) -> Part:
    first = reading.detections[0]
    earliest = reading.end_s - _LONE_REACH_M / _SLOWEST_M_S
    middle, spread = (earliest + reading.end_s) / 2, (reading.end_s - earliest) / np.sqrt(12)
    origin = first.origin or Place.circular(lon_deg=reading.lon_deg, lat_deg=reading.lat_deg, sigma_m=0.0)
    sectors = tuple(
        Sector(
            origin=origin,
            bearing_deg=bearing,
            half_width_deg=min(1.96 * float(np.hypot(sigma, far.bearing_bias_sigma_deg)), 180.0),
            range_m=None,
        )
        for bearing, sigma, _ in reading.bearings
    )
    reason = f"one array: {_directions(reading)}, no range"
    return Part(
        detections=reading.detections,
        supports=tuple(support(d, reason) for d in reading.detections),
        start_s=earliest,
        end_s=reading.end_s,
        time=Instant(utc=utc_from_timestamp(middle), sigma_s=float(spread)),
        place_method="not located: one direction" if len(sectors) == 1 else f"not located: {_directions(reading)}",
        sectors=sectors,
        count=Count(low=1, best=1, high=None, quality=CountQuality.AT_LEAST),
        sentences=("one array alone: the time of the event is open by the travel time",),
    )


def _directions(reading: Reading) -> str:
    if len(reading.bearings) == 1:
        return f"a direction of {reading.bearings[0][0]:.1f} degrees"
    said = " or ".join(f"{b:.1f} degrees ({100 * p:.0f} per cent)" for b, _, p in reading.bearings)
    return f"one of {len(reading.bearings)} directions, {said}"


def window_s(arrival_s: float, distance_m: float) -> tuple[float, float]:
    """Return when an event at a distance must have happened to arrive at a moment."""
    slack = 3 * FarSettings().air_sigma_s
    first, last = window_at(arrival_s, distance_m)
    return first - slack, last + slack
