"""Incidents, assessments and a mission's truth file as the two sides of a score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from trucewatch.model.agreement import Agreement
from trucewatch.model.assessment import Assessment
from trucewatch.model.count import Count
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Instant
from trucewatch.model.mission import Truth
from trucewatch.model.track import Track
from trucewatch.model.truth import Claim, TrueEvent
from trucewatch.model.vocabulary import Cause, Description, ObservationType

INNOCENT_CAUSES = frozenset(
    {
        Cause.THUNDER,
        Cause.WIND,
        Cause.RAIN,
        Cause.QUARRY_BLAST,
        Cause.EARTHQUAKE,
        Cause.FIREWORKS,
        Cause.TRAFFIC,
        Cause.KNOCK,
        Cause.INSTRUMENT,
    }
)
"""causes that break no agreement; a sonic boom is an aircraft's"""
INNOCENT_DESCRIPTIONS = frozenset(
    {Description.CONTROLLED_EXPLOSION_DEMINING, Description.CIVIL_INDUSTRIAL, Description.THUNDER_OR_WEATHER}
)
MOVES = frozenset({ObservationType.UAV_SIGHTING, ObservationType.AIRCRAFT_SIGHTING, ObservationType.VEHICLE_MOVEMENT})
_LONG_AGO, _FAR_AHEAD = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def claim_of(
    incident: Incident,
    *,
    zones: Sequence[tuple[str, float]] = (),
    first_claimed_utc: datetime | None = None,
) -> Claim:
    """Return what an incident claims.

    It says of no side who did it: attribution is a person's, so sides stay empty.

    Args:
        incident: at the revision to be scored.
        zones: zones and the probability that it lay in each, from `zones_of`.
        first_claimed_utc: when its first revision was made.
    """
    return Claim(
        id=incident.id,
        time=incident.time,
        place=incident.place,
        p_exists=incident.p_exists,
        kinds=incident.kinds,
        count=incident.count,
        zones=tuple(zones),
        first_claimed_utc=first_claimed_utc,
        p_innocent=_p_innocent(incident),
    )


def claim_of_track(track: Track) -> Claim:
    """Return what a track claims: that one thing was where it was half way through its states."""
    middle = track.states[len(track.states) // 2]
    return Claim(
        id=track.id,
        time=Instant(utc=middle.time_utc, sigma_s=0.0),
        place=middle.place,
        p_exists=track.p_exists,
        kinds=track.kinds,
        count=Count.exactly(1),
    )


def told_once(incidents: Sequence[Incident], tracks: Sequence[Track]) -> tuple[Incident, ...]:
    """Leave out incidents that a track tells as well: what a person saw move, and a sensor followed, is one thing.

    A track tells an incident where one of its sightings supports it; the track says better where it was.
    LIMIT: a track lists 200 of its sightings; an incident that rests on another one of them is told twice.
    """
    followed = {s.detection_id for t in tracks for s in t.supports}
    return tuple(
        i for i in incidents if i.kinds[0].kind not in MOVES or not followed & {s.detection_id for s in i.supports}
    )


def _p_innocent(incident: Incident) -> float | None:
    if incident.description in INNOCENT_DESCRIPTIONS:
        return 1.0
    if not incident.causes:
        return None
    return min(1.0, sum(c.p for c in incident.causes if c.cause in INNOCENT_CAUSES))


def zones_of(assessments: Sequence[Assessment], agreement: Agreement) -> Mapping[str, tuple[tuple[str, float], ...]]:
    """Return for each incident the zones whose probability its assessments tell: those that a term has alone.

    LIMIT: a term with several zones tells the probability of their union only; these zones are then not scored.
    """
    alone = {t.id: t.zone_ids[0] for t in agreement.terms if len(t.zone_ids) == 1 and not t.outside_zone_ids}
    found: dict[str, dict[str, float]] = {}
    for a in assessments:
        if a.term_id in alone and a.p_inside is not None:
            found.setdefault(a.incident_id, {})[alone[a.term_id]] = a.p_inside
    return {incident: tuple(sorted(zones.items())) for incident, zones in found.items()}


def true_event_of(truth: Truth) -> TrueEvent:
    """Return an event of a truth.yaml.

    The file says neither kind nor size nor side, and none is guessed: kinds of such events are not scored. Where it
    says no time, any time will do.
    """
    return TrueEvent(
        id=truth.id,
        kind=ObservationType.EXPLOSION,
        label=truth.label,
        cause=Cause.UNDETERMINED,
        innocent=False,
        notified=False,
        start_utc=truth.time_utc or _LONG_AGO,
        end_utc=truth.time_utc or _FAR_AHEAD,
        lon_deg=truth.lon_deg,
        lat_deg=truth.lat_deg,
        sigma_m=truth.sigma_m,
        count=truth.count,
        size="",
        kind_known=False,
        window_s=truth.window_s,
    )
