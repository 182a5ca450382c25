"""Changes between images: outlines of GeoJSON, and what is refused."""

import json

import numpy as np
import pytest

from trucewatch.detect import from_change
from trucewatch.geo import from_azimuthal
from trucewatch.model.detection import DetectionKind
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind
from trucewatch.observe.changes import ChangesReader

PROPERTIES = {
    "sensor": "SAR-1",
    "kind": "crater",
    "before_utc": "2025-08-12T04:00:00Z",
    "after_utc": "2025-08-13T04:00:00Z",
    "p_false": 0.2,
    "log_ratio": 1.5,
}


def ring(width_m=60.0, height_m=20.0):
    half = np.array([width_m, height_m]) / 2.0
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * half
    return from_azimuthal(37.7, 48.1, corners).tolist()


def feature(outline=None, **changed):
    geometry = {"type": "Polygon", "coordinates": [ring() if outline is None else outline]}
    return {"type": "Feature", "geometry": geometry, "properties": PROPERTIES | changed}


def changes(*features, name="trucewatch-changes/1"):
    return json.dumps({"type": "FeatureCollection", "format": name, "features": features}).encode()


def test_a_change_is_read_and_claims_an_area_and_an_interval(make):
    content = changes(feature())
    assert make.chosen("c.geojson", content).name == "changes"
    (change,), rejected = make.read(ChangesReader(), content, make.context())
    assert rejected == []
    assert (change.sensor_id, change.observer_kind) == ("SAR-1", ObserverKind.SATELLITE_SAR)
    found = from_change(change)
    assert (found.kind, found.means, found.observation_type) == (
        DetectionKind.CHANGE,
        Means.IMAGED,
        ObservationType.CRATER,
    )
    assert found.time.sigma_s == pytest.approx(86_400.0 / np.sqrt(12.0))
    assert (found.p_false, found.log_ratio) == (0.2, 1.5)
    # A uniform point in a box of 60 m by 20 m.
    assert found.place.var_east_m2 == pytest.approx(60.0**2 / 12.0, rel=1e-3)
    assert found.place.var_north_m2 == pytest.approx(20.0**2 / 12.0, rel=1e-3)
    assert found.place.cov_east_north_m2 == pytest.approx(0.0, abs=0.1)
    assert (found.place.lon_deg, found.place.lat_deg) == pytest.approx((37.7, 48.1), abs=1e-6)
    assert found.features[0].value == pytest.approx(1_200.0, rel=1e-3)


def test_the_way_round_does_not_matter(make):
    (one, other), _ = make.read(ChangesReader(), changes(feature(), feature(ring()[::-1])), make.context())
    assert from_change(one).place.var_east_m2 == pytest.approx(from_change(other).place.var_east_m2)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (feature(p_false=None), "p_false"),
        (feature(p_false=1.5), "p_false between 0 and 1"),
        (feature(after_utc="2025-08-11T04:00:00Z"), "before_utc earlier"),
        (feature(observer="patrol"), "satellite_optical"),
        (feature(kind="thing"), "crater"),
        (feature(sensor=""), "sensor"),
        (feature(ring()[:-1]), "closed ring"),
        (feature([[37.7, 48.1], [37.7, 48.1]]), "4 to 1000 points"),
        (feature([["a", 48.1]] * 4), "longitude, latitude"),
        (feature([[48.1, 37.7]] * 4), "swapped"),
        ({"type": "Feature", "geometry": None, "properties": PROPERTIES}, "type Polygon"),
        ({"type": "Feature"}, "a feature"),
    ],
)
def test_what_cannot_be_taken_is_named_and_the_rest_goes_on(make, bad, said):
    found, (rejected,) = make.read(ChangesReader(), changes(bad, feature()), make.context())
    assert len(found) == 1
    assert said in f"{rejected.value} {rejected.expected}"


def test_the_same_twice_is_once(make):
    found, (rejected,) = make.read(ChangesReader(), changes(feature(), feature()), make.context())
    assert len(found) == 1
    assert "same as feature 1" in rejected.value


def test_another_format_is_refused(make):
    with pytest.raises(UnreadableInput, match="trucewatch-changes/1"):
        make.read(ChangesReader(), changes(feature(), name="trucewatch-changes/2"), make.context())
