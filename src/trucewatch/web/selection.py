"""Which incidents a person asked for: the query of an address, as a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from trucewatch.model.instant import Interval, rfc3339
from trucewatch.model.vocabulary import ObservationType
from trucewatch.report import Outcome
from trucewatch.service.lookup import IncidentRow, Overview, clipped

SORTS: Final[dict[str, Callable[[IncidentRow], object]]] = {
    "time": lambda r: r.incident.time.utc,
    "kind": lambda r: (r.incident.kind.value, -r.incident.kinds[0].p),
    "place": lambda r: r.where,
    "p": lambda r: -r.incident.p_exists,
    "result": lambda r: list(Outcome).index(r.outcome),
    "finding": lambda r: r.finding,
}
"""what a list can be ordered by; each key ascending as people expect it first"""


class UnreadableQuery(ValueError):  # noqa: N818 - it names a thing found
    """A query that asks for something that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Filters, window and order of the operations page."""

    kinds: tuple[ObservationType, ...] = ()
    """empty: all"""
    outcomes: tuple[Outcome, ...] = ()
    """empty: all"""
    p_least: float = 0.0
    start_utc: datetime | None = None
    end_utc: datetime | None = None
    sort: str = "time"
    descending: bool = False

    def takes(self, row: IncidentRow) -> bool:
        """Say whether an incident is among those asked for."""
        return (
            (not self.kinds or row.incident.kind in self.kinds)
            and (not self.outcomes or row.outcome in self.outcomes)
            and row.incident.p_exists >= self.p_least
            and Interval(start_utc=self.start_utc, end_utc=self.end_utc).contains(row.incident.time.utc)
        )

    def ordered(self, rows: Iterable[IncidentRow]) -> list[IncidentRow]:
        """Return rows in the order asked for; equal ones by time."""
        by_time = sorted(rows, key=lambda r: (r.incident.time.utc, r.incident.id))
        return sorted(by_time, key=SORTS[self.sort], reverse=self.descending)  # type: ignore[arg-type]

    def window(self, view: Overview) -> Interval:
        """Return the window with both ends."""
        return clipped(view, self.start_utc, self.end_utc)

    def sorted_by(self, key: str) -> str:
        """Return the query of the same selection in another order; asked twice it turns the order round."""
        pairs = [("kind", k.value) for k in self.kinds] + [("result", o.value) for o in self.outcomes]
        pairs += [("pmin", f"{self.p_least:g}")] if self.p_least else []
        pairs += [(n, rfc3339(t)) for n, t in (("from", self.start_utc), ("to", self.end_utc)) if t is not None]
        turned = key == self.sort and not self.descending
        return urlencode([*pairs, ("sort", key), *([("order", "desc")] if turned else [])])


def read_selection(query: Sequence[tuple[str, str]]) -> Selection:
    """Read the query of an address; parameters of other names are left alone.

    Raises:
        UnreadableQuery: naming the parameter, its value and what would be right.
    """
    sort = _last(query, "sort") or "time"
    if sort not in SORTS:
        raise UnreadableQuery(f"sort={sort!r}: expected one of {', '.join(SORTS)}")
    start, end = _moment(query, "from"), _moment(query, "to")
    if start is not None and end is not None and end < start:
        raise UnreadableQuery(f"to={rfc3339(end)!r} lies before from={rfc3339(start)!r}")
    return Selection(
        kinds=tuple(ObservationType(v) for v in _known(query, "kind", [k.value for k in ObservationType])),
        outcomes=tuple(Outcome(v) for v in _known(query, "result", [o.value for o in Outcome])),
        p_least=_probability(query),
        start_utc=start,
        end_utc=end,
        sort=sort,
        descending=_last(query, "order") == "desc",
    )


def _last(query: Sequence[tuple[str, str]], name: str) -> str:
    return next((v.strip() for n, v in reversed(query) if n == name), "")


def _known(query: Sequence[tuple[str, str]], name: str, values: list[str]) -> list[str]:
    asked = [v for n, v in query if n == name and v]
    for v in asked:
        if v not in values:
            raise UnreadableQuery(f"{name}={v[:60]!r}: expected one of {', '.join(values)}")
    return sorted(set(asked), key=values.index)


def _probability(query: Sequence[tuple[str, str]]) -> float:
    text = _last(query, "pmin") or "0"
    try:
        p = float(text)
    except ValueError:
        p = -1.0
    if not 0 <= p <= 1:
        raise UnreadableQuery(f"pmin={text[:60]!r}: expected a probability from 0 to 1, such as 0.5")
    return p


def _moment(query: Sequence[tuple[str, str]], name: str) -> datetime | None:
    """Read a UTC moment; browsers' date fields give no zone, and the page says that they are UTC."""
    text = _last(query, name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        expected = "a time such as 2025-08-13T12:00:00Z"
        raise UnreadableQuery(f"{name}={text[:60]!r}: expected {expected}") from error
