"""Which onsets of which sensors are one impulse.

Onsets that their own network joined stay together; the others are joined by a search by votes. Each onset is used once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trucewatch.fuse.impulse import Impulse, Scene, extend, settle
from trucewatch.fuse.onsets import Onsets, frame_at
from trucewatch.fuse.search import search

_GROUP_S = 120.0
"""a group name that comes again later than this is another impulse"""
_ECHO_S = 2.0
"""reflections last up to several seconds (TN098); later ones are left to chance's own test"""
_ECHO_SHARE = 0.6
"""an image is heard by fewer sensors than this share of its source's"""
_ECHO_FOLLOW = 0.75
_LOOK_BACK = 8
"""LIMIT: impulses before one that are asked whether it is their echo"""


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
    return tuple(_without_echoes(scene.onsets, impulses)), tuple(rest)


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
    left, out = set(free), list[Impulse]()
    for impulse in impulses:
        out.append(extend(scene, impulse, left))
        left -= {*out[-1].members, *out[-1].extra}
    return out, sorted(left)


def _without_echoes(onsets: Onsets, impulses: Sequence[Impulse]) -> list[Impulse]:
    """Return impulses by time; those made of a stronger one's echoes become part of it."""
    out = list[Impulse]()
    for impulse in sorted(impulses, key=lambda i: i.members[0]):
        recent = [n for n in range(max(0, len(out) - _LOOK_BACK), len(out)) if _echoes(onsets, impulse, out[n])]
        if recent:
            source = out[recent[-1]]
            extra = tuple(sorted({*source.extra, *impulse.members, *impulse.extra}))
            out[recent[-1]] = replace(source, extra=extra)
        else:
            out.append(impulse)
    return out


def _echoes(onsets: Onsets, impulse: Impulse, source: Impulse) -> bool:
    """Say whether nearly all onsets of an impulse follow, each at its own sensor, those of a much better heard one."""
    if impulse.fix is None or len(impulse.members) >= _ECHO_SHARE * len(source.members):
        return False
    heard = {int(onsets.station[i]): float(onsets.time_s[i]) for i in source.members}
    after = [float(onsets.time_s[i]) - heard.get(int(onsets.station[i]), np.inf) for i in impulse.members]
    return sum(0.0 < a <= _ECHO_S for a in after) >= _ECHO_FOLLOW * len(after)
