"""What is found and what is false by kind, size, source, number of sensors and hour, and at which false rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.score import Group, OperatingPoint, ScoreSettings
from trucewatch.model.truth import TrueEvent
from trucewatch.simulate.score_intervals import wilson
from trucewatch.simulate.score_matching import Matching
from trucewatch.simulate.score_span import Span

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_MOST_POINTS = 100
_MOST_SOURCES = 40
_MOST_HOURS = 24
SENSORS = ((0, "0 to 2"), (3, "3"), (4, "4"), (5, "5 or 6"), (7, "7 to 9"), (10, "10 or more"))
"""least number of sensors with a true detection, and the group's name"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Operating:
    """What is found and false at each probability from which claims are made, most probable first; shape (n,)."""

    p_least: FloatArray
    n_found: IntArray
    n_false: IntArray
    allowed: float
    """least probability at which the settings' false incidents a day are not exceeded; infinite where none does"""
    found_at_rate: BoolArray
    """events that are found at that, shape (n_events,)"""


def operating(m: Matching, span: Span, settings: ScoreSettings) -> Operating:
    """Order claims that are not said to be innocent by probability, equal ones together, and count on the way.

    Matches are those of the whole set of claims: an event whose claim is dropped is not given to a weaker one.
    """
    event = m.event_of_claim
    innocent = np.zeros(len(event), dtype=np.bool_)
    innocent[event >= 0] = m.events.innocent[event[event >= 0]]
    said = ~m.claims.innocent
    unsaid = np.zeros(len(event), dtype=np.bool_)
    unsaid[event >= 0] = ~m.events.kind_known[event[event >= 0]]
    true = (said | unsaid) & (event >= 0) & ~innocent
    false = said & ((event < 0) | (innocent & m.claims.may_violate))
    levels, at = np.unique(-m.claims.p, return_inverse=True)
    n_true = np.cumsum(np.bincount(at, weights=true, minlength=len(levels))).astype(np.int64)
    n_false = np.cumsum(np.bincount(at, weights=false, minlength=len(levels))).astype(np.int64)
    good = np.flatnonzero(n_false <= settings.false_per_day * span.days + 1e-9)
    allowed = float(-levels[good[-1]]) if len(good) else np.inf
    found = np.zeros(len(m.events.events), dtype=np.bool_)
    found[event[true & (m.claims.p >= allowed)]] = True
    return Operating(p_least=-levels, n_found=n_true, n_false=n_false, allowed=allowed, found_at_rate=found)


def operating_points(o: Operating, n_truth: int, span: Span) -> tuple[OperatingPoint, ...]:
    """Return the curve of recall against false incidents a day, thinned where it is long."""
    if not n_truth or not len(o.p_least):
        return ()
    at = np.unique(np.linspace(0, len(o.p_least) - 1, min(len(o.p_least), _MOST_POINTS)).round().astype(np.int64))
    return tuple(
        OperatingPoint(
            p_least=float(o.p_least[k]),
            recall=float(o.n_found[k]) / n_truth,
            false_per_day=float(o.n_false[k]) / span.days,
        )
        for k in at
    )


def groups(m: Matching, o: Operating, span: Span) -> tuple[Group, ...]:
    """Return every group that has something in it."""
    top_kind = np.array([c.kinds[0].kind.value if c.kinds else "" for c in m.claims.claims], dtype=np.str_)
    out = _by("kind", _event_names(m, lambda e: e.kind.value if e.kind_known else "not known"), top_kind, m, o)
    sizes = _event_names(m, lambda e: e.size or "not known")
    sources = _event_names(m, lambda e: e.label or "not known")
    sensors = _event_names(m, lambda e: _sensors(e.n_sensors))
    if _tells(sizes):
        out += _by("size", sizes, None, m, o, order=["small", "medium", "large"])
    if _tells(sources):
        out += _by("source", sources, None, m, o)
    if _tells(sensors):
        out += _by("sensors", sensors, None, m, o, order=[name for _, name in SENSORS])
    return tuple(out + _hours(m, o, span))


def _tells(names: NDArray[np.str_]) -> bool:
    """Say whether groups by these names tell anything: more than one, and not one for nearly every event."""
    return 1 < len(np.unique(names)) <= min(_MOST_SOURCES, len(names) / 2)


def _event_names(m: Matching, name: Callable[[TrueEvent], str]) -> NDArray[np.str_]:
    return np.array([name(e) for e in m.events.events], dtype=np.str_)


def _sensors(n: int | None) -> str:
    return "not known" if n is None else [name for least, name in SENSORS if n >= least][-1]


def _hours(m: Matching, o: Operating, span: Span) -> list[Group]:
    """Return parts of the run of equal length, an hour or more: does precision drift with the time that it runs?"""
    step_h = max(1.0, float(np.ceil(span.days * 24 / _MOST_HOURS)))
    n = int(np.ceil(span.days * 24 / step_h))
    if n < 2:
        return []
    names = [f"{k * step_h:g} to {(k + 1) * step_h:g} h" for k in range(n)]
    event_part, claim_part = (
        np.array(names)[np.clip((t - span.start_s) / 3600.0 / step_h, 0, n - 1).astype(np.int64)]
        for t in (m.events.start_s, m.claims.time_s)
    )
    return _by("hours", event_part, claim_part, m, o, order=names)


def _by(
    by: str,
    event_name: NDArray[np.str_],
    claim_name: NDArray[np.str_] | None,
    m: Matching,
    o: Operating,
    order: list[str] | None = None,
) -> list[Group]:
    real, false = ~m.events.innocent, m.false
    names = set(event_name[real].tolist())
    if claim_name is not None:
        names |= set(claim_name[m.true | false].tolist())
    rank = {name: k for k, name in enumerate(order or ())}
    ranked = sorted((str(n) for n in names), key=lambda n: (rank.get(n, len(rank)), n))
    return [_group(by, n, real & (event_name == n), claim_name, m, o) for n in ranked]


def _group(by: str, name: str, own: BoolArray, claim_name: NDArray[np.str_] | None, m: Matching, o: Operating) -> Group:
    n, found = int(own.sum()), int((own & m.found).sum())
    low, high = wilson(found, n) if n else (None, None)
    n_false, precision, p_low, p_high = None, None, None, None
    if claim_name is not None:
        n_false = int((m.false & (claim_name == name)).sum())
        made = n_false + int((m.true & (claim_name == name)).sum())
        if made:
            precision = 1 - n_false / made
            p_low, p_high = wilson(made - n_false, made)
    return Group(
        by=by,
        name=name or "not said",
        n_truth=n,
        n_found=found,
        recall=found / n if n else None,
        recall_low=low,
        recall_high=high,
        recall_at_rate=int((own & o.found_at_rate).sum()) / n if n else None,
        n_false=n_false,
        precision=precision,
        precision_low=p_low,
        precision_high=p_high,
    )
