"""A simulated day: a third of the sensors dead, clocks that jump, an owner whose sensors report what never was."""

from dataclasses import replace

import pytest

from trucewatch.detect import from_pulse
from trucewatch.fuse import fuse, suspicions
from trucewatch.geo import distance_m
from trucewatch.model.suspicion import SuspicionKind
from trucewatch.model.vocabulary import Standing
from trucewatch.simulate import open_theatre, preset_of, theatre_day

SEED = 10_002


@pytest.fixture(scope="module")
def day():
    plan = preset_of("spoofed_sensor")
    plan = replace(plan, network=replace(plan.network, dead_share=0.3))
    made = theatre_day(plan, SEED, perturb=1.0)
    sensors = {s.id: s for s in made.network.sensors}
    detections = [from_pulse(p, sensors[p.sensor_id]) for p in made.pulses]
    incidents = fuse(detections, made.network, made.weather)
    return made, detections, incidents, open_theatre(plan, SEED, perturb=1.0)


def test_what_never_was_is_never_corroborated(day):
    _, _, incidents, theatre = day
    for event in theatre.troubles.false_events:
        for incident in incidents:
            after_s = (incident.time.utc - theatre.preset.start_utc).total_seconds() - event.at_s
            place = incident.place
            if place is not None and -5.0 < after_s < 60.0:
                away = float(distance_m(event.lon_deg, event.lat_deg, place.lon_deg, place.lat_deg))
                assert away > 500.0 or incident.standing is Standing.INDICATION


def test_real_events_are_still_corroborated(day):
    _, _, incidents, _ = day
    corroborated = [i for i in incidents if i.standing is Standing.CORROBORATED]
    assert len(corroborated) >= 5
    assert all(len(i.owners) > 1 for i in corroborated)


def test_only_the_owner_in_question_is_named_and_the_hour_that_came_again(day):
    made, detections, incidents, theatre = day
    owners = {s.id: s.owner for s in made.network.sensors}
    found = suspicions(incidents, detections, made.network)
    assert {owners.get(s.about, s.about) for s in found} == {theatre.troubles.owner}
    assert SuspicionKind.REPEATED in {s.kind for s in found}
