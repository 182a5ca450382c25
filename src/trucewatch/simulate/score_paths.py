"""Tracks against true paths: GOSPA and OSPA at every moment, and how often a path changes the track that follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.track import Track
from trucewatch.model.truth import TrueEvent
from trucewatch.simulate.score_columns import seconds
from trucewatch.simulate.score_gospa import Gospa, from_pairs, ospa, paired

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PathScore:
    """How far tracks are from true paths, over time; each array of shape (n,)."""

    time_s: FloatArray
    """since 1970, where there was a path or a track"""
    gospa_m: FloatArray
    localisation: FloatArray
    """parts of gospa_m ** 2, square metres"""
    missed: FloatArray
    false: FloatArray
    ospa_m: FloatArray
    n_switches: int
    """how often a path is followed by another track than the one that followed it before"""
    n_paths: int
    n_tracks: int

    @property
    def mean_gospa_m(self) -> float | None:
        """Root of the mean square over time; None where there was nothing."""
        return float(np.sqrt(np.mean(self.gospa_m**2))) if len(self.time_s) else None

    @property
    def mean_ospa_m(self) -> float | None:
        """Mean over time; None where there was nothing."""
        return float(np.mean(self.ospa_m)) if len(self.time_s) else None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Path:
    time_s: FloatArray
    xy_m: FloatArray


def score_paths(
    truth: Sequence[TrueEvent],
    tracks: Sequence[Track],
    *,
    step_s: float = 10.0,
    cutoff_m: float = 500.0,
    least_p: float = 0.5,
) -> PathScore:
    """Compare tracks with true paths at equal steps of time, in the plane, with alpha = 2 and p = 2.

    Between its states a track is taken as straight; before its first and after its last it is not there.

    Args:
        truth: events; those without a path are left out.
        tracks: those at least as probable as `least_p` are taken.
        step_s: between moments.
        cutoff_m: farther apart than this a path counts as missed and a track as false.
        least_p: see tracks.

    References:
        Rahmathullah, Garcia-Fernandez, Svensson 2017, FUSION; Schuhmacher, Vo, Vo 2008, IEEE Trans. Signal Process. 56.
    """
    known = [[(seconds(t), lon, lat) for t, lon, lat, _ in e.path] for e in truth if e.path]
    said = [
        [(seconds(s.time_utc), s.place.lon_deg, s.place.lat_deg) for s in t.states]
        for t in tracks
        if t.states and t.p_exists >= least_p
    ]
    if not known and not said:
        return _over([], np.zeros(0), 0, (0, 0))
    origin = (known or said)[0][0][1:]
    paths, followed = ([_plane(rows, origin) for rows in side] for side in (known, said))
    times = _steps([*paths, *followed], step_s)
    metrics, kept, follower, switches = list[tuple[Gospa, float]](), list[float](), dict[int, int](), 0
    for t in times:
        (p_id, p_xy), (t_id, t_xy) = _at(paths, t), _at(followed, t)
        if not len(p_id) and not len(t_id):
            continue
        metric, pairs = _moment(p_xy, t_xy, cutoff_m)
        for i, j in pairs:
            path, track = int(p_id[i]), int(t_id[j])
            switches += follower.get(path, track) != track
            follower[path] = track
        metrics.append((metric, ospa(p_xy, t_xy, cutoff=cutoff_m)))
        kept.append(float(t))
    return _over(metrics, np.array(kept), switches, (len(paths), len(followed)))


def _over(metrics: list[tuple[Gospa, float]], time_s: FloatArray, switches: int, sizes: tuple[int, int]) -> PathScore:
    return PathScore(
        time_s=time_s,
        gospa_m=np.array([m.distance for m, _ in metrics]),
        localisation=np.array([m.localisation for m, _ in metrics]),
        missed=np.array([m.missed for m, _ in metrics]),
        false=np.array([m.false for m, _ in metrics]),
        ospa_m=np.array([o for _, o in metrics]),
        n_switches=switches,
        n_paths=sizes[0],
        n_tracks=sizes[1],
    )


def _plane(rows: list[tuple[float, float, float]], origin: tuple[float, ...]) -> _Path:
    values = np.array(rows)
    # LIMIT: about the first path's start; lengths across are 1e-3 too long at 500 km from there.
    return _Path(time_s=values[:, 0], xy_m=to_azimuthal(origin[0], origin[1], values[:, 1], values[:, 2]))


def _steps(paths: list[_Path], step_s: float) -> FloatArray:
    first = np.floor(min(p.time_s[0] for p in paths) / step_s)
    last = np.floor(max(p.time_s[-1] for p in paths) / step_s)
    return np.arange(first, last + 1) * step_s


def _at(paths: list[_Path], time_s: float) -> tuple[IntArray, FloatArray]:
    """Return which paths there are at a moment, and where, shapes (k,) and (k, 2)."""
    there = [n for n, p in enumerate(paths) if p.time_s[0] <= time_s <= p.time_s[-1]]
    where = [[np.interp(time_s, paths[n].time_s, paths[n].xy_m[:, k]) for k in (0, 1)] for n in there]
    return np.array(there, dtype=np.int64), np.array(where).reshape(-1, 2)


def _moment(truth_m: FloatArray, estimate_m: FloatArray, cutoff_m: float) -> tuple[Gospa, IntArray]:
    distance = np.linalg.norm(truth_m[:, None] - estimate_m[None], axis=2)
    i, j = (k.ravel() for k in np.indices(distance.shape))
    flat = distance.ravel()
    used = paired(i, j, flat, cutoff=cutoff_m, p=2.0)
    metric = from_pairs(i, j, flat, len(truth_m), len(estimate_m), cutoff=cutoff_m, p=2.0)
    return metric, np.stack((i[used], j[used]), axis=1)
