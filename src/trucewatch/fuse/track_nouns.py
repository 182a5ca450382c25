"""A followed thing as the noun that is published: states, existence, kind, who saw it, and why in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.crossing import Path, crossings_of
from trucewatch.fuse.track_columns import Sightings, scans_begin
from trucewatch.fuse.track_identity import Labels
from trucewatch.fuse.track_kinds import kinds_of
from trucewatch.geo import Segments
from trucewatch.model.ids import content_id
from trucewatch.model.incident import Support
from trucewatch.model.place import Place
from trucewatch.model.track import Crossing, Track, TrackState
from trucewatch.model.vocabulary import Standing

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BY_ITSELF = 3
"""sightings of an owner's sensors with which it followed a thing by itself, and not only had one plot beside it"""
AMBIGUOUS_P = 0.5
"""largest existence of a place that two sensors' bearings give while both see several things: each crossing may be of
two different ones"""
FEW_SENSORS = 2
ALONE_IN_VIEW = 1.5
"""mean number of sightings in a look up to which a thing is taken to be alone in it"""
MOST_P = 0.9999
"""no more is claimed of any track"""
IS_ITS_P = 0.5
"""a sighting is listed with the track that it is this probably of"""
MOST_SUPPORTS = 200
"""listed with a track; its words count them all"""
MOST_STATES = 1_000
MOST_LOG_ODDS = 12.0
ALTITUDE_UNKNOWN_M = 400.0
"""an altitude less sure than this is none"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Followed:
    """One track of the tracker, smoothed."""

    t_s: FloatArray
    is_sighting: NDArray[np.bool_]
    state: FloatArray
    covariance: FloatArray
    gain: FloatArray
    p_exists: float
    exists_t_s: FloatArray
    exists: FloatArray
    sources: IntArray
    """numbers of sightings that may be of it"""
    p_sources: FloatArray


def track_of(thing: Followed, seen: Sightings, labels: Labels, lines: Mapping[str, Segments], method: str) -> Track:
    """Write a followed thing as a track."""
    own = np.unique(thing.sources[thing.p_sources > IS_ITS_P])
    sensors = Counter(seen.sensors[i].id for i in own)
    owners = tuple(sorted({seen.sensors[i].owner for i in own}))
    identities = Counter(seen.detections[i].identity_ref for i in own if seen.detections[i].identity_ref)
    identity = min(identities, key=lambda name: (-identities[name], name)) if identities else ""
    votes = [(seen.sensors[i].id, int(seen.kind[i])) for i in own]
    start = seen.detections[0].time.utc
    lonlat = seen.plane.back(thing.state[:, :2])
    shared = _shared_error(thing, seen, own)
    crossed = _crossings(thing, lonlat, shared, start, lines)
    doubtful = _is_ambiguous(seen, own)
    standing = _standing(seen, own)
    return Track(
        id=content_id("trk", "|".join([seen.detections[i].id for i in own[:3]]).encode()),
        revision=1,
        kinds=kinds_of(votes),
        states=_states(thing, lonlat, shared, start),
        p_exists=min(thing.p_exists, AMBIGUOUS_P if doubtful else MOST_P),
        owners=owners,
        identity_ref=identity,
        supports=_supports(thing, seen, own),
        crossings=crossed,
        rationale=_words(sensors, standing, identity, thing, is_torn=identity in labels.torn, is_doubtful=doubtful),
        method=method,
        standing=standing,
    )


def _standing(seen: Sightings, own: IntArray) -> Standing:
    """Say whether the sensors of two owners followed it, each by itself."""
    by_owner = Counter(seen.sensors[i].owner for i in own)
    n_followed = sum(n >= BY_ITSELF for n in by_owner.values())
    return Standing.CORROBORATED if n_followed > 1 else Standing.INDICATION


def _is_ambiguous(seen: Sightings, own: IntArray) -> bool:
    """Say whether the place rests on bearings of two sensors that saw several things at once."""
    if seen.is_placed[own].any() or len({seen.sensors[i].id for i in own}) > FEW_SENSORS:
        return False
    begin = scans_begin(seen)
    size = np.diff(np.append(begin, len(seen)))
    return bool(size[np.searchsorted(begin, own, side="right") - 1].mean() > ALONE_IN_VIEW)


def _shared_error(thing: Followed, seen: Sightings, own: IntArray) -> FloatArray:
    """Return (2, 2) the variance that all sightings of one sensor share and none averages away: its own place.

    Sensors weigh by how often they saw it; what several say independently averages.
    """
    names = np.array([seen.sensors[i].id for i in own])
    total = 0.0
    for name in np.unique(names):
        mine = names == name
        total += float(mine.mean()) ** 2 * float(seen.sensor_var_m2[own[mine]].mean())
    return total * np.eye(2)


def _states(thing: Followed, lonlat: FloatArray, shared: FloatArray, start: datetime) -> tuple[TrackState, ...]:
    rows = np.flatnonzero(thing.is_sighting)
    same = np.append(np.diff(thing.t_s[rows]) == 0.0, False)
    rows = rows[~same]
    if len(rows) > MOST_STATES:
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, MOST_STATES).round().astype(np.int64))]
    return tuple(_state(thing, int(k), lonlat[k], shared, start) for k in rows)


def _state(thing: Followed, k: int, lonlat: FloatArray, shared: FloatArray, start: datetime) -> TrackState:
    a = thing.state.shape[1] // 2
    p = thing.covariance[k]
    place = p[:2, :2] + shared
    level = a > 2 and p[2, 2] < ALTITUDE_UNKNOWN_M**2
    return TrackState(
        time_utc=start + timedelta(milliseconds=round(1e3 * float(thing.t_s[k]))),
        place=Place(
            lon_deg=round(float(lonlat[0]), 7),
            lat_deg=round(float(lonlat[1]), 7),
            altitude_m=round(float(thing.state[k, 2]), 1) if level else None,
            var_east_m2=_short(place[0, 0]),
            var_north_m2=_short(place[1, 1]),
            cov_east_north_m2=_short(place[0, 1]),
        ),
        altitude_sigma_m=round(float(np.sqrt(p[2, 2])), 1) if level else None,
        east_m_s=round(float(thing.state[k, a]), 2),
        north_m_s=round(float(thing.state[k, a + 1]), 2),
        var_east_m2_s2=_short(p[a, a]),
        var_north_m2_s2=_short(p[a + 1, a + 1]),
        cov_east_north_m2_s2=_short(p[a, a + 1]),
    )


def _short(value: float) -> float:
    """Return a variance with five digits."""
    return float(f"{value:.5g}")


def _supports(thing: Followed, seen: Sightings, own: IntArray) -> tuple[Support, ...]:
    """List sightings by what each added to existence; of many, those with the smallest ids: a choice that stays."""
    best = {int(i): float(p) for i, p in sorted(zip(thing.sources, thing.p_sources, strict=True))}
    chosen = sorted(own, key=lambda i: seen.detections[i].id)[:MOST_SUPPORTS]
    odds = np.log(thing.exists) - np.log1p(-np.minimum(thing.exists, 1.0 - 1e-12))
    gain = np.diff(np.append(0.0, odds))
    found = []
    for i in sorted(chosen):
        d = seen.detections[i]
        at = int(np.searchsorted(thing.exists_t_s, seen.t_s[i]))
        log_odds = float(np.clip(gain[min(at, len(gain) - 1)], -MOST_LOG_ODDS, MOST_LOG_ODDS))
        found.append(
            Support(
                detection_id=d.id,
                sensor_id=d.sensor_id,
                used=True,
                residual_s=None,
                residual_sigma_s=None,
                residual_deg=None,
                log_odds=round(log_odds, 3),
                counted=True,
                reason=f"of this track with probability {best[int(i)]:.2f}, by place, motion and what it was called",
            )
        )
    return tuple(found)


def _crossings(
    thing: Followed, lonlat: FloatArray, shared: FloatArray, start: datetime, lines: Mapping[str, Segments]
) -> tuple[Crossing, ...]:
    if len(thing.t_s) < 2 or not lines:
        return ()
    between = thing.gain[:-1] @ thing.covariance[1:]
    path = Path(
        start_utc=start,
        t_s=thing.t_s,
        lonlat_deg=lonlat,
        covariance_m2=thing.covariance[:, :2, :2] + shared,
        between_m2=between[:, :2, :2] + shared,
    )
    found = [c for name in sorted(lines) for c in crossings_of(path, name, lines[name])]
    return tuple(sorted(found, key=lambda c: (c.time_utc, c.line_id)))


def _words(
    sensors: Counter[str],
    standing: Standing,
    identity: str,
    thing: Followed,
    *,
    is_torn: bool,
    is_doubtful: bool,
) -> tuple[str, ...]:
    listed = ", ".join(f"{name} ({n})" for name, n in sorted(sensors.items()))
    steps = [f"{sum(sensors.values())} sightings joined over {thing.t_s[-1] - thing.t_s[0]:.0f} s: {listed}"]
    if identity:
        steps.append(f"it calls itself {identity}; sightings under that name are one track")
    if is_torn:
        steps.append(
            f"the name {identity} was seen in two places farther apart than one thing can have moved: each has its own "
            "track; one of them may be spoofed, or two devices send one number"
        )
    if is_doubtful:
        steps.append(
            "only bearings of two sensors tell where it is, and both saw several things at once: they may cross where "
            "nothing is, so its existence is held at 50 per cent; a third sensor or a range would settle it"
        )
    if standing is Standing.INDICATION:
        steps.append("the sensors of one owner alone followed it: an indication, however probable it is")
    return tuple(steps)
