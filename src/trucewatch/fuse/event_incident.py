"""An event as an incident: what it was, where, how surely, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trucewatch.fuse.attest import contested, weighed
from trucewatch.fuse.causes import causes
from trucewatch.fuse.claims import LATER, Claims
from trucewatch.fuse.count import merge, widened
from trucewatch.fuse.deciders import deciders
from trucewatch.fuse.event import Event
from trucewatch.fuse.event_silence import context_of, passes_of, silences_of, unseen_of
from trucewatch.fuse.existence import beforehand, held, p_exists, stands_alone, total_log_odds, weigh
from trucewatch.fuse.hypothesis import hypothesis_of
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.join import Cluster
from trucewatch.fuse.kinds import gun_by_sound, kinds
from trucewatch.fuse.part import Part
from trucewatch.fuse.sharpen import sharpened
from trucewatch.fuse.sizes import gun_share
from trucewatch.fuse.where import where
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.ids import content_id
from trucewatch.model.incident import Incident, KindProbability, Support
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.network import Network
from trucewatch.model.vocabulary import Description, WeaponClass

METHOD = "trucewatch-fuse/9"


def incident_of(event: Event, network: Network, scene: Scene, claims: Claims) -> Incident:
    """Return an event as an incident at revision 1, weighed by all that speaks for it and against it."""
    cluster, settings = event.cluster, scene.settings
    parts, proof = cluster.parts(), cluster.anchor.evidence
    detections = {d.id: d for p in parts for d in p.detections}
    main = [d for p in parts for d in p.detections if d.kind not in LATER] or list(detections.values())
    anchor, by_claims = sharpened(cluster.anchor, [detections[i] for i in sorted(event.attested)], claims, scene)
    place, place_method, sector = where(replace(cluster, anchor=anchor), settings)
    place_method += f", narrowed by {' and '.join(by_claims)}" if place is not None and by_claims else ""
    by_size = None if proof is None else gun_share(scene.size_names, proof.sizes.posterior)
    p_gun = gun_by_sound(by_size, causes(main, len({d.sensor_id for d in main})))
    signs = [d.observation_type for d in detections.values()]
    posterior = kinds(main, p_gun, cluster.anchor.round_times_s, signs)
    supports = weigh(weighed(_supports(cluster), event.attested), detections, settings)
    sizes, quiet = silences_of(cluster, place, posterior, supports, scene)
    quiet = (*quiet, *unseen_of(cluster.anchor, posterior, supports, claims))
    first = (
        *beforehand(cluster.anchor.terms, proof, sizes, settings),
        *passes_of(anchor, posterior, supports, claims),
    )
    total = total_log_odds(first, supports, quiet)
    bound = held(total)
    says = _best_informed(main)
    made = Incident(
        id=content_id("inc", "\n".join(sorted(detections)).encode()),
        revision=1,
        kinds=posterior,
        description=says.description,
        place=place,
        place_method=place_method,
        sector=sector,
        time=anchor.time,
        interval=_interval((anchor, *parts[1:])),
        count=_count(event),
        weapon_class=says.weapon_class,
        weapon_text=says.weapon_text,
        p_exists=p_exists(total + (0.0 if bound is None else bound.log_odds), supports, settings),
        owners=_owners(supports, network),
        supports=supports,
        silences=quiet,
        rationale=(
            *_rationale(event, posterior, supports),
            *(t.sentence() for t in first),
            *(() if bound is None else (bound.sentence(),)),
            *context_of(anchor, posterior, claims),
        ),
        method=METHOD,
        rounds=anchor.rounds,
        place_modes=() if place is None else anchor.place_modes,
        alternatives=tuple(
            sorted(
                (
                    *(a for p in parts for a in p.alternatives),
                    *contested(cluster, claims),
                    *event.one_with,
                ),
                key=lambda a: (-a.log_odds, a.text),
            )
        ),
    )
    return replace(made, deciders=deciders(made, hypothesis_of(anchor, settings), network, claims))


def _supports(cluster: Cluster) -> list[Support]:
    """Return all supports; whoever joined an event that was counted already is not counted again."""
    out = list(cluster.anchor.supports)
    for part in cluster.others:
        why = (
            "left by it where it was, and seen later; it is no further event and not counted"
            if part.first.kind in LATER
            else "same kind of event, at the same time, in the same place: heard and seen is one, so not counted again"
        )
        out += [replace(s, counted=False, reason=f"{s.reason}; {why}") for s in part.supports]
    for part in cluster.shared:
        why = "its interval holds several located events; it supports each, and its count is in theirs"
        out += [replace(s, counted=False, reason=f"{s.reason}; {why}") for s in part.supports]
    return sorted(out, key=lambda s: s.detection_id)


def _count(event: Event) -> Count:
    cluster = event.cluster
    counts = [cluster.anchor.count]
    counts += [p.count for p in cluster.others if p.first.kind not in {*LATER, DetectionKind.SIGHTING}]
    return widened(merge(counts), event.more)


def _interval(parts: Sequence[Part]) -> Interval:
    """Return what the anchor covers; reports are wider than what they report, and fires come later."""
    anchor = parts[0]
    return Interval(start_utc=utc_from_timestamp(anchor.start_s), end_utc=utc_from_timestamp(anchor.end_s))


def _best_informed(detections: Sequence[Detection]) -> Detection:
    """Return whose description and weapon are taken: who names a weapon, who describes, people, then by id."""
    return min(
        detections,
        key=lambda d: (
            d.weapon_class is WeaponClass.NOT_KNOWN,
            d.description is Description.UNDETERMINED,
            d.kind is not DetectionKind.REPORT,
            d.id,
        ),
    )


def _owners(supports: Sequence[Support], network: Network) -> tuple[str, ...]:
    """Return who operates the supporting sensors; a sensor outside the network stands for itself."""
    known = ((i, network.sensor(i)) for i in sorted({s.sensor_id for s in supports if s.used}))
    return tuple(sorted({i if sensor is None else sensor.owner for i, sensor in known}))


def _rationale(event: Event, posterior: tuple[KindProbability, ...], supports: Sequence[Support]) -> tuple[str, ...]:
    cluster = event.cluster
    steps = list(cluster.anchor.sentences)
    steps += [f"joined: {sentence}" for part in cluster.others for sentence in part.sentences]
    steps += [f"supported, with other events, by: {sentence}" for part in cluster.shared for sentence in part.sentences]
    if event.more > 0:
        steps.append(f"a report speaks of {event.more} more than were located; the upper bound allows for them")
    if posterior[0].p < 0.6:
        steps.append("what kind of event it was is not settled by the detections")
    if stands_alone(supports):
        steps.append("one sensor alone supports it: an indication, held below 90 per cent")
    return tuple(steps)
