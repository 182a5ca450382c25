"""What each claim adds to the event that it joined, and to each of several that it may speak of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trucewatch.fuse.claims import CLAIMS, Claims, Said
from trucewatch.fuse.hypothesis import Hypothesis, hypothesis_of
from trucewatch.fuse.join import Cluster
from trucewatch.fuse.testimony import said_of
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import Alternative, Support
from trucewatch.model.instant import rfc3339
from trucewatch.model.vocabulary import CountQuality

_OPEN = frozenset({CountQuality.UNCOUNTABLE, CountQuality.OVERLAPPING, CountQuality.CONTINUOUS})
_LEAST_STATED = -5.0
"""other explanations less likely than this against the one taken are not stated (one in 150)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """What a claim adds to one event."""

    log_odds: float
    reason: str


def attest(clusters: Sequence[Cluster], claims: Claims) -> tuple[Mapping[str, Attested], ...]:
    """Return for each event what each claim that joined it adds, by the claim's id.

    A claim that speaks of several events is worth less to each: what the others would make of it is one more way in
    which it can have come about. A number that covers them all takes nothing from any.

    References:
        The intensity of what several independent sources tell is the sum of theirs (superposition of Poisson
        processes: Kingman 1993, section 2.2).
    """
    joined = [bool(c.others or c.shared) for c in clusters]
    at_first = [hypothesis_of(c.anchor, claims.settings) if j else None for c, j in zip(clusters, joined, strict=True)]
    # By the chain rule: what was seen is held against the sounds, and everything later against both.
    known = [hypothesis_of(c.known, claims.settings) if j else None for c, j in zip(clusters, joined, strict=True)]
    out = [dict[str, Attested]() for _ in clusters]
    for n, cluster in enumerate(clusters):
        for part in cluster.others:
            for d in part.detections:
                event = at_first[n] if d.kind is DetectionKind.SIGHTING else known[n]
                _add(out[n], d, _said(d, event, claims), 0.0)
    for found in _of_several(clusters).values():
        said = [(n, d, _said(d, known[n], claims)) for n, d in found]
        shares = [0.0 if s is None else s.p * s.ratio for _, _, s in said]
        left = _left_open(said[0][1], len(said))
        for (n, d, one), own in zip(said, shares, strict=True):
            _add(out[n], d, one, left * (sum(shares) - own))
    return tuple(out)


def weighed(supports: Sequence[Support], attested: Mapping[str, Attested]) -> list[Support]:
    """Return supports with what each claim adds; of one source only what adds most, for its tellings share its faults.

    A flash of every round of a salvo is seen by one camera with one north and one clock.
    """
    best: dict[str, tuple[float, str]] = {}
    for s in supports:
        if (one := attested.get(s.detection_id)) is not None:
            best[s.sensor_id] = max(best.get(s.sensor_id, (-1e9, "")), (one.log_odds, s.detection_id))
    out = []
    for s in supports:
        found = attested.get(s.detection_id)
        if found is None:
            out.append(s)
        elif best[s.sensor_id][1] == s.detection_id:
            out.append(replace(s, log_odds=found.log_odds, reason=f"{s.reason}; {found.reason}"))
        else:
            out.append(replace(s, reason=f"{s.reason}; another telling of this source speaks for all of them"))
    return out


def contested(cluster: Cluster, claims: Claims) -> tuple[Alternative, ...]:
    """Return, likeliest first, the other events to which what joined this one may belong instead."""
    out, here = [], hypothesis_of(cluster.known, claims.settings) if cluster.contested else None
    for part, other in cluster.contested:
        mine, theirs = (_said(part.first, h, claims) for h in (here, hypothesis_of(other, claims.settings)))
        if mine is None or theirs is None or theirs.belongs - mine.belongs < _LEAST_STATED:
            continue
        text = (
            f"the {part.first.kind.value} of {part.first.sensor_id} belongs to the event at {rfc3339(other.time.utc)} "
            "and not to this one"
        )
        out.append(Alternative(text=text, log_odds=theirs.belongs - mine.belongs))
    return tuple(sorted(out, key=lambda a: (-a.log_odds, a.text)))


def _said(d: Detection, hypothesis: Hypothesis | None, claims: Claims) -> Said | None:
    return None if hypothesis is None or d.kind not in CLAIMS else said_of(d, hypothesis, claims)


def _add(found: dict[str, Attested], d: Detection, said: Said | None, others: float) -> None:
    if said is not None:
        found[d.id] = Attested(log_odds=said.beside(others), reason=said.sentence(others))


def _of_several(clusters: Sequence[Cluster]) -> dict[str, list[tuple[int, Detection]]]:
    found: dict[str, list[tuple[int, Detection]]] = {}
    for n, cluster in enumerate(clusters):
        for part in cluster.shared:
            for d in part.detections:
                found.setdefault(d.id, []).append((n, d))
    return dict(sorted(found.items()))


def _left_open(d: Detection, n_events: int) -> float:
    """Return how far other events compete for a claim: not at all where its number covers all of them."""
    if d.kind is not DetectionKind.REPORT or n_events < 2:
        return 1.0
    if d.count.quality in _OPEN or (d.count.high is None and d.count.best is None):
        return 0.0
    number = d.count.high or d.count.best or d.count.low
    return min(1.0, max(0.0, 1.0 - (number - 1) / (n_events - 1)))
