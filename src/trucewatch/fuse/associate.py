"""Which onsets of which sensors are one impulse.

Onsets that their own network joined stay together; the others are joined by a search by votes. Each onset is used once.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.impulse import Impulse, Scene, settle
from trucewatch.fuse.locate import Fix
from trucewatch.fuse.onsets import Onsets, frame_at
from trucewatch.fuse.search import search

FloatArray = NDArray[np.float64]

_GROUP_S = 120.0
"""a group name that comes again later than this is another impulse"""


def associate(scene: Scene) -> tuple[tuple[Impulse, ...], tuple[int, ...]]:
    """Join onsets into impulses.

    Returns:
        Impulses by time of their first onset, and the onsets that belong to none.
    """
    grouped, free = _split_by_group(scene.onsets)
    impulses, free = _absorb(scene, [_grouped_impulse(scene, members) for members in grouped], free)
    found = search(scene, free)
    used = {i for impulse in found for i in (*impulse.members, *impulse.extra)}
    impulses, rest = _absorb(scene, impulses + found, [i for i in free if i not in used])
    return tuple(sorted(impulses, key=lambda impulse: impulse.members[0])), tuple(rest)


def _split_by_group(onsets: Onsets) -> tuple[list[list[int]], list[int]]:
    """Return onset indices by group, split where a name comes again much later, and those without a group."""
    groups: dict[str, list[list[int]]] = {}
    free: list[int] = []
    for i, detection in enumerate(onsets.detections):
        if detection.group is None:
            free.append(i)
            continue
        runs = groups.setdefault(detection.group, [[]])
        if runs[-1] and onsets.time_s[i] - onsets.time_s[runs[-1][0]] > _GROUP_S:
            runs.append([])
        runs[-1].append(i)
    whole = [run for runs in groups.values() for run in runs]
    joined = [run for run in whole if len({int(onsets.station[i]) for i in run}) > 1]
    free += [i for run in whole if len({int(onsets.station[i]) for i in run}) == 1 for i in run]
    return sorted(joined), sorted(free)


def _grouped_impulse(scene: Scene, members: list[int]) -> Impulse:
    return settle(scene, members, frame_at(scene.onsets.stations[scene.onsets.station[members[0]]]))


def _absorb(scene: Scene, impulses: list[Impulse], free: list[int]) -> tuple[list[Impulse], list[int]]:
    """Give impulses the free onsets at their predicted moments: a second pick of a sound is not a second sound."""
    left = set(free)
    out = []
    for impulse in impulses:
        near = _predicted(scene, impulse, left)
        left -= set(near)
        out.append(_with_onsets(scene, impulse, near) if near else impulse)
    return out, sorted(left)


def _predicted(scene: Scene, impulse: Impulse, free: set[int]) -> list[int]:
    """Return the free onsets, at most one a station, at the moments that an impulse's fix predicts."""
    if impulse.fix is None or not free:
        return []
    onsets, settings = scene.onsets, scene.settings
    hood = scene.hoods[onsets.station[impulse.members[0]]]
    near = []
    for station, xy in zip(hood.stations, hood.xy_m, strict=True):
        at, sigma = _moment(scene, impulse, impulse.fix, xy)
        low, high = at - settings.outlier_sigmas * sigma, at + settings.outlier_sigmas * sigma
        candidates = [i for i in onsets.between(station, low, high) if i in free]
        near += sorted(candidates, key=lambda i: (abs(onsets.time_s[i] - at), i))[:1]
    return sorted(near)


def _moment(scene: Scene, impulse: Impulse, fix: Fix, xy_m: FloatArray) -> tuple[float, float]:
    """Return when a sensor should have heard an impulse, and by how much that may be off."""
    air = scene.air(impulse.members[0])
    distance = float(np.hypot(*(xy_m - fix.xy_m)))
    along = (xy_m - fix.xy_m) @ np.array([air.wind_east_m_s, air.wind_north_m_s]) / max(distance, 1e-6)
    speed = air.speed_m_s + float(along)
    own = float(np.hypot(np.median(scene.onsets.sigma_s), scene.settings.path_excess_sigma_m / speed))
    return fix.time_s + distance / speed, own


def _with_onsets(scene: Scene, impulse: Impulse, near: list[int]) -> Impulse:
    """Locate again where the onsets come from sensors that had no part yet; else keep them as extra."""
    taken = {int(scene.onsets.station[i]) for i in impulse.members}
    fresh = [i for i in near if int(scene.onsets.station[i]) not in taken]
    again = impulse
    if fresh and impulse.fix is not None:
        again = settle(scene, (*impulse.members, *fresh), impulse.frame, impulse.fix.xy_m)
    extra = {*again.extra, *impulse.extra, *(i for i in near if i not in fresh)} - set(again.members)
    return replace(again, extra=tuple(sorted(extra)))
