"""Events that cameras place: where directions cross, and where a flash and its bang agree.

One camera gives a direction and the moment, for light travels at once; the time until a microphone hears the bang is
its distance. What arrival times placed already is left to be joined with it.

LIMIT: a flash and a single sound have two places where the direction crosses the circle about the microphone twice;
both are stated. Salvos are placed flash by flash.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.background import Background
from trucewatch.fuse.claim_sight import bearing_sigma_deg, moment_sigma_s, p_seen
from trucewatch.fuse.claims import FLASHES, Claims, sureness
from trucewatch.fuse.existence import Term
from trucewatch.fuse.flash_fix import FlashFix, Looks, Sounds, along, crossing, fix_flash
from trucewatch.fuse.hypothesis import Hypothesis
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.onsets import frame_at, place_of
from trucewatch.fuse.part import Part, support
from trucewatch.fuse.single import single_parts
from trucewatch.fuse.testimony import said_of_part
from trucewatch.geo.frame import LocalFrame
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import PlaceMode, Round, Support
from trucewatch.model.instant import Instant, utc_from_timestamp
from trucewatch.model.network import Network
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import CountQuality

FloatArray = NDArray[np.float64]

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_KM2_DAY = 1e6 * 86_400.0
_GATE_SIGMAS = 3.5
_MOST_SOUNDS = 60
"""LIMIT: onsets after one flash that are tried as its bang, the earliest"""
_MOST_TRIED = 4
"""places of one flash that further sounds are looked for"""
_VAGUE_M2 = 60.0**2
"""of a covariance of the place: sharper ones gain nothing from a direction good to half a degree"""
_SECOND_MODE = 0.02
"""a second place this probable is stated"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Placed:
    fix: FlashFix
    frame: LocalFrame
    flashes: tuple[Detection, ...]
    onsets: tuple[int, ...]
    gains: tuple[float, ...]
    """of flashes, then of onsets"""
    room: float
    room_m2_s: float

    @property
    def log_odds(self) -> float:
        return self.room + math.fsum(self.gains)

    def place(self) -> Place:
        lon, lat, _ = self.frame.to_geographic(np.array([*self.fix.xy_m, 0.0]))
        c = self.fix.covariance
        return Place(
            lon_deg=float(lon),
            lat_deg=float(lat),
            var_east_m2=float(c[0, 0]),
            var_north_m2=float(c[1, 1]),
            cov_east_north_m2=float(c[0, 1]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flashes:
    """What cameras placed."""

    parts: tuple[Part, ...]
    onsets: frozenset[int]
    """that they took"""


def flash_parts(
    claims: Claims, scene: Scene, background: Background, located: Sequence[Part], rest: Sequence[int]
) -> Flashes:
    """Return the events that flashes make with each other or with sounds that nothing else explains.

    Args:
        claims: with all sightings.
        scene: onsets and air.
        background: how often each microphone has an onset anyway.
        located: what was placed already: its flashes are not placed again.
        rest: onsets that belong to nothing yet.
    """
    free = _free_flashes(claims, located)
    found, used = list[list[_Placed]](), set[str]()
    tried = [p for p in (_crossed(a, b, claims, scene) for a, b in _pairs(free, claims)) if p is not None]
    for pair in sorted(tried, key=_strongest):
        if pair.log_odds > claims.settings.claims.least_joint_log_odds and not used & {d.id for d in pair.flashes}:
            placed = _with_more(pair, [d for d in free if d.id not in used], claims, scene)
            found.append([placed])
            used |= {d.id for d in placed.flashes}
    taken = set[int]()
    for flash in free:
        if flash.id in used:
            continue
        heard = _heard(flash, [i for i in rest if i not in taken], claims, scene, background)
        if heard:
            found.append(heard)
            taken |= {i for one in heard[:1] for i in one.onsets}
            used.add(flash.id)
    parts = [_part(modes, claims, scene) for modes in found]
    parts += [_from_one(run, claims) for run in _runs([d for d in free if d.id not in used], claims) if len(run) > 1]
    return Flashes(parts=tuple(sorted(parts, key=lambda p: (p.start_s, p.first.id))), onsets=frozenset(taken))


def _runs(flashes: Sequence[Detection], claims: Claims) -> list[list[Detection]]:
    """Return the flashes that one camera saw in one direction, in quick succession, together; in time order."""
    runs = list[list[Detection]]()
    for d in flashes:
        fits = [
            r
            for r in runs
            if r[-1].sensor_id == d.sensor_id
            and (d.time.utc - r[-1].time.utc).total_seconds() <= claims.settings.salvo_gap_s
            and abs(((d.bearing_deg or 0.0) - (r[-1].bearing_deg or 0.0) + 180.0) % 360.0 - 180.0)
            <= claims.settings.claims.merge_sigmas * 2 * bearing_sigma_deg(d, claims.settings.claims)
        ]
        if fits:
            fits[-1].append(d)
        else:
            runs.append([d])
    return runs


def _from_one(run: Sequence[Detection], claims: Claims) -> Part:
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


def _strongest(placed: _Placed) -> tuple[float, str]:
    return -placed.log_odds, placed.flashes[0].id


def _free_flashes(claims: Claims, located: Sequence[Part]) -> list[Detection]:
    """Return the flashes with a direction that no placed event explains better than chance, in time order."""
    flashes = [
        d
        for ds in claims.by_source.values()
        for d in ds
        if d.kind is DetectionKind.SIGHTING and d.observation_type in FLASHES and d.bearing_deg is not None
    ]
    order = sorted((p for p in located if p.place is not None), key=lambda p: (p.start_s, p.first.id))
    starts, longest = [p.start_s for p in order], max((p.end_s - p.start_s for p in order), default=0.0)
    free = []
    for d in sorted(flashes, key=lambda d: (d.time.utc, d.id)):
        at, slack = d.time.utc.timestamp(), 5.0 + 3 * d.time.sigma_s
        near = order[bisect_left(starts, at - longest - slack) : bisect_left(starts, at + slack)]
        said = [said_of_part(d, p, claims) for p in near if p.end_s + slack >= at]
        if not any(s is not None and s.log_odds > 0.0 for s in said):
            free.append(d)
    return free


def _pairs(flashes: Sequence[Detection], claims: Claims) -> list[tuple[Detection, Detection]]:
    """Return pairs of flashes that two cameras saw at one moment."""
    out, times = [], [d.time.utc.timestamp() for d in flashes]
    for n, one in enumerate(flashes):
        for k in range(n + 1, len(flashes)):
            sigma = math.hypot(_sigma_s(one, claims), _sigma_s(flashes[k], claims))
            if times[k] - times[n] > claims.settings.claims.merge_sigmas * sigma:
                break
            if flashes[k].sensor_id != one.sensor_id:
                out.append((one, flashes[k]))
    return out


def _sigma_s(d: Detection, claims: Claims) -> float:
    return moment_sigma_s(d, claims.sensors.get(d.sensor_id), claims.settings.claims)


def _looks(flashes: Sequence[Detection], frame: LocalFrame, claims: Claims) -> Looks | None:
    places = [place_of(d, claims.sensors) for d in flashes]
    if any(p is None for p in places):
        return None
    lon, lat = np.array([p.lon_deg for p in places if p]), np.array([p.lat_deg for p in places if p])
    return Looks(
        xy_m=np.asarray(frame.to_enu(lon, lat)[..., :2]),
        bearing_deg=np.array([d.bearing_deg for d in flashes], dtype=np.float64),
        bearing_sigma_deg=np.array([bearing_sigma_deg(d, claims.settings.claims) for d in flashes]),
        time_s=np.array([d.time.utc.timestamp() for d in flashes]) - flashes[0].time.utc.timestamp(),
        time_sigma_s=np.array([_sigma_s(d, claims) for d in flashes]),
    )


def _sounds(onsets: Sequence[int], scene: Scene, frame: LocalFrame, epoch_s: float) -> Sounds:
    index = np.array(onsets, dtype=np.int64)
    air, all_ = scene.air_at(epoch_s), scene.onsets
    station = all_.station[index]
    share = math.hypot(air.speed_sigma_m_s, air.wind_sigma_m_s) / air.speed_m_s
    return Sounds(
        xy_m=all_.plane_of(frame)[station].reshape(-1, 2),
        time_s=all_.time_s[index] + all_.epoch_s - epoch_s,
        sigma_s=np.hypot(
            all_.sigma_s[index], np.hypot(all_.sensor_sigma_m[station], scene.settings.path_excess_sigma_m) / 340.0
        ),
        speed_m_s=air.speed_m_s,
        wind_m_s=np.array([air.wind_east_m_s, air.wind_north_m_s]),
        speed_share=share,
    )


def _frame(flash: Detection, claims: Claims) -> LocalFrame | None:
    place = place_of(flash, claims.sensors)
    return None if place is None else frame_at(place)


def _crossed(one: Detection, two: Detection, claims: Claims, scene: Scene) -> _Placed | None:
    frame = _frame(one, claims)
    looks = None if frame is None else _looks((one, two), frame, claims)
    start = None if looks is None else crossing(looks)
    if frame is None or start is None:
        return None
    return _placed((one, two), (), frame, start, claims, scene, None)


def _with_more(placed: _Placed, free: Sequence[Detection], claims: Claims, scene: Scene) -> _Placed:
    """Add the flashes of further cameras that make it likelier."""
    at = placed.flashes[0].time.utc.timestamp() + placed.fix.time_s
    for d in free:
        late = d.time.utc.timestamp() - at
        if abs(late) > claims.settings.claims.merge_sigmas * 2 * _sigma_s(d, claims):
            continue
        if d.sensor_id in {f.sensor_id for f in placed.flashes}:
            continue
        more = _placed((*placed.flashes, d), (), placed.frame, placed.fix.xy_m, claims, scene, None)
        if more is not None and more.log_odds > placed.log_odds:
            placed = more
    return placed


def _heard(
    flash: Detection, rest: Sequence[int], claims: Claims, scene: Scene, background: Background
) -> list[_Placed]:
    """Return where a flash and the sounds after it agree, likeliest first; nothing where chance is as likely."""
    frame, at = _frame(flash, claims), flash.time.utc.timestamp()
    looks = None if frame is None else _looks((flash,), frame, claims)
    if frame is None or looks is None:
        return []
    latest = scene.settings.max_range_m / 300.0
    after = [i for i in rest if 0.0 < scene.onsets.time_s[i] + scene.onsets.epoch_s - at < latest][:_MOST_SOUNDS]
    tried = list[_Placed]()
    for i in after:
        sounds = _sounds((i,), scene, frame, at)
        for start in along(looks, sounds.xy_m[0], float(sounds.time_s[0]) * sounds.speed_m_s):
            one = _placed((flash,), (i,), frame, start, claims, scene, background)
            if one is not None:
                tried.append(one)
    promising = sorted(tried, key=lambda p: (-p.log_odds, p.onsets))[:_MOST_TRIED]
    fuller = [_with_sounds(p, _when_due(p, after, at, scene), claims, scene, background) for p in promising]
    good = sorted(
        (p for p in fuller if p.log_odds > claims.settings.claims.least_joint_log_odds),
        key=lambda p: (-p.log_odds, p.onsets),
    )
    return [p for n, p in enumerate(good) if n == 0 or _other_place(p, good[0])][:2]


def _when_due(placed: _Placed, after: Sequence[int], epoch_s: float, scene: Scene) -> list[int]:
    """Return the onsets that come when the sound of a place would, within what is known of both."""
    rest = [i for i in after if i not in placed.onsets]
    if not rest:
        return []
    sounds = _sounds(rest, scene, placed.frame, epoch_s)
    away = np.hypot(*(sounds.xy_m - placed.fix.xy_m).T)
    late = sounds.time_s - placed.fix.time_s - away / sounds.speed_m_s
    reach = float(np.sqrt(np.trace(placed.fix.covariance[:2, :2]))) + sounds.speed_share * away
    sigma = np.sqrt(sounds.sigma_s**2 + (reach / sounds.speed_m_s) ** 2 + placed.fix.covariance[2, 2])
    return [i for i, ok in zip(rest, np.abs(late) <= _GATE_SIGMAS * sigma, strict=True) if ok]


def _with_sounds(placed: _Placed, rest: Sequence[int], claims: Claims, scene: Scene, background: Background) -> _Placed:
    """Add the sounds at other microphones that make it likelier."""
    for i in rest:
        if scene.onsets.station[i] in {scene.onsets.station[k] for k in placed.onsets}:
            continue
        chosen = (*placed.onsets, i)
        more = _placed(placed.flashes, chosen, placed.frame, placed.fix.xy_m, claims, scene, background)
        if more is not None and more.log_odds > placed.log_odds:
            placed = more
    return placed


def _other_place(one: _Placed, best: _Placed) -> bool:
    """Say whether it is the other place of the same sounds."""
    return one.onsets == best.onsets and float(np.hypot(*(one.fix.xy_m - best.fix.xy_m))) > 50.0


def _placed(
    flashes: tuple[Detection, ...],
    onsets: tuple[int, ...],
    frame: LocalFrame,
    start_m: FloatArray,
    claims: Claims,
    scene: Scene,
    background: Background | None,
) -> _Placed | None:
    """Fit and weigh: against chance, as arrival times are (`evidence`)."""
    epoch = flashes[0].time.utc.timestamp()
    looks, sounds = _looks(flashes, frame, claims), _sounds(onsets, scene, frame, epoch)
    if looks is None:
        return None
    reach = claims.settings.claims.camera_reach_m
    fix = fix_flash(looks, sounds, start_m)
    if fix is None or float(np.abs(fix.late).max()) > _GATE_SIGMAS or float(np.hypot(*fix.xy_m)) > reach:
        return None
    volume = (2 * math.pi) ** 1.5 * math.sqrt(max(0.0, float(np.linalg.det(fix.covariance))))
    usual = claims.settings.events_per_km2_day / _KM2_DAY
    bare = _Placed(
        fix=fix, frame=frame, flashes=flashes, onsets=onsets, gains=(), room=math.log(usual * volume), room_m2_s=volume
    )
    return replace(bare, gains=_gains(bare, epoch, claims, scene, background))


def _gains(
    placed: _Placed, epoch_s: float, claims: Claims, scene: Scene, background: Background | None
) -> tuple[float, ...]:
    """Return what each flash and each sound adds: ln(p f / b)."""
    fix, n, own = placed.fix, len(placed.flashes), claims.settings.claims
    log_density = -0.5 * fix.late**2 - np.log(fix.sigma) - _HALF_LOG_2PI
    h, out = _as_hypothesis(placed, epoch_s, claims), []
    for k, d in enumerate(placed.flashes):
        origin = place_of(d, claims.sensors)
        assert origin is not None  # noqa: S101 - asked for by _looks
        p = float(h.weight @ p_seen(h, origin, claims.sensors.get(d.sensor_id), claims))
        rate = claims.rate_hz(d, own.camera_window_s, own.camera_false_per_hour / 3600.0) / 360.0
        sure = sureness(d, own.camera_usual_p_false)
        out.append(float(log_density[k] + log_density[n + k]) + math.log(max(p, 1e-6) * sure / rate))
    for k, i in enumerate(placed.onsets):
        ear = scene.ears.of_station[scene.onsets.station[[i]]]
        away, toward = scene.ears.seen_from(placed.place(), ear)
        hears = scene.ears.p_hear(ear, away, toward, scene.size_names, scene.weather_at(epoch_s), epoch_s)
        chance = 1.0 if background is None else background.rate(i)
        out.append(float(log_density[2 * n + k]) + math.log(max(float((h.sizes @ hears)[0]), 1e-6) / chance))
    return tuple(out)


def _as_hypothesis(placed: _Placed, epoch_s: float, claims: Claims) -> Hypothesis:
    place, weights = placed.place(), np.array([w for _, w in claims.settings.size_weights])
    return Hypothesis(
        lon_deg=np.array([place.lon_deg]),
        lat_deg=np.array([place.lat_deg]),
        covariance_m2=place.covariance_m2[None],
        weight=np.ones(1),
        times_s=np.array([epoch_s + placed.fix.time_s]),
        sigma_s=float(np.sqrt(placed.fix.covariance[2, 2])),
        count=Count.exactly(1),
        sizes=weights / weights.sum(),
        size_names=tuple(n for n, _ in claims.settings.size_weights),
    )


def _part(modes: Sequence[_Placed], claims: Claims, scene: Scene) -> Part:
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


def with_flash(part: Part, flash: Detection, claims: Claims, scene: Scene) -> Part | None:
    """Return a part that arrival times placed vaguely, fitted anew with a flash that joined it; None where that fails.

    LIMIT: arrivals count as independent there, with the usual length of detours; only the place of the surest round is
    fitted, and a place sharper than a flash's own direction is left as it is.
    """
    is_flash = flash.kind is DetectionKind.SIGHTING and flash.observation_type in FLASHES
    if part.surest is None or part.place is None or flash.bearing_deg is None or not is_flash:
        return None
    frame = _frame(flash, claims)
    start = part.place_modes[0].place if part.place_modes else part.place
    if frame is None or np.linalg.det(part.place.covariance_m2) < _VAGUE_M2**2:
        return None
    at = np.asarray(frame.to_enu(start.lon_deg, start.lat_deg)[:2])
    fitted = _placed((flash,), part.surest.members, frame, at, claims, scene, None)
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
    return Place(
        lon_deg=float(lon),
        lat_deg=float(lat),
        var_east_m2=float(c[0, 0]),
        var_north_m2=float(c[1, 1]),
        cov_east_north_m2=float(c[0, 1]),
    )


def _supports(placed: _Placed, sounds: Sequence[Detection]) -> list[Support]:
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
