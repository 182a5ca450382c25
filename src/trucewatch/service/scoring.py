"""A mission's incidents and tracks as claims, and its known truth; the processing itself never sees the truth."""

from __future__ import annotations

from datetime import datetime

from trucewatch.agreements import load_truth
from trucewatch.model.errors import InvalidMission, UnreadableInput
from trucewatch.model.incident import Incident
from trucewatch.model.truth import Claim, TrueEvent
from trucewatch.service.ports import Register
from trucewatch.service.texts import Texts
from trucewatch.service.tracking import current_tracks
from trucewatch.service.understanding import current_assessments, current_incidents
from trucewatch.simulate import claim_of, claim_of_track, read_truth, told_once, true_event_of, zones_of


def claims_of(texts: Texts, register: Register) -> tuple[Claim, ...]:
    """Return what a mission's incidents and tracks claim, with zones from the incidents' assessments.

    When an incident was first claimed is known only where the mission runs by the real clock.
    """
    zones = zones_of(current_assessments(register), texts.agreement)
    replayed = texts.mission.clock_utc is not None
    tracks = tuple(t for t in current_tracks(register) if t.states)
    incidents = (
        claim_of(i, zones=zones.get(i.id, ()), first_claimed_utc=None if replayed else _first_claimed(i, register))
        for i in told_once(current_incidents(register), tracks)
    )
    return (*incidents, *map(claim_of_track, tracks))


def _first_claimed(incident: Incident, register: Register) -> datetime | None:
    known = register.history("incident", incident.id)
    return known[0].received_utc if known else None


def truth_in(name: str, content: bytes) -> tuple[TrueEvent, ...]:
    """Read a truth file by its name: truth.json of a simulation, or the truth.yaml of a mission.

    Raises:
        UnreadableInput: it is neither.
        InvalidMission: every problem of a truth.yaml.
    """
    if name.endswith(".json"):
        return read_truth(content, name)
    if not name.endswith((".yaml", ".yml")):
        raise UnreadableInput(source=name, expected="a truth in .json or .yaml")
    loaded = load_truth(content, name, None)
    if loaded.value is None:
        raise InvalidMission(loaded.problems)
    return tuple(true_event_of(t) for t in loaded.value)
