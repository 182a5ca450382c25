"""A far event as a part of an incident: its region, its time, who heard it and how, in words that can be checked."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.existence import Term
from trucewatch.fuse.far_count import rounds_of
from trucewatch.fuse.far_density import in_air, path_parts
from trucewatch.fuse.far_hearing import Watch
from trucewatch.fuse.far_reading import AIR, GROUND, Reading, off_deg
from trucewatch.fuse.far_region import LEVEL, Mode, area_km2, is_fair, modes, region
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.fuse.far_settle import FarEvent
from trucewatch.fuse.part import Part, support
from trucewatch.geo.ellipse import error_ellipse
from trucewatch.geo.geodesic import bearing_deg, distance_m
from trucewatch.model.incident import Sector, Silence, Support
from trucewatch.model.instant import Instant, utc_from_timestamp
from trucewatch.model.place import Place
from trucewatch.physics.layers import phase_times

FloatArray = NDArray[np.float64]

_WIDEST_DEG = 60.0
"""a region that is seen under a wider angle is no direction"""
_ELSEWHERE_DEG = 15.0
_MEDIA = {AIR: "through the air", GROUND: "through the ground", "sound": "as sound"}


def far_part(event: FarEvent, beside: Sequence[Reading], watch: Watch, settings: FarSettings) -> Part:
    """Return a far event as a part.

    Args:
        event: that was settled.
        beside: readings of its sensors at the time that are no part of it.
        watch: the arrays whose silence counted.
        settings: priors.
    """
    at, sigma = event.time
    place, method, sectors = _where(event, settings)
    left_out = [(r, _why_left_out(event, r)) for r in beside]
    quiet = watch.silences(event.sensors, event.place, at)
    supports = [*_supports(event, settings), *_beside(left_out)]
    detections = [d for r in (*event.members, *event.later) for d in r.detections]
    ordered = sorted(detections, key=lambda d: (d.time.utc, d.id))
    return Part(
        detections=(*ordered, *(d for r, _ in left_out for d in r.detections)),
        supports=tuple(sorted(supports, key=lambda s: s.detection_id)),
        start_s=at - 3 * sigma,
        end_s=at + 3 * sigma,
        time=Instant(utc=utc_from_timestamp(at), sigma_s=sigma),
        place=place,
        place_method=method,
        sectors=sectors,
        count=rounds_of(event, settings),
        sentences=(*_sentences(event), *_barrage(event, settings), *(f"left out: {why}" for _, why in left_out)),
        far=True,
        terms=(_room(event, quiet, settings),),
        silences=quiet,
    )


def _room(event: FarEvent, quiet: Sequence[Silence], settings: FarSettings) -> Term:
    """Return what belongs to no single sensor: the prior, the room that arrivals leave, and that they were heard."""
    rest = event.log_odds - math.fsum(event.gains) - math.fsum(s.log_odds for s in quiet)
    why = (
        f"beforehand: {settings.events_per_km2_day:g} such events in a square kilometre and day, the room in place and "
        "time that these arrivals leave open, and how likely those sensors were to hear it"
    )
    return Term(log_odds=rest, why=why)


def _where(event: FarEvent, settings: FarSettings) -> tuple[Place | None, str, tuple[Sector, ...]]:
    """Return the place where its ellipse is a fair picture, else sectors, and how it came about."""
    n = len(event.sensors)
    if is_fair(event.cloud, settings) and _axis_m(event.place) <= settings.max_region_m:
        method = f"one posterior over the arrivals at {n} sensors: bearings, times, phases and the wind's turn together"
        return event.place, method, ()
    found = modes(event.cloud)
    return None, f"not located at one place: {_pieces(found, area_km2(event.cloud))}", _sectors(event)


def _axis_m(place: Place) -> float:
    return error_ellipse(place.covariance_m2, 0.95).semi_major_m


def _pieces(found: Sequence[Mode], square_km: float) -> str:
    if len(found) == 1:
        return f"a bent or very long region of {square_km:.0f} km2 holds 90 per cent"
    said = (
        f"{100 * m.p:.0f} per cent within {_axis_m(m.place) / 1000:.0f} km of "
        f"{m.place.lat_deg:.2f}, {m.place.lon_deg:.2f}"
        for m in found
    )
    return f"{len(found)} separate regions fit ({'; '.join(said)})"


def _sectors(event: FarEvent) -> tuple[Sector, ...]:
    """Return the region as one direction with a range band, seen from the first array that heard it."""
    first = next((r for r in event.members if r.medium == AIR), event.members[0])
    origin = first.detections[0].origin or Place.circular(lon_deg=first.lon_deg, lat_deg=first.lat_deg, sigma_m=0.0)
    cells = event.cloud.lon_lat[region(event.cloud, LEVEL)]
    away = distance_m(first.lon_deg, first.lat_deg, cells[:, 0], cells[:, 1])
    toward = bearing_deg(first.lon_deg, first.lat_deg, cells[:, 0], cells[:, 1])
    middle = float(np.degrees(np.angle(np.exp(1j * np.radians(toward)).mean()))) % 360.0
    half = float(np.abs((toward - middle + 180.0) % 360.0 - 180.0).max())
    if half > _WIDEST_DEG:
        return ()
    slack = event.cloud.cell_m / 2
    band = (max(0.0, float(away.min()) - slack), float(away.max()) + slack)
    return (Sector(origin=origin, bearing_deg=middle, half_width_deg=max(half, 0.5), range_m=band),)


def _supports(event: FarEvent, settings: FarSettings) -> list[Support]:
    out = []
    for reading, gain in zip(event.members, event.gains, strict=True):
        out += _of_member(event, reading, gain, settings)
    for reading in event.later:
        why = "comes by the same direction when slower waves of it come: a later part of it, which bends nothing"
        out += [support(d, why, used=False, counted=False) for d in reading.detections]
    return out


def _of_member(event: FarEvent, reading: Reading, gain: float, settings: FarSettings) -> list[Support]:
    """Return the supports of one reading; its first detection has what all of it adds."""
    away = distance_m(reading.lon_deg, reading.lat_deg, event.place.lon_deg, event.place.lat_deg)
    phase, late, sigma = _phase(reading, float(away), event, settings)
    turn = _turn(event, reading)
    where = "" if turn is None else f"its bearing passes {abs(turn):.1f} degrees from the middle of the region; "
    when = f"it came {_MEDIA[reading.medium]} from {float(away) / 1000:.0f} km, {abs(late):.0f} s"
    side = "after" if late >= 0 else "before"
    why = f"{where}{when} {side} the mean of a {phase} wave, where {sigma:.0f} s is usual"
    first, *rest = reading.detections
    made = support(first, why, residual_s=late, residual_sigma_s=sigma, residual_deg=turn)
    same = "goes on from the same direction: the same train, weighed with its first arrival"
    return [_weighed(made, gain), *(support(d, same, counted=False) for d in rest)]


def _weighed(made: Support, gain: float) -> Support:
    return Support(
        detection_id=made.detection_id,
        sensor_id=made.sensor_id,
        used=True,
        residual_s=made.residual_s,
        residual_sigma_s=made.residual_sigma_s,
        residual_deg=made.residual_deg,
        log_odds=gain,
        counted=True,
        reason=made.reason,
    )


def _turn(event: FarEvent, reading: Reading) -> float | None:
    """Return measured bearing minus that of the place, of the direction that is nearer where there are several."""
    if not reading.bearings:
        return None
    true = float(bearing_deg(reading.lon_deg, reading.lat_deg, event.place.lon_deg, event.place.lat_deg))
    return min((off_deg(b, true) for b, _, _ in reading.bearings), key=abs)


def _phase(reading: Reading, away_m: float, event: FarEvent, settings: FarSettings) -> tuple[str, float, float]:
    """Return the likeliest phase of a reading, how late its start is for that, and what is usual."""
    away = np.array([away_m])
    at, at_sigma = event.time
    scored = []
    for label, (weight, travel, spread) in zip(
        _labels(reading, away, settings), path_parts(reading, away, settings), strict=True
    ):
        sigma = float(np.sqrt(spread[0] ** 2 + reading.sigma_s**2 + at_sigma**2))
        late = reading.start_s - at - float(travel[0])
        scored.append((float(weight[0]) / sigma * math.exp(-0.5 * (late / sigma) ** 2), label, late, sigma))
    _, label, late, sigma = max(scored)
    return label, late, sigma


def _labels(reading: Reading, away_m: FloatArray, settings: FarSettings) -> list[str]:
    if reading.medium == GROUND:
        return [t.wave.value.replace("_", " ") for t in phase_times(away_m, settings.ground)]
    if reading.medium == AIR:
        return [part.label for part in in_air(reading, away_m, settings)]
    return ["direct"]


def _beside(left_out: Sequence[tuple[Reading, str]]) -> list[Support]:
    return [
        support(d, f"left out: {why}", used=False, counted=False)
        for reading, why in left_out
        for d in reading.detections
    ]


def _sentences(event: FarEvent) -> tuple[str, ...]:
    """Say what was joined and how the region stands."""
    heard = ", ".join(sorted(event.sensors))
    out = [
        f"arrivals at {heard} are explained by one place and moment; wind, celerity of the day and stray arrivals are "
        "left open",
        f"its 90 per cent region covers {area_km2(event.cloud):.0f} km2; its time is good to {event.time[1]:.0f} s",
    ]
    found = modes(event.cloud)
    if len(found) > 1:
        out.append(_pieces(found, area_km2(event.cloud)))
    return tuple(out)


def _barrage(event: FarEvent, settings: FarSettings) -> tuple[str, ...]:
    """Say how many rounds a barrage had, and how that is known."""
    count = rounds_of(event, settings)
    if count.best == 1:
        return ()
    if count.low > 1:
        return (f"a barrage: two arrays and more heard {count.best} rounds with the same pauses between them",)
    why = "but with other pauses; ducts may have taken turns"
    return (f"a barrage: two arrays heard {count.best} arrivals and more, {why}",)


def _why_left_out(event: FarEvent, reading: Reading) -> str:
    """Return why a reading of the time of an event is no part of it."""
    turn = _turn(event, reading)
    at = utc_from_timestamp(reading.start_s).strftime("%H:%M:%S")
    if turn is not None and abs(turn) > _ELSEWHERE_DEG:
        what = f"it points {abs(turn):.0f} degrees away while waves of the event pass: an echo or something else"
    else:
        what = "its moment and direction together fit chance better than the event"
    return f"{reading.sensor_id} at {at} UTC: {what}; no other array heard it"
