"""Clusters of parts as events: what they share with others, and what claims add to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trucewatch.fuse.attest import Attested, attest
from trucewatch.fuse.claim_moving import best_of_each
from trucewatch.fuse.claims import Claims
from trucewatch.fuse.hypothesis import hypothesis_of
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.join import Cluster, join
from trucewatch.fuse.one_or_two import one_or_two
from trucewatch.fuse.part import Part
from trucewatch.fuse.sharpen import sharpened
from trucewatch.fuse.single import parts_of
from trucewatch.fuse.track_kinds import FOLLOWED
from trucewatch.model.detection import DetectionKind
from trucewatch.model.incident import Alternative


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A cluster with the share of its reports' counts that other events hold."""

    cluster: Cluster
    more: int
    """rounds that shared reports speak of beyond all that were located"""
    attested: Mapping[str, Attested]
    """what each claim that joined it adds, by the claim's id"""
    one_with: tuple[Alternative, ...]
    """events that it may be one with"""


def events_of(parts: Sequence[Part], claims: Claims, scene: Scene) -> list[Event]:
    """Return parts joined to events: what claims add, and what reports that speak of several leave over."""
    clusters = join(parts, claims, lambda part, seen: sharpened(part, seen, claims, scene)[0])
    for cluster in clusters:
        cluster.others += _followed(cluster.anchor, claims)
    located = dict[str, int]()
    for cluster in clusters:
        for part in cluster.shared:
            rounds = cluster.anchor.count.best or cluster.anchor.count.low
            located[part.first.id] = located.get(part.first.id, 0) + rounds
    rows = zip(clusters, attest(clusters, claims), one_or_two([c.anchor for c in clusters], claims), strict=True)
    return [
        Event(
            cluster=c,
            more=max((p.count.low - located[p.first.id] for p in c.shared), default=0),
            attested=attested,
            one_with=others,
        )
        for c, attested, others in rows
    ]


def _followed(anchor: Part, claims: Claims) -> tuple[Part, ...]:
    """Return what radars and transponders followed there and then, of something that a person reported to move."""
    if anchor.first.kind is not DetectionKind.REPORT or anchor.observation_type not in FOLLOWED or not claims.movers:
        return ()
    hypothesis = hypothesis_of(anchor, claims.settings)
    if hypothesis is None:
        return ()
    return parts_of(best_of_each(anchor.observation_type, hypothesis, claims), claims.sensors)
