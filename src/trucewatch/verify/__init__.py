"""Leads people through the verification of an incident to a finding that two of them sign.

Takes: the state of a case, a command, the time. Gives: events and the state after them, or a refusal in plain words.
Never: decides in a person's place, deletes anything, reads a clock, or lets one person alone make a finding.
"""

from trucewatch.verify.commands import Claim, Command, Comment, Open, Release, Reopen, Review
from trucewatch.verify.decide import decide, visible_reviews
from trucewatch.verify.evolve import evolve, replay
from trucewatch.verify.roles import MAY, Role
from trucewatch.verify.standards import LADDER, Rung, best_possible, count_owners, count_sources

__all__ = [
    "LADDER",
    "MAY",
    "Claim",
    "Command",
    "Comment",
    "Open",
    "Release",
    "Reopen",
    "Review",
    "Role",
    "Rung",
    "best_possible",
    "count_owners",
    "count_sources",
    "decide",
    "evolve",
    "replay",
    "visible_reviews",
]
