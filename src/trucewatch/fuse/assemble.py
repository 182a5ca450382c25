"""From detections to incidents, in order: locate, cross, join, weigh."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from trucewatch.fuse.air import air_at
from trucewatch.fuse.associate import associate
from trucewatch.fuse.bearings import array_parts
from trucewatch.fuse.causes import causes
from trucewatch.fuse.character import characterise
from trucewatch.fuse.classifier import Classifier
from trucewatch.fuse.clocks import ClockOffset, clock_offsets, sentence, set_right
from trucewatch.fuse.count import merge, widened
from trucewatch.fuse.ears import ears_of, physics_weather
from trucewatch.fuse.evidence import Evidence, pattern
from trucewatch.fuse.existence import held, p_exists, stands_alone, terms, total_log_odds, weigh
from trucewatch.fuse.far_reading import is_far
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.join import Cluster, join
from trucewatch.fuse.kinds import gun_by_sound, kinds
from trucewatch.fuse.links import linked
from trucewatch.fuse.onsets import gather, neighbourhoods
from trucewatch.fuse.part import BANGS, GUNFIRE, Part
from trucewatch.fuse.phase_parts import parts_in_ground
from trucewatch.fuse.salvo import lone_onsets, salvos
from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.single import single_parts
from trucewatch.fuse.sizes import GUNS, Sizes
from trucewatch.fuse.supersonic import is_shock
from trucewatch.fuse.where import where
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.ids import content_id
from trucewatch.model.incident import Incident, KindProbability, Silence, Support
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.network import Network
from trucewatch.model.observation import Weather
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Description, WeaponClass
from trucewatch.physics import Weather as PhysicsWeather

METHOD = "trucewatch-fuse/6"


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
    ordered = [unique[i] for i in sorted(unique)]
    skies = tuple(sorted(weather, key=lambda w: (w.time_utc, w.id)))
    incidents = _incidents(ordered, network, skies, settings)
    wrong = [c for c in clock_offsets(incidents, ordered, network) if c.is_wrong]
    if wrong:
        incidents = _incidents(set_right(ordered, wrong), network, skies, settings)
        incidents = [_naming(i, wrong) for i in incidents]
    # Links first: that a shot was found at both ends tells weapons apart, and a launch has no charge.
    paired = linked(sorted(incidents, key=lambda i: (i.time.utc, i.id)))
    return tuple(characterise(paired, unique, network, skies, settings, classifier))


def _incidents(
    ordered: Sequence[Detection], network: Network, skies: tuple[Weather, ...], settings: FuseSettings
) -> list[Incident]:
    scene = _scene(ordered, network, skies, settings)
    return [_incident(event, network, scene) for event in _events(_parts(ordered, network, scene), settings)]


def _naming(incident: Incident, wrong: Sequence[ClockOffset]) -> Incident:
    """Return an incident that names the wrong clocks among its sensors."""
    heard = {s.sensor_id for s in incident.supports}
    return replace(incident, rationale=(*incident.rationale, *(sentence(c) for c in wrong if c.sensor_id in heard)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """A cluster with the share of its reports' counts that other events hold."""

    cluster: Cluster
    more: int
    """rounds that shared reports speak of beyond all that were located"""


def _scene(
    detections: Sequence[Detection], network: Network, weather: tuple[Weather, ...], settings: FuseSettings
) -> Scene:
    heard = [d for d in detections if d.kind is DetectionKind.ONSET and not is_far(d)]
    onsets = gather([d for d in heard if not is_shock(d)], network)
    shocks: dict[str, tuple[Detection, ...]] = {}
    for d in sorted((d for d in heard if is_shock(d)), key=lambda d: (d.time.utc, d.id)):
        shocks[d.sensor_id] = (*shocks.get(d.sensor_id, ()), d)
    times = [w.time_utc for w in weather]
    arrays: dict[str, tuple[float, ...]] = {}
    for d in detections:
        if d.kind is DetectionKind.ARRIVAL or is_far(d):
            arrays[d.sensor_id] = (*arrays.get(d.sensor_id, ()), d.time.utc.timestamp())

    def weather_at(seconds: float) -> PhysicsWeather:
        report = weather[max(0, bisect_right(times, utc_from_timestamp(seconds)) - 1)] if weather else None
        return physics_weather(report, settings)

    return Scene(
        onsets=onsets,
        hoods=neighbourhoods(onsets, settings.max_range_m, settings.far_range_m),
        air_at=lambda seconds: air_at(utc_from_timestamp(seconds), weather, settings),
        weather_at=weather_at,
        ears=ears_of(onsets, network),
        array_times_s=arrays,
        settings=settings,
        shocks=shocks,
    )


def _parts(detections: Sequence[Detection], network: Network, scene: Scene) -> list[Part]:
    by_kind = {k: [d for d in detections if d.kind is k] for k in DetectionKind}
    impulses, rest, background = associate(scene)
    located = salvos(scene, impulses, background)
    in_ground = parts_in_ground(detections, network, scene.settings)
    far = array_parts(
        [d for d in detections if is_far(d) and d.id not in in_ground.explained],
        network,
        scene.settings,
        [scene.onsets.detections[i] for i in rest],
        scene.weather_at(scene.onsets.epoch_s),
    )
    joined = {d.id for part in far for d in part.detections}
    return [
        *located,
        *lone_onsets(scene, located, tuple(i for i in rest if scene.onsets.detections[i].id not in joined)),
        *in_ground.parts,
        *far,
        *single_parts([*by_kind[DetectionKind.REPORT], *by_kind[DetectionKind.FIRE]], network),
    ]


def _events(parts: Sequence[Part], settings: FuseSettings) -> list[_Event]:
    clusters = join(parts, settings)
    located = dict[str, int]()
    for cluster in clusters:
        for part in cluster.shared:
            rounds = cluster.anchor.count.best or cluster.anchor.count.low
            located[part.first.id] = located.get(part.first.id, 0) + rounds
    return [
        _Event(cluster=c, more=max((p.count.low - located[p.first.id] for p in c.shared), default=0)) for c in clusters
    ]


def _incident(event: _Event, network: Network, scene: Scene) -> Incident:
    cluster, settings = event.cluster, scene.settings
    parts, proof = cluster.parts(), cluster.anchor.evidence
    detections = {d.id: d for p in parts for d in p.detections}
    main = [d for p in parts for d in p.detections if d.kind is not DetectionKind.FIRE] or list(detections.values())
    place, place_method, sector = where(cluster, settings)
    by_size = None if proof is None else _p_gun(proof, scene)
    p_gun = gun_by_sound(by_size, causes(main, len({d.sensor_id for d in main})))
    posterior = kinds(main, p_gun, cluster.anchor.round_times_s)
    supports = weigh(_supports(cluster), detections, settings)
    sizes, quiet = _silences(cluster, place, posterior, supports, scene)
    first = cluster.anchor.terms or terms(proof, sizes, settings)
    total = total_log_odds(first, supports, quiet)
    bound = held(total)
    says = _best_informed(main)
    return Incident(
        id=content_id("inc", "\n".join(sorted(detections)).encode()),
        revision=1,
        kinds=posterior,
        description=says.description,
        place=place,
        place_method=place_method,
        sector=sector,
        time=cluster.anchor.time,
        interval=_interval(parts),
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
        ),
        method=METHOD,
        rounds=cluster.anchor.rounds,
        place_modes=() if place is None else cluster.anchor.place_modes,
        alternatives=tuple(a for p in parts for a in p.alternatives),
    )


def _p_gun(proof: Evidence, scene: Scene) -> float:
    shares = zip(scene.size_names, proof.sizes.posterior, strict=True)
    return float(sum(p for name, p in shares if name in GUNS))


def _supports(cluster: Cluster) -> list[Support]:
    """Return all supports; whoever joined an event that was counted already is not counted again."""
    out = list(cluster.anchor.supports)
    for part in cluster.others:
        fire = part.first.kind is DetectionKind.FIRE
        why = (
            "a fire seen later inside the region of the explosion; it is no further event and not counted"
            if fire
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
    counts += [p.count for p in cluster.others if p.first.kind is not DetectionKind.FIRE]
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
