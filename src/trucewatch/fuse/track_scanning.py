"""From sightings in columns to scans: what was measured, how well, and how much of it may be nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.track_columns import Sightings, scans_begin
from trucewatch.fuse.track_identity import Labels, labels_of
from trucewatch.fuse.track_polar import in_space, on_the_plane
from trucewatch.fuse.track_scans import Look, Scan
from trucewatch.model.vocabulary import ObserverKind

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NO_ALTITUDE_SIGMA_M = 1e4
"""error of an altitude that nobody measured: says nothing, however often it is said"""
USUAL_ALTITUDE_M = 200.0
LAYER_M = 2_000.0
"""height of the air that false measurements with altitude are spread over"""
SPEED_SIGMA_M_S = 2.0
SPEED_SHARE = 0.1
"""error of a told speed, each axis: 2 m/s and a tenth of it, for the formats that bring it state no error"""
P_DETECT = 0.9
"""of a thing in reach, in one sweep of a radar; weighs a track's chance of being missed
LIMIT: one figure for all radars and all things."""
P_SEEN_ELSEWHERE = 0.7
"""the same for cameras, drones and transponders
LIMIT: a camera that turns away from what it saw counts as one that no longer sees it."""
NEW_THINGS_A_SCAN = 0.1
"""expected number of things that a scan shows for the first time"""
LEAST_REACH_M = 1_000.0
LEAST_FALSE = 1e-4
"""no sensor is believed to be wrong less often"""
SWEEP_SHARE = 0.5
"""a radar is one that sweeps where at least this share of its sightings came with others of the same moment"""


def scans_of(seen: Sightings) -> tuple[list[Scan], int, Labels]:
    """Return the scans in order, the number of axes, and the identities."""
    n_axes = 3 if np.isfinite(seen.elevation_rad).any() or np.isfinite(seen.altitude_m).any() else 2
    look = _looks(seen, n_axes)
    z, noise = _measured(seen, look, n_axes)
    labels = _labels(seen, look, z, noise)
    begin = scans_begin(seen)
    end = np.append(begin[1:], len(seen))
    away = np.where(look < Look.BEARING, np.hypot(*(z[:, :2] - seen.sensor_m[:, :2]).T), 0.0)
    reach, clutter_reach = _reaches(seen, away, begin, end), _clutter_reaches(seen, away, look < Look.BEARING)
    numbers = {name: n for n, name in enumerate(dict.fromkeys(s.id for s in seen.sensors))}
    scans = []
    for first, last in zip(begin, end, strict=True):
        rows = np.arange(first, last)
        for kind in Look:
            own = rows[look[rows] == kind]
            if len(own):
                name = seen.sensors[int(first)].id
                radii = (reach[name], clutter_reach[name])
                scans.append(_scan(seen, kind, own, z, noise, labels, n_axes, radii, numbers[name]))
    return scans, n_axes, labels


def _looks(seen: Sightings, n_axes: int) -> IntArray:
    moving = np.isfinite(seen.velocity_m_s[:, 0])
    level = np.isfinite(seen.elevation_rad) & (n_axes > 2)
    angle = np.where(level, Look.BEARING_AND_ELEVATION, Look.BEARING)
    return np.where(seen.is_placed, np.where(moving, Look.PLACE_AND_VELOCITY, Look.PLACE), angle).astype(np.int64)


def _measured(seen: Sightings, look: IntArray, n_axes: int) -> tuple[FloatArray, FloatArray]:
    """Return z (n, a + 2) and its covariance; of each row the first columns that its look has are of meaning."""
    n, a = len(seen), n_axes
    z, noise = np.zeros((n, a + 2)), np.zeros((n, a + 2, a + 2))
    told = np.isfinite(seen.place_m[:, 0])
    z[told, :2], noise[told, :2, :2] = seen.place_m[told], seen.place_cov_m2[told]
    polar = ~told & (look < Look.BEARING)
    _put_polar(seen, polar, z, noise, a)
    if a > 2:
        _put_altitude(seen, (look < Look.BEARING), z, noise)
    spread = (SPEED_SIGMA_M_S + SPEED_SHARE * np.hypot(seen.velocity_m_s[:, 0], seen.velocity_m_s[:, 1])) ** 2
    fast = look == Look.PLACE_AND_VELOCITY
    z[fast, a:] = seen.velocity_m_s[fast]
    noise[fast, a, a] = noise[fast, a + 1, a + 1] = spread[fast]
    angle = look >= Look.BEARING
    z[angle, 0], noise[angle, 0, 0] = seen.bearing_rad[angle], seen.bearing_sigma_rad[angle] ** 2
    level = look == Look.BEARING_AND_ELEVATION
    z[level, 1], noise[level, 1, 1] = seen.elevation_rad[level], seen.elevation_sigma_rad[level] ** 2
    return z, noise


def _put_polar(seen: Sightings, rows: NDArray[np.bool_], z: FloatArray, noise: FloatArray, n_axes: int) -> None:
    level = rows & np.isfinite(seen.elevation_rad) & (n_axes > 2)
    flat = rows & ~level
    polar = (seen.range_m, seen.range_sigma_m, seen.bearing_rad, seen.bearing_sigma_rad)
    # LIMIT: a range without elevation is taken for one over ground: at 3 km height and 10 km it is 5 per cent too long.
    z[flat, :2], noise[flat, :2, :2] = on_the_plane(*(p[flat] for p in polar))
    if level.any():
        spherical = (*polar, seen.elevation_rad, seen.elevation_sigma_rad)
        z[level, :3], noise[level, :3, :3] = in_space(*(p[level] for p in spherical))
        z[level, 2] += seen.sensor_m[level, 2]
    # LIMIT: an arc is taken for an ellipse. Where its sagitta, r times the squared bearing error, passes the range's
    # error, tracks lie some of it too far out, and no number of looks averages that away; the range is believed less.
    sagitta2 = (seen.range_m[rows] * seen.bearing_sigma_rad[rows] ** 2) ** 2
    beam = np.stack((np.sin(seen.bearing_rad[rows]), np.cos(seen.bearing_rad[rows])), axis=1)
    noise[rows, :2, :2] += sagitta2[:, None, None] * beam[:, :, None] * beam[:, None, :]
    z[rows, :2] += seen.sensor_m[rows, :2]
    noise[rows, 0, 0] += seen.sensor_var_m2[rows]
    noise[rows, 1, 1] += seen.sensor_var_m2[rows]


def _put_altitude(seen: Sightings, rows: NDArray[np.bool_], z: FloatArray, noise: FloatArray) -> None:
    unknown = rows & (noise[:, 2, 2] == 0.0)
    z[unknown, 2], noise[unknown, 2, 2] = USUAL_ALTITUDE_M, NO_ALTITUDE_SIGMA_M**2
    told = unknown & np.isfinite(seen.altitude_m) & np.isfinite(seen.altitude_sigma_m)
    z[told, 2], noise[told, 2, 2] = seen.altitude_m[told], seen.altitude_sigma_m[told] ** 2


def _labels(seen: Sightings, look: IntArray, z: FloatArray, noise: FloatArray) -> Labels:
    placed = look < Look.BEARING
    place = np.where(placed[:, None], z[:, :2], np.nan)
    return labels_of(seen, place, np.sqrt(np.maximum(noise[:, 0, 0], noise[:, 1, 1])))


def _reaches(seen: Sightings, away_m: FloatArray, begin: IntArray, end: IntArray) -> dict[str, float]:
    """Return for each sensor how far it saw, metres; negative where its silence says nothing."""
    names = np.array([s.id for s in seen.sensors])
    company = np.repeat(end - begin, end - begin) > 1
    reach = {}
    for name in sorted(set(names)):
        own = names == name
        sensor = seen.sensors[int(np.argmax(own))]
        sweeps = sensor.kind is ObserverKind.RADAR and company[own].mean() >= SWEEP_SHARE
        farthest = max(LEAST_REACH_M, float(away_m[own].max()))
        reach[name] = farthest if sweeps else -farthest
    return reach


def _clutter_reaches(seen: Sightings, away_m: FloatArray, is_placed: NDArray[np.bool_]) -> dict[str, float]:
    """Return for each sensor the radius of the disc over which its false places are spread, metres.

    One aircraft far out widens the reach, not the room that birds and rain fill: the disc is the one whose mean squared
    distance, R^2 / 2, is that of its sightings, each weighed with its probability of being false.
    """
    names = np.array([s.id for s in seen.sensors])
    radius = {}
    for name in sorted(set(names)):
        own = (names == name) & is_placed
        weight = np.maximum(LEAST_FALSE, seen.p_false[own])
        mean = float((weight * away_m[own] ** 2).sum() / weight.sum()) if own.any() else 0.0
        radius[name] = max(LEAST_REACH_M, float(np.sqrt(2.0 * mean)))
    return radius


def _scan(
    seen: Sightings,
    look: Look,
    rows: IntArray,
    z: FloatArray,
    noise: FloatArray,
    labels: Labels,
    n_axes: int,
    radii_m: tuple[float, float],
    number: int,
) -> Scan:
    """Put together a scan; radii: the sensor's reach, negative where its silence says nothing, and clutter's."""
    reach_m, clutter_m = radii_m
    first = int(rows[0])
    width = {Look.PLACE: n_axes, Look.PLACE_AND_VELOCITY: n_axes + 2, Look.BEARING: 1, Look.BEARING_AND_ELEVATION: 2}
    k = width[look]
    log_room, log_clutter_room = (_log_room(look, rows, noise, n_axes, r) for r in (abs(reach_m), clutter_m))
    n_false = max(LEAST_FALSE, float(seen.p_false[rows].mean())) * len(rows)
    return Scan(
        t_s=float(seen.t_s[first]),
        look=look,
        z=z[rows, :k],
        noise=noise[rows, :k, :k],
        origin_m=seen.sensor_m[first, :n_axes],
        origin_var_m2=float(seen.sensor_var_m2[first]),
        clock_sigma_s=float(seen.clock_sigma_s[rows].max()),
        p_detect=P_DETECT if reach_m > 0 else P_SEEN_ELSEWHERE,
        reach_m=max(0.0, reach_m),
        is_frame=look >= Look.BEARING or reach_m > 0,
        sensor=number,
        log_clutter=np.log(n_false) - log_clutter_room,
        log_birth=np.log(NEW_THINGS_A_SCAN) - log_room,
        kind=seen.kind[rows],
        label=labels.of[rows],
        source=rows,
    )


def _log_room(look: Look, rows: IntArray, noise: FloatArray, n_axes: int, reach_m: float) -> FloatArray:
    """Return the log of what measurements are spread over: square metres, metres of height, radians."""
    if look >= Look.BEARING:
        around = np.log(2.0 * np.pi) + (np.log(np.pi / 2.0) if look is Look.BEARING_AND_ELEVATION else 0.0)
        return np.full(len(rows), around)
    room = np.full(len(rows), np.log(np.pi * reach_m**2))
    if n_axes > 2:
        unknown = noise[rows, 2, 2] >= NO_ALTITUDE_SIGMA_M**2
        room += np.where(unknown, np.log(np.sqrt(2.0 * np.pi) * NO_ALTITUDE_SIGMA_M), np.log(LAYER_M))
    return room
