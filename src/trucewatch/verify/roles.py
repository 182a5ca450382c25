"""Who may do what in casework: one table."""

from __future__ import annotations

from enum import StrEnum

from trucewatch.model.errors import RuleViolation
from trucewatch.verify.commands import Claim, Command, Comment, Open, Release, Reopen, Review


class Role(StrEnum):
    """The four roles of casework."""

    DUTY_OFFICER = "duty_officer"
    ANALYST = "analyst"
    VERIFICATION_OFFICER = "verification_officer"
    PARTY_LIAISON = "party_liaison"


_DUTY, _ANALYST, _VERIFIER, _LIAISON = Role
MAY: dict[type[Command], tuple[Role, ...]] = {
    Open: (_DUTY, _ANALYST),
    Reopen: (_DUTY, _ANALYST),
    Claim: (_DUTY, _ANALYST, _VERIFIER),
    Release: (_DUTY, _ANALYST, _VERIFIER),
    Review: (_ANALYST, _VERIFIER),
    Comment: (_LIAISON,),
}
"""A party's liaison may annotate, never verify; who watches the queue opens cases and leaves judging to others."""

_WORDS: dict[type[Command], str] = {
    Open: "open a case",
    Reopen: "reopen a case",
    Claim: "claim a case",
    Release: "release a case",
    Review: "review",
    Comment: "comment for a party",
}


def same_person(one: str, other: str) -> bool:
    """Say whether two names are one person's: case and surrounding blanks do not make another person."""
    return one.strip().casefold() == other.strip().casefold()


def require_role(command: Command) -> None:
    """Refuse a command that its actor's role does not allow.

    Raises:
        RuleViolation: naming the roles that may.
    """
    if not command.actor.strip():
        raise RuleViolation("every step needs the name of who does it")
    allowed = MAY[type(command)]
    if command.role not in allowed:
        words = " or ".join(role.replace("_", " ") for role in allowed)
        raise RuleViolation(
            f"{command.actor}: a {command.role.replace('_', ' ')} may not {_WORDS[type(command)]}; only a {words} may"
        )
