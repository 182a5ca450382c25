"""Figures of probabilities: existence, kind, zone and side, and who was named wrongly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.score import Calibration, Figure, ScoreSettings
from trucewatch.simulate import score_figures as figures
from trucewatch.simulate.score_calibration import calibration, debiased_ece, equal_mass
from trucewatch.simulate.score_intervals import LEAST_BLOCKS, percentile_interval
from trucewatch.simulate.score_matching import Matching
from trucewatch.simulate.score_rules import wrongly_attributed
from trucewatch.simulate.score_span import Span

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Forecasts:
    """Probabilities of one sort and what came true, each of shape (n,)."""

    of: str
    p: FloatArray
    came_true: BoolArray
    time_s: FloatArray


def forecasts(m: Matching) -> tuple[Forecasts, ...]:
    """Return the forecasts of existence, presence, kind, zone and side.

    Existence and presence are judged for every claim with a place (rule 9). The others are judged for claims, made
    or not, that stand for an event: of the kind the most probable one; of zones and sides each that is named, by
    whether it was the event's own, where the truth says which. The side of an innocent event is nobody's.
    """
    matched = [(int(c), m.events.events[e]) for c, e in enumerate(m.event_of_claim) if e >= 0]
    kinds = [
        (c, m.claims.claims[c].kinds[0].p, m.claims.claims[c].kinds[0].kind is e.kind)
        for c, e in matched
        if m.claims.claims[c].kinds and e.kind_known
    ]
    zones = [(c, p, name == e.zone) for c, e in matched if e.zone for name, p in m.claims.claims[c].zones]
    sides = [
        (c, p, name == e.side and not e.innocent)
        for c, e in matched
        if e.side or e.innocent
        for name, p in m.claims.claims[c].sides
    ]
    exists = Forecasts(of="existence", p=m.claims.p, came_true=m.pair_of_claim >= 0, time_s=m.claims.time_s)
    near = np.zeros(len(m.claims.p), dtype=np.bool_)
    near[m.pairs.claim] = True
    present = Forecasts(of="presence", p=m.claims.p, came_true=near, time_s=m.claims.time_s)
    return (exists, present, _of("kind", kinds, m), _of("zone", zones, m), _of("side", sides, m))


def _of(name: str, rows: Iterable[tuple[int, float, bool]], m: Matching) -> Forecasts:
    said = list(rows)
    claim = np.array([c for c, _, _ in said], dtype=np.int64)
    p = np.array([p for _, p, _ in said], dtype=np.float64)
    return Forecasts(
        of=name, p=p, came_true=np.array([t for _, _, t in said], dtype=np.bool_), time_s=m.claims.time_s[claim]
    )


def calibrations(said: Iterable[Forecasts], settings: ScoreSettings) -> tuple[Calibration, ...]:
    """Return the calibration of each sort of which there is any forecast."""
    made = (calibration(f.of, f.p, f.came_true, n_bins=settings.n_bins) for f in said)
    return tuple(c for c in made if c is not None)


def probability_figures(f: Forecasts, span: Span, settings: ScoreSettings) -> list[Figure]:
    """Return Brier score and calibration error of one sort."""
    block = span.block(f.time_s)
    squares = (f.p - f.came_true) ** 2
    return [
        figures.mean(f"{f.of}_brier", squares, block, span, ""),
        _ece_figure(f, block, span, settings),
    ]


def _ece_figure(f: Forecasts, block: IntArray, span: Span, settings: ScoreSettings) -> Figure:
    """Return the debiased calibration error; bins are fixed while blocks are drawn."""
    name = f"{f.of}_ece"
    if not len(f.p):
        return Figure(name=name, value=None, low=None, high=None, n=0, unit="", better="lower")
    number = equal_mass(f.p, settings.n_bins)
    k = int(number.max()) + 1
    cell = block * k + number
    n, p, o = (
        np.bincount(cell, weights=w, minlength=span.n_blocks * k).reshape(span.n_blocks, k)
        for w in (np.ones(len(f.p)), f.p, f.came_true.astype(np.float64))
    )
    bounds = None
    if np.count_nonzero(n.sum(axis=1)) >= LEAST_BLOCKS:
        bounds = percentile_interval(debiased_ece(span.drawn @ n, span.drawn @ p, span.drawn @ o))
    return Figure(
        name=name,
        value=float(debiased_ece(n.sum(axis=0), p.sum(axis=0), o.sum(axis=0))),
        low=None if bounds is None else bounds[0],
        high=None if bounds is None else bounds[1],
        n=len(f.p),
        unit="",
        better="lower",
        interval="" if bounds is None else "bootstrap",
    )


def attribution(m: Matching) -> tuple[tuple[int, bool], ...]:
    """Return claims that count and name a side, each with whether it is the wrong one (rule 10)."""
    named = (int(c) for c in np.flatnonzero(m.claims.counts) if m.claims.claims[c].attributed)
    event = m.event_of_claim
    judged = (
        (c, wrongly_attributed(m.claims.claims[c], m.events.events[event[c]] if event[c] >= 0 else None)) for c in named
    )
    return tuple((c, wrong) for c, wrong in judged if wrong is not None)


def attribution_figure(judged: tuple[tuple[int, bool], ...], m: Matching, span: Span) -> Figure:
    """Return the share of attributed claims that name the wrong side."""
    wrong = np.array([w for _, w in judged], dtype=np.bool_)
    block = span.block(m.claims.time_s[np.array([c for c, _ in judged], dtype=np.int64)])
    return figures.share("wrongly_attributed", wrong, block, span, "lower")
