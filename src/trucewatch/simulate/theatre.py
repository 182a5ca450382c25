"""A theatre from one seed: what is true, and what every source reports of it, hour by hour or a whole day at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np

from trucewatch.model.agreement import NotifiedActivity
from trucewatch.model.network import Network
from trucewatch.model.observation import (
    EdgeDetection,
    FirePixels,
    ImageChange,
    MonitorReport,
    Sighting,
)
from trucewatch.model.truth import TrueEvent
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.simulate.contact import contact_of
from trucewatch.simulate.distant import edge_detections, false_far, far_of
from trucewatch.simulate.fielded import field_network, health_reports
from trucewatch.simulate.fire_pixels import pixels_of_pass
from trucewatch.simulate.happening import Happening
from trucewatch.simulate.hearing import Air, Onsets, hear, joined
from trucewatch.simulate.image_changes import changes_of, ploughed
from trucewatch.simulate.incidents import incidents_of
from trucewatch.simulate.laws import draw_laws
from trucewatch.simulate.node_output import false_onsets, pulses, sent, split, with_echoes
from trucewatch.simulate.notices import notice_of
from trucewatch.simulate.observers import Observer, Watch, patrols
from trucewatch.simulate.overpasses import overpasses
from trucewatch.simulate.people import nothing_there, reports_of, without_repeats
from trucewatch.simulate.preset import Preset
from trucewatch.simulate.presets import preset_of
from trucewatch.simulate.scene import Scene
from trucewatch.simulate.schedule import NOTIFIED, burning, happenings
from trucewatch.simulate.sky import make_sky
from trucewatch.simulate.stationed import made_network
from trucewatch.simulate.streams import stream
from trucewatch.simulate.tampering import made_up, replayed, wrong_clocks
from trucewatch.simulate.theatre_nouns import SimulatedTheatre, Theatre, TheatreHour
from trucewatch.simulate.troubles import make_troubles
from trucewatch.simulate.watching import Eyes, false_sightings, in_order, seen_of


def open_theatre(preset: Preset | str, seed: int, perturb: float = 0.0, network: Network | None = None) -> Theatre:
    """Set a theatre up.

    Args:
        preset: or the name of one.
        seed: everything is drawn from it.
        perturb: 0: errors are what fusion takes for granted; 1: drawn from wider laws, with biases.
        network: the sensors that watch; made when absent.

    Raises:
        TrucewatchError: no preset is called that.
        ValueError: perturb or seed is negative.
    """
    plan = preset_of(preset) if isinstance(preset, str) else preset
    laws, contact = draw_laws(seed, perturb), contact_of(plan)
    said = made_network(plan, contact, seed) if network is None else network
    owners = sorted({s.owner for s in said.sensors if s.kind is ObserverKind.ACOUSTIC_SENSOR})
    troubles = make_troubles(plan, contact, seed, owners[-1] if owners else "")
    fielded = field_network(said, plan, seed, laws, troubles)
    sky, weather = make_sky(plan, seed, laws)
    posts = tuple(
        Observer(id=s.id, kind=s.kind, place=s.place, from_s=-np.inf, to_s=np.inf)
        for s in said.sensors
        if s.kind is ObserverKind.STATIC_POST
    )
    watch = Watch(preset=plan, sky=sky, observers=(*posts, *patrols(plan, contact, seed)))
    return Theatre(
        preset=plan,
        seed=seed,
        laws=laws,
        contact=contact,
        said=said,
        fielded=fielded,
        troubles=troubles,
        sky=sky,
        weather=weather,
        health=health_reports(fielded.network, said),
        watch=watch,
    )


def theatre_hours(theatre: Theatre) -> Iterator[TheatreHour]:
    """Yield a theatre hour by hour; no more than some hours are held at once.

    Observations are in the hour of their own time, what is late for the last hour comes with it.
    """
    scene, later, kept = theatre.scene, joined([]), dict[int, Onsets]()
    preset, seed = theatre.preset, theatre.seed
    for hour in range(theatre.preset.hours):
        events = happenings(scene, seed, hour)
        onsets, truth = _heard(theatre, hour, events)
        ready, later = split(joined([later, onsets]), _end_s(theatre, hour))
        ready, later = _replay(theatre, hour, ready, later, kept)
        yield TheatreHour(
            hour=hour,
            truth=truth,
            pulses=pulses(sent(ready, preset.network), theatre.fielded.network, preset.start_utc),
            reports=_reported(theatre, hour, events),
            fires=_burnt(theatre, scene, hour),
            edge=_detected(theatre, hour, events),
            sightings=_seen(theatre, hour, events),
            changes=_changed(theatre, hour, events),
        )


def theatre_day(
    preset: Preset | str, seed: int, perturb: float = 0.0, network: Network | None = None
) -> SimulatedTheatre:
    """Make a whole theatre in memory; arguments as `open_theatre`. The same arguments give the same day."""
    theatre = open_theatre(preset, seed, perturb, network)
    hours = list(theatre_hours(theatre))
    return SimulatedTheatre(
        preset=theatre.preset,
        seed=seed,
        perturb=perturb,
        network=theatre.fielded.network,
        weather=theatre.weather,
        health=theatre.health,
        truth=tuple(t for h in hours for t in h.truth),
        pulses=tuple(p for h in hours for p in h.pulses),
        reports=tuple(r for h in hours for r in h.reports),
        fires=tuple(f for h in hours for f in h.fires),
        edge=tuple(e for h in hours for e in h.edge),
        sightings=tuple(s for h in hours for s in h.sightings),
        changes=tuple(c for h in hours for c in h.changes),
        notified=announced(theatre),
    )


def announced(theatre: Theatre) -> tuple[NotifiedActivity, ...]:
    """Return what the parties announced the day before."""
    scene, seed = theatre.scene, theatre.seed
    events = [e for hour in range(theatre.preset.hours) for e in happenings(scene, seed, hour, NOTIFIED)]
    return tuple(notice_of(e, seed) for e in events)


def _end_s(theatre: Theatre, hour: int) -> float:
    return np.inf if hour == theatre.preset.hours - 1 else (hour + 1) * 3600.0


def _heard(theatre: Theatre, hour: int, events: tuple[Happening, ...]) -> tuple[Onsets, tuple[TrueEvent, ...]]:
    """Return all onsets that begin with an hour, and its events with how many nodes heard them."""
    seed, plan, fielded = theatre.seed, theatre.preset.network, theatre.fielded
    noise = stream(seed, "noise", hour).normal(size=len(fielded.lon_deg))
    air = Air(sky=theatre.sky, laws=theatre.laws, noise_hour_db=noise, plan=plan)
    each = [hear(e, fielded, air, stream(seed, "hearing", e.truth.id)) for e in events]
    truth = tuple(t for e, heard in zip(events, each, strict=True) for t in incidents_of(e, heard))
    direct = with_echoes(joined(each), plan, fielded.threshold_db, stream(seed, "echo", hour))
    every = joined([direct, false_onsets(fielded, plan, hour, stream(seed, "false", hour))])
    every = wrong_clocks(every, fielded, theatre.troubles, seed)
    return joined([every, made_up(fielded, theatre.troubles, hour * 3600.0, (hour + 1) * 3600.0, seed)]), truth


def _replay(
    theatre: Theatre, hour: int, ready: Onsets, later: Onsets, kept: dict[int, Onsets]
) -> tuple[Onsets, Onsets]:
    """Send an hour of the lying owner's nodes once more, some hours later."""
    again = theatre.troubles.replayed_hour
    if again == hour:
        kept[hour] = ready
    if again is None or hour != again + theatre.troubles.replay_later_h:
        return ready, later
    more, rest = split(replayed(kept.pop(again), theatre.fielded, theatre.troubles), _end_s(theatre, hour))
    return joined([ready, more]), joined([later, rest])


def _reported(theatre: Theatre, hour: int, events: tuple[Happening, ...]) -> tuple[MonitorReport, ...]:
    found = [r for e in events for r in reports_of(e, theatre.watch, stream(theatre.seed, "people", e.truth.id))]
    found += nothing_there(theatre.watch, hour, stream(theatre.seed, "nothing there", hour))
    return tuple(replace(r, id=f"report-{hour:03d}-{n + 1:04d}") for n, r in enumerate(without_repeats(found)))


def _detected(theatre: Theatre, hour: int, events: tuple[Happening, ...]) -> tuple[EdgeDetection, ...]:
    seed, start, fielded = theatre.seed, theatre.preset.start_utc, theatre.fielded
    found = [d for e in events for d in far_of(e, fielded, theatre.sky, start, stream(seed, "distant", e.truth.id))]
    return edge_detections(found + false_far(fielded, hour, start, stream(seed, "false distant", hour)))


def _seen(theatre: Theatre, hour: int, events: tuple[Happening, ...]) -> tuple[Sighting, ...]:
    eyes = Eyes(fielded=theatre.fielded, sky=theatre.sky, start_utc=theatre.preset.start_utc)
    found = [s for e in events for s in seen_of(e, eyes, stream(theatre.seed, "seen by", e.truth.id))]
    return in_order(found + false_sightings(eyes, hour, stream(theatre.seed, "false sightings", hour)))


def _changed(theatre: Theatre, hour: int, events: tuple[Happening, ...]) -> tuple[ImageChange, ...]:
    preset, seed = theatre.preset, theatre.seed
    found = [c for e in events for c in changes_of(e, preset, seed)]
    return tuple(found) + (ploughed(preset, theatre.contact, seed) if hour == 0 else ())


def _burnt(theatre: Theatre, scene: Scene, hour: int) -> tuple[FirePixels, ...]:
    preset = theatre.preset
    start = preset.start_utc + timedelta(hours=hour)
    passes = overpasses(start, start + timedelta(hours=1), preset.lon_deg, preset.lat_deg)
    if not passes:
        return ()
    fires = burning(scene, theatre.seed, hour)
    blocks = (pixels_of_pass(fires, p, preset, theatre.contact, theatre.sky, theatre.seed) for p in passes)
    return tuple(b for b in blocks if b is not None)
