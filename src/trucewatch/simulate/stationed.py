"""A network made for a theatre: nodes in rows along the line, and what else watches it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo import destination, to_azimuthal
from trucewatch.model.network import Element, Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.simulate.contact import Contact
from trucewatch.simulate.preset import NetworkPlan, Preset
from trucewatch.simulate.streams import stream

FloatArray = NDArray[np.float64]

_DIGITS = 7
_ARRAY_RADIUS_M = 120.0
_ASIDE_M = {"arrays": 9_000.0, "stations": 12_000.0, "cameras": 1_500.0, "radars": 6_000.0, "posts": 3_000.0}
"""how far from the line each kind stands, by turns on either side"""
_MISSION = "mission"
_SHORTEST_M = 10_000.0
_CLIPS_FROM = 40
"""every so many nodes one sends short recordings of its loudest moments"""


def made_network(preset: Preset, contact: Contact, seed: int) -> Network:
    """Place the sensors of a theatre."""
    plan = preset.network
    return Network(
        sensors=(
            *_nodes(plan, contact, stream(seed, "nodes")),
            *_arrays(plan, contact),
            *_stations(plan, contact),
            *_singles(plan.cameras_every_m, "cameras", "CAM", ObserverKind.CAMERA, plan, contact),
            *_singles(plan.radars_every_m, "radars", "RAD", ObserverKind.RADAR, plan, contact),
            *_singles(plan.posts_every_m, "posts", "POST", ObserverKind.STATIC_POST, plan, contact),
        )
    )


def about_network(preset: Preset, network: Network) -> Preset:
    """Return a preset whose line runs through the middle of a given network and is as long as the network is wide."""
    lon = np.array([s.place.lon_deg for s in network.sensors])
    lat = np.array([s.place.lat_deg for s in network.sensors])
    middle = float(lon.mean()), float(lat.mean())
    away = to_azimuthal(*middle, lon, lat)
    return replace(
        preset,
        lon_deg=middle[0],
        lat_deg=middle[1],
        length_m=max(_SHORTEST_M, float(2.0 * np.hypot(away[:, 0], away[:, 1]).max())),
    )


def _nodes(plan: NetworkPlan, contact: Contact, rng: np.random.Generator) -> list[Sensor]:
    n_along = max(1, round(contact.length_m / plan.spacing_m))
    row = np.tile(np.arange(plan.n_rows), n_along)
    column = np.repeat(np.arange(n_along), plan.n_rows)
    along = (column + 0.5 * (row % 2) + 0.25) * plan.spacing_m + rng.uniform(-1, 1, len(row)) * plan.jitter_m
    aside = (row - (plan.n_rows - 1) / 2.0) * plan.row_m + rng.uniform(-1, 1, len(row)) * plan.jitter_m
    lon_lat = np.round(contact.place(np.clip(along, 0.0, contact.length_m), aside), _DIGITS)
    digits = len(str(len(row)))
    return [
        Sensor(
            id=f"AC-{n + 1:0{digits}d}",
            kind=ObserverKind.ACOUSTIC_SENSOR,
            owner=plan.owners[int(row[n] + column[n]) % len(plan.owners)],
            place=_place(lon_lat[n], plan.position_sigma_m),
            clock_sigma_s=plan.clock_sigma_s,
            noise_level_db=plan.noise_level_db,
            sends_clips=n % _CLIPS_FROM == 0,
        )
        for n in range(len(row))
    ]


def _arrays(plan: NetworkPlan, contact: Contact) -> list[Sensor]:
    out = []
    for n, at in enumerate(_spots(plan.arrays_every_m, "arrays", contact)):
        lon, lat = destination(at[0], at[1], np.array([0.0, 120.0, 240.0]), _ARRAY_RADIUS_M)
        corners = np.round(np.vstack((at, np.stack((lon, lat), axis=-1))), _DIGITS)
        elements = tuple(Element(id=f"IS-{n + 1:02d}-{k + 1}", place=_place(c, 1.0)) for k, c in enumerate(corners))
        out.append(_sensor(f"IS-{n + 1:02d}", ObserverKind.INFRASOUND_ARRAY, at, plan, n, elements))
    return out


def _stations(plan: NetworkPlan, contact: Contact) -> list[Sensor]:
    return [
        _sensor(f"SE-{n + 1:02d}", ObserverKind.SEISMIC_STATION, at, plan, n)
        for n, at in enumerate(_spots(plan.stations_every_m, "stations", contact))
    ]


def _singles(
    every_m: float, what: str, name: str, kind: ObserverKind, plan: NetworkPlan, contact: Contact
) -> list[Sensor]:
    return [_sensor(f"{name}-{n + 1:02d}", kind, at, plan, n) for n, at in enumerate(_spots(every_m, what, contact))]


def _spots(every_m: float, what: str, contact: Contact) -> FloatArray:
    """Return (n, 2) longitude, latitude, one for each full interval of the line, by turns left and right."""
    if not np.isfinite(every_m):
        return np.empty((0, 2))
    n = max(1, round(contact.length_m / every_m))
    along = (np.arange(n) + 0.5) / n * contact.length_m
    aside = _ASIDE_M[what] * np.where(np.arange(n) % 2, -1.0, 1.0)
    return np.round(contact.place(along, aside), _DIGITS)


def _sensor(
    name: str, kind: ObserverKind, at: FloatArray, plan: NetworkPlan, n: int, elements: tuple[Element, ...] = ()
) -> Sensor:
    person, station = kind is ObserverKind.STATIC_POST, kind is ObserverKind.SEISMIC_STATION
    return Sensor(
        id=name,
        kind=kind,
        owner=_MISSION if person else plan.owners[n % len(plan.owners)],
        place=_place(at, 10.0 if person else 5.0),
        clock_sigma_s=30.0 if person else 0.01,
        elements=elements,
        sends_clips=station and n == 0,
    )


def _place(at: FloatArray, sigma_m: float) -> Place:
    return Place.circular(lon_deg=float(at[0]), lat_deg=float(at[1]), sigma_m=sigma_m)
