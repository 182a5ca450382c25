"""What says nothing of an event though it might have: silent sensors, cameras, satellites; and what passed by it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trucewatch.fuse.claim_moving import passing, unfollowed
from trucewatch.fuse.claims import FLASHES, Claims
from trucewatch.fuse.evidence import pattern
from trucewatch.fuse.existence import Term
from trucewatch.fuse.hypothesis import hypothesis_of
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.join import Cluster
from trucewatch.fuse.match import is_sharp
from trucewatch.fuse.part import BANGS, GUNFIRE, Part
from trucewatch.fuse.sizes import Sizes
from trucewatch.fuse.track_kinds import FOLLOWED
from trucewatch.fuse.unseen import passed_over, unseen
from trucewatch.model.detection import DetectionKind
from trucewatch.model.incident import KindProbability, Silence, Support
from trucewatch.model.place import Place


def silences_of(
    cluster: Cluster,
    place: Place | None,
    posterior: tuple[KindProbability, ...],
    supports: Sequence[Support],
    scene: Scene,
) -> tuple[Sizes | None, tuple[Silence, ...]]:
    """Return the silent sensors of a placed bang, and what they say of its size where arrival times did not place it.

    Of other things, and without a place, nothing is known of them.
    """
    spoke = {s.sensor_id for s in supports}
    if cluster.anchor.far:
        # An array that heard something else at the time was silent of this.
        heard = {s.sensor_id for s in supports if s.used}
        return None, tuple(s for s in cluster.anchor.silences if s.sensor_id not in heard)
    if cluster.anchor.evidence is not None:
        return None, tuple(s for s in cluster.anchor.evidence.hearing.silences if s.sensor_id not in spoke)
    if place is None or posterior[0].kind not in BANGS | GUNFIRE:
        return None, ()
    excused = frozenset(n for n, s in enumerate(scene.ears.sensors) if s.id in spoke)
    weights = np.array([w for _, w in scene.settings.size_weights])
    nobody, nowhere = np.zeros(0, dtype=np.int64), np.zeros(0)
    at_s, prior = cluster.anchor.start_s, weights / weights.sum()
    hearing = pattern(scene, place, at_s, nobody, (nowhere, nowhere), excused, prior)
    return hearing.sizes, hearing.silences


def unseen_of(
    anchor: Part, posterior: tuple[KindProbability, ...], supports: Sequence[Support], claims: Claims
) -> tuple[Silence, ...]:
    """Return the cameras that would have seen a bang, or radars that would have followed what moved, and did not."""
    moves = anchor.first.kind is DetectionKind.REPORT and anchor.observation_type in FOLLOWED and bool(claims.movers)
    if not moves and posterior[0].kind not in BANGS | GUNFIRE | FLASHES:
        return ()
    hypothesis, spoke = hypothesis_of(anchor, claims.settings), [s.sensor_id for s in supports]
    if hypothesis is None:
        return ()
    return (
        unfollowed(anchor.observation_type, hypothesis, spoke, claims) if moves else unseen(hypothesis, spoke, claims)
    )


def context_of(anchor: Part, posterior: tuple[KindProbability, ...], claims: Claims) -> tuple[str, ...]:
    """Return what moved by a sharply placed bang and said who it is: a reader asks, and it is no evidence."""
    if not claims.movers or posterior[0].kind not in BANGS | GUNFIRE or not is_sharp(anchor, claims.settings):
        return ()
    hypothesis = hypothesis_of(anchor, claims.settings)
    return () if hypothesis is None else passing(hypothesis, claims)


def passes_of(
    anchor: Part, posterior: tuple[KindProbability, ...], supports: Sequence[Support], claims: Claims
) -> tuple[Term, ...]:
    """Return what satellites say that passed after a sharply placed burst and showed no fire of it."""
    hypothesis = hypothesis_of(anchor, claims.settings)
    if hypothesis is None or not is_sharp(anchor, claims.settings) or posterior[0].kind not in BANGS:
        return ()
    return passed_over(hypothesis, (s.sensor_id for s in supports), claims)
