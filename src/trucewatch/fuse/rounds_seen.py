"""Rounds of a series that were placed by their flash, because too few microphones agreed on them, are rounds of it.

They also bridge pauses: two series of one place that such rounds join are one.

LIMIT: what is added bends neither the place nor the odds of the series: its surest round speaks for all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.part import Part
from trucewatch.fuse.scatter import log_odds_of_round, usual_scatter_m
from trucewatch.fuse.sizes import gun_share
from trucewatch.model.count import Count
from trucewatch.model.incident import Round

_SEEN = "another round of it, placed by its flash; the surest round speaks for all"
_HEARD = "another round of it; the surest round speaks for all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Located events with the rounds that were seen added, and the flashes that are events of their own."""

    located: tuple[Part, ...]
    seen: tuple[Part, ...]


def gather_rounds(scene: Scene, located: Sequence[Part], seen: Sequence[Part]) -> Gathered:
    """Add flashes that fall within a located series, in time and place, to it, and join series that they bridge.

    Args:
        scene: settings and names of sizes.
        located: placed by arrival times.
        seen: placed by flashes.
    """
    series, own, grown = list(located), list[Part](), set[int]()
    for flash in sorted(seen, key=lambda p: (p.start_s, p.first.id)):
        n = _likeliest(scene, series, flash, range(len(series)))
        if n is None:
            own.append(flash)
            continue
        series[n], grown = _with(series[n], flash, _SEEN), grown | {n}
    gone = set[int]()
    for n in sorted(grown, key=lambda n: (series[n].start_s, series[n].first.id)):
        while n not in gone:
            other = _likeliest(scene, series, series[n], (k for k in range(len(series)) if k not in {n, *gone}))
            if other is None:
                break
            main, less = sorted((n, other), key=lambda k: (_det(series[k]), series[k].first.id))
            series[main] = _with(series[main], series[less], _HEARD)
            gone.add(less)
            n = main  # noqa: PLW2901 - goes on with what both became
    return Gathered(located=tuple(p for n, p in enumerate(series) if n not in gone), seen=tuple(own))


def _likeliest(scene: Scene, series: Sequence[Part], other: Part, among: Iterable[int]) -> int | None:
    odds = [(_log_odds(scene, series[n], other), -n) for n in among]
    best, n = max(odds, default=(-math.inf, 0))
    return -n if best > 0.0 else None


def _log_odds(scene: Scene, series: Part, other: Part) -> float:
    """Return the log-odds that rounds go on with a series, against an event of their own."""
    if series.evidence is None or other.place is None or not series.rounds or not other.round_times_s:
        return -math.inf
    longest_s = scene.settings.series_gap_s
    if other.start_s > series.end_s + longest_s or other.end_s < series.start_s - longest_s:
        return -math.inf
    since_s = float(np.abs(np.subtract.outer(series.round_times_s, other.round_times_s)).min())
    usual_m = usual_scatter_m(scene, series.evidence)
    guns = [gun_share(scene.size_names, p.evidence.sizes.posterior) for p in (series, other) if p.evidence is not None]
    ways = ((min(guns), usual_m, scene.settings.salvo_gap_s), (1.0 - max(guns), usual_m, longest_s))
    return log_odds_of_round(scene, [r.place for r in series.rounds], other.place, since_s, ways)


def _det(part: Part) -> float:
    return math.inf if part.place is None else float(np.linalg.det(part.place.covariance_m2))


def _with(series: Part, other: Part, why: str) -> Part:
    """Return a series with the rounds of another part."""
    rounds = other.rounds or tuple(
        Round(time=other.time, place=other.place) for _ in other.round_times_s if other.place is not None
    )
    supports = [replace(s, used=False, log_odds=0.0, reason=f"{s.reason}; {why}") for s in other.supports]
    n = len(other.round_times_s)
    added = f"{n} more round{'' if n == 1 else 's'} of it, {other.place_method}"
    return replace(
        series,
        detections=tuple(sorted({*series.detections, *other.detections}, key=lambda d: (d.time.utc, d.id))),
        supports=tuple(sorted((*series.supports, *supports), key=lambda s: s.detection_id)),
        start_s=min(series.start_s, other.start_s),
        end_s=max(series.end_s, other.end_s),
        time=min(series.time, other.time, key=lambda t: t.utc),
        count=_sum(series.count, other.count),
        sentences=(*series.sentences, added),
        round_times_s=tuple(sorted((*series.round_times_s, *other.round_times_s))),
        rounds=tuple(sorted((*series.rounds, *rounds), key=lambda r: r.time.utc)),
        also_heard=series.also_heard | other.also_heard,
    )


def _sum(one: Count, other: Count) -> Count:
    return replace(
        one,
        low=one.low + other.low,
        best=None if one.best is None or other.best is None else one.best + other.best,
        high=None if one.high is None or other.high is None else one.high + other.high,
    )
