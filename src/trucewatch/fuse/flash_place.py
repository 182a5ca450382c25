"""Place and evidence of flashes and of sounds that go with them, weighed against chance as arrival times are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.background import Background
from trucewatch.fuse.claim_sight import bearing_sigma_deg, moment_sigma_s, p_seen
from trucewatch.fuse.claims import Claims, sureness
from trucewatch.fuse.flash_fix import FlashFix, Looks, Sounds, fix_flash
from trucewatch.fuse.hypothesis import Hypothesis
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.onsets import frame_at, place_of
from trucewatch.geo.frame import LocalFrame
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection
from trucewatch.model.place import Place

FloatArray = NDArray[np.float64]

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_KM2_DAY = 1e6 * 86_400.0
GATE_SIGMAS = 3.5
"""a moment or direction farther off than this is of something else"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PlacedFlash:
    """Flashes of one moment, and the sounds that go with them, with the place that they agree on."""

    fix: FlashFix
    frame: LocalFrame
    flashes: tuple[Detection, ...]
    onsets: tuple[int, ...]
    gains: tuple[float, ...]
    """of flashes, then of onsets"""
    room: float
    room_m2_s: float

    @property
    def log_odds(self) -> float:
        """That it happened, against chance."""
        return self.room + math.fsum(self.gains)

    def place(self) -> Place:
        """Return the place with its error."""
        lon, lat, _ = self.frame.to_geographic(np.array([*self.fix.xy_m, 0.0]))
        c = self.fix.covariance
        return Place.gaussian(lon_deg=lon, lat_deg=lat, covariance_m2=c)


def placed_flash(
    flashes: tuple[Detection, ...],
    onsets: tuple[int, ...],
    frame: LocalFrame,
    start_m: FloatArray,
    claims: Claims,
    scene: Scene,
    background: Background | None,
) -> PlacedFlash | None:
    """Fit and weigh: against chance, as arrival times are (`evidence`)."""
    epoch = flashes[0].time.utc.timestamp()
    looks, sounds = looks_of(flashes, frame, claims), sounds_of(onsets, scene, frame, epoch)
    if looks is None:
        return None
    reach = claims.settings.claims.camera_reach_m
    fix = fix_flash(looks, sounds, start_m)
    if fix is None or float(np.abs(fix.late).max()) > GATE_SIGMAS or float(np.hypot(*fix.xy_m)) > reach:
        return None
    volume = (2 * math.pi) ** 1.5 * math.sqrt(max(0.0, float(np.linalg.det(fix.covariance))))
    usual = claims.settings.events_per_km2_day / _KM2_DAY
    bare = PlacedFlash(
        fix=fix, frame=frame, flashes=flashes, onsets=onsets, gains=(), room=math.log(usual * volume), room_m2_s=volume
    )
    return replace(bare, gains=_gains(bare, epoch, claims, scene, background))


def _gains(
    placed: PlacedFlash, epoch_s: float, claims: Claims, scene: Scene, background: Background | None
) -> tuple[float, ...]:
    """Return what each flash and each sound adds: ln(p f / b)."""
    fix, n, own = placed.fix, len(placed.flashes), claims.settings.claims
    log_density = -0.5 * fix.late**2 - np.log(fix.sigma) - _HALF_LOG_2PI
    h, out = _as_hypothesis(placed, epoch_s, claims), []
    for k, d in enumerate(placed.flashes):
        origin = place_of(d, claims.sensors)
        assert origin is not None  # noqa: S101 - asked for by looks_of
        p = float(h.weight @ p_seen(h, origin, claims.sensors.get(d.sensor_id), claims))
        rate = claims.rate_hz(d, own.camera_window_s, own.camera_false_per_hour / 3600.0) / 360.0
        sure = sureness(d, own.camera_usual_p_false)
        out.append(float(log_density[k] + log_density[n + k]) + math.log(max(p, 1e-6) * sure / rate))
    for k, i in enumerate(placed.onsets):
        ear = scene.ears.of_station[scene.onsets.station[[i]]]
        away, toward = scene.ears.seen_from(placed.place(), ear)
        hears = scene.ears.p_hear(ear, away, toward, scene.size_names, scene.weather_at(epoch_s), epoch_s)
        chance = 1.0 if background is None else background.rate(i)
        out.append(float(log_density[2 * n + k]) + math.log(max(float((h.sizes @ hears)[0]), 1e-6) / chance))
    return tuple(out)


def _as_hypothesis(placed: PlacedFlash, epoch_s: float, claims: Claims) -> Hypothesis:
    place, weights = placed.place(), np.array([w for _, w in claims.settings.size_weights])
    return Hypothesis(
        lon_deg=np.array([place.lon_deg]),
        lat_deg=np.array([place.lat_deg]),
        covariance_m2=place.covariance_m2[None],
        weight=np.ones(1),
        times_s=np.array([epoch_s + placed.fix.time_s]),
        sigma_s=float(np.sqrt(placed.fix.covariance[2, 2])),
        count=Count.exactly(1),
        sizes=weights / weights.sum(),
        size_names=tuple(n for n, _ in claims.settings.size_weights),
    )


def looks_of(flashes: Sequence[Detection], frame: LocalFrame, claims: Claims) -> Looks | None:
    """Return flashes as measurements in a plane, seconds after the first; None where a camera has no place."""
    places = [place_of(d, claims.sensors) for d in flashes]
    if any(p is None for p in places):
        return None
    lon, lat = np.array([p.lon_deg for p in places if p]), np.array([p.lat_deg for p in places if p])
    return Looks(
        xy_m=np.asarray(frame.to_enu(lon, lat)[..., :2]),
        bearing_deg=np.array([d.bearing_deg for d in flashes], dtype=np.float64),
        bearing_sigma_deg=np.array([bearing_sigma_deg(d, claims.settings.claims) for d in flashes]),
        time_s=np.array([d.time.utc.timestamp() for d in flashes]) - flashes[0].time.utc.timestamp(),
        time_sigma_s=np.array([flash_sigma_s(d, claims) for d in flashes]),
    )


def sounds_of(onsets: Sequence[int], scene: Scene, frame: LocalFrame, epoch_s: float) -> Sounds:
    """Return onsets as measurements in a plane, seconds after a moment, with the air of that moment."""
    index = np.array(onsets, dtype=np.int64)
    air, all_ = scene.air_at(epoch_s), scene.onsets
    station = all_.station[index]
    share = math.hypot(air.speed_sigma_m_s, air.wind_sigma_m_s) / air.speed_m_s
    return Sounds(
        xy_m=all_.plane_of(frame)[station].reshape(-1, 2),
        time_s=all_.time_s[index] + all_.epoch_s - epoch_s,
        sigma_s=np.hypot(
            all_.sigma_s[index], np.hypot(all_.sensor_sigma_m[station], scene.settings.path_excess_sigma_m) / 340.0
        ),
        speed_m_s=air.speed_m_s,
        wind_m_s=np.array([air.wind_east_m_s, air.wind_north_m_s]),
        speed_share=share,
    )


def frame_of(flash: Detection, claims: Claims) -> LocalFrame | None:
    """Return the plane about the camera of a flash; None where it has no place."""
    place = place_of(flash, claims.sensors)
    return None if place is None else frame_at(place)


def flash_sigma_s(d: Detection, claims: Claims) -> float:
    """Return the error of a flash's moment, its clock included."""
    return moment_sigma_s(d, claims.sensors.get(d.sensor_id), claims.settings.claims)
