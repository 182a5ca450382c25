"""Which onsets of which stations are one event in the ground, where and how deep it was, and whether it was one.

Candidates come from votes and share out their onsets; each is then weighed as a source at the surface, where explosions
are, and as a buried one, with the stations that should have felt it and did not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.phase_candidates import Candidate, candidates
from trucewatch.fuse.phase_depth import at_surface, below_ground
from trucewatch.fuse.phase_felt import Felt, Stations
from trucewatch.fuse.phase_fit import Fits, Own
from trucewatch.fuse.phase_picks import Picks
from trucewatch.fuse.phase_settings import PhaseSettings
from trucewatch.fuse.phase_share import shared_out
from trucewatch.geo.geodesic import from_azimuthal

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One onset of an event."""

    pick: int
    """its index"""
    wave: int
    """0 P, 1 S"""
    log_ratio: float
    """how much better the event explains it than chance does"""
    late_s: float
    """observed minus predicted"""
    sigma_s: float
    away_m: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PhaseEvent:
    """An event in the ground."""

    lon_deg: float
    lat_deg: float
    depth_m: float
    """below the mean height of the stations"""
    time_s: float
    """after the picks' epoch"""
    covariance: FloatArray
    """(4, 4) of east, north, depth (m) and moment (s)"""
    members: tuple[Member, ...]
    """in time order"""
    felt: Felt
    log_room: float
    """prior, the room that the onsets leave open, and the waves that stations which felt it gave no onset of"""
    surface_log_odds: float
    """of a source at the surface against a buried one"""

    @property
    def log_odds(self) -> float:
        """Of existence: the sum of all contributions."""
        silent = (s.log_odds for s in self.felt.silences)
        return math.fsum([self.log_room, self.felt.log_size, *(m.log_ratio for m in self.members), *silent])


def phase_events(picks: Picks, stations: Stations, settings: PhaseSettings) -> tuple[PhaseEvent, ...]:
    """Return the events that onsets in the ground make, by moment.

    Args:
        picks: onsets at single stations.
        stations: the network's, whose silence counts.
        settings: priors.
    """
    taken = shared_out(picks, candidates(picks, settings), settings)
    events = _refined(picks, taken, stations, settings)
    return tuple(sorted((e for e in events if e.log_odds > settings.least_log_odds), key=lambda e: e.time_s))


def _refined(picks: Picks, taken: Sequence[Candidate], stations: Stations, settings: PhaseSettings) -> list[PhaseEvent]:
    """Return candidates as events: each in a plane of its own, at the surface or buried, whichever is likelier."""
    if not taken:
        return []
    starts = np.stack([c.fitted for c in taken])
    centres = from_azimuthal(*picks.centre, starts[:, :2])
    planes = np.stack([picks.seen_from(float(lon), float(lat)) for lon, lat in centres])
    owner = np.full(len(picks), -1, dtype=np.int64)
    for n, candidate in enumerate(taken):
        owner[candidate.picks] = n
    starts[:, :2] = 0.0
    own = Own(owner=owner, mine=np.arange(len(taken)), planes_m=planes)
    buried, below = below_ground(picks, own, starts, settings)
    surface, above = at_surface(picks, own, starts, settings)
    made = []
    for n in range(len(taken)):
        if not np.isfinite(max(above[n], below[n])):
            continue
        fits = surface if above[n] > below[n] else buried
        made.append(_event(picks, fits, n, (float(above[n]), float(below[n])), centres[n], stations, settings))
    return made


def _event(
    picks: Picks,
    fits: Fits,
    n: int,
    evidence: tuple[float, float],
    centre: FloatArray,
    stations: Stations,
    settings: PhaseSettings,
) -> PhaseEvent:
    """Return one fit as an event; evidence of a source at the surface and of a buried one."""
    at, members = fits.unknowns[n], _members(picks, fits, n)
    lon, lat = from_azimuthal(float(centre[0]), float(centre[1]), at[None, :2])[0].tolist()
    names = frozenset(picks.names[picks.station[m.pick]] for m in members)
    missed = (2 * len(names) - len(members)) * math.log(1.0 - settings.p_wave)
    return PhaseEvent(
        lon_deg=lon,
        lat_deg=lat,
        depth_m=float(at[2]),
        time_s=float(at[3]),
        covariance=np.linalg.inv(fits.information[n])[:4, :4],
        members=members,
        felt=stations.felt(lon, lat, float(at[2]), picks.epoch_s + float(at[3]), names),
        log_room=float(np.logaddexp(*evidence)) - math.fsum(m.log_ratio for m in members) + missed,
        surface_log_odds=evidence[0] - evidence[1],
    )


def _members(picks: Picks, fits: Fits, n: int) -> tuple[Member, ...]:
    columns = np.flatnonzero(fits.rows[n] >= 0).tolist()
    return tuple(
        Member(
            pick=int(picks.row_pick[fits.rows[n, c]]),
            wave=int(picks.row_wave[fits.rows[n, c]]),
            log_ratio=float(fits.log_ratio[n, c]),
            late_s=float(fits.late_s[n, c]),
            sigma_s=float(fits.sigma_s[n, c]),
            away_m=float(fits.away_m[n, c]),
        )
        for c in columns
    )
