"""The range test from raw files: four arrays, one explosion 234 to 430 km away, its published place in the region."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from mission_files import run_mission
from trucewatch.geo.ellipse import error_ellipse
from trucewatch.geo.geodesic import distance_m, to_azimuthal
from trucewatch.model.incident import Incident
from trucewatch.model.wire import from_bytes
from trucewatch.wiring import MissionFolder, open_workshop

ROOT = Path(__file__).resolve().parents[2]
SOURCE = (-106.333961, 33.5377)
"""longitude and latitude, from the publisher's examples (GROUND_TRUTH.json beside the recordings)"""


@pytest.fixture(scope="module")
def incidents(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Incident, ...]:
    sys.path.insert(0, str(ROOT / "scripts"))
    import range_mission

    folder = tmp_path_factory.mktemp("range") / "range"
    range_mission.write(shared_data / "sound" / "range_test", folder)
    run_mission(folder)
    with open_workshop(MissionFolder(folder)) as workshop:
        return tuple(from_bytes(Incident, r.payload) for r in workshop.register.current("incident"))


@pytest.mark.shared
def test_one_event_is_found_with_the_published_source_in_its_region(incidents):
    (incident,) = incidents
    place = incident.place
    offset = to_azimuthal(place.lon_deg, place.lat_deg, *SOURCE)
    z2 = float(offset @ np.linalg.solve(place.covariance_m2, offset))
    assert z2 <= 4.605
    assert float(distance_m(place.lon_deg, place.lat_deg, *SOURCE)) < 40_000.0
    assert error_ellipse(place.covariance_m2, 0.95).semi_major_m < 250_000.0
    # The time was not published; 22:58 to 23:03 is all that the publisher's texts allow (GROUND_TRUTH.json).
    sigma = timedelta(seconds=incident.time.sigma_s)
    assert sigma < timedelta(minutes=5)
    assert incident.time.utc + sigma > datetime(2012, 8, 27, 22, 58, tzinfo=UTC)
    assert incident.time.utc - sigma < datetime(2012, 8, 27, 23, 3, tzinfo=UTC)


@pytest.mark.shared
def test_the_three_arrays_that_heard_it_support_it_and_the_others_are_accounted_for(incidents):
    (incident,) = incidents
    assert {"W220", "W340", "W420"} <= {s.sensor_id for s in incident.supports if s.used}
    for s in incident.supports:
        if s.used and s.residual_deg is not None:
            assert abs(s.residual_deg) < 10.0
        if not s.used:
            assert "left out" in s.reason or "bends nothing" in s.reason
    spoken = {s.sensor_id for s in incident.supports} | {s.sensor_id for s in incident.silences}
    assert "N300" in spoken
