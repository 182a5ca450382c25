"""Join parts of different kinds that are one event, the sharpest first; nothing is counted twice.

Order: located impulses, events in the ground, what cameras placed, crossed bearings, single arrays, single cameras,
monitors' reports, fires, changes between images. Each part goes to what it fits best, or begins an event of its own. A
report over a long interval, or a change, may speak of several located events: it supports each, and its count is in
theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from trucewatch.fuse.claims import Claims
from trucewatch.fuse.match import fit
from trucewatch.fuse.part import Part
from trucewatch.fuse.settings import FuseSettings
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.vocabulary import ObservationType

Narrow = Callable[[Part, Sequence[Detection]], Part]

_BUCKET_S = 1800.0
_CELL_DEG = 0.25
_LOCAL_M = 20_000.0
"""a part that reaches no farther is looked for in cells; one that does is kept in a list by time only"""
_RANK = {
    DetectionKind.ONSET: 0,
    DetectionKind.ARRIVAL: 1,
    DetectionKind.SIGHTING: 2,
    DetectionKind.REPORT: 3,
    DetectionKind.FIRE: 4,
    DetectionKind.CHANGE: 5,
}
_OF_SEVERAL = frozenset({DetectionKind.REPORT, DetectionKind.CHANGE})
_MANY = frozenset({DetectionKind.FIRE, DetectionKind.SIGHTING, DetectionKind.CHANGE})
"""of which one source may have several of one event"""
_MOST_EVENTS = 50
"""LIMIT: events that one report or change can support"""


@dataclass(slots=True, kw_only=True)
class Cluster:
    """Parts that are one event; the first one anchors it."""

    anchor: Part
    others: list[Part] = field(default_factory=list)
    shared: list[Part] = field(default_factory=list)
    """reports and changes that support several events"""
    contested: list[tuple[Part, Part]] = field(default_factory=list)
    """parts that joined this event, each with the anchor of the one that they fit next best"""
    narrowed: Part | None = None
    """the anchor with its place as what cameras saw narrows it: what came later is held against that"""

    @property
    def known(self) -> Part:
        """The anchor as well as it is known."""
        return self.narrowed or self.anchor

    def parts(self) -> tuple[Part, ...]:
        """Return all parts, the anchor first."""
        return (self.anchor, *self.others, *self.shared)


def join(parts: Sequence[Part], claims: Claims, narrow: Narrow | None = None) -> tuple[Cluster, ...]:
    """Return the events that parts make, by time, ties by their first detection's id.

    Args:
        parts: of all kinds, in any order.
        claims: how often each source tells anything, and the settings.
        narrow: what a claim makes of the place of a part.
    """
    settings = claims.settings
    index, clusters = _Index(), list[Cluster]()
    for part in sorted(parts, key=_precedence):
        fits = [(f, n) for n in index.near(part, settings) if (f := fit(part, clusters[n].known, claims)) is not None]
        free = [(f, n) for f, n in fits if _free(part, clusters[n])]
        if not free:
            index.add(len(clusters), part)
            clusters.append(Cluster(anchor=part))
            continue
        best = sorted(free, key=lambda x: (-x[0], x[1]))[:_MOST_EVENTS]
        if part.first.kind in _OF_SEVERAL and len(best) > 1:
            for _, n in best:
                clusters[n].shared.append(part)
        else:
            mine = clusters[best[0][1]]
            mine.others.append(part)
            if narrow is not None and part.first.kind is DetectionKind.SIGHTING:
                mine.narrowed = narrow(mine.known, part.detections)
            mine.contested += [(part, clusters[n].anchor) for _, n in best[1:2]]
    return tuple(sorted(clusters, key=lambda c: (c.anchor.start_s, c.anchor.first.id)))


def _precedence(part: Part) -> tuple[int, bool, bool, float, str]:
    # What cameras placed is as sharp as what arrival times placed.
    rank = 0 if part.terms and part.first.kind is DetectionKind.SIGHTING else _RANK[part.first.kind]
    return rank, part.place is None, part.far, part.start_s, part.first.id


def _free(part: Part, cluster: Cluster) -> bool:
    """Say whether no line of the same monitor, or arrival of the same array, is in the event already."""
    if part.first.kind in _MANY:
        return True
    taken = {d.sensor_id for p in cluster.parts() if p.first.kind is part.first.kind for d in p.detections}
    return not taken & {d.sensor_id for d in part.detections}


Key = tuple[int, int, int]


class _Index:
    """Anchors by half hour and quarter degree, and by half hour alone where they reach far."""

    def __init__(self) -> None:
        self._local: dict[Key, list[int]] = {}
        self._wide: dict[int, list[int]] = {}
        self._all: dict[int, list[int]] = {}

    def add(self, number: int, part: Part) -> None:
        for slot in _slots(part.start_s, part.end_s):
            self._all.setdefault(slot, []).append(number)
            cell = _cell(part)
            if cell is None:
                self._wide.setdefault(slot, []).append(number)
            else:
                self._local.setdefault((slot, *cell), []).append(number)

    def near(self, part: Part, settings: FuseSettings) -> list[int]:
        """Return the numbers of anchors that a part may fit, ascending."""
        before = settings.fire_after_s if part.first.kind is DetectionKind.FIRE else settings.report_slack_s
        if part.observation_type is ObservationType.SMOKE_PLUME:
            before = settings.claims.plume_s
        slots = _slots(part.start_s - before, part.end_s + settings.report_slack_s)
        cell = _cell(part)
        if cell is None:
            return sorted({n for s in slots for n in self._all.get(s, ())})
        around = [(cell[0] + i, cell[1] + j) for i in (-2, -1, 0, 1, 2) for j in (-1, 0, 1)]
        found = {n for s in slots for c in around for n in self._local.get((s, *c), ())}
        return sorted(found | {n for s in slots for n in self._wide.get(s, ())})


def _slots(start_s: float, end_s: float) -> Iterable[int]:
    return range(int(start_s // _BUCKET_S), int(end_s // _BUCKET_S) + 1)


def _cell(part: Part) -> tuple[int, int] | None:
    """Return the cell of a part that reaches less than a cell, else None."""
    if part.place is not None:
        reach = 3 * float(np.sqrt(max(part.place.var_east_m2, part.place.var_north_m2)))
        lon, lat = part.place.lon_deg, part.place.lat_deg
    elif part.sectors and part.first.kind is DetectionKind.REPORT:
        reach = max(15_000.0 if s.range_m is None else s.range_m[1] for s in part.sectors)
        lon, lat = part.sectors[0].origin.lon_deg, part.sectors[0].origin.lat_deg
    else:
        return None
    return (int(lon // _CELL_DEG), int(lat // _CELL_DEG)) if reach <= _LOCAL_M else None
