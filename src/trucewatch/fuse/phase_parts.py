"""Events in the ground as parts of incidents: explosions at the surface that a network of seismic stations felt.

An incident is what its detections name, an explosion; an earthquake is another explanation of the same onsets. So
existence here is that of a source at the surface, against chance and against a buried source together.

LIMIT: an event that is an earthquake with 95 per cent and more makes no incident; where the layers of the ground are
wrong by more than their stated error, depth is wrong with them, and a charge can be taken for a shallow earthquake.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from trucewatch.fuse.existence import Term
from trucewatch.fuse.part import Part, support
from trucewatch.fuse.phase_events import Member, PhaseEvent, phase_events
from trucewatch.fuse.phase_felt import stations_of
from trucewatch.fuse.phase_later import later_onsets
from trucewatch.fuse.phase_picks import Picks, picks_of
from trucewatch.fuse.settings import FuseSettings
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Alternative, Support
from trucewatch.model.instant import Instant, utc_from_timestamp
from trucewatch.model.network import Network
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import CountQuality, Wave
from trucewatch.physics.buried import WAVES

_NAMES = {Wave.P: "P", Wave.S: "S"}


@dataclass(frozen=True, slots=True, kw_only=True)
class InGround:
    """What onsets in the ground make."""

    parts: tuple[Part, ...]
    explained: frozenset[str]
    """ids of detections that belong to events in the ground, earthquakes among them"""


def parts_in_ground(detections: Sequence[Detection], network: Network, settings: FuseSettings) -> InGround:
    """Return the explosions that a network of seismic stations felt, and which onsets events explain.

    Args:
        detections: in any order; onsets at seismic stations are taken.
        network: where stations stand and when they listened.
        settings: priors; the ground is the far field's.
    """
    own = replace(settings.phases, ground=settings.far.ground)
    picks = picks_of(detections, network, own)
    if picks is None:
        return InGround(parts=(), explained=frozenset())
    events = phase_events(picks, stations_of(network, own), own)
    later = later_onsets(picks, events, own)
    taken = [n for e in events for n in (m.pick for m in e.members)] + [n for follow in later for n in follow]
    parts = [
        _part(picks, event, follow, settings)
        for event, follow in zip(events, later, strict=True)
        if event.log_odds + _of_depth(event) > settings.least_log_odds
    ]
    return InGround(parts=tuple(parts), explained=frozenset(picks.detections[n].id for n in taken))


def _of_depth(event: PhaseEvent) -> float:
    """Return what existence at the surface has less than existence at any depth, log-odds."""
    at_surface = event.log_odds - np.logaddexp(0.0, -event.surface_log_odds)
    buried = event.log_odds - np.logaddexp(0.0, event.surface_log_odds)
    return float(at_surface - np.logaddexp(0.0, buried) - event.log_odds)


def _part(picks: Picks, event: PhaseEvent, later: Sequence[int], settings: FuseSettings) -> Part:
    at, sigma = picks.epoch_s + event.time_s, float(np.sqrt(event.covariance[3, 3]))
    supports = [*(_support(picks, m) for m in event.members), *(_follows(picks.detections[n]) for n in later)]
    chosen = sorted([*(m.pick for m in event.members), *later])
    n_stations = len({picks.station[m.pick] for m in event.members})
    return Part(
        detections=tuple(picks.detections[n] for n in chosen),
        supports=tuple(sorted(supports, key=lambda s: s.detection_id)),
        start_s=at - 3 * sigma,
        end_s=at + 3 * sigma,
        time=Instant(utc=utc_from_timestamp(at), sigma_s=sigma),
        place=_place(event),
        place_method=f"onsets of P and S at {n_stations} seismic stations, by the layers of the ground: place, depth, "
        "moment and the ground's speed together",
        count=Count(low=1, best=1, high=None, quality=CountQuality.AT_LEAST),
        sentences=(_depth_sentence(event), f"its moment is good to {sigma:.1f} s"),
        far=True,
        ground=True,
        terms=_terms(event, settings),
        silences=event.felt.silences,
        alternatives=(_earthquake(event),),
    )


def _place(event: PhaseEvent) -> Place:
    return Place.gaussian(lon_deg=event.lon_deg, lat_deg=event.lat_deg, covariance_m2=event.covariance)


def _terms(event: PhaseEvent, settings: FuseSettings) -> tuple[Term, ...]:
    room = (
        f"beforehand: {settings.phases.events_per_km2_day:g} events in the ground in a square kilometre and day, the "
        "room in place, depth and time that these onsets leave open, and the waves that their stations gave no onset of"
    )
    return (
        Term(log_odds=event.log_room, why=room),
        Term(log_odds=event.felt.log_size, why="the size of the source was not known beforehand, and those felt it"),
        Term(log_odds=_of_depth(event), why="at the surface, not below it"),
    )


def _earthquake(event: PhaseEvent) -> Alternative:
    text = "a buried source, an earthquake, in place of an explosion at the surface"
    return Alternative(text=text, log_odds=-event.surface_log_odds)


def _depth_sentence(event: PhaseEvent) -> str:
    p = 1.0 / (1.0 + math.exp(min(700.0, -event.surface_log_odds)))
    if event.surface_log_odds > 0.0:
        return f"its onsets fit a source at the surface, {100 * p:.0f} per cent against a buried one"
    sigma = float(np.sqrt(event.covariance[2, 2]))
    return (
        f"its onsets fit a source {event.depth_m / 1000:.0f} km down, good to {sigma / 1000:.0f} km; "
        f"{100 * p:.0f} per cent are left for one at the surface"
    )


def _support(picks: Picks, member: Member) -> Support:
    side = "after" if member.late_s >= 0 else "before"
    why = (
        f"as {_NAMES[WAVES[member.wave]]} it came through the ground from {member.away_m / 1000:.0f} km, "
        f"{abs(member.late_s):.1f} s {side} it was due, where {member.sigma_s:.1f} s is usual"
    )
    made = support(picks.detections[member.pick], why, residual_s=member.late_s, residual_sigma_s=member.sigma_s)
    return replace(made, log_odds=member.log_ratio)


def _follows(detection: Detection) -> Support:
    why = "comes when guided waves of it pass this station: a later part of it, which bends nothing"
    return support(detection, why, used=False, counted=False)
