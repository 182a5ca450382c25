"""Other rounds from the place of an impulse: the same sensors hear them with the same differences of time."""

from __future__ import annotations

from trucewatch.fuse.impulse import Impulse, Scene

_DRIFT_S = 0.003
"""by how much a path changes from one round to the next within a salvo: gusts and turbulence, a metre of path"""
_LEAST_SHARE = 0.5
"""another round is looked for where this share of the sensors may have heard it"""


def rounds_like(scene: Scene, source: Impulse, free: set[int]) -> list[tuple[int, ...]]:
    """Return sets of free onsets that repeat an impulse's pattern of arrivals, best heard first, each onset once.

    Whatever walls and ground do to a path they do to every round, so that differences of time repeat to milliseconds
    where places are only good to metres.
    """
    shifts = _shifts(scene, source, free)
    least = max(scene.settings.min_sensors, int(_LEAST_SHARE * len(source.members)))
    found = [(len(m), -first, m) for first, m in _agreeing(scene, shifts) if len(m) >= least]
    out, used = list[tuple[int, ...]](), set[int]()
    for _, _, members in sorted(found, reverse=True):
        if not used.intersection(members):
            out.append(members)
            used.update(members)
    return out


def _shifts(scene: Scene, source: Impulse, free: set[int]) -> list[tuple[float, int]]:
    """Return how long before or after the source's arrival each free onset of its sensors came, in order."""
    onsets, gap_s = scene.onsets, scene.settings.salvo_gap_s
    out = []
    for i in source.members:
        at = float(onsets.time_s[i])
        near = onsets.between(int(onsets.station[i]), at - gap_s, at + gap_s)
        out += [(float(onsets.time_s[j]) - at, j) for j in near if j in free]
    return sorted(out)


def _agreeing(scene: Scene, shifts: list[tuple[float, int]]) -> list[tuple[float, tuple[int, ...]]]:
    """Return, for each shift as the smallest, the onsets of different sensors that share it."""
    out = []
    for n, (first, i) in enumerate(shifts):
        width = 2 * (2 * float(scene.onsets.sigma_s[i]) + _DRIFT_S)
        members = dict[int, int]()
        for shift, j in shifts[n:]:
            if shift - first > width:
                break
            members.setdefault(int(scene.onsets.station[j]), j)
        out.append((first, tuple(sorted(members.values()))))
    return out
