"""The ellipsoid: geodesics, local frames, winds, error ellipses, lines and areas.

Takes longitude and latitude in degrees on WGS84 (longitude first) and covariances in square metres, east-north.
Gives metres, degrees and probabilities; every function broadcasts over arrays unless its docstring says otherwise.
Never reads files, never knows what an area means, never treats a degree as a length.
"""

from trucewatch.geo.area import Area, probabilities_inside, probability_inside, signed_distance_m
from trucewatch.geo.ellipse import Ellipse, error_ellipse, polygon, principal_axes
from trucewatch.geo.frame import LocalFrame
from trucewatch.geo.geodesic import (
    area_m2,
    bearing_deg,
    densify,
    destination,
    distance_m,
    from_azimuthal,
    length_m,
    to_azimuthal,
)
from trucewatch.geo.line import distance_to_line, distance_to_line_m, line_buffer
from trucewatch.geo.ring import validate_ring
from trucewatch.geo.segments import Segments, along_line
from trucewatch.geo.winds import WIND_HALF_WIDTH_DEG, WIND_NAMES, spelled_out, wind_degrees, wind_name

__all__ = [
    "WIND_HALF_WIDTH_DEG",
    "WIND_NAMES",
    "Area",
    "Ellipse",
    "LocalFrame",
    "Segments",
    "along_line",
    "area_m2",
    "bearing_deg",
    "densify",
    "destination",
    "distance_m",
    "distance_to_line",
    "distance_to_line_m",
    "error_ellipse",
    "from_azimuthal",
    "length_m",
    "line_buffer",
    "polygon",
    "principal_axes",
    "probabilities_inside",
    "probability_inside",
    "signed_distance_m",
    "spelled_out",
    "to_azimuthal",
    "validate_ring",
    "wind_degrees",
    "wind_name",
]
