"""Real arrays through the whole of array detection, from raw files: what is given as a detection, and what is not."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyproj
import pytest

from trucewatch.detect import arrivals
from trucewatch.detect.wave_train import turn_deg
from trucewatch.model.instant import Instant
from trucewatch.model.mission import DetectSettings
from trucewatch.model.network import Element, Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind

pytestmark = pytest.mark.shared

MIDNIGHT = datetime(2012, 8, 27, tzinfo=UTC)
TOLERANCE_DEG = {"W220": 6.0, "W340": 4.0, "W420": 4.0}
OTHER_SOURCES = {"W220": 0, "W340": 0, "W420": 1}
"""at most so many arrivals that do not come from the explosion"""


def heard(folder, array_reader):
    samples, rate_hz, offsets, start_s = array_reader([p for p in folder.iterdir() if p.suffix.lower() == ".sac"])
    lon, lat, _ = pyproj.Geod(ellps="WGS84").fwd(
        np.full(len(offsets), -107.0),
        np.full(len(offsets), 34.0),
        np.degrees(np.arctan2(offsets[:, 0], offsets[:, 1])),
        np.hypot(offsets[:, 0], offsets[:, 1]),
    )
    places = [Place.circular(lon_deg=float(a), lat_deg=float(b), sigma_m=2.0) for a, b in zip(lon, lat, strict=True)]
    start = MIDNIGHT + timedelta(seconds=start_s)
    sensor = Sensor(
        id=folder.name,
        kind=ObserverKind.INFRASOUND_ARRAY,
        owner="mission",
        place=places[0],
        clock_sigma_s=0.001,
        elements=tuple(Element(id=f"E{k}", place=place) for k, place in enumerate(places)),
    )
    waveforms = [
        Waveform(
            recording=Recording(
                id=f"rec-{k}",
                input_id="inp-1",
                sensor_id=f"E{k}",
                channel="",
                start=Instant(utc=start, sigma_s=0.001),
                rate_hz=rate_hz,
                n_samples=len(channel),
                unit="count",
            ),
            samples=channel,
        )
        for k, channel in enumerate(samples)
    ]
    return arrivals(waveforms, sensor, DetectSettings())


@pytest.fixture(scope="module")
def truth(shared_data):
    return json.loads((shared_data / "sound" / "range_test" / "GROUND_TRUTH.json").read_text())["arrays"]


@pytest.mark.parametrize("name", sorted(TOLERANCE_DEG))
def test_the_explosion_is_heard_from_where_it_was(name, shared_data, array_reader, truth):
    listened = heard(shared_data / "sound" / "range_test" / name, array_reader)
    assert listened.unheard == ()
    true_deg = truth[name]["true_baz"]
    from_there = [d for d in listened.detections if turn_deg(d.bearing_deg, true_deg) < 10.0]
    others = [d for d in listened.detections if d not in from_there]
    best = max(from_there, key=lambda d: next(f.value for f in d.features if f.name == "f_statistic"))
    assert turn_deg(best.bearing_deg, true_deg) < TOLERANCE_DEG[name]
    assert turn_deg(best.bearing_deg, true_deg) < 2.0 * best.bearing_sigma_deg
    assert 300.0 < best.trace_velocity_m_s < 420.0
    first, last = (datetime.fromisoformat(truth[name][key]) for key in ("first", "last"))
    # The family covers the published span: it begins within 20 s of it and overlaps it.
    assert abs((from_there[0].interval.start_utc - first).total_seconds()) < 20.0
    assert from_there[-1].interval.end_utc > first
    assert from_there[0].interval.start_utc < last
    # Real sounds from elsewhere may be there; each is given with its bearing, and they are few.
    assert len(others) <= OTHER_SOURCES[name]
    assert all(d.bearing_deg is not None and d.bearing_sigma_deg < 10.0 for d in others)
    bands = {f.name for f in best.features if f.name.startswith("back_azimuth_") and f.name.endswith("_hz")}
    assert len(bands) >= 3


def test_the_weak_array_claims_nothing_false(shared_data, array_reader, truth):
    # The crosswind turns what it hears by 3 degrees; at the time that is published for it, it may say so.
    (only,) = heard(shared_data / "sound" / "range_test" / "N300", array_reader).detections
    assert turn_deg(only.bearing_deg, truth["N300"]["true_baz"]) < 2.0 * only.bearing_sigma_deg < 10.0
    peak = datetime.fromisoformat(truth["N300"]["peak_time"])
    assert only.interval.start_utc - timedelta(seconds=10) <= peak <= only.interval.end_utc + timedelta(seconds=10)


def test_the_reference_detections_of_the_other_array_are_given(shared_data, array_reader):
    folder = shared_data / "sound" / "array_brp"
    expected = json.loads((folder / "GROUND_TRUTH.json").read_text())["expected"]
    _, _, _, start_s = array_reader(list(folder.glob("*.SAC")))
    found = heard(folder, array_reader).detections
    for known in expected:
        at = MIDNIGHT + timedelta(seconds=start_s + known["t_mid"])
        (covering,) = [d for d in found if d.interval.start_utc <= at <= d.interval.end_utc]
        assert turn_deg(covering.bearing_deg, known["baz"]) < 5.0
    assert len(found) == 3
