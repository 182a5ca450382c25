"""A mission in stretches of half a day, each fused by itself: late data touch only the stretch that they are in.

A stretch ends at the quietest moment near noon or midnight UTC. It is fused with what came in two hours either side of
it, and keeps only the incidents whose time lies in it. So what a stretch gives depends on its own detections and those
of its halo alone: not on the order in which data came, not on how many processes share the work, not on what was fused
before. Whatever is fused anew gives the same bytes as everything fused at once.

LIMIT: an event of one stretch and one of the next are never linked as launch and impact, and a salvo that goes on for
more than two hours past the end of its stretch loses the rounds after that.

LIMIT: a clock that is off is found from the events of its stretch and halo; four are needed there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.single import span_s
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import Incident
from trucewatch.model.vocabulary import ObserverKind

FloatArray = NDArray[np.float64]

STRETCH_S = 12 * 3600.0
_AROUND_S = 3600.0
"""how far from noon and midnight a cut may lie"""
HALO_S = 2 * 3600.0
"""rates of chance are counted over an hour either side, sound of a far event is under way for up to 80 minutes, and
clocks are looked for two hours off"""
_NEAR_S = 300.0
"""an impulse is followed to 60 km; it happened no earlier than this before it was heard"""
_FAR_S = 5_400.0
"""the same of what arrays and seismic stations hear, at 1,000 km"""
SLOW = frozenset({DetectionKind.REPORT, DetectionKind.FIRE, DetectionKind.CHANGE})
"""kinds that hold for minutes to days, and so may speak of events of several stretches"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A piece of a mission's time with everything that fusion of it takes."""

    number: int
    """of half days since 1970"""
    start_s: float
    """seconds since 1970 UTC; the stretch is half-open"""
    end_s: float
    detections: tuple[Detection, ...]
    """its own and those of its halo, by id"""

    def has(self, at_s: float) -> bool:
        """Say whether a moment lies in it."""
        return self.start_s <= at_s < self.end_s


@dataclass(frozen=True, slots=True, eq=False)
class _Spans:
    """When what was detected may have happened, and when it was noticed, shape (n,) each."""

    first_s: FloatArray
    last_s: FloatArray
    before_s: FloatArray
    """how long before, over all that fusion looks at"""


def stretches(detections: Sequence[Detection], settings: FuseSettings) -> tuple[Stretch, ...]:
    """Return the stretches in which something may have happened, by time.

    Args:
        detections: in any order, each id once.
        settings: how long after an explosion a fire may be seen.
    """
    ordered = sorted(detections, key=lambda d: d.id)
    if not ordered:
        return ()
    spans = _spans(ordered, settings)
    moments = np.array(sorted(d.time.utc.timestamp() for d in ordered if d.kind not in SLOW))
    numbers = _numbers(spans)
    cuts = {n: _cut(moments, n * STRETCH_S) for n in {m for n in numbers for m in (n, n + 1)}}
    made = (_stretch(n, cuts[n], cuts[n + 1], ordered, spans) for n in numbers)
    return tuple(s for s in made if s is not None)


def _spans(detections: Sequence[Detection], settings: FuseSettings) -> _Spans:
    ends = np.array([span_s(d) for d in detections])
    before = np.array([_before_s(d) for d in detections])
    fire = np.array([settings.fire_after_s if d.kind is DetectionKind.FIRE else 0.0 for d in detections])
    return _Spans(first_s=ends[:, 0] - before, last_s=ends[:, 1], before_s=fire)


def _before_s(detection: Detection) -> float:
    if detection.kind in SLOW:
        return 0.0
    return _NEAR_S if detection.observer_kind is ObserverKind.ACOUSTIC_SENSOR else _FAR_S


def _numbers(spans: _Spans) -> list[int]:
    """Return the numbers of all stretches that something may have happened in; a cut may lie an hour off."""
    low = np.floor((spans.first_s - _AROUND_S) / STRETCH_S).astype(np.int64)
    high = np.floor((spans.last_s + _AROUND_S) / STRETCH_S).astype(np.int64)
    return sorted({n for a, b in {*zip(low.tolist(), high.tolist(), strict=True)} for n in range(a, b + 1)})


def _cut(moments_s: FloatArray, middle_s: float) -> float:
    """Return the middle of the longest gap around a moment, the earliest of equal ones."""
    low, high = middle_s - _AROUND_S, middle_s + _AROUND_S
    within = moments_s[np.searchsorted(moments_s, low) : np.searchsorted(moments_s, high, "right")]
    edges = np.concatenate(([low], within, [high]))
    widest = int(np.argmax(np.diff(edges)))
    return float(edges[widest] + edges[widest + 1]) / 2.0


def _stretch(number: int, start_s: float, end_s: float, ordered: Sequence[Detection], spans: _Spans) -> Stretch | None:
    """Return a stretch; None where nothing can have happened in it."""
    if not bool(((spans.first_s < end_s) & (spans.last_s >= start_s)).any()):
        return None
    taken = (spans.first_s - spans.before_s < end_s + HALO_S) & (spans.last_s >= start_s - HALO_S)
    return Stretch(
        number=number,
        start_s=start_s,
        end_s=end_s,
        detections=tuple(ordered[n] for n in np.flatnonzero(taken).tolist()),
    )


def own(stretch: Stretch, incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Return the incidents that happened in a stretch, without links to others."""
    kept = [i for i in incidents if stretch.has(i.time.utc.timestamp())]
    names = {i.id for i in kept}
    return tuple(replace(i, links=tuple(link for link in i.links if link.incident_id in names)) for i in kept)


def instrumental(incidents: Iterable[Incident], kinds: Mapping[str, DetectionKind]) -> frozenset[str]:
    """Return the ids of detections that belong to incidents which a sensor heard or felt.

    Args:
        incidents: with their supports.
        kinds: of detections, by id.
    """
    heard = (
        i for i in incidents if any(kinds.get(s.detection_id, DetectionKind.ONSET) not in SLOW for s in i.supports)
    )
    return frozenset(s.detection_id for i in heard for s in i.supports)


def without_joined(incidents: Iterable[Incident], elsewhere: Collection[str]) -> tuple[Incident, ...]:
    """Return incidents without those made only of what belongs to events of other stretches.

    A fire seen in the evening belongs to the explosion of the morning, and is then no incident by itself.

    Args:
        incidents: of one stretch.
        elsewhere: ids of detections that speak for what was heard in another one.

    LIMIT: what speaks for events of several stretches supports each of them.
    """
    return tuple(i for i in incidents if not all(s.detection_id in elsewhere for s in i.supports))


def span_of(stretch: Stretch) -> tuple[float, float]:
    """Return all the time that fusion of a stretch may ask about, whole seconds since 1970 UTC."""
    return math.floor(stretch.start_s - HALO_S - _FAR_S), math.ceil(stretch.end_s + HALO_S + _FAR_S)
