"""Who watches on foot and from posts: where, when, and who is near enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trucewatch.geo import bearing_deg, distance_m
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.simulate.contact import Contact
from trucewatch.simulate.happening import Happening
from trucewatch.simulate.preset import Preset
from trucewatch.simulate.sky import Sky
from trucewatch.simulate.streams import stream

PATROL_SIGMA_M = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """A post or a patrol at one spot for some time."""

    id: str
    kind: ObserverKind
    place: Place
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What all reports of a theatre share."""

    preset: Preset
    sky: Sky
    observers: tuple[Observer, ...]


def patrols(preset: Preset, contact: Contact, seed: int) -> tuple[Observer, ...]:
    """Return where patrols stand, two hours at a spot, in daylight."""
    every = preset.network.patrols_every_m
    if not np.isfinite(every):
        return ()
    out = []
    n = max(1, round(contact.length_m / every))
    for k in range(n):
        for hour in range(0, preset.hours, 2):
            local = (preset.start_utc.hour + hour + preset.lon_deg / 15.0) % 24.0
            if not 7.0 <= local < 18.0:
                continue
            rng = stream(seed, "patrol", k, hour)
            along = (k + rng.uniform()) / n * contact.length_m
            lon, lat = np.round(contact.place(along, rng.uniform(-4_000.0, 4_000.0)), 5).tolist()
            place = Place.circular(lon_deg=lon, lat_deg=lat, sigma_m=PATROL_SIGMA_M)
            out.append(
                Observer(
                    id=f"PATROL-{k + 1:02d}",
                    kind=ObserverKind.PATROL,
                    place=place,
                    from_s=hour * 3600.0,
                    to_s=(hour + 2) * 3600.0,
                )
            )
    return tuple(out)


def in_reach(happening: Happening, watch: Watch, reach_m: float) -> list[tuple[Observer, float, float]]:
    """Return the observers within reach, how far they are, and the bearing from each to the event."""
    truth, there = happening.truth, [o for o in watch.observers if o.from_s <= happening.start_s < o.to_s]
    if not there:
        return []
    lon, lat = np.array([o.place.lon_deg for o in there]), np.array([o.place.lat_deg for o in there])
    # A degree of latitude is 111 km: a box spares the geodesics to a thousand posts along a long line.
    box = (np.abs(lat - truth.lat_deg) < reach_m / 1.1e5) & (np.abs(lon - truth.lon_deg) < reach_m / 6e4)
    which = np.flatnonzero(box)
    away = np.atleast_1d(distance_m(lon[which], lat[which], truth.lon_deg, truth.lat_deg))
    toward = np.atleast_1d(bearing_deg(lon[which], lat[which], truth.lon_deg, truth.lat_deg))
    return [(there[i], float(a), float(b)) for i, a, b in zip(which.tolist(), away, toward, strict=True) if a < reach_m]
