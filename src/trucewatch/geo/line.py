"""Lines on the ellipsoid: how far a place is from one, on which side, and the band about one."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.ops import split

from trucewatch.geo.geodesic import bearing_deg, destination, from_azimuthal, to_azimuthal
from trucewatch.geo.segments import Segments, along_line, stacked

FloatArray = NDArray[np.float64]
Rings = tuple[FloatArray, ...]
Side = Literal["both", "left", "right"]

# A band is drawn piece by piece in a plane about each piece: at half this length plus 100 km of half-width the plane
# stretches by 1e-4.
_PIECE_M = 50_000.0
# Edges of a band are cut to this length before they become geodesics (they then differ by under 0.1 m).
_EDGE_M = 5_000.0
# Chords in a quarter circle: the band is narrower than asked by at most 1 - cos(pi / 128) = 0.03 % round a bend.
_QUARTER = 32


def distance_to_line_m(line: ArrayLike | Segments, lon: ArrayLike, lat: ArrayLike) -> FloatArray:
    """Return the geodesic distance from places to the nearest point of a line.

    Args:
        line: (n, 2) longitude, latitude in degrees, or the line prepared by ``along_line`` for many calls.
        lon: Longitude of the places, degrees.
        lat: Latitude of the places, degrees.

    Returns:
        Metres, in the broadcast shape of lon and lat.
    """
    segments = _prepared(line)
    points, shape = stacked(lon, lat)
    distance: FloatArray = segments.nearest(points).distance_m.reshape(shape)[()]
    return distance


def distance_to_line(
    line: ArrayLike | Segments, lon: ArrayLike, lat: ArrayLike, covariance_m2: ArrayLike
) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    """Return distance to a line, its 1-sigma error, and the side.

    Args:
        line: (n, 2) longitude, latitude in degrees, or the line prepared by ``along_line`` for many calls.
        lon: Longitude of the places, degrees.
        lat: Latitude of the places, degrees.
        covariance_m2: (..., 2, 2) east-north covariance of the places, square metres.

    Returns:
        Distance in metres; its standard deviation, which is the covariance taken across the line (towards the nearest
        point), to first order; side, +1 left and -1 right of the line's direction, 0 on it. Beyond an end the side is
        that of the end segment prolonged.
    """
    segments = _prepared(line)
    points, shape = stacked(lon, lat)
    covariance = np.broadcast_to(np.asarray(covariance_m2, dtype=np.float64), (*shape, 2, 2)).reshape(-1, 2, 2)
    found = segments.nearest(points)
    variance = np.einsum("ni,nij,nj->n", found.toward, covariance, found.toward)
    if (variance < 0.0).any() or not np.isfinite(variance).all():
        raise ValueError("covariance is not finite and positive-semidefinite")
    return (
        found.distance_m.reshape(shape)[()],
        np.sqrt(variance).reshape(shape)[()],
        found.side.astype(np.int64).reshape(shape)[()],
    )


def line_buffer(line: ArrayLike, half_width_m: float, side: Side = "both") -> tuple[Rings, ...]:
    """Return the band of all places within a distance of a line.

    Args:
        line: (n, 2) longitude, latitude in degrees, not crossing itself when one side is asked for.
        half_width_m: Distance from the line, metres, greater than nought.
        side: Both sides, or only the left or right of the line's direction. Beyond the ends the sides are told by the
            end segments prolonged.

    Returns:
        Polygons, each a tuple of closed rings (n, 2) longitude, latitude in degrees, the outer one first.

    Raises:
        ValueError: The width is not positive, or the line has fewer than two different points.
    """
    if not 0.0 < half_width_m < np.inf:
        raise ValueError(f"half width {half_width_m!r} m is not a positive number")
    segments = along_line(line)
    band = shapely.union_all([_piece(segments, first, half_width_m) for first in _piece_starts(segments)])
    if side != "both":
        band = _one_side(segments, band, half_width_m, 1.0 if side == "left" else -1.0)
    band = shapely.segmentize(band, _EDGE_M)
    return tuple(
        tuple(segments.from_plane(shapely.get_coordinates(ring)) for ring in polygon_rings(part))
        for part in shapely.get_parts(band)
    )


def polygon_rings(polygon: shapely.Polygon) -> tuple[shapely.LinearRing, ...]:
    """Return the outer ring of a polygon and then its holes."""
    return (polygon.exterior, *polygon.interiors)


def _prepared(line: ArrayLike | Segments) -> Segments:
    return line if isinstance(line, Segments) else along_line(line)


def _piece_starts(segments: Segments) -> list[tuple[int, int]]:
    """Return (first, last + 1) of runs of segments, each about _PIECE_M long."""
    steps = np.hypot(*(segments.plane[:, 1] - segments.plane[:, 0]).T)
    number = (np.concatenate(([0.0], np.cumsum(steps)[:-1])) // _PIECE_M).astype(np.int64)
    cuts = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(steps)]
    return list(pairwise(cuts))


def _piece(segments: Segments, run: tuple[int, int], half_width_m: float) -> shapely.Geometry:
    first, stop = run
    line = np.concatenate((segments.start[first:stop], segments.end[stop - 1 : stop]))
    lon0, lat0 = line[len(line) // 2]
    local = shapely.linestrings(to_azimuthal(lon0, lat0, line[:, 0], line[:, 1]))
    band = shapely.segmentize(shapely.buffer(local, half_width_m, quad_segs=_QUARTER), _EDGE_M)
    return shapely.transform(band, lambda xy: segments.to_plane(from_azimuthal(lon0, lat0, xy)))


def _one_side(segments: Segments, band: shapely.Geometry, half_width_m: float, sign: float) -> shapely.Geometry:
    line = np.concatenate((segments.start, segments.end[-1:]))
    knife = shapely.linestrings(segments.to_plane(_prolonged(line, 2.0 * half_width_m)))
    parts = [part for polygon in shapely.get_parts(band) for part in split(polygon, knife).geoms]
    inside = segments.from_plane(np.array([shapely.get_coordinates(p.representative_point())[0] for p in parts]))
    return shapely.union_all([p for p, s in zip(parts, segments.nearest(inside).side, strict=True) if s == sign])


def _prolonged(line: FloatArray, by_m: float) -> FloatArray:
    ends = []
    for end, neighbour in ((line[0], line[1]), (line[-1], line[-2])):
        back = bearing_deg(end[0], end[1], neighbour[0], neighbour[1])
        ends.append(np.stack(destination(end[0], end[1], back, -by_m), axis=-1))
    return np.concatenate((ends[0][None], line, ends[1][None]))
