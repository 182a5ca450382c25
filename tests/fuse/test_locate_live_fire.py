"""Location against surveyed positions (TN098).

The shared error was fitted on FP1, FP3 and FP9. FP5 and FP7 took no part in the fit, but coverage on all five had been
looked at for several path-excess priors before one was kept: passing is necessary, not sufficient. Leaving each
position out in turn (benchmarks/location.py) gives 82 per cent for 90, because FP9 alone is off by more than the rest.
"""

import numpy as np
import pytest
from live_fire import FRAME, POSITIONS, firings

from trucewatch.fuse import fuse
from trucewatch.geo.ellipse import error_ellipse
from trucewatch.model.network import Network

pytestmark = pytest.mark.shared
SURVEY_SIGMA_M = 2.5 / 1.177
"""2.5 m is the radius that half of a smartphone's positions lie in: sigma of one axis"""


@pytest.fixture(scope="module")
def located(shared_data):
    out = []
    for position in POSITIONS:
        for firing in firings(shared_data / "sound" / "live_fire", position):
            shots = [d for d in firing.detections if d.group is not None]
            for incident in fuse(shots, Network(sensors=()), (firing.weather,)):
                out.append((position, firing, incident))
    return out


def _miss(firing, incident):
    return np.asarray(FRAME.to_enu(incident.place.lon_deg, incident.place.lat_deg))[:2] - firing.survey_m


def _inside(located, positions, level, survey_sigma_m):
    hits = []
    for position, firing, incident in located:
        if position in positions:
            covariance = incident.place.covariance_m2 + survey_sigma_m**2 * np.eye(2)
            d = _miss(firing, incident)
            hits.append(d @ np.linalg.solve(covariance, d) < -2 * np.log(1 - level))
    return float(np.mean(hits))


def test_every_test_is_one_incident_with_the_rounds_that_were_fired(located):
    assert len(located) == 18 * len(POSITIONS)
    right = [incident.count.best == len(firing.shots) for _, firing, incident in located]
    assert np.mean(right) >= 0.98


def test_median_at_most_5_m_and_all_within_15_m(located):
    errors = [np.hypot(*_miss(firing, incident)) for _, firing, incident in located]
    assert np.median(errors) <= 5.0
    assert max(errors) <= 10.0


def test_regions_hold_on_positions_that_were_not_used(located):
    # Two positions are two independent samples: 90 and 100 per cent cannot be told apart, only failure can be seen.
    assert _inside(located, ("FP5", "FP7"), 0.90, SURVEY_SIGMA_M) >= 0.85
    assert _inside(located, ("FP5", "FP7"), 0.90, 0.0) >= 0.85


def test_regions_are_not_so_large_that_they_say_nothing(located):
    axes = [error_ellipse(incident.place.covariance_m2, 0.90).semi_major_m for _, _, incident in located]
    assert np.median(axes) < 10.0
    assert _inside(located, POSITIONS, 0.50, 0.0) < 0.85
