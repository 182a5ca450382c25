"""From detections to incidents, in order: locate, cross, join, weigh."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trucewatch.fuse.air import airs
from trucewatch.fuse.associate import associate
from trucewatch.fuse.attest import Attested, attest, contested, weighed
from trucewatch.fuse.barrage import barrages
from trucewatch.fuse.bearings import array_parts
from trucewatch.fuse.causes import causes
from trucewatch.fuse.character import characterise
from trucewatch.fuse.claim_moving import best_of_each, passing, unfollowed
from trucewatch.fuse.claims import FLASHES, LATER, Claims, gather_claims
from trucewatch.fuse.classifier import Classifier
from trucewatch.fuse.clocks import ClockOffset, sentence, set_right
from trucewatch.fuse.count import merge, widened
from trucewatch.fuse.deciders import deciders
from trucewatch.fuse.ears import ears_of, physics_weather
from trucewatch.fuse.evidence import Evidence, pattern
from trucewatch.fuse.existence import Term, beforehand, held, p_exists, stands_alone, total_log_odds, weigh
from trucewatch.fuse.far_reading import is_far
from trucewatch.fuse.fast_fire import with_bursts
from trucewatch.fuse.flash import flash_parts
from trucewatch.fuse.hypothesis import hypothesis_of
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.influence import influences, owners_of, taken_by_others
from trucewatch.fuse.join import Cluster, join
from trucewatch.fuse.kinds import gun_by_sound, kinds
from trucewatch.fuse.lesson import taught
from trucewatch.fuse.links import linked
from trucewatch.fuse.match import is_sharp
from trucewatch.fuse.one_or_two import one_or_two
from trucewatch.fuse.onsets import gather, neighbourhoods
from trucewatch.fuse.owner_clocks import wrong_clocks
from trucewatch.fuse.owner_doubt import doubted
from trucewatch.fuse.part import BANGS, GUNFIRE, Part
from trucewatch.fuse.phase_parts import parts_in_ground
from trucewatch.fuse.record import held_against, sort_of
from trucewatch.fuse.replay import without_copies
from trucewatch.fuse.rounds_seen import gather_rounds
from trucewatch.fuse.salvo import lone_onsets, salvos
from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.sharpen import sharpened
from trucewatch.fuse.single import parts_of, single_parts
from trucewatch.fuse.sizes import GUNS, Sizes
from trucewatch.fuse.standing import standing
from trucewatch.fuse.supersonic import is_shock
from trucewatch.fuse.track_kinds import FOLLOWED
from trucewatch.fuse.unseen import passed_over, unseen
from trucewatch.fuse.where import where
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.ids import content_id
from trucewatch.model.incident import Alternative, Incident, KindProbability, Silence, Support
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.network import Network
from trucewatch.model.observation import Weather
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Description, WeaponClass
from trucewatch.physics import Weather as PhysicsWeather

METHOD = "trucewatch-fuse/8"


def fuse(
    detections: Sequence[Detection],
    network: Network,
    weather: tuple[Weather, ...] = (),
    settings: FuseSettings = FuseSettings(),  # noqa: B008 - frozen
    classifier: Classifier | None = None,
) -> tuple[Incident, ...]:
    """Make incidents of detections.

    Args:
        detections: in any order; the same id twice counts once.
        network: sensors with their owners, clocks and health.
        weather: reports in any order; empty where there are none.
        settings: priors and limits.
        classifier: the mission's own model of sounds, if it has one.

    Returns:
        Incidents at revision 1, by time then id. Pure: the same detections give the same incidents in any order.
    """
    unique = {d.id: d for d in detections}
    skies = tuple(sorted(weather, key=lambda w: (w.time_utc, w.id)))
    apart = each_by_itself(trusted(detections, network), network, skies, settings)
    return judged_together(apart, unique, network, skies, settings, classifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """An incident as what lies around it makes it, before what all incidents together say of it."""

    incident: Incident
    of_clocks: tuple[str, ...]
    """sentences on the wrong clocks among its sensors"""
    sort: str
    """of claim, whose record it is held against"""


def trusted(detections: Sequence[Detection], network: Network) -> list[Detection]:
    """Return detections, each once, by id, without those that repeat others of hours before."""
    unique = {d.id: d for d in detections}
    return without_copies([unique[i] for i in sorted(unique)], network, owners_of(network))


def each_by_itself(
    ordered: Sequence[Detection], network: Network, skies: tuple[Weather, ...], settings: FuseSettings
) -> list[Apart]:
    """Return incidents as what lies around each makes them.

    Args:
        ordered: detections by id.
        network: sensors.
        skies: weather by time.
        settings: priors and limits.
    """
    found = _found(ordered, network, skies, settings)
    wrong = wrong_clocks(found.incidents, ordered, network, found.scene.onsets, owners_of(network))
    if wrong:
        found = _found(set_right(ordered, wrong), network, skies, settings)
    standing = zip(_standing(found, network, settings), found.anchors, strict=True)
    return [Apart(incident=i, of_clocks=_of_clocks(i, wrong), sort=sort_of(p)) for i, p in standing]


def judged_together(
    apart: Sequence[Apart],
    unique: Mapping[str, Detection],
    network: Network,
    skies: tuple[Weather, ...],
    settings: FuseSettings,
    classifier: Classifier | None,
) -> tuple[Incident, ...]:
    """Return incidents with what all of them say of their owners, with links, and with what each was.

    Args:
        apart: all that there are.
        unique: detections by id, at least theirs.
        network: sensors.
        skies: weather by time.
        settings: priors and limits.
        classifier: the mission's own model of sounds, if it has one.
    """
    lowered = doubted([a.incident for a in apart], settings)
    if settings.held_against_record:
        lowered = held_against(lowered, [a.sort for a in apart])
    incidents = [
        replace(i, rationale=(*i.rationale, *a.of_clocks)) if a.of_clocks else i
        for i, a in zip(lowered, apart, strict=True)
    ]
    # Links first: that a shot was found at both ends tells weapons apart, and a launch has no charge.
    paired = linked(sorted(incidents, key=lambda i: (i.time.utc, i.id)))
    return tuple(characterise(paired, unique, network, skies, settings, classifier))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Found:
    """Incidents with the part that each is made of, and the scene that they were found in."""

    incidents: tuple[Incident, ...]
    anchors: tuple[Part, ...]
    scene: Scene


def _found(
    ordered: Sequence[Detection], network: Network, skies: tuple[Weather, ...], settings: FuseSettings
) -> _Found:
    scene = _scene(ordered, network, skies, settings)
    dense = barrages(scene.onsets, scene.air_at, settings)
    if dense.explained:
        ordered = [d for d in ordered if d.id not in dense.explained]
        scene = _scene(ordered, network, skies, settings)
    claims = gather_claims(ordered, network, scene.weather_at, settings)
    scene = with_bursts(scene) if settings.align_bursts else scene
    events = _events([*dense.parts, *_parts(ordered, network, scene, claims)], claims, scene)
    return _Found(
        incidents=tuple(_incident(event, network, scene, claims) for event in events),
        anchors=tuple(event.cluster.anchor for event in events),
        scene=scene,
    )


def _standing(found: _Found, network: Network, settings: FuseSettings) -> list[Incident]:
    """Return incidents with what each would be without an owner or a sensor, and how far it stands so."""
    pairs = list(zip(found.incidents, found.anchors, strict=True))
    owners = owners_of(network)
    each = influences(pairs, network, found.scene, owners)
    taken = taken_by_others(pairs, found.scene, owners)
    out = []
    for incident, of_one in zip(found.incidents, each, strict=True):
        rung, why = standing(incident.supports, incident.owners, of_one, settings)
        silent = taken.get(incident.id, 0.0)
        out.append(replace(incident, influences=of_one, standing=rung, held_below=why, others_silent=silent))
    return out


def _of_clocks(incident: Incident, wrong: Sequence[ClockOffset]) -> tuple[str, ...]:
    """Return what there is to say of the wrong clocks among an incident's sensors."""
    heard = {s.sensor_id for s in incident.supports} if wrong else set[str]()
    return tuple(sentence(c) for c in wrong if c.sensor_id in heard)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """A cluster with the share of its reports' counts that other events hold."""

    cluster: Cluster
    more: int
    """rounds that shared reports speak of beyond all that were located"""
    attested: Mapping[str, Attested]
    """what each claim that joined it adds, by the claim's id"""
    one_with: tuple[Alternative, ...]
    """events that it may be one with"""


def _scene(
    detections: Sequence[Detection], network: Network, weather: tuple[Weather, ...], settings: FuseSettings
) -> Scene:
    heard = [d for d in detections if d.kind is DetectionKind.ONSET and not is_far(d)]
    onsets = gather([d for d in heard if not is_shock(d)], network)
    shocks: dict[str, list[Detection]] = {}
    for d in sorted((d for d in heard if is_shock(d)), key=lambda d: (d.time.utc, d.id)):
        shocks.setdefault(d.sensor_id, []).append(d)
    arrays: dict[str, list[float]] = {}
    for d in detections:
        if d.kind is DetectionKind.ARRIVAL or is_far(d):
            arrays.setdefault(d.sensor_id, []).append(d.time.utc.timestamp())
    air_at, times = airs(weather, settings), [w.time_utc for w in weather]
    skies = [physics_weather(w, settings) for w in weather] or [physics_weather(None, settings)]

    def weather_at(seconds: float) -> PhysicsWeather:
        return skies[max(0, bisect_right(times, utc_from_timestamp(seconds)) - 1)]

    return Scene(
        onsets=onsets,
        hoods=neighbourhoods(onsets, settings.max_range_m, settings.far_range_m),
        air_at=lambda seconds: air_at(utc_from_timestamp(seconds)),
        weather_at=weather_at,
        ears=ears_of(onsets, network),
        array_times_s={name: tuple(sorted(at)) for name, at in arrays.items()},
        settings=settings,
        shocks={name: tuple(found) for name, found in shocks.items()},
    )


def _parts(detections: Sequence[Detection], network: Network, scene: Scene, claims: Claims) -> list[Part]:
    impulses, rest, background = associate(scene)
    located = salvos(scene, taught(scene, impulses), background)
    in_ground = parts_in_ground(detections, network, scene.settings)
    far = array_parts(
        [d for d in detections if is_far(d) and d.id not in in_ground.explained],
        network,
        scene.settings,
        [scene.onsets.detections[i] for i in rest],
        scene.weather_at(scene.onsets.epoch_s),
    )
    joined = {d.id for part in far for d in part.detections}
    free = tuple(i for i in rest if scene.onsets.detections[i].id not in joined)
    seen = flash_parts(claims, scene, background, [*located, *in_ground.parts, *far], free)
    placed = {d.id for part in seen.parts for d in part.detections}
    gathered = gather_rounds(scene, located, seen.parts)
    return [
        *gathered.located,
        *lone_onsets(scene, located, tuple(i for i in free if i not in seen.onsets)),
        *in_ground.parts,
        *far,
        *gathered.seen,
        *single_parts([d for d in claims.told if d.id not in placed], network),
    ]


def _events(parts: Sequence[Part], claims: Claims, scene: Scene) -> list[_Event]:
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
        _Event(
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


def _incident(event: _Event, network: Network, scene: Scene, claims: Claims) -> Incident:
    cluster, settings = event.cluster, scene.settings
    parts, proof = cluster.parts(), cluster.anchor.evidence
    detections = {d.id: d for p in parts for d in p.detections}
    main = [d for p in parts for d in p.detections if d.kind not in LATER] or list(detections.values())
    anchor, by_claims = sharpened(cluster.anchor, [detections[i] for i in sorted(event.attested)], claims, scene)
    place, place_method, sector = where(replace(cluster, anchor=anchor), settings)
    place_method += f", narrowed by {' and '.join(by_claims)}" if place is not None and by_claims else ""
    by_size = None if proof is None else _p_gun(proof, scene)
    p_gun = gun_by_sound(by_size, causes(main, len({d.sensor_id for d in main})))
    signs = [d.observation_type for d in detections.values()]
    posterior = kinds(main, p_gun, cluster.anchor.round_times_s, signs)
    supports = weigh(weighed(_supports(cluster), event.attested), detections, settings)
    sizes, quiet = _silences(cluster, place, posterior, supports, scene)
    quiet = (*quiet, *_unseen(cluster.anchor, posterior, supports, claims))
    first = (
        *beforehand(cluster.anchor.terms, proof, sizes, settings),
        *_passed_over(anchor, posterior, supports, claims),
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
            *_context(anchor, posterior, claims),
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


def _p_gun(proof: Evidence, scene: Scene) -> float:
    shares = zip(scene.size_names, proof.sizes.posterior, strict=True)
    return float(sum(p for name, p in shares if name in GUNS))


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


def _count(event: _Event) -> Count:
    cluster = event.cluster
    counts = [cluster.anchor.count]
    counts += [p.count for p in cluster.others if p.first.kind not in {*LATER, DetectionKind.SIGHTING}]
    return widened(merge(counts), event.more)


def _interval(parts: Sequence[Part]) -> Interval:
    """Return what the anchor covers; reports are wider than what they report, and fires come later."""
    anchor = parts[0]
    return Interval(start_utc=utc_from_timestamp(anchor.start_s), end_utc=utc_from_timestamp(anchor.end_s))


def _silences(
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


def _unseen(
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


def _context(anchor: Part, posterior: tuple[KindProbability, ...], claims: Claims) -> tuple[str, ...]:
    """Return what moved by a sharply placed bang and said who it is: a reader asks, and it is no evidence."""
    if not claims.movers or posterior[0].kind not in BANGS | GUNFIRE or not is_sharp(anchor, claims.settings):
        return ()
    hypothesis = hypothesis_of(anchor, claims.settings)
    return () if hypothesis is None else passing(hypothesis, claims)


def _passed_over(
    anchor: Part, posterior: tuple[KindProbability, ...], supports: Sequence[Support], claims: Claims
) -> tuple[Term, ...]:
    """Return what satellites say that passed after a sharply placed burst and showed no fire of it."""
    hypothesis = hypothesis_of(anchor, claims.settings)
    if hypothesis is None or not is_sharp(anchor, claims.settings) or posterior[0].kind not in BANGS:
        return ()
    return passed_over(hypothesis, (s.sensor_id for s in supports), claims)


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


def _rationale(event: _Event, posterior: tuple[KindProbability, ...], supports: Sequence[Support]) -> tuple[str, ...]:
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
