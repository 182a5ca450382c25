"""How far an incident stands by itself, in words: beside every probability that people read."""

from __future__ import annotations

from trucewatch.model.incident import Incident, Influence
from trucewatch.model.vocabulary import Standing
from trucewatch.report.words import length_text, probability_text


def existence_text(incident: Incident) -> str:
    """Say how probable an incident is and how far it stands, with what keeps it an indication."""
    return f"{probability_text(incident.p_exists)}{_but(incident)}"


def short_existence_text(incident: Incident) -> str:
    """Say the same in a few words, for lists."""
    return f"{probability_text(incident.p_exists)}; {standing_text(incident)}"


def standing_text(incident: Incident) -> str:
    """Name the rung in words."""
    return "corroborated" if incident.standing is Standing.CORROBORATED else "indication only"


def influence_text(influence: Influence) -> str:
    """Say what an incident would be without one owner's sensors or one sensor."""
    without = f"the sensors of {influence.left_out}" if influence.is_owner else influence.left_out
    if influence.p_exists == 0.0:
        return f"without {without}: nothing would be known of it"
    moved = "" if influence.moved_m is None else f", placed {length_text(influence.moved_m)} away"
    return f"without {without}: {probability_text(influence.p_exists)}{moved}"


def _but(incident: Incident) -> str:
    if incident.standing is Standing.CORROBORATED:
        return "; corroborated: no one owner's sensors alone carry it"
    return f", but an indication only{f': {incident.held_below}' if incident.held_below else ''}"
