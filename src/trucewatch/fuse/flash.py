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
from dataclasses import dataclass

import numpy as np

from trucewatch.fuse.background import Background
from trucewatch.fuse.claim_sight import bearing_sigma_deg
from trucewatch.fuse.claims import FLASHES, Claims
from trucewatch.fuse.flash_fix import along, crossing
from trucewatch.fuse.flash_part import part_of_modes, part_of_one
from trucewatch.fuse.flash_place import (
    GATE_SIGMAS,
    PlacedFlash,
    flash_sigma_s,
    frame_of,
    looks_of,
    placed_flash,
    sounds_of,
)
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.part import Part
from trucewatch.fuse.testimony import said_of_part
from trucewatch.model.detection import Detection, DetectionKind

_MOST_SOUNDS = 60
"""LIMIT: onsets after one flash that are tried as its bang, the earliest"""
_MOST_TRIED = 4
"""places of one flash that further sounds are looked for"""


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
    found, used = list[list[PlacedFlash]](), set[str]()
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
    parts = [part_of_modes(modes, claims, scene) for modes in found]
    parts += [part_of_one(run, claims) for run in _runs([d for d in free if d.id not in used], claims) if len(run) > 1]
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


def _strongest(placed: PlacedFlash) -> tuple[float, str]:
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
            sigma = math.hypot(flash_sigma_s(one, claims), flash_sigma_s(flashes[k], claims))
            if times[k] - times[n] > claims.settings.claims.merge_sigmas * sigma:
                break
            if flashes[k].sensor_id != one.sensor_id:
                out.append((one, flashes[k]))
    return out


def _crossed(one: Detection, two: Detection, claims: Claims, scene: Scene) -> PlacedFlash | None:
    frame = frame_of(one, claims)
    looks = None if frame is None else looks_of((one, two), frame, claims)
    start = None if looks is None else crossing(looks)
    if frame is None or start is None:
        return None
    return placed_flash((one, two), (), frame, start, claims, scene, None)


def _with_more(placed: PlacedFlash, free: Sequence[Detection], claims: Claims, scene: Scene) -> PlacedFlash:
    """Add the flashes of further cameras that make it likelier."""
    at = placed.flashes[0].time.utc.timestamp() + placed.fix.time_s
    for d in free:
        late = d.time.utc.timestamp() - at
        if abs(late) > claims.settings.claims.merge_sigmas * 2 * flash_sigma_s(d, claims):
            continue
        if d.sensor_id in {f.sensor_id for f in placed.flashes}:
            continue
        more = placed_flash((*placed.flashes, d), (), placed.frame, placed.fix.xy_m, claims, scene, None)
        if more is not None and more.log_odds > placed.log_odds:
            placed = more
    return placed


def _heard(
    flash: Detection, rest: Sequence[int], claims: Claims, scene: Scene, background: Background
) -> list[PlacedFlash]:
    """Return where a flash and the sounds after it agree, likeliest first; nothing where chance is as likely."""
    frame, at = frame_of(flash, claims), flash.time.utc.timestamp()
    looks = None if frame is None else looks_of((flash,), frame, claims)
    if frame is None or looks is None:
        return []
    latest = scene.settings.max_range_m / 300.0
    after = [i for i in rest if 0.0 < scene.onsets.time_s[i] + scene.onsets.epoch_s - at < latest][:_MOST_SOUNDS]
    tried = list[PlacedFlash]()
    for i in after:
        sounds = sounds_of((i,), scene, frame, at)
        for start in along(looks, sounds.xy_m[0], float(sounds.time_s[0]) * sounds.speed_m_s):
            one = placed_flash((flash,), (i,), frame, start, claims, scene, background)
            if one is not None:
                tried.append(one)
    promising = sorted(tried, key=lambda p: (-p.log_odds, p.onsets))[:_MOST_TRIED]
    fuller = [_with_sounds(p, _when_due(p, after, at, scene), claims, scene, background) for p in promising]
    good = sorted(
        (p for p in fuller if p.log_odds > claims.settings.claims.least_joint_log_odds),
        key=lambda p: (-p.log_odds, p.onsets),
    )
    return [p for n, p in enumerate(good) if n == 0 or _other_place(p, good[0])][:2]


def _when_due(placed: PlacedFlash, after: Sequence[int], epoch_s: float, scene: Scene) -> list[int]:
    """Return the onsets that come when the sound of a place would, within what is known of both."""
    rest = [i for i in after if i not in placed.onsets]
    if not rest:
        return []
    sounds = sounds_of(rest, scene, placed.frame, epoch_s)
    away = np.hypot(*(sounds.xy_m - placed.fix.xy_m).T)
    late = sounds.time_s - placed.fix.time_s - away / sounds.speed_m_s
    reach = float(np.sqrt(np.trace(placed.fix.covariance[:2, :2]))) + sounds.speed_share * away
    sigma = np.sqrt(sounds.sigma_s**2 + (reach / sounds.speed_m_s) ** 2 + placed.fix.covariance[2, 2])
    return [i for i, ok in zip(rest, np.abs(late) <= GATE_SIGMAS * sigma, strict=True) if ok]


def _with_sounds(
    placed: PlacedFlash, rest: Sequence[int], claims: Claims, scene: Scene, background: Background
) -> PlacedFlash:
    """Add the sounds at other microphones that make it likelier."""
    for i in rest:
        if scene.onsets.station[i] in {scene.onsets.station[k] for k in placed.onsets}:
            continue
        chosen = (*placed.onsets, i)
        more = placed_flash(placed.flashes, chosen, placed.frame, placed.fix.xy_m, claims, scene, background)
        if more is not None and more.log_odds > placed.log_odds:
            placed = more
    return placed


def _other_place(one: PlacedFlash, best: PlacedFlash) -> bool:
    """Say whether it is the other place of the same sounds."""
    return one.onsets == best.onsets and float(np.hypot(*(one.fix.xy_m - best.fix.xy_m))) > 50.0
