"""Flashes as parts of incidents: those that were placed, those of one camera, and places that a flash narrows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trucewatch.fuse.claims import FLASHES, Claims
from trucewatch.fuse.existence import Term
from trucewatch.fuse.flash_place import PlacedFlash, frame_of, placed_flash
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.onsets import frame_at
from trucewatch.fuse.part import Part, support
from trucewatch.fuse.single import single_parts
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import PlaceMode, Round, Support
from trucewatch.model.instant import Instant, utc_from_timestamp
from trucewatch.model.network import Network
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import CountQuality

_VAGUE_M2 = 60.0**2
"""of a covariance of the place: sharper ones gain nothing from a direction good to half a degree"""
_SECOND_MODE = 0.02
"""a second place this probable is stated"""


def part_of_modes(modes: Sequence[PlacedFlash], claims: Claims, scene: Scene) -> Part:
    """Return what flashes placed as a part, likeliest place first; a second place is stated where it is probable."""
    best = modes[0]
    at, sigma = best.flashes[0].time.utc.timestamp() + best.fix.time_s, float(np.sqrt(best.fix.covariance[2, 2]))
    odds = np.array([m.log_odds for m in modes])
    share = np.exp(odds - np.logaddexp.reduce(odds))
    stated = [PlaceMode(place=m.place(), p=float(p)) for m, p in zip(modes, share, strict=True)]
    stated = [m for m in stated if m.p >= _SECOND_MODE]
    total = sum(m.p for m in stated)
    several = tuple(replace(m, p=m.p / total) for m in stated) if len(stated) > 1 else ()
    place = best.place() if not several else covering(several)
    sounds = [scene.onsets.detections[i] for i in best.onsets]
    cameras = " and ".join(d.sensor_id for d in best.flashes)
    how = (
        f"directions of {len(best.flashes)} cameras cross"
        if not sounds
        else f"direction of a flash, and the time until its sound came to {len(sounds)} "
        f"microphone{'' if len(sounds) == 1 else 's'}"
    )
    room = (
        f"beforehand: {claims.settings.events_per_km2_day:g} events in a square kilometre and day, in the "
        f"{best.room_m2_s:.3g} m2 s that these directions and moments leave open"
    )
    return Part(
        detections=tuple(sorted((*best.flashes, *sounds), key=lambda d: (d.time.utc, d.id))),
        supports=tuple(sorted(_supports(best, sounds), key=lambda s: s.detection_id)),
        start_s=at - 3 * sigma,
        end_s=at + 3 * sigma,
        time=Instant(utc=utc_from_timestamp(at), sigma_s=sigma),
        place=place,
        place_method=how,
        place_modes=several,
        count=Count.exactly(1),
        sentences=(f"a flash seen by {cameras}" + (", then heard" if sounds else ""),),
        terms=(Term(log_odds=best.room, why=room),),
        round_times_s=(at,),
    )


def part_of_one(run: Sequence[Detection], claims: Claims) -> Part:
    """Return the flashes of a salvo that one camera saw: a direction, and a number."""
    alone = single_parts(run, Network(sensors=tuple(claims.sensors.values())))
    times = tuple(d.time.utc.timestamp() for d in run)
    return replace(
        alone[0],
        detections=tuple(run),
        supports=tuple(s for p in alone for s in p.supports),
        start_s=alone[0].start_s,
        end_s=max(p.end_s for p in alone),
        count=Count(low=1, best=len(run), high=None, quality=CountQuality.AT_LEAST),
        sentences=(f"{len(run)} flashes in one direction, seen by {run[0].sensor_id} alone",),
        round_times_s=times,
    )


def with_flash(part: Part, flash: Detection, claims: Claims, scene: Scene) -> Part | None:
    """Return a part that arrival times placed vaguely, fitted anew with a flash that joined it; None where that fails.

    LIMIT: arrivals count as independent there, with the usual length of detours; only the place of the surest round is
    fitted, and a place sharper than a flash's own direction is left as it is.
    """
    is_flash = flash.kind is DetectionKind.SIGHTING and flash.observation_type in FLASHES
    if part.surest is None or part.place is None or flash.bearing_deg is None or not is_flash:
        return None
    frame = frame_of(flash, claims)
    start = part.place_modes[0].place if part.place_modes else part.place
    if frame is None or np.linalg.det(part.place.covariance_m2) < _VAGUE_M2**2:
        return None
    at = np.asarray(frame.to_enu(start.lon_deg, start.lat_deg)[:2])
    fitted = placed_flash((flash,), part.surest.members, frame, at, claims, scene, None)
    if fitted is None:
        return None
    shared = scene.settings.systematic_sigma_m**2
    place = fitted.place()
    place = replace(place, var_east_m2=place.var_east_m2 + shared, var_north_m2=place.var_north_m2 + shared)
    if np.linalg.det(place.covariance_m2) >= np.linalg.det(part.place.covariance_m2):
        return None
    at_s = flash.time.utc.timestamp() + fitted.fix.time_s
    sigma, later = float(np.sqrt(fitted.fix.covariance[2, 2])), at_s - part.time.utc.timestamp()
    return replace(
        part,
        place=place,
        place_modes=(),
        time=Instant(utc=utc_from_timestamp(at_s), sigma_s=sigma),
        start_s=at_s - 3 * sigma,
        end_s=max(at_s, max(part.round_times_s, default=at_s) + later) + 3 * sigma,
        round_times_s=tuple(t + later for t in part.round_times_s),
        rounds=tuple(_moved(r, later, place) for r in part.rounds),
    )


def _moved(one: Round, later_s: float, place: Place) -> Round:
    time = Instant(utc=utc_from_timestamp(one.time.utc.timestamp() + later_s), sigma_s=one.time.sigma_s)
    return Round(time=time, place=place)


def covering(modes: Sequence[PlaceMode]) -> Place:
    """Return the one Gaussian place with the mean and covariance of several."""
    weight, first = np.array([m.p for m in modes]), modes[0].place
    frame = frame_at(first)
    xy = np.array([frame.to_enu(m.place.lon_deg, m.place.lat_deg)[:2] for m in modes])
    mean = weight @ xy
    off = xy - mean
    c = np.einsum("k,kij->ij", weight, np.stack([m.place.covariance_m2 for m in modes])) + (off.T * weight) @ off
    lon, lat, _ = frame.to_geographic(np.array([*mean, 0.0]))
    return Place.gaussian(lon_deg=lon, lat_deg=lat, covariance_m2=c)


def _supports(placed: PlacedFlash, sounds: Sequence[Detection]) -> list[Support]:
    fix, n, out = placed.fix, len(placed.flashes), []
    for k, d in enumerate(placed.flashes):
        late, off = (float(fix.late[m] * fix.sigma[m]) for m in (k, n + k))
        reason = f"its flash fits the place to {abs(off):.2f} degrees and the moment to {abs(late) * 1e3:.0f} ms"
        made = support(
            d, reason, counted=k == 0, residual_s=late, residual_sigma_s=float(fix.sigma[k]), residual_deg=off
        )
        out.append(replace(made, log_odds=placed.gains[k]))
    for k, d in enumerate(sounds):
        late = float(fix.late[2 * n + k] * fix.sigma[2 * n + k])
        reason = f"its sound came when it would, to {abs(late) * 1e3:.0f} ms; heard and seen is one"
        made = support(d, reason, counted=False, residual_s=late, residual_sigma_s=float(fix.sigma[2 * n + k]))
        out.append(replace(made, log_odds=placed.gains[n + k]))
    return out
