"""Sightings of cameras, radars, drones and transponders, as JSON and as a table."""

import json
from datetime import UTC, datetime

import pytest

from trucewatch.detect import from_sighting
from trucewatch.model.detection import DetectionKind
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.vocabulary import Means, ObservationType
from trucewatch.observe.sightings import SightingsReader

RADAR = {
    "sensor": "AC-01",
    "time_utc": "2025-08-13T18:10:00.5Z",
    "sigma_s": 0.05,
    "kind": "uav_sighting",
    "bearing_deg": 41.2,
    "bearing_sigma_deg": 0.5,
    "range_m": 5210,
    "range_sigma_m": 15,
}
PLACE = {
    "sensor": "AC-02",
    "time_utc": "2025-08-13T18:10:00Z",
    "sigma_s": 0.5,
    "kind": "aircraft_sighting",
    "lon": 37.7,
    "lat": 48.2,
    "sigma_m": 20,
    "altitude_m": 900,
    "altitude_sigma_m": 30,
    "speed_m_s": 60,
    "course_deg": -90,
    "identity": "4CA123",
    "p_false": 0.001,
}


def sightings(*items, name="trucewatch-sightings/1"):
    return json.dumps({"format": name, "sightings": items}).encode()


def test_json(make):
    content = sightings(RADAR, PLACE)
    assert make.chosen("s.json", content).name == "sightings"
    (radar, place), rejected = make.read(SightingsReader(), content, make.context())
    assert rejected == []
    assert (radar.sensor_id, radar.bearing_deg, radar.distance_m, radar.place) == ("AC-01", 41.2, 5210.0, None)
    assert radar.time.utc == datetime(2025, 8, 13, 18, 10, 0, 500000, tzinfo=UTC)
    assert (place.place.lon_deg, place.place.altitude_m, place.place.var_east_m2) == (37.7, 900.0, 400.0)
    assert (place.course_deg, place.identity_ref, place.p_false) == (270.0, "4CA123", 0.001)


def test_the_same_as_a_table(make):
    columns = sorted({*RADAR, *PLACE})
    lines = [",".join(columns)] + [",".join(str(item.get(c, "")) for c in columns) for item in (RADAR, PLACE)]
    content = "\n".join(lines).encode()
    assert make.chosen("s.csv", content).name == "sightings"
    of_table, rejected = make.read(SightingsReader(), content, make.context())
    of_json, _ = make.read(SightingsReader(), sightings(RADAR, PLACE), make.context())
    assert rejected == []
    assert [s.id for s in of_table] == [s.id for s in of_json]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sensor": "AC-91"}, "nearest names: AC-01"),
        ({"sensor": None}, "a sensor's name"),
        ({"time_utc": "2025-08-13T18:10:00"}, "a time with its zone"),
        ({"sigma_s": None}, "the error of the time"),
        ({"kind": "ufo"}, "kind, one of"),
        ({"kind": None}, "kind, one of"),
        ({"bearing_deg": None}, "bearing_deg from the sensor"),
        ({"bearing_sigma_deg": None}, "the error of bearing_deg"),
        ({"bearing_sigma_deg": 0}, "bearing_sigma_deg between"),
        ({"range_sigma_m": None}, "the error of range_m"),
        ({"range_m": "5 km"}, "range_m between"),
        ({"lon": 37.7, "sigma_m": 5}, "lon and lat together"),
        ({"lon": 37.7, "lat": 48.1}, "the error of lon"),
        ({"lon": 48.1, "lat": 37.7, "sigma_m": 5}, "look swapped"),
        ({"lon": 10.0, "lat": 48.1, "sigma_m": 5}, "in the mission's area"),
        ({"elevation_deg": 5}, "the error of elevation_deg"),
        ({"speed_m_s": 5}, "speed_m_s and course_deg together"),
        ({"p_false": 1.5}, "p_false between"),
        ({"identity": "x" * 65}, "at most 64 characters"),
        ({"track": True}, "track, a name"),
    ],
)
def test_what_cannot_be_right_is_refused_by_row(make, changes, words):
    found, (refused,) = make.read(SightingsReader(), sightings(PLACE, RADAR | changes), make.context())
    assert len(found) == 1
    assert refused.row == "sighting 2"
    assert words in refused.expected
    assert json.loads(refused.raw) == RADAR | changes


def test_the_same_twice_is_refused(make):
    found, (refused,) = make.read(SightingsReader(), sightings(RADAR, RADAR), make.context())
    assert len(found) == 1
    assert "the same as sighting 1" in refused.value


@pytest.mark.parametrize("content", [b'{"format": "trucewatch-sightings/2", "sightings": []}', b'{"sightings": 3}'])
def test_another_format_is_unreadable(make, content):
    with pytest.raises(UnreadableInput, match="trucewatch-sightings/1"):
        make.read(SightingsReader(), content, make.context())


def test_a_bad_number_in_a_table_names_its_row(make):
    content = (
        b"sensor,time_utc,sigma_s,kind,bearing_deg,bearing_sigma_deg\nAC-01,2025-08-13T18:10:00Z,1,explosion,x,1\n"
    )
    found, (refused,) = make.read(SightingsReader(), content, make.context())
    assert found == []
    assert (refused.row, refused.value) == ("row 2", "x")


def test_a_sighting_becomes_a_detection_with_its_numbers(make):
    (sighting,), _ = make.read(SightingsReader(), sightings(RADAR), make.context())
    sensor = make.network().sensor("AC-01")
    seen = from_sighting(sighting, sensor)
    assert (seen.kind, seen.means) == (DetectionKind.SIGHTING, Means.DETECTED)
    assert seen.observation_type is ObservationType.UAV_SIGHTING
    assert seen.range_m == (5180.0, 5240.0)
    assert {f.name: f.value for f in seen.features} == {"range": 5210.0, "range_sigma": 15.0}
    assert (seen.bearing_deg, seen.origin, seen.p_false) == (41.2, sensor.place, 0.05)
