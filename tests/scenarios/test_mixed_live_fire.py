"""Recorded shots with made reports, flashes and fires in one mission: counts, places, and nothing counted twice."""

import re

import numpy as np
import pytest
from bundled import bundled
from mixed import told_of

from trucewatch.fuse import fuse
from trucewatch.geo.geodesic import distance_m


@pytest.fixture(scope="module")
def mixed():
    mission = bundled("live-fire")
    told = told_of(mission.truth, seed=11)
    found = fuse((*mission.detections, *told.detections), told.network(mission.network), mission.weather)
    return mission, told, found


def _of(truth, found):
    return [
        i
        for i in found
        if i.place is not None
        and abs((i.time.utc - truth.time_utc).total_seconds()) <= truth.window_s
        and distance_m(truth.lon_deg, truth.lat_deg, i.place.lon_deg, i.place.lat_deg) < 15.0
    ]


def test_every_shot_is_one_incident_with_all_that_was_told_of_it(mixed):
    mission, told, found = mixed
    for n, truth in enumerate(mission.truth):
        (incident,) = _of(truth, found)
        mine = {i for i, owner in told.truth_of.items() if owner == n}
        assert mine <= {s.detection_id for s in incident.supports}
        assert incident.count.low <= truth.count
        assert incident.count.high is None or truth.count <= incident.count.high
        assert incident.p_exists > 0.9


def test_nothing_is_counted_twice_and_strays_stay_apart(mixed):
    mission, told, found = mixed
    strays = {i for i, owner in told.truth_of.items() if owner is None}
    true_ones = {i.id for t in mission.truth for i in _of(t, found)}
    of_strays = [i for i in found if {s.detection_id for s in i.supports} & strays]
    assert strays
    assert not {i.id for i in of_strays} & true_ones
    assert len(of_strays) == len(strays)
    assert len(found) == len(mission.truth) + len(strays)
    seen = [s.detection_id for i in found for s in i.supports if s.detection_id in told.truth_of]
    assert len(seen) == len(set(seen))


def test_places_are_no_worse_than_by_sound_alone(mixed):
    mission, _, found = mixed

    def errors(incidents):
        return [
            float(distance_m(t.lon_deg, t.lat_deg, i.place.lon_deg, i.place.lat_deg))
            for t in mission.truth
            for i in _of(t, incidents)
        ]

    assert np.median(errors(found)) <= 1.05 * np.median(errors(mission.incidents())) + 0.1


def test_every_incident_adds_up(mixed):
    for i in mixed[2]:
        stated = [float(m[1]) for s in i.rationale if (m := re.search(r"\(log-odds ([+-][0-9.]+)\)$", s))]
        total = sum(stated) + sum(s.log_odds for s in (*i.supports, *i.silences))
        alone = "an indication, held below 90 per cent" in " ".join(i.rationale)
        assert alone or np.log(i.p_exists / (1 - i.p_exists)) == pytest.approx(total, abs=0.05)
