"""Areas on the ellipsoid, and the probability that an uncertain place lies inside one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.special import owens_t
from shapely.geometry.polygon import orient

from trucewatch.geo.geodesic import densify, distance_m, from_azimuthal, to_azimuthal
from trucewatch.geo.line import Side, distance_to_line, distance_to_line_m, line_buffer, polygon_rings
from trucewatch.geo.ring import validate_ring
from trucewatch.geo.segments import STEP_M, Segments, along_line, stacked

FloatArray = NDArray[np.float64]
Ring = tuple[tuple[float, float], ...]

# Beyond this many standard deviations a boundary changes the probability by less than 1e-9.
_FAR_SIGMA = 6.0
# No place is known better than this; a smaller sigma would only ask the boundary for precision it has not got.
_LEAST_SIGMA_M = 0.01
# Seen from exactly on an edge or vertex an angle is undefined; a step of 1e-9 sigma decides it and moves nothing else.
_NUDGE = np.array([1e-9, 1.7e-9])

__all__ = [
    "Area",
    "Ring",
    "distance_to_line",
    "distance_to_line_m",
    "line_buffer",
    "probabilities_inside",
    "probability_inside",
    "signed_distance_m",
    "validate_ring",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One or several polygons with holes, edges being geodesics; overlapping parts count once."""

    polygons: tuple[tuple[Ring, ...], ...]
    """Each polygon's closed rings of (longitude, latitude) degrees, the outer one first, then its holes."""
    _boundary: Segments = field(init=False, repr=False, compare=False)
    _plane: shapely.Geometry = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Validate the rings and prepare the index.

        Raises:
            ValueError: A ring is unsound; the message lists every problem in words.
        """
        problems = [problem for rings in self.polygons for ring in rings for problem in validate_ring(ring)]
        if problems or not all(self.polygons) or not self.polygons:
            raise ValueError("unsound area: " + " ".join(problems or ["There is no ring."]))
        lon0, lat0 = _middle(np.concatenate([np.array(rings[0]) for rings in self.polygons]))
        plane = shapely.union_all([_in_plane(rings, lon0, lat0) for rings in self.polygons])
        boundary = _boundary(plane, lon0, lat0)
        shapely.prepare(plane)
        object.__setattr__(self, "_plane", plane)
        object.__setattr__(self, "_boundary", boundary)

    @classmethod
    def from_rings(cls, outer: ArrayLike, holes: Iterable[ArrayLike] = ()) -> Area:
        """Return the area inside one ring (n, 2) and outside its holes, longitude, latitude degrees."""
        return cls(polygons=(tuple(_ring(ring) for ring in (outer, *holes)),))

    @classmethod
    def from_polygons(cls, polygons: Iterable[Iterable[ArrayLike]]) -> Area:
        """Return the area of several polygons, each its outer ring and then its holes (as a GeoJSON MultiPolygon)."""
        return cls(polygons=tuple(tuple(_ring(ring) for ring in rings) for rings in polygons))

    @classmethod
    def from_line(cls, line: ArrayLike, half_width_m: float, side: Side = "both") -> Area:
        """Return the band of places within a distance of a line (n, 2), on both sides or on one."""
        return cls.from_polygons(line_buffer(line, half_width_m, side))

    @classmethod
    def between(cls, first: ArrayLike, second: ArrayLike) -> Area:
        """Return the area between two lines (n, 2) that do not meet, whichever way each is drawn."""
        a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
        straight = distance_m(*a[-1], *b[0]) + distance_m(*a[0], *b[-1])
        crosswise = distance_m(*a[-1], *b[-1]) + distance_m(*a[0], *b[0])
        onward = b if straight <= crosswise else b[::-1]
        return cls.from_rings(np.concatenate((a, onward, a[:1])))

    def contains(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Return whether places, in the broadcast shape of lon and lat (degrees), lie inside."""
        points, shape = stacked(lon, lat)
        inside: NDArray[np.bool_] = self._inside(points).reshape(shape)[()]
        return inside

    def _inside(self, lonlat: FloatArray) -> NDArray[np.bool_]:
        plane = self._boundary.to_plane(lonlat)
        inside: NDArray[np.bool_] = shapely.contains_xy(self._plane, plane[:, 0], plane[:, 1])
        return inside


def probability_inside(area: Area, lon_deg: float, lat_deg: float, covariance_m2: ArrayLike) -> float:
    """Return the probability that a place with a Gaussian error lies inside an area.

    Args:
        area: The area.
        lon_deg: Longitude of the estimate.
        lat_deg: Latitude of the estimate.
        covariance_m2: (2, 2) east-north covariance, square metres.

    Returns:
        Probability in [0, 1], exact to about 1e-9 of the Gaussian in the plane about the estimate.

    Raises:
        ValueError: The covariance is not finite and positive-semidefinite.
    """
    covariance = np.asarray(covariance_m2, dtype=np.float64).reshape(1, 2, 2)
    return float(probabilities_inside(area, np.array([lon_deg]), np.array([lat_deg]), covariance)[0])


def probabilities_inside(area: Area, lon_deg: ArrayLike, lat_deg: ArrayLike, covariance_m2: ArrayLike) -> FloatArray:
    """Return probability_inside for n places at once.

    Args:
        area: The area.
        lon_deg: (n,) longitude of the estimates, degrees.
        lat_deg: (n,) latitude of the estimates, degrees.
        covariance_m2: (n, 2, 2) or (2, 2) east-north covariance, square metres.

    Returns:
        (n,) probabilities. The Gaussian over a polygon is the winding number less one Owen's T difference an edge,
        so edges beyond six sigma drop out exactly and a far boundary costs nothing.

    Raises:
        ValueError: A coordinate or covariance is not finite, or a covariance is not positive-semidefinite.

    References:
        Owen 1956, Tables for computing bivariate normal probabilities, Ann. Math. Stat. 27, 1075 (polygons: section 3).
    """
    points, _ = stacked(lon_deg, lat_deg)
    covariance = np.broadcast_to(np.asarray(covariance_m2, dtype=np.float64), (len(points), 2, 2))
    if not (np.isfinite(points).all() and np.isfinite(covariance).all()):
        raise ValueError("place and covariance must be finite")
    blocks = [_block(area, points[part], covariance[part]) for part in area._boundary.blocks(len(points))]
    return np.concatenate(blocks)


def signed_distance_m(area_or_line: Area | Segments | ArrayLike, lon: ArrayLike, lat: ArrayLike) -> FloatArray:
    """Return geodesic distance with a sign.

    Args:
        area_or_line: An area; or a line (n, 2) longitude, latitude degrees, or one prepared by ``along_line``.
        lon: Longitude of the places, degrees.
        lat: Latitude of the places, degrees.

    Returns:
        Metres in the broadcast shape of lon and lat. For an area: to its boundary, negative inside, positive outside.
        For a line: positive to the left, negative to the right of its direction.
    """
    points, shape = stacked(lon, lat)
    if isinstance(area_or_line, Area):
        sign = np.where(area_or_line._inside(points), -1.0, 1.0)
        signed = sign * area_or_line._boundary.nearest(points).distance_m
    else:
        segments = area_or_line if isinstance(area_or_line, Segments) else along_line(area_or_line)
        found = segments.nearest(points)
        signed = np.where(found.side < 0.0, -1.0, 1.0) * found.distance_m
    result: FloatArray = signed.reshape(shape)[()]
    return result


def _ring(ring: ArrayLike) -> Ring:
    return tuple((float(lon), float(lat)) for lon, lat in np.asarray(ring, dtype=np.float64))


def _middle(points: FloatArray) -> tuple[float, float]:
    """Return the middle of the points' box about the first of them, which also holds across the 180th meridian."""
    lon = points[0, 0] + (points[:, 0] - points[0, 0] + 180.0) % 360.0 - 180.0
    return float(lon.min() + lon.max()) / 2.0, float(points[:, 1].min() + points[:, 1].max()) / 2.0


def _in_plane(rings: Sequence[Ring], lon0: float, lat0: float) -> shapely.Geometry:
    dense = [densify(np.array(ring), STEP_M) for ring in rings]
    outer, *holes = [to_azimuthal(lon0, lat0, ring[:, 0], ring[:, 1]) for ring in dense]
    whole = shapely.Polygon(outer)
    return shapely.difference(whole, shapely.union_all([shapely.Polygon(hole) for hole in holes])) if holes else whole


def _boundary(plane: shapely.Geometry, lon0: float, lat0: float) -> Segments:
    """Return the edges, the inside to their left."""
    rings = [ring for part in shapely.get_parts(plane) for ring in polygon_rings(orient(part))]
    edges = np.concatenate([np.array(list(pairwise(ring.coords))) for ring in rings])
    edges = edges[np.any(edges[:, 0] != edges[:, 1], axis=1)]
    start, end = (from_azimuthal(lon0, lat0, edges[:, i]) for i in (0, 1))
    return Segments(start, end, lon0, lat0)


def _whitening(covariance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (n, 2, 2) matrices that make the errors standard normal, and the largest sigma (n,)."""
    variances, axes = np.linalg.eigh((covariance + np.swapaxes(covariance, 1, 2)) / 2.0)
    if (variances[:, 0] < -1e-9 * np.abs(variances[:, 1])).any():
        raise ValueError("covariance is not positive-semidefinite")
    sigma = np.sqrt(np.maximum(variances, _LEAST_SIGMA_M**2))
    # A mirror image would turn left into right: make every pair of axes right-handed.
    handed = np.stack((axes[:, :, 0] * np.linalg.det(axes)[:, None], axes[:, :, 1]), axis=2)
    return np.swapaxes(handed, 1, 2) / sigma[:, :, None], sigma[:, 1]


def _apply(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    turned: FloatArray = np.einsum("nij,nj->ni", matrices, vectors)
    return turned


def _block(area: Area, points: FloatArray, covariance: FloatArray) -> FloatArray:
    whiten, largest_sigma = _whitening(covariance)
    point, segment = area._boundary.within(points, _FAR_SIGMA * largest_sigma)
    start, end = area._boundary.about(points, point, segment)
    lost = np.zeros(len(points))
    np.add.at(lost, point, _edge_mass(_apply(whiten[point], start) + _NUDGE, _apply(whiten[point], end) + _NUDGE))
    p = area._inside(points).astype(np.float64) - lost
    # On the boundary itself to within a millimetre the winding number of one plane may meet the edge signs of the
    # other; the true value lies strictly between 0 and 1, so the whole number to add is known.
    p = np.where(p < -1e-6, p + 1.0, np.where(p > 1.0 + 1e-6, p - 1.0, p))
    return np.clip(p, 0.0, 1.0)


def _edge_mass(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the standard Gaussian's mass beyond each edge, positive if the origin is to the edge's left."""
    along = end - start
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-300)
    offset = (start[:, 0] * along[:, 1] - start[:, 1] * along[:, 0]) / length
    height = np.maximum(np.abs(offset), 1e-300)
    near, far = np.sum(start * along, axis=1) / length, np.sum(end * along, axis=1) / length
    mass: FloatArray = np.sign(offset) * (owens_t(height, far / height) - owens_t(height, near / height))
    return mass
