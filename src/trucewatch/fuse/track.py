"""Sightings to tracks: what moved, along which way, how surely, and which lines it crossed.

Takes sightings of drones, aircraft, vehicles and vessels (bearings, ranges, elevations, places), the network with its
health, and lines. The whole batch is worked through in an order that depends on nothing but what the sightings say, so
that late ones change tracks as if they had come in time.

LIMIT: a radar that sends nothing when it sees nothing is not asked what it would have seen; and a sensor on a moving
drone stands, for bearings, where the network says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.track_columns import Sightings, sightings_of
from trucewatch.fuse.track_filter import run_forward
from trucewatch.fuse.track_kinds import MOTIONS
from trucewatch.fuse.track_nouns import IS_ITS_P, Followed, track_of
from trucewatch.fuse.track_placing import Span, is_placing
from trucewatch.fuse.track_rows import Rows
from trucewatch.fuse.track_scanning import scans_of
from trucewatch.fuse.track_smooth import densified, smoothed
from trucewatch.fuse.track_told import Forward
from trucewatch.geo import along_line
from trucewatch.model.detection import Detection
from trucewatch.model.network import Network
from trucewatch.model.track import Track

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

METHOD = "tracks-jipda/3"
PUBLISHED_P = 0.9
"""a track is told of once it existed this probably"""
ENDED_P = 0.7
"""it ends where it last existed this probably; set with PUBLISHED_P on 46 simulated scenes of their own seeds"""
LEAST_SIGHTINGS = 3
"""fewer that tell a place by themselves are no track"""
LEAST_BEARINGS = 12
"""of sightings that tell a place with that of another sensor, where fewer do so by themselves: chance crossings of
bearings of different things live as long as some six looks"""
POINTS_EVERY_S = 10.0
"""of a smoothed path between sightings, for line crossings"""


def tracks(
    detections: Sequence[Detection], network: Network, lines: Mapping[str, Sequence[tuple[float, float]]]
) -> tuple[Track, ...]:
    """Follow what moves.

    Args:
        detections: of any kind; sightings of what moves are taken.
        network: sensors with place, clock, owner and health.
        lines: by id, each (longitude, latitude) degrees in its direction; crossings of these are told.

    Returns:
        Tracks by their first moment, revision 1; the same whatever the order of the detections.
    """
    seen = sightings_of(detections, network)
    if seen is None:
        return ()
    scans, n_axes, labels = scans_of(seen)
    rows = run_forward(scans, Forward(n_axes=n_axes, motions=MOTIONS))
    segments = {name: along_line(line) for name, line in lines.items()}
    found = [track_of(f, seen, labels, segments, METHOD) for f in _followed(rows, seen)]
    return tuple(sorted(found, key=lambda t: (t.states[0].time_utc, t.id)))


def _followed(rows: Rows, seen: Sightings) -> list[Followed]:
    """Return the tracks worth telling, smoothed."""
    kept = _kept(rows, seen)
    if not kept.any():
        return []
    dense = densified(
        rows.track[kept], rows.t_s[kept], rows.state[kept], rows.covariance[kept], _power(rows), POINTS_EVERY_S
    )
    state, covariance, gain = smoothed(dense.track, dense.t_s, dense.state, dense.covariance, _power(rows)[dense.track])
    first = np.flatnonzero(np.append(True, dense.track[1:] != dense.track[:-1]))
    last = np.append(first[1:], len(dense.track))
    out = []
    for b, e in zip(first, last, strict=True):
        number = int(dense.track[b])
        own = rows.pairs.track == number
        out.append(
            Followed(
                t_s=dense.t_s[b:e],
                is_sighting=dense.measured[b:e],
                state=state[b:e],
                covariance=covariance[b:e],
                gain=gain[b:e],
                p_exists=float(rows.exists[rows.track == number].max()),
                exists_t_s=rows.t_s[rows.track == number],
                exists=rows.exists[rows.track == number],
                sources=rows.pairs.source[own],
                p_sources=rows.pairs.p[own],
            )
        )
    return out


def _power(rows: Rows) -> FloatArray:
    power: FloatArray = np.array([m.power_m2_s3 for m in MOTIONS])[rows.kind]
    return power


def _kept(rows: Rows, seen: Sightings) -> NDArray[np.bool_]:
    """Say which rows are of tracks worth telling, and of a time at which it was known where they were."""
    n = len(rows.kind)
    best, last = np.zeros(n), np.full(n, -np.inf)
    np.maximum.at(best, rows.track, rows.exists)
    sure = rows.exists >= ENDED_P
    np.maximum.at(last, rows.track[sure], rows.t_s[sure])
    likely = rows.pairs.p > IS_ITS_P
    owner, source = rows.pairs.track[likely], rows.pairs.source[likely]
    placing = is_placing(owner, source, seen)
    where = Span.of(owner[placing], seen.t_s[source[placing]], n)
    n_placed = np.bincount(owner, seen.is_placed[source], minlength=n)
    enough = where.count >= np.where(n_placed >= LEAST_SIGHTINGS, LEAST_SIGHTINGS, LEAST_BEARINGS)
    kept: NDArray[np.bool_] = (best >= PUBLISHED_P) & enough
    return kept[rows.track] & (rows.t_s <= last[rows.track]) & where.holds(rows.track, rows.t_s)
