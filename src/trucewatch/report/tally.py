"""Counting with a stated rule: events by kind and outcome as low, best and high, and what may not be added up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trucewatch.model.count import Count
from trucewatch.model.incident import Incident
from trucewatch.model.vocabulary import CountQuality, Description, ObservationType
from trucewatch.report.digest import Digest, Outcome
from trucewatch.report.words import kind_text, listed, number, spread_text

RULE = (
    "Sums: an exact count is added as it is; a count with bounds adds its lowest, most likely and highest number; "
    'a count "uncountable", "overlapping" or "continuous", or one without an upper bound, adds the least number stated '
    "and leaves the sum without an upper bound. Each incident is counted under its most probable kind and under one "
    "heading only. Observations of the same event by several observers are counted once."
)
_NO_SUM = frozenset({CountQuality.UNCOUNTABLE, CountQuality.OVERLAPPING, CountQuality.CONTINUOUS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Incidents and the events that they stand for."""

    n_incidents: int
    low: int
    best: int
    high: int | None
    n_uncounted: int
    """incidents whose count forbids arithmetic"""

    def text(self) -> str:
        """Write it: "12 (10-15) in 3 incidents", "none"."""
        if self.n_incidents == 0:
            return "none"
        words = f"{spread_text(self.low, self.best, self.high)} in {incidents_text(self.n_incidents)}"
        return words + (f", {number(self.n_uncounted)} of them without a number" if self.n_uncounted else "")


def incidents_text(n: int) -> str:
    """Write a number of incidents: "1 incident", "12 incidents"."""
    return f"{number(n)} incident" + ("" if n == 1 else "s")


def tally(incidents: Iterable[Incident]) -> Tally:
    """Add up incidents by the rule in RULE."""
    counts = [i.count for i in incidents]
    open_ended = any(c.high is None or c.quality in _NO_SUM for c in counts)
    return Tally(
        n_incidents=len(counts),
        low=sum(c.low for c in counts),
        best=sum(_best(c) for c in counts),
        high=None if open_ended else sum(c.high for c in counts if c.high is not None),
        n_uncounted=sum(1 for c in counts if c.quality in _NO_SUM),
    )


def _best(count: Count) -> int:
    return count.low if count.best is None or count.quality in _NO_SUM else count.best


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """One line of the table of violations by type."""

    kind: ObservationType | None
    """None for the line of totals"""
    label: str
    tallies: tuple[Tally, ...]
    """in the order of Outcome"""


def kind_rows(digest: Digest) -> tuple[KindRow, ...]:
    """Count every kind that occurs under every heading, then all of them; empty where nothing was recorded."""
    kinds = [k for k in ObservationType if any(i.kind is k for i in digest.incidents)]
    rows = tuple(_row(digest, k, kind_text(k, 2).capitalize()) for k in kinds)
    return (*rows, _row(digest, None, "All")) if rows else ()


def _row(digest: Digest, kind: ObservationType | None, label: str) -> KindRow:
    tallies = (tally(i for i in digest.having(o) if kind is None or i.kind is kind) for o in Outcome)
    return KindRow(kind=kind, label=label, tallies=tuple(tallies))


def breakdown_text(incidents: Iterable[Incident]) -> str:
    """Break explosions down as the SMM did: "32 explosions (3 airbursts, 1 impact and 28 undetermined)"."""
    found = [i for i in incidents if i.kind is ObservationType.EXPLOSION]
    if not found:
        return "No explosion was assessed as a violation."
    order = sorted(Description, key=lambda d: d is Description.UNDETERMINED)
    parts = [_described(n, d) for d in order if (n := tally(i for i in found if i.description is d).best)]
    total = tally(found)
    return f"Explosions assessed as violations: {total.text()}" + (f" ({listed(parts)})." if parts else ".")


def _described(n: int, description: Description) -> str:
    words = description.value.replace("_", " ")
    noun = description in (Description.AIRBURST, Description.IMPACT)
    return f"{number(n)} {words}" + ("s" if noun and n != 1 else "")
