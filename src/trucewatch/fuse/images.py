"""Images: what walls and ground make of a sound, which agrees on a place as the sound itself does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trucewatch.fuse.impulse import Impulse
from trucewatch.fuse.onsets import Onsets

_ECHO_S = 2.0
"""reflections last up to several seconds (TN098); later ones are left to the test against chance"""
_ECHO_SHARE = 0.6
"""an image is heard by fewer sensors than this share of its source's"""
_FOLLOW = 0.75
"""share of an image's onsets that follow, each at its own sensor, one of its source"""
_LOOK_BACK = 8
"""LIMIT: impulses before one that are asked whether it is their image"""
_IMAGE_S = 0.35
"""an impulse from the same place this soon after a stronger one may be its image: a detour of 120 m by a wall"""
_MOST = 64
"""LIMIT: rounds before one, from its own place, that are asked the same; images come within seconds"""
_LOUDER_DB = 3.0


def without_images(onsets: Onsets, impulses: Sequence[Impulse]) -> list[Impulse]:
    """Return impulses by time; those made of a much better heard one's echoes become part of it."""
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


def may_be_images(onsets: Onsets, rounds: Sequence[Impulse]) -> list[bool]:
    """Say of impulses from one place, in time order, which may be images of another rather than rounds of their own.

    One is in doubt that follows a stronger one within 0.35 s at nearly all its sensors, or, within seconds, one that
    many more sensors heard.
    """
    return [any(_may_be_image(onsets, one, r) for r in rounds[max(0, n - _MOST) : n]) for n, one in enumerate(rounds)]


def _may_be_image(onsets: Onsets, one: Impulse, source: Impulse) -> bool:
    if _stronger(onsets, source, one) and _follows(onsets, one, source, _IMAGE_S):
        return True
    return len(one.members) < _ECHO_SHARE * len(source.members) and _follows(onsets, one, source, _ECHO_S)


def _echoes(onsets: Onsets, impulse: Impulse, source: Impulse) -> bool:
    """Say whether nearly all onsets of an impulse follow, each at its own sensor, those of a much better heard one."""
    if impulse.fix is None or len(impulse.members) >= _ECHO_SHARE * len(source.members):
        return False
    return _follows(onsets, impulse, source, _ECHO_S)


def _follows(onsets: Onsets, impulse: Impulse, source: Impulse, within_s: float) -> bool:
    heard = {int(onsets.station[i]): float(onsets.time_s[i]) for i in source.members}
    after = [float(onsets.time_s[i]) - heard.get(int(onsets.station[i]), np.inf) for i in impulse.members]
    return sum(0.0 < a <= within_s for a in after) >= _FOLLOW * len(after)


def _stronger(onsets: Onsets, one: Impulse, other: Impulse) -> bool:
    """Say whether more sensors heard one than another, or as many, and those that heard both heard it louder."""
    if len(one.members) != len(other.members):
        return len(one.members) > len(other.members)
    loud = {int(onsets.station[i]): float(onsets.snr_db[i]) for i in one.members}
    above = [loud.get(int(onsets.station[i]), np.nan) - float(onsets.snr_db[i]) for i in other.members]
    known = [a for a in above if np.isfinite(a)]
    return bool(known) and float(np.median(known)) > _LOUDER_DB
