"""From detections to incidents, in order: locate, cross, join, weigh."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trucewatch.fuse.air import air_at
from trucewatch.fuse.associate import associate
from trucewatch.fuse.bearings import array_parts
from trucewatch.fuse.count import merge, widened
from trucewatch.fuse.existence import p_exists, stands_alone, weigh
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.join import Cluster, join
from trucewatch.fuse.kinds import kinds
from trucewatch.fuse.onsets import gather, neighbourhoods
from trucewatch.fuse.part import BANGS, GUNFIRE, Part
from trucewatch.fuse.salvo import lone_onsets, salvos
from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.silence import physics_weather, silences, under_way
from trucewatch.fuse.single import single_parts
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

METHOD = "trucewatch-fuse/1"


def fuse(
    detections: Sequence[Detection],
    network: Network,
    weather: tuple[Weather, ...] = (),
    settings: FuseSettings = FuseSettings(),  # noqa: B008 - frozen
) -> tuple[Incident, ...]:
    """Make incidents of detections.

    Args:
        detections: in any order; the same id twice counts once.
        network: sensors with their owners, clocks and health.
        weather: reports in any order; empty where there are none.
        settings: priors and limits.

    Returns:
        Incidents at revision 1, by time then id. Pure: the same detections give the same incidents in any order.
    """
    unique = {d.id: d for d in detections}
    ordered = [unique[i] for i in sorted(unique)]
    skies = tuple(sorted(weather, key=lambda w: (w.time_utc, w.id)))
    parts = _parts(ordered, network, skies, settings)
    context = _Context(network=network, weather=skies, settings=settings)
    incidents = [_incident(event, context) for event in _events(parts, settings)]
    return tuple(sorted(incidents, key=lambda i: (i.time.utc, i.id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    network: Network
    weather: tuple[Weather, ...]
    settings: FuseSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """A cluster with the share of its reports' counts that other events hold."""

    cluster: Cluster
    more: int
    """rounds that shared reports speak of beyond all that were located"""


def _parts(
    detections: Sequence[Detection], network: Network, weather: tuple[Weather, ...], settings: FuseSettings
) -> list[Part]:
    by_kind = {k: [d for d in detections if d.kind is k] for k in DetectionKind}
    onsets = gather(by_kind[DetectionKind.ONSET], network)
    scene = Scene(
        onsets=onsets,
        hoods=neighbourhoods(onsets, settings.max_range_m),
        air_at=lambda s: air_at(utc_from_timestamp(s), weather, settings),
        settings=settings,
    )
    impulses, rest = associate(scene)
    return [
        *salvos(scene, impulses),
        *lone_onsets(scene, impulses, rest),
        *array_parts(by_kind[DetectionKind.ARRIVAL], network),
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


def _incident(event: _Event, context: _Context) -> Incident:
    cluster, settings = event.cluster, context.settings
    parts = cluster.parts()
    detections = {d.id: d for p in parts for d in p.detections}
    main = [d for p in parts for d in p.detections if d.kind is not DetectionKind.FIRE] or list(detections.values())
    place, place_method, sector = where(cluster, settings)
    posterior = kinds(main)
    supports = weigh(_supports(cluster), detections, settings)
    interval = _interval(parts)
    quiet = _silences(place, posterior, supports, interval, context)
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
        interval=interval,
        count=_count(event),
        weapon_class=says.weapon_class,
        weapon_text=says.weapon_text,
        p_exists=p_exists(supports, quiet, settings),
        owners=_owners(supports, context.network),
        supports=supports,
        silences=quiet,
        rationale=(*_rationale(event, posterior, supports), _prior_sentence(settings)),
        method=METHOD,
    )


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
    place: Place | None,
    posterior: tuple[KindProbability, ...],
    supports: Sequence[Support],
    interval: Interval,
    context: _Context,
) -> tuple[Silence, ...]:
    """Return the silent sensors of a located bang; of other things, and without a place, nothing is known of them."""
    heard_by = frozenset(s.sensor_id for s in supports)
    bang = posterior[0].kind in BANGS | GUNFIRE
    if place is None or not bang or interval.start_utc is None or interval.end_utc is None:
        return ()
    at = bisect_right([w.time_utc for w in context.weather], interval.start_utc) - 1
    report = context.weather[max(at, 0)] if context.weather else None
    return silences(
        place,
        under_way(interval.start_utc, interval.end_utc, context.settings),
        posterior,
        heard_by,
        context.network,
        physics_weather(report, context.settings),
        context.settings,
    )


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


def _prior_sentence(settings: FuseSettings) -> str:
    return f"before any detection the log-odds of such an event are {settings.prior_log_odds:+.2f}"
