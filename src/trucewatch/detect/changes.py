"""From outlines of what differs between two images to detections: an area, and the time between the two."""

from __future__ import annotations

import numpy as np

from trucewatch.geo import from_azimuthal, to_azimuthal
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, Feature
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.observation import ImageChange
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import CountQuality, Means

METHOD = "image-change/1"


def from_change(change: ImageChange) -> Detection:
    """Read a change as a claim: something happened in this area at some time between the two images."""
    length_s = (change.after_utc - change.before_utc).total_seconds()
    area_m2, place = _area_and_place(change.footprint)
    return Detection(
        id=content_id("det", f"{METHOD}|{change.id}".encode()),
        kind=DetectionKind.CHANGE,
        sensor_id=change.sensor_id,
        observer_kind=change.observer_kind,
        means=Means.IMAGED,
        method=METHOD,
        observation_ids=(change.id,),
        observation_type=change.observation_type,
        time=Instant(
            utc=change.before_utc + (change.after_utc - change.before_utc) / 2, sigma_s=float(length_s / np.sqrt(12.0))
        ),
        interval=Interval(start_utc=change.before_utc, end_utc=change.after_utc),
        origin=None,
        place=place,
        count=Count(low=1, best=None, high=None, quality=CountQuality.UNCOUNTABLE),
        p_false=change.p_false,
        features=(Feature(name="area", value=area_m2, unit="m2"),),
        log_ratio=change.log_ratio,
    )


def _area_and_place(ring: tuple[tuple[float, float], ...]) -> tuple[float, Place]:
    """Return the area, and the centroid with the covariance of a point anywhere inside.

    References:
        Moments of a polygon by Green's theorem: Steger 1996, On the calculation of arbitrary moments of polygons.
    """
    corners = np.asarray(ring)
    lon0, lat0 = corners[:-1].mean(axis=0)
    x, y = to_azimuthal(lon0, lat0, corners[:, 0], corners[:, 1]).T
    x0, y0, x1, y1 = x[:-1], y[:-1], x[1:], y[1:]
    cross = x0 * y1 - x1 * y0
    area = float(cross.sum()) / 2.0
    east, north = float(((x0 + x1) * cross).sum()) / (6 * area), float(((y0 + y1) * cross).sum()) / (6 * area)
    xx = float(((x0**2 + x0 * x1 + x1**2) * cross).sum()) / (12 * area) - east**2
    yy = float(((y0**2 + y0 * y1 + y1**2) * cross).sum()) / (12 * area) - north**2
    xy = float(((x0 * y1 + 2 * x0 * y0 + 2 * x1 * y1 + x1 * y0) * cross).sum()) / (24 * area) - east * north
    lon, lat = from_azimuthal(lon0, lat0, np.array([east, north]))
    place = Place(lon_deg=float(lon), lat_deg=float(lat), var_east_m2=xx, var_north_m2=yy, cov_east_north_m2=xy)
    return abs(area), place
