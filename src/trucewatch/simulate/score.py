"""A system's claims against a known truth: missed, false, misplaced, miscounted, too sure, wrongly attributed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from trucewatch import __version__
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.score import Figure, Score, ScoreSettings
from trucewatch.model.truth import Claim, TrueEvent
from trucewatch.simulate import score_figures as figures
from trucewatch.simulate.score_columns import claim_columns, event_columns
from trucewatch.simulate.score_groups import Operating, groups, operating, operating_points
from trucewatch.simulate.score_matching import Matching, match
from trucewatch.simulate.score_place import (
    count_figures,
    error_distribution,
    gospa_figures,
    place_figures,
    time_figures,
)
from trucewatch.simulate.score_probability import (
    attribution,
    attribution_figure,
    calibrations,
    forecasts,
    probability_figures,
)
from trucewatch.simulate.score_span import Span, span_of

FORMAT = "trucewatch-score/1"
METHOD = "score/1"


def score(
    truth: Sequence[TrueEvent],
    claims: Sequence[Claim],
    settings: ScoreSettings | None = None,
    *,
    observed: Interval | None = None,
    seeds: Sequence[int] = (),
    rejected: Sequence[str] = (),
) -> Score:
    """Hold claims against the truth; the rules are those of `score_rules`.

    Args:
        truth: what truly happened, innocent things among it.
        claims: what a system says, improbable claims among it: without them its calibration cannot be judged.
        settings: when a claim is taken for an event.
        observed: the span that was watched; None: from the first to the last event or claim.
        seeds: of simulated days, kept with the score.
        rejected: rows of the claims that could not be read, kept with the score.

    Returns:
        Figures with 95 per cent intervals. The order of truth and claims, and how they are named, change none.
    """
    used = settings or ScoreSettings()
    events, columns = event_columns(truth), claim_columns(claims, used.claimed)
    span = span_of(events, columns, used, observed) or _nothing(used)
    m = match(events, columns, used)
    o = operating(m, span, used)
    said, judged = forecasts(m), attribution(m)
    n_truth = int((~events.innocent).sum())
    event_ids, claim_ids = [e.id for e in events.events], [c.id for c in columns.claims]
    event = m.event_of_claim
    empty = span.start_s == span.end_s
    return Score(
        format=FORMAT,
        method=METHOD,
        versions=(("trucewatch", __version__),),
        seeds=tuple(seeds),
        settings=used,
        truth_sha256=_digest(truth),
        start_utc=None if empty else utc_from_timestamp(span.start_s),
        end_utc=None if empty else utc_from_timestamp(span.end_s),
        days=0.0 if empty else span.days,
        block_s=span.block_s,
        n_truth=n_truth,
        n_innocent=len(truth) - n_truth,
        n_claims=len(claims),
        n_made=sum(c.p_exists >= used.claimed for c in claims),
        n_unplaced=len(claims) - len(columns.claims),
        figures=(
            *_found_and_false(m, o, span),
            *gospa_figures(m, span, used),
            *place_figures(m, span),
            *time_figures(m, span),
            *count_figures(m, span),
            *(f for one in said for f in probability_figures(one, span, used)),
            attribution_figure(judged, m, span),
        ),
        groups=groups(m, o, span),
        calibrations=calibrations(said, used),
        operating=operating_points(o, n_truth, span),
        errors_m=error_distribution(m),
        missed=tuple(sorted(event_ids[k] for k in np.flatnonzero(~m.found & ~events.innocent))),
        false=tuple(sorted(claim_ids[k] for k in np.flatnonzero(m.false))),
        innocent_as_violation=tuple(sorted(claim_ids[k] for k in np.flatnonzero(m.false & (event >= 0)))),
        doubled=tuple(sorted(claim_ids[k] for k in np.flatnonzero(m.doubled))),
        merged=tuple(sorted((event_ids[e], claim_ids[c]) for e, c in m.merged)),
        wrongly_attributed=tuple(sorted(claim_ids[c] for c, wrong in judged if wrong)),
        rejected=tuple(rejected),
    )


def _digest(truth: Sequence[TrueEvent]) -> str:
    """Return a SHA-256 of true events that their order does not change."""
    names = tuple(f.name for f in fields(TrueEvent))
    rows = sorted(json.dumps([getattr(e, n) for n in names], default=str) for e in truth)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _nothing(settings: ScoreSettings) -> Span:
    """Return a span for a score of nothing: no truth, no claim, no time."""
    return Span(start_s=0.0, end_s=0.0, block_s=60.0, n_blocks=1, drawn=np.ones((settings.resamples, 1)))


def _found_and_false(m: Matching, o: Operating, span: Span) -> list[Figure]:
    real = ~m.events.innocent
    event_block, claim_block = span.block(m.events.start_s), span.block(m.claims.time_s)
    judged = m.true | m.false
    innocent_claimed = _claimed(m)
    merged = np.zeros(len(real), dtype=np.bool_)
    merged[[e for e, _ in m.merged]] = True
    out = [
        figures.share("recall", m.found[real], event_block[real], span, "higher"),
        figures.share("recall_at_rate", o.found_at_rate[real], event_block[real], span, "higher"),
        figures.share("precision", m.true[judged], claim_block[judged], span, "higher"),
        figures.share("innocent_claimed", innocent_claimed[~real], event_block[~real], span, "lower"),
        figures.share("doubled", m.doubled[judged], claim_block[judged], span, "lower"),
        figures.share("merged", merged[real], event_block[real], span, "lower"),
    ]
    return out + ([figures.daily_rate("false_per_day", claim_block[m.false], span)] if span.days > 0 else [])


def _claimed(m: Matching) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which events a false claim stands for, shape (n_events,)."""
    out = np.zeros(len(m.events.events), dtype=np.bool_)
    event = m.event_of_claim[m.false]
    out[event[event >= 0]] = True
    return out
