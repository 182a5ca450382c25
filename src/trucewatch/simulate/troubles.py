"""What people do to sensors: jam their links or their satellite clocks, make up events, play an hour again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo import distance_m
from trucewatch.simulate.contact import Contact
from trucewatch.simulate.preset import Preset
from trucewatch.simulate.streams import stream

FloatArray = NDArray[np.float64]

JAM_S = 6 * 3600.0
JAM_SHARE = 0.9
"""of the sensors in a jammed sector, those whose messages never arrive"""
RUNS_OFF_S_PER_S = 3e-5
"""standard deviation of a clock's rate without satellites: a plain quartz"""
_SECTOR_SHARE = 0.25
_LEAST_SECTOR_M = 6_000.0
_JUMPS_S = (1.0, -2.0, 3600.0, -0.4)
_FALSE_EVENTS = 4
_REPLAY_LATER_H = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """A disc of ground for some hours."""

    lon_deg: float
    lat_deg: float
    radius_m: float
    start_s: float
    end_s: float
    share: float

    def holds(self, lon_lat: FloatArray) -> bool:
        """Say whether a place lies in it."""
        return float(distance_m(self.lon_deg, self.lat_deg, lon_lat[0], lon_lat[1])) < self.radius_m


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseEvent:
    """A bang that never was: sensors of one owner report onsets that agree on a place."""

    at_s: float
    lon_deg: float
    lat_deg: float
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """What goes wrong on purpose on one day; None and empty where nothing does."""

    jam: Sector | None = None
    gnss_jam: Sector | None = None
    owner: str = ""
    """whose sensors lie"""
    false_events: tuple[FalseEvent, ...] = ()
    replayed_hour: int | None = None
    """whose onsets the owner's sensors report again"""
    replay_later_h: int = _REPLAY_LATER_H
    jump_at_s: float = np.inf
    jumps_s: tuple[float, ...] = _JUMPS_S
    """taken in turn by every fifth sensor of the owner"""


def make_troubles(preset: Preset, contact: Contact, seed: int, owner: str) -> Troubles:
    """Draw what goes wrong.

    Args:
        preset: names the faults of the day.
        contact: the line along which sensors stand.
        seed: of the theatre.
        owner: whose sensors lie, where any do.
    """
    rng = stream(seed, "troubles")
    whole_s = preset.hours * 3600.0
    sectors = [_sector(preset, contact, rng) for _ in range(2)]
    along = rng.uniform(0.2, 0.8, _FALSE_EVENTS) * contact.length_m
    aside = rng.uniform(-0.5, 0.5, _FALSE_EVENTS) * preset.buffer_m
    place = contact.place(along, aside)
    at, rounds = rng.uniform(0.05, 0.95, _FALSE_EVENTS) * whole_s, rng.integers(1, 5, _FALSE_EVENTS)
    false = tuple(
        FalseEvent(at_s=float(at[n]), lon_deg=float(place[n, 0]), lat_deg=float(place[n, 1]), rounds=int(rounds[n]))
        for n in np.argsort(at)
    )
    hour = int(rng.integers(0, max(1, preset.hours - _REPLAY_LATER_H)))
    jump = float(rng.uniform(0.2, 0.6) * whole_s)
    has = set(preset.faults)
    return Troubles(
        jam=sectors[0] if "jam" in has else None,
        gnss_jam=sectors[1] if "gnss_jam" in has else None,
        owner=owner,
        false_events=false if "spoof" in has else (),
        replayed_hour=hour if "replay" in has and preset.hours > _REPLAY_LATER_H else None,
        jump_at_s=jump if "clock_jump" in has else np.inf,
    )


def _sector(preset: Preset, contact: Contact, rng: np.random.Generator) -> Sector:
    place = contact.place(rng.uniform(0.2, 0.8) * contact.length_m, 0.0)
    whole_s = preset.hours * 3600.0
    length = min(JAM_S, whole_s / 2.0)
    start = float(rng.uniform(0.0, whole_s - length))
    radius = max(_LEAST_SECTOR_M, min(30_000.0, _SECTOR_SHARE * contact.length_m))
    return Sector(
        lon_deg=float(place[0]),
        lat_deg=float(place[1]),
        radius_m=radius,
        start_s=start,
        end_s=start + length,
        share=JAM_SHARE,
    )
