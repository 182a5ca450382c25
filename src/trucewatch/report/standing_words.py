"""How far an incident stands by itself, in words: beside every probability that people read."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from trucewatch.model.incident import Incident, Influence
from trucewatch.model.suspicion import Suspicion
from trucewatch.model.vocabulary import Standing
from trucewatch.report.what_else import odds_text
from trucewatch.report.words import length_text, probability_text, with_local_times


def existence_text(incident: Incident) -> str:
    """Say how probable an incident is and how far it stands, with what keeps it an indication."""
    return f"{probability_text(incident.p_exists)}{_but(incident)}"


def short_existence_text(incident: Incident) -> str:
    """Say the same in a few words, for lists."""
    return f"{probability_text(incident.p_exists)}; {standing_text(incident)}"


def standing_text(incident: Incident) -> str:
    """Name the rung in words."""
    return "corroborated" if incident.standing is Standing.CORROBORATED else "indication only"


def carried_lines(incident: Incident) -> tuple[str, ...]:
    """Say how far an incident stands, why no further, and what was taken because one owner's sensors stand alone."""
    return (existence_text(incident), *_alone(incident))


def influence_text(influence: Influence) -> str:
    """Say what an incident would be without one owner's sensors or one sensor."""
    without = f"the sensors of {influence.left_out}" if influence.is_owner else influence.left_out
    if influence.p_exists == 0.0:
        return f"without {without}: nothing would be known of it"
    moved = "" if influence.moved_m is None else f", placed {length_text(influence.moved_m)} away"
    return f"without {without}: {probability_text(influence.p_exists)}{moved}"


def superseded_lines(found_on: Iterable[int], revision: int) -> tuple[str, ...]:
    """Say which findings rest on a revision that no longer stands.

    Args:
        found_on: the revisions that findings were made on.
        revision: the one that stands.
    """
    numbers = sorted(set(found_on))
    return tuple(
        f"the finding on revision {n} rests on what was known then: revision {revision} stands now, and has "
        "no finding until two people have reviewed it"
        for n in numbers
        if n < revision and revision not in numbers
    )


def suspicion_text(suspicion: Suspicion, zone: ZoneInfo) -> str:
    """Say what of a sensor or an owner does not agree with others, which is by itself no proof of anything."""
    text = with_local_times(suspicion.text, zone)
    return f"{suspicion.about}: {text} ({odds_text(suspicion.log_odds)} all being in order)"


def _alone(incident: Incident) -> list[str]:
    """Say what silence of others, and other events of its owner, took from an incident of one owner's sensors."""
    said = []
    if incident.others_silent < 0.0:
        said.append(
            "sensors of other owners that should have noticed it were silent: of all that silence took, theirs is "
            f"{incident.others_silent:+.2f} of the log-odds"
        )
    if incident.owner_doubt < 0.0:
        said.append(
            f"other events of the same owner's sensors do not agree with others' sensors: {incident.owner_doubt:+.2f} "
            "of the log-odds; by itself no proof of anything"
        )
    return said


def _but(incident: Incident) -> str:
    if incident.standing is Standing.CORROBORATED:
        return "; corroborated: no one owner's sensors alone carry it"
    return f", but an indication only{f': {incident.held_below}' if incident.held_below else ''}"
