"""Whether two parts can be one event: what they saw, when, and where."""

from __future__ import annotations

import numpy as np

from trucewatch.fuse.apart import between, squared_sigmas
from trucewatch.fuse.bearings import REACH_M, window_s
from trucewatch.fuse.claims import FLASHES, Claims
from trucewatch.fuse.part import BANGS, GUNFIRE, Part
from trucewatch.fuse.sectors import places_in, places_near, share_inside
from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.testimony import said_of_part
from trucewatch.geo.ellipse import error_ellipse
from trucewatch.geo.geodesic import distance_m, to_azimuthal
from trucewatch.model.detection import DetectionKind
from trucewatch.model.vocabulary import ObservationType, ObserverKind

_LEAST_SHARE = 0.1
"""smallest share of one region inside the other that still counts as the same place"""
_SLACK_S = 5.0
"""by which instruments may be off each other"""
_LEAST_BELONGS = 4.0
"""log-odds from which a report outside its own sector or interval is of an event nevertheless: odds of 55, for it may
as well tell of another event that nobody placed"""
_KM2_DAY = 1e6 * 86_400.0
_INSTRUMENTS = frozenset(
    {
        ObserverKind.ACOUSTIC_SENSOR,
        ObserverKind.ACOUSTIC_ARRAY,
        ObserverKind.INFRASOUND_ARRAY,
        ObserverKind.SEISMIC_STATION,
        ObserverKind.CAMERA,
    }
)


def fit(part: Part, anchor: Part, claims: Claims) -> float | None:
    """Return how well a part fits an anchor, larger is better, 1 at most; None where they cannot be one event."""
    kind, settings = part.first.kind, claims.settings
    if anchor.first.kind is DetectionKind.CHANGE:
        return None
    if kind is DetectionKind.CHANGE or (kind is DetectionKind.SIGHTING and not part.terms):
        return _told_fit(part, anchor, claims)
    found = _seen_or_heard_fit(part, anchor, settings)
    return found if found is not None else _roughly_told_fit(part, anchor, claims)


def _roughly_told_fit(part: Part, anchor: Part, claims: Claims) -> float | None:
    """Return how surely a report is of a placed event, though its wind or its minute is off by more than is usual."""
    if part.first.kind is not DetectionKind.REPORT or anchor.place is None or not _same_thing(part, anchor):
        return None
    said = said_of_part(part.first, anchor, claims)
    if said is None or said.belongs < _LEAST_BELONGS:
        return None
    return _LEAST_SHARE * said.belongs / (1.0 + said.belongs)


def _seen_or_heard_fit(part: Part, anchor: Part, settings: FuseSettings) -> float | None:
    kind = part.first.kind
    if kind is DetectionKind.FIRE or anchor.first.kind is DetectionKind.FIRE:
        return _fire_fit(part, anchor, settings)
    if not _same_thing(part, anchor):
        return None
    lone = kind is DetectionKind.ARRIVAL and bool(part.sectors) and not part.far and anchor.place is not None
    if lone and (anchor.ground or not anchor.far):
        return _arrival_fit(part, anchor)
    if (part.far or anchor.far) and DetectionKind.REPORT not in (kind, anchor.first.kind):
        return _far_fit(part, anchor, settings)
    slack = settings.report_slack_s if DetectionKind.REPORT in (kind, anchor.first.kind) else _SLACK_S
    if part.start_s - slack > anchor.end_s or anchor.start_s - slack > part.end_s:
        return None
    share = _share(part, anchor, settings)
    return share if share is not None and share >= _LEAST_SHARE else None


def _told_fit(part: Part, anchor: Part, claims: Claims) -> float | None:
    """Return how surely a sighting or change is of an event; None where chance explains it as well."""
    if anchor.first.kind is DetectionKind.FIRE or anchor.observation_type not in BANGS | GUNFIRE | FLASHES:
        return None
    if part.first.kind is DetectionKind.CHANGE and not is_sharp(anchor, claims.settings):
        return None
    lasts = claims.settings.claims.plume_s if part.observation_type is ObservationType.SMOKE_PLUME else 0.0
    if part.start_s - lasts - _SLACK_S > anchor.end_s or anchor.start_s - _SLACK_S > part.end_s:
        return None
    said = said_of_part(part.first, anchor, claims)
    return None if said is None or said.log_odds <= 0.0 else said.log_odds / (1.0 + said.log_odds)


def is_sharp(anchor: Part, settings: FuseSettings) -> bool:
    """Say whether a place is known well enough for what lies inside it to mean anything."""
    if anchor.place is None:
        return False
    return error_ellipse(anchor.place.covariance_m2).semi_major_m <= settings.fire_region_m


def _far_fit(part: Part, anchor: Part, settings: FuseSettings) -> float | None:
    """Return how surely an impulse located near by is what was heard far away; None where it is not more likely so.

    A far region holds many a shot of the same minutes. The density of the far posterior at the place and time is
    compared with how often anything is heard there.
    """
    if part.far and anchor.far and part.ground == anchor.ground:
        return None
    if part.place is None or anchor.place is None:
        return None
    offset, spread = between(part.place, anchor.place)
    spread = spread + np.eye(2)
    variance_s2 = part.time.sigma_s**2 + anchor.time.sigma_s**2 + 1.0
    between_s = (part.time.utc - anchor.time.utc).total_seconds()
    z2 = squared_sigmas(offset, spread) + between_s**2 / variance_s2
    density = np.exp(-z2 / 2) / np.sqrt((2 * np.pi) ** 3 * np.linalg.det(spread) * variance_s2)
    # What stations in the ground located may as well have been any other event that they feel, which are rarer.
    usual = settings.phases if part.ground or anchor.ground else settings
    ratio = float(density) / (usual.events_per_km2_day / _KM2_DAY)
    return ratio / (1.0 + ratio) if ratio > 1.0 else None


def _same_thing(part: Part, anchor: Part) -> bool:
    """Say whether both may speak of one event; two lines of one monitor are two observations.

    An instrument does not tell a shot from an explosion, so its word binds nobody.
    """
    monitors = [p for p in (part, anchor) if p.first.kind is DetectionKind.REPORT]
    if len(monitors) == 2:
        same_post = {d.sensor_id for d in part.detections} & {d.sensor_id for d in anchor.detections}
        return not same_post and part.observation_type == anchor.observation_type
    if any(p.observation_type not in BANGS | GUNFIRE | FLASHES for p in monitors):
        return False
    return any(p.first.observer_kind in _INSTRUMENTS for p in (part, anchor))


def _share(part: Part, anchor: Part, settings: FuseSettings) -> float | None:
    if part.place is not None and anchor.place is not None:
        offset, spread = between(part.place, anchor.place)
        return float(np.exp(-squared_sigmas(offset, spread + np.eye(2)) / 4))
    if anchor.place is not None and part.sectors:
        return share_inside(part.sectors, places_near(anchor.place), settings.report_slack_m)
    if part.place is not None and anchor.sectors:
        return share_inside(anchor.sectors, places_near(part.place), settings.report_slack_m)
    if not part.sectors or not anchor.sectors:
        return None
    if any(s.range_m is None for s in part.sectors):
        part, anchor = anchor, part
    points = np.concatenate([places_in(s) for s in part.sectors])
    return share_inside(anchor.sectors, points, settings.report_slack_m)


def _arrival_fit(part: Part, anchor: Part) -> float | None:
    """Return how well one array's arrival points at a located event and comes when its sound would."""
    sector, place = part.sectors[0], anchor.place
    if place is None:
        return None
    away = float(distance_m(sector.origin.lon_deg, sector.origin.lat_deg, place.lon_deg, place.lat_deg))
    start, end = window_s(part.first.time.utc.timestamp(), away)
    if away > REACH_M or start > anchor.end_s or end < anchor.start_s:
        return None
    plane = to_azimuthal(sector.origin.lon_deg, sector.origin.lat_deg, place.lon_deg, place.lat_deg)
    off = (np.degrees(np.arctan2(plane[0], plane[1])) - sector.bearing_deg + 180.0) % 360.0 - 180.0
    z = 1.96 * abs(float(off)) / sector.half_width_deg
    return float(np.exp(-(z**2) / 4)) if z < 3 else None


def _fire_fit(part: Part, anchor: Part, settings: FuseSettings) -> float | None:
    """Return the fit of a fire to an explosion before it; fires are not joined with each other here."""
    if anchor.first.kind is DetectionKind.FIRE or part.place is None or anchor.place is None:
        return None
    if anchor.observation_type not in BANGS:
        return None
    after = part.end_s - anchor.start_s
    if not after >= 0 or part.start_s - anchor.end_s > settings.fire_after_s:
        return None
    if not is_sharp(anchor, settings):
        return None
    share = _share(part, anchor, settings)
    return share if share is not None and share >= _LEAST_SHARE else None
