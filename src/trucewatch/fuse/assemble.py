"""From detections to incidents, in order: locate, cross, join, weigh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trucewatch.fuse.barrage import barrages
from trucewatch.fuse.character import characterise
from trucewatch.fuse.claims import gather_claims
from trucewatch.fuse.classifier import Classifier
from trucewatch.fuse.clocks import ClockOffset, sentence, set_right
from trucewatch.fuse.event import events_of
from trucewatch.fuse.event_incident import incident_of
from trucewatch.fuse.fast_fire import with_bursts
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.influence import influences, owners_of, taken_by_others
from trucewatch.fuse.links import linked
from trucewatch.fuse.owner_clocks import wrong_clocks
from trucewatch.fuse.owner_doubt import doubted
from trucewatch.fuse.part import Part
from trucewatch.fuse.record import held_against, sort_of
from trucewatch.fuse.region_record import widened as region_widened
from trucewatch.fuse.replay import without_copies
from trucewatch.fuse.scene_parts import parts_in, scene_of
from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.standing import standing
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Incident
from trucewatch.model.network import Network
from trucewatch.model.observation import Weather


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
    rows = zip(_standing(found, network, settings), found.anchors, strict=True)
    return [Apart(incident=i, of_clocks=_of_clocks(i, wrong), sort=sort_of(p)) for i, p in rows]


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
        lowered = region_widened(held_against(lowered, [a.sort for a in apart]), network)
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
    scene = scene_of(ordered, network, skies, settings)
    dense = barrages(scene.onsets, scene.air_at, settings)
    if dense.explained:
        ordered = [d for d in ordered if d.id not in dense.explained]
        scene = scene_of(ordered, network, skies, settings)
    claims = gather_claims(ordered, network, scene.weather_at, settings)
    scene = with_bursts(scene) if settings.align_bursts else scene
    events = events_of([*dense.parts, *parts_in(ordered, network, scene, claims)], claims, scene)
    return _Found(
        incidents=tuple(incident_of(event, network, scene, claims) for event in events),
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
