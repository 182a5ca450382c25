"""A long line in pieces that are fused each by itself: where it is cut, and what of each piece counts.

What lies a hundred kilometres along the line touches no impulse here: association asks 40 km, what an hour teaches 50.
So a piece takes the onsets of a halo as well, and keeps only the incidents that lie in it. All else, few and far
heard, goes to every piece. Where the cuts lie is decided by the onsets alone, never by how many processes share the
work: that is why the number of processes changes no byte.

LIMIT: a clock that is off is found from the events of its piece and halo; a report that speaks of events in several
pieces supports those of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.far_reading import is_far
from trucewatch.fuse.onsets import by_id, chords, place_of
from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.stretches import instrumental, without_joined
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import Incident
from trucewatch.model.network import Network
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

HALO_M = 100_000.0
_MOST = 8
_MOST_TWICE = 0.25
"""of all onsets, that halos may add: a line of 1,200 km is cut once, one of 2,400 km in four"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Piece:
    """One piece of a line with all that its incidents depend on."""

    detections: tuple[Detection, ...]
    """its own and those of its halo, in the order they were given"""
    axis: FloatArray
    """shape (3,), unit vector along the line"""
    low_m: float
    """its own is low <= x < high along the axis, x in the frame of `chords`"""
    high_m: float
    where: Mapping[str, Place]
    """of the sensors that are cut by place"""

    def has(self, incident: Incident) -> bool:
        """Say whether an incident lies in it; one without a place lies where the first of its sensors stands."""
        known = [self.where[s.sensor_id] for s in incident.supports if s.sensor_id in self.where]
        place = incident.place or next(iter(known), None)
        x = -np.inf if place is None else float(chords([place])[0] @ self.axis)
        return self.low_m <= x < self.high_m


def line_pieces(
    detections: Sequence[Detection], network: Network, settings: FuseSettings, halo_m: float = HALO_M
) -> tuple[Piece, ...]:
    """Return the pieces of a line with many onsets, from one end to the other; one where cutting would not pay.

    Args:
        detections: by id.
        network: for the sensors' places.
        settings: from how many onsets on a line is cut.
        halo_m: how far beyond its own each piece looks.
    """
    sensors = by_id(network)
    cut = [d.kind is DetectionKind.ONSET and not is_far(d) for d in detections]
    placed = [place_of(d, sensors) if c else None for d, c in zip(detections, cut, strict=True)]
    where = {d.sensor_id: p for d, p in zip(detections, placed, strict=True) if p is not None}
    n_onsets = sum(p is not None for p in placed)
    if n_onsets < max(1, settings.many_onsets):
        whole = Piece(detections=tuple(detections), axis=np.zeros(3), low_m=-np.inf, high_m=np.inf, where=where)
        return (whole,)
    axis = _axis(chords([where[s] for s in sorted(where)]))
    along = np.full(len(detections), np.nan)
    here = np.flatnonzero([p is not None for p in placed])
    along[here] = chords([p for p in placed if p is not None]) @ axis
    edges = _edges(along[here], halo_m)
    return tuple(
        Piece(
            detections=tuple(detections[i] for i in np.flatnonzero(_within(along, low, high, halo_m)).tolist()),
            axis=axis,
            low_m=low,
            high_m=high,
            where=where,
        )
        for low, high in pairwise(edges)
    )


def _axis(points_m: FloatArray) -> FloatArray:
    """Return the unit vector along which stations (n, 3) lie farthest apart."""
    axis = np.linalg.svd(points_m - points_m.mean(axis=0), full_matrices=False)[2][0]
    return np.asarray(axis * np.sign(axis[np.argmax(np.abs(axis))]), dtype=np.float64)


def _edges(along_m: FloatArray, halo_m: float) -> list[float]:
    """Return where the most pieces with as many onsets each end, such that halos do not add too much."""
    best = [-np.inf, np.inf]
    for n in range(2, _MOST + 1):
        edges = [-np.inf, *np.quantile(along_m, np.arange(1, n) / n).tolist(), np.inf]
        asked = sum(np.count_nonzero(_within(along_m, low, high, halo_m)) for low, high in pairwise(edges))
        best = edges if asked <= (1.0 + _MOST_TWICE) * len(along_m) else best
    return best


def _within(along_m: FloatArray, low_m: float, high_m: float, halo_m: float) -> BoolArray:
    """Say which moments of a line a piece looks at; what is not cut by place (NaN) goes to all."""
    return np.isnan(along_m) | ((along_m >= low_m - halo_m) & (along_m < high_m + halo_m))


def counted_once(
    found: Iterable[tuple[Incident, ...]], kinds: Mapping[str, DetectionKind]
) -> list[tuple[Incident, ...]]:
    """Return the incidents of pieces without those made only of what belongs to an incident of another piece.

    A vague place may lie in one piece as seen from there, and in the next as seen from the next.

    Args:
        found: of each piece, its own.
        kinds: of detections, by id.
    """
    out, heard = list[tuple[Incident, ...]](), list[frozenset[str]]()
    for incidents in found:
        out.append(without_joined(incidents, frozenset().union(*heard)))
        heard.append(instrumental(out[-1], kinds))
    # What was heard counts in the first piece that has it, and takes along what was only told of in any other.
    for n, incidents in enumerate(out):
        later = frozenset[str]().union(*heard[n + 1 :])
        told = [i for i in incidents if not instrumental((i,), kinds)]
        gone = {i.id for i in told} - {i.id for i in without_joined(told, later)}
        out[n] = tuple(i for i in incidents if i.id not in gone)
    return out
