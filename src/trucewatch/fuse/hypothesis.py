"""An event as a claim is held against it: where it may have been, when, and how often."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.part import Part
from trucewatch.fuse.sectors import FARTHEST_M, places_in, places_near
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.count import Count
from trucewatch.model.incident import Sector
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Hypothesis:
    """A mixture of Gaussian places, and the moments of its rounds; K places, R rounds."""

    lon_deg: FloatArray
    lat_deg: FloatArray
    """shape (K,)"""
    covariance_m2: FloatArray
    """shape (K, 2, 2), east-north"""
    weight: FloatArray
    """shape (K,), sums to 1"""
    times_s: FloatArray
    """shape (R,), seconds since 1970"""
    sigma_s: float
    """error of each moment"""
    count: Count
    sizes: FloatArray
    """shape (n_sizes,), how likely each size of source is"""
    size_names: tuple[str, ...]

    def seen_from(self, lon_deg: float, lat_deg: float) -> FloatArray:
        """Return the places from a point, shape (K, 2), east-north metres."""
        return np.asarray(to_azimuthal(lon_deg, lat_deg, self.lon_deg, self.lat_deg), dtype=np.float64).reshape(-1, 2)

    def spread(self) -> tuple[FloatArray, FloatArray]:
        """Return places that stand for it, shape (n, 2), longitude and latitude, and their weights, shape (n,)."""
        if len(self.weight) > 16:
            return np.column_stack((self.lon_deg, self.lat_deg)), self.weight
        points = [places_near(self.place(k)) for k in range(len(self.weight))]
        weights = [np.full(len(p), w / len(p)) for p, w in zip(points, self.weight, strict=True)]
        return np.concatenate(points), np.concatenate(weights)

    def place(self, k: int) -> Place:
        """Return one of its places."""
        c = self.covariance_m2[k]
        return Place.gaussian(lon_deg=self.lon_deg[k], lat_deg=self.lat_deg[k], covariance_m2=c)


def hypothesis_of(part: Part, settings: FuseSettings) -> Hypothesis | None:
    """Return what a part says of an event; None where it has neither place nor direction."""
    if part.place_modes:
        places = [(m.place, m.p) for m in part.place_modes]
    elif part.place is not None:
        places = [(part.place, 1.0)]
    else:
        places = [p for s in part.sectors for p in _in_sector(s)]
    if not places:
        return None
    weight = np.array([w for _, w in places])
    sizes = np.array([w for _, w in settings.size_weights])
    times = part.round_times_s or (part.time.utc.timestamp(),)
    return Hypothesis(
        lon_deg=np.array([p.lon_deg for p, _ in places]),
        lat_deg=np.array([p.lat_deg for p, _ in places]),
        covariance_m2=np.stack([p.covariance_m2 for p, _ in places]),
        weight=weight / weight.sum(),
        times_s=np.array(times),
        sigma_s=part.time.sigma_s,
        count=part.count,
        sizes=sizes / sizes.sum() if part.evidence is None else part.evidence.sizes.posterior,
        size_names=tuple(n for n, _ in settings.size_weights),
    )


def _in_sector(sector: Sector) -> list[tuple[Place, float]]:
    """Return places spread evenly over a sector, each as wide as the ground that it stands for."""
    points = places_in(sector)
    near, far = sector.range_m if sector.range_m is not None else (0.0, FARTHEST_M)
    area = math.radians(2 * sector.half_width_deg) / 2 * (far**2 - near**2)
    sigma = math.sqrt(area / len(points) / (2 * math.pi))
    return [
        (Place.circular(lon_deg=float(lon), lat_deg=float(lat), sigma_m=sigma), 1.0 / len(points))
        for lon, lat in points
    ]
