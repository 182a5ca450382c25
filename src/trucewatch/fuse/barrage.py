"""Barrages: so many rounds that no single one can be told apart become a few counted sequences.

Where several sensors each give an onset every two seconds for minutes on end, some place explains almost any choice of
them, and rounds cannot be joined one by one. What still holds is their sum. Sound that comes from one place reaches
two sensors with one difference of time, round after round: over a barrage pairs of onsets with that difference pile up
above what chance offers. Where they pile up for most sensors is a place. How many they are, over the product of the
onsets that both sensors had, is a share m of each place; and of all onsets are from some place, so that

    rounds of a place = m / (sum of m over all places)^2

whatever share of the rounds a sensor hears, and however many echoes it has of each.

Places are taken one after the other, the strongest first, without the onsets that those before it explain. Where a
shell is heard twice, at its gun and where it falls, both are places, and a sequence of its own.

References:
    Perkel, Gerstein & Moore 1967, Biophys. J. 7, 419 (cross-correlogram of two point processes).
    Kao & Shan 2004, Geophys. J. Int. 157, 589 (source scanning).

A single minute that sensors fill with onsets is counted in the same way, with wider bounds.

LIMIT: rounds of a barrage are not located one by one; another event that its sensors heard meanwhile is lost in it.
LIMIT: onsets of a place that was not found make counts too high, by at most what the busiest sensor heard. Rounds of
volleys that are fired within 1.5 s pile up as well and make them too low; guns that fire in turn, in even steps of
about a second, hide half of their place's own rounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.air import Air
from trucewatch.fuse.barrage_count import rounds_of
from trucewatch.fuse.barrage_flow import MINUTE_S, Flow, Travel, flows, frame_of, travel_of
from trucewatch.fuse.barrage_places import origin_s, sources
from trucewatch.fuse.existence import Term
from trucewatch.fuse.onsets import Onsets
from trucewatch.fuse.part import Part, support
from trucewatch.fuse.settings import FuseSettings
from trucewatch.model.count import Count
from trucewatch.model.incident import Support
from trucewatch.model.instant import Instant, utc_from_timestamp
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import CountQuality

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


_MINUTE_SIGMA = 0.2
"""error of the count of a minute, as a factor's logarithm, beyond that of its pairs: what made minutes of 40 to 70
rounds at 8 nodes are off by (seeds 101 to 120)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrages:
    """What is so dense that it is counted and not joined."""

    parts: tuple[Part, ...]
    explained: frozenset[str]
    """ids of onsets that belong to a barrage, whatever place they are of"""


@dataclass(frozen=True, slots=True, eq=False)
class _Sequence:
    """Rounds from one place."""

    xy_m: FloatArray
    covariance_m2: FloatArray
    clear: float
    n: float
    sigma: float
    origin_s: FloatArray
    """of each onset of the flow, were it from there"""
    per_minute: FloatArray


def barrages(onsets: Onsets, air_at: Callable[[float], Air], settings: FuseSettings) -> Barrages:
    """Return the counted sequences of barrages, and the onsets that they hold.

    Args:
        onsets: at microphones.
        air_at: the air at a moment, seconds since 1970.
        settings: how far sensors hear.
    """
    parts, explained = list[Part](), set[str]()
    for flow in flows(onsets, settings.max_range_m):
        found = _sequences(flow, travel_of(flow, air_at(onsets.epoch_s + flow.start_s)))
        if found:
            explained |= {onsets.detections[i].id for i in flow.onset.tolist()}
            parts += [_part(onsets, flow, one, settings) for one in found]
    return Barrages(parts=tuple(sorted(parts, key=lambda p: (p.start_s, p.first.id))), explained=frozenset(explained))


def _sequences(flow: Flow, travel_s: Travel) -> list[_Sequence]:
    """Return the places that rounds come from with how many, the strongest first; none where they cannot be counted."""
    found = sources(flow, travel_s)
    n, sigma = rounds_of(flow, travel_s(np.array([p.xy_m for p in found]))) if found else (np.zeros(0), np.zeros(0))
    out = []
    for place, of_it, off in zip(found, n.tolist(), sigma.tolist(), strict=True):
        if of_it >= max(flow.least, 2.0 * off):
            origin = origin_s(flow, travel_s, place.xy_m)
            rate = _per_minute(flow, origin, place.there, of_it)
            out.append(_Sequence(place.xy_m, place.covariance_m2, place.clear, of_it, off, origin, rate))
    return out


def _per_minute(flow: Flow, origin: FloatArray, there: BoolArray, n: float) -> FloatArray:
    """Return the rounds of each minute of the flow: all of them, shared out as the onsets that agree are."""
    edges = np.arange(flow.start_s, flow.end_s + 1.0, MINUTE_S)
    count, _ = np.histogram(origin[there], edges)
    return np.asarray(n * count / max(1, count.sum()), dtype=np.float64)


def _part(onsets: Onsets, flow: Flow, one: _Sequence, settings: FuseSettings) -> Part:
    fired = np.flatnonzero(one.per_minute >= max(1.0, 0.05 * float(one.per_minute.max())))
    start = onsets.epoch_s + flow.start_s + float(fired[0]) * MINUTE_S
    end = onsets.epoch_s + flow.start_s + float(fired[-1] + 1) * MINUTE_S
    count = _count_of_minute(one) if flow.is_short else _count(one)
    supports = _supports(onsets, flow, one, start - onsets.epoch_s, end - onsets.epoch_s)
    known = {d.id: d for d in onsets.detections}
    detections = tuple(sorted((known[s.detection_id] for s in supports), key=lambda d: (d.time.utc, d.id)))
    return Part(
        detections=detections,
        supports=supports,
        start_s=start,
        end_s=end,
        time=Instant(utc=utc_from_timestamp(start + MINUTE_S / 2), sigma_s=MINUTE_S / math.sqrt(12.0)),
        place=_place(onsets, flow, one, settings),
        place_method=f"where the sounds of a barrage at {len(flow.index)} sensors pile up; no round by itself",
        count=count,
        sentences=_sentences(flow, one, count, start, end),
        terms=(Term(log_odds=min(30.0, one.clear), why=_CLEARLY.format(one.clear)),),
    )


_CLEARLY = "its sensors agree on this place {:.0f} spreads above what they agree on elsewhere"


def _place(onsets: Onsets, flow: Flow, one: _Sequence, settings: FuseSettings) -> Place:
    lon, lat, _ = frame_of(onsets, flow.index).to_geographic(np.array([*one.xy_m, 0.0]))
    spread = one.covariance_m2 + settings.systematic_sigma_m**2 * np.eye(2)
    return Place.gaussian(lon_deg=lon, lat_deg=lat, covariance_m2=spread)


def _count(one: _Sequence) -> Count:
    """Return the rounds with 95 per cent bounds, in two figures: more would feign what nobody counted."""
    step = 10.0 ** max(0, math.floor(math.log10(max(one.n, 1.0))) - 1)
    low = max(1, int(math.floor((one.n - 1.96 * one.sigma) / step) * step))
    high = int(math.ceil((one.n + 1.96 * one.sigma) / step) * step)
    return Count(low=low, best=max(low, int(round(one.n / step) * step)), high=high, quality=CountQuality.ABOUT)


def _count_of_minute(one: _Sequence) -> Count:
    """Return the rounds of a minute with 95 per cent bounds: so few are off by a factor rather than by a number."""
    factor = math.exp(1.96 * math.hypot(one.sigma / one.n, _MINUTE_SIGMA))
    low, high = max(1, math.floor(one.n / factor)), math.ceil(one.n * factor)
    return Count(low=low, best=max(low, round(one.n)), high=high, quality=CountQuality.ABOUT)


def _supports(onsets: Onsets, flow: Flow, one: _Sequence, start_s: float, end_s: float) -> tuple[Support, ...]:
    """Return each sensor's first and last onset while it lasted: thousands would say no more."""
    out = list[Support]()
    for k in range(len(flow.index)):
        own = np.flatnonzero((flow.station == k) & (one.origin_s >= start_s) & (one.origin_s < end_s))
        if len(own):
            why = f"one of {len(own)} onsets of this sensor while the barrage lasted"
            out += [support(onsets.detections[int(flow.onset[n])], why) for n in sorted({int(own[0]), int(own[-1])})]
    return tuple(sorted(out, key=lambda s: s.detection_id))


def _sentences(flow: Flow, one: _Sequence, count: Count, start: float, end: float) -> tuple[str, ...]:
    rate = one.per_minute
    top = int(np.argmax(rate))
    first, last = utc_from_timestamp(start), utc_from_timestamp(end)
    at = utc_from_timestamp(start + (top - int(np.flatnonzero(rate >= max(1.0, 0.05 * rate.max()))[0])) * MINUTE_S)
    return (
        f"a barrage: about {count.best} rounds between {first:%H:%M} and {last:%H:%M} UTC, at least {count.low}; "
        "counted together by their sensors' pairs of onsets, for no round can be told from the others",
        f"{np.median(rate[rate > 0]):.0f} rounds a minute were usual, {rate[top]:.0f} the most, at {at:%H:%M} UTC",
        f"{len(flow.onset)} onsets at {len(flow.index)} sensors",
    )
