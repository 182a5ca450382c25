"""What claims make of a place: each moves and narrows it as far as it is more likely than not to be of the event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.claim_people import likelier_places
from trucewatch.fuse.claim_sight import bearing_sigma_deg
from trucewatch.fuse.claims import FLASHES, Claims, Said, is_mover, turned
from trucewatch.fuse.flash_part import covering, with_flash
from trucewatch.fuse.hypothesis import hypothesis_of
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.onsets import frame_at, place_of
from trucewatch.fuse.part import Part
from trucewatch.fuse.sectors import places_near
from trucewatch.fuse.single import sectors_of
from trucewatch.fuse.testimony import said_of
from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import PlaceMode
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]

_MATTERS = 0.03
"""a place whose spread changes by less, and which moves by less of its spread, stays as it is"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Spot:
    """A Gaussian place in the plane about where it was before, and its weight."""

    lon_deg: float
    lat_deg: float
    mean_m: FloatArray
    covariance_m2: FloatArray
    weight: float


def sharpened(
    anchor: Part, claims_of_it: Sequence[Detection], claims: Claims, scene: Scene
) -> tuple[Part, tuple[str, ...]]:
    """Return a part with its place weighed anew by claims that joined it, and the sources that changed it.

    A place that claims do not change by more than a thirtieth of its spread is left as it is. Where several places fit,
    each is weighed by how likely it makes the claim. A flash tells the moment as well: arrival times that leave a wide
    stretch of ground are fitted anew with it, for each of them is then a distance.

    Args:
        anchor: with a place.
        claims_of_it: in any order.
        claims: with the network.
        scene: onsets and air.

    References:
        Kalman update of a Gaussian by a direction, linear at each place; Bishop 2006, section 9.3 for mixtures.
    """
    if anchor.place is None or not claims_of_it:
        return anchor, ()
    part, changed = anchor, list[str]()
    # What moves has its own track; the incident stays where a person saw it.
    for d in sorted((d for d in claims_of_it if not is_mover(d)), key=lambda d: (d.time.utc, d.id)):
        before = part
        part = with_flash(part, d, claims, scene) or _with_claim(part, d, claims)
        if part is not before:
            changed.append(d.sensor_id)
    return part, tuple(dict.fromkeys(changed))


def _with_claim(part: Part, d: Detection, claims: Claims) -> Part:
    hypothesis = hypothesis_of(part, claims.settings)
    said = None if hypothesis is None else said_of(d, hypothesis, claims)
    if said is None or said.log_odds <= 0.0 or part.place is None:
        return part
    modes = part.place_modes or (PlaceMode(place=part.place, p=1.0),)
    p_of_it = said.p * said.ratio / (1.0 - said.p + said.p * said.ratio)
    spots = [_spot(m, d, p_of_it, said, claims) for m in modes]
    if not any(_matters(s, m) for s, m in zip(spots, modes, strict=True)):
        return part
    total = sum(s.weight for s in spots)
    told = tuple(PlaceMode(place=_placed(s), p=s.weight / total) for s in spots)
    if len(told) == 1:
        return replace(part, place=told[0].place, place_modes=())
    ordered = tuple(sorted(told, key=lambda m: (-m.p, m.place.lon_deg, m.place.lat_deg)))
    return replace(part, place=covering(ordered), place_modes=ordered)


def _spot(mode: PlaceMode, d: Detection, p_of_it: float, said: Said, claims: Claims) -> _Spot:
    """Return a place after a claim: what it would be if the claim is of it, mixed with what it was."""
    mean, covariance, likely = _updated(mode.place, d, claims)
    before = mode.place.covariance_m2
    mixed = p_of_it * mean
    off, back = mean - mixed, mixed
    spread = p_of_it * (covariance + np.outer(off, off)) + (1 - p_of_it) * (before + np.outer(back, back))
    weight = mode.p * ((1.0 - p_of_it) + p_of_it * likely)
    return _Spot(
        lon_deg=mode.place.lon_deg, lat_deg=mode.place.lat_deg, mean_m=mixed, covariance_m2=spread, weight=weight
    )


def _updated(place: Place, d: Detection, claims: Claims) -> tuple[FloatArray, FloatArray, float]:
    """Return where a place is if a claim is of it, (2,) m from where it was, its covariance, and how likely it made it.

    The last is of use only beside that of other places.
    """
    own = claims.settings.claims
    if d.kind is DetectionKind.REPORT:
        return _by_sectors(place, d, claims)
    if d.place is not None:
        sigma = own.fire_sigma_m if d.kind is DetectionKind.FIRE else own.change_sigma_m
        offset = to_azimuthal(place.lon_deg, place.lat_deg, d.place.lon_deg, d.place.lat_deg)
        return _kalman(place.covariance_m2, np.eye(2), offset, d.place.covariance_m2 + sigma**2 * np.eye(2))
    origin = place_of(d, claims.sensors)
    if origin is None or d.bearing_deg is None:
        return np.zeros(2), place.covariance_m2, 1.0
    way = to_azimuthal(origin.lon_deg, origin.lat_deg, place.lon_deg, place.lat_deg)
    square = max(100.0, float(way @ way))
    late = turned(np.array([d.bearing_deg - np.degrees(np.arctan2(way[0], way[1]))]))
    drift = 0.0 if d.observation_type in FLASHES else own.plume_drift_deg
    variance = np.array([[bearing_sigma_deg(d, own) ** 2 + drift**2]])
    return _kalman(place.covariance_m2, np.degrees(np.array([[way[1], -way[0]]]) / square), late, variance)


def _kalman(p: FloatArray, h: FloatArray, late: FloatArray, r: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    spread = h @ p @ h.T + r
    gain = p @ h.T @ np.linalg.inv(spread)
    kept = np.eye(2) - gain @ h
    # Joseph's form stays positive whatever the rounding.
    covariance = kept @ p @ kept.T + gain @ r @ gain.T
    z2 = float(late @ np.linalg.solve(spread, late))
    density = np.exp(-z2 / 2) / np.sqrt((2 * np.pi) ** len(late) * np.linalg.det(spread))
    return np.asarray(gain @ late), np.asarray(covariance), float(density)


def _by_sectors(place: Place, d: Detection, claims: Claims) -> tuple[FloatArray, FloatArray, float]:
    """Return the same by winds and a band with soft edges: points of the place, weighed."""
    points = places_near(place)
    xy = to_azimuthal(place.lon_deg, place.lat_deg, points[:, 0], points[:, 1])
    fits = likelier_places(sectors_of(d, claims.sensors), points, claims.settings)
    weight, even = fits / fits.sum(), np.full(len(fits), 1.0 / len(fits))
    mean = weight @ xy - even @ xy
    now, before = (_covariance(xy, w) for w in (weight, even))
    root, back = (
        np.linalg.cholesky(now + 1e-6 * np.eye(2)),
        np.linalg.inv(np.linalg.cholesky(before + 1e-6 * np.eye(2))),
    )
    # What weighing does to the points is done to the place itself, whose tails no set of points has.
    scale = root @ back
    return mean, np.asarray(scale @ place.covariance_m2 @ scale.T), float(fits.mean())


def _covariance(xy: FloatArray, weight: FloatArray) -> FloatArray:
    off = xy - weight @ xy
    return np.asarray((off.T * weight) @ off)


def _matters(spot: _Spot, mode: PlaceMode) -> bool:
    before, after = mode.place.covariance_m2, spot.covariance_m2
    shrunk = abs(float(np.trace(after)) / max(float(np.trace(before)), 1e-9) - 1.0) > _MATTERS
    z2 = float(spot.mean_m @ np.linalg.solve(before + 1e-9 * np.eye(2), spot.mean_m))
    return shrunk or z2 > _MATTERS**2 or abs(spot.weight / mode.p - 1.0) > _MATTERS < 1.0 - mode.p


def _placed(spot: _Spot) -> Place:
    frame = frame_at(Place.circular(lon_deg=spot.lon_deg, lat_deg=spot.lat_deg, sigma_m=0.0))
    lon, lat, _ = frame.to_geographic(np.array([*spot.mean_m, 0.0]))
    c = spot.covariance_m2
    return Place.gaussian(lon_deg=lon, lat_deg=lat, covariance_m2=c)
