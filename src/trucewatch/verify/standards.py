"""The ladder of proof: which finding needs what."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.model.incident import Incident
from trucewatch.model.vocabulary import Standing, VerificationFinding


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What one finding needs before anybody may give it."""

    finding: VerificationFinding
    n_sources: int
    """independent sources; two captures by one device are one source"""
    n_owners: int
    """owners that it stands on, see `count_owners`: who holds one owner's keys must not be able to make the finding
    alone, and no owner's sensors alone carry an incident above an indication"""
    words: str
    """what it needs, in plain words"""


LADDER: tuple[Rung, ...] = (
    Rung(
        finding=VerificationFinding.PLAUSIBLE_UNCORROBORATED,
        n_sources=1,
        n_owners=1,
        words="one source",
    ),
    Rung(
        finding=VerificationFinding.CORROBORATED,
        n_sources=2,
        n_owners=2,
        words="two independent sources of two different owners",
    ),
    Rung(
        finding=VerificationFinding.REASONABLE_GROUNDS,
        n_sources=2,
        n_owners=2,
        words="two independent sources of two different owners",
    ),
    Rung(
        finding=VerificationFinding.CONFIRMED,
        n_sources=2,
        n_owners=2,
        words="two independent sources of two different owners",
    ),
)
"""From the lowest rung to the highest. What is not on it (not confirmed, refuted, unverifiable) needs no source.

# LIMIT: the ladder also asks of "confirmed" that the sources be of different modalities (heard and seen). An incident
# does not say the modality of what supports it, so that part is left to the two reviewers.
"""


def count_sources(incident: Incident) -> int:
    """Count the distinct sensors and observers that were used and speak for the incident."""
    return len({s.sensor_id for s in incident.supports if s.used and s.log_odds > 0})


def count_owners(incident: Incident) -> int:
    """Count the owners that carry the incident: one where it would not stand without one of them.

    Two owners of whom one adds a single doubtful onset are one source: what counts is the incident's own standing.
    """
    owners = len(set(incident.owners))
    return owners if incident.standing is Standing.CORROBORATED else min(owners, 1)


def best_for(n_sources: int, n_owners: int) -> VerificationFinding:
    """Return the highest finding that so many sources and owners can carry."""
    carried = [r.finding for r in LADDER if n_sources >= r.n_sources and n_owners >= r.n_owners]
    return carried[-1] if carried else VerificationFinding.NOT_CONFIRMED


def best_possible(incident: Incident) -> VerificationFinding:
    """Return the highest finding that an incident's support can carry."""
    return best_for(count_sources(incident), count_owners(incident))


def what_is_missing(finding: VerificationFinding, n_sources: int, n_owners: int) -> str | None:
    """Say why so many sources and owners cannot carry a finding; None where they can."""
    rung = next((r for r in LADDER if r.finding == finding), None)
    if rung is None or (n_sources >= rung.n_sources and n_owners >= rung.n_owners):
        return None
    best = best_for(n_sources, n_owners).replace("_", " ")
    found = f"{_counted(n_sources, 'source')} of {_counted(n_owners, 'owner')}"
    return f"{finding.replace('_', ' ')} needs {rung.words}; this incident has {found}, the best is {best}"


def _counted(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"
