"""Real arrays: agreement with the published beams of one, true bearings to a surveyed explosion for four."""

import json

import numpy as np
import pytest

from trucewatch.detect.arrivals import find_arrivals
from trucewatch.detect.beam import beamform
from trucewatch.detect.steering import BeamSettings

pytestmark = pytest.mark.shared

REFERENCE = BeamSettings(taper="hann", weighting="equal", equal_gain=False)
"""The published beams leave each element the gain that it has, and every frequency the same weight."""


def turn_deg(a, b):
    return np.abs((np.asarray(a) - b + 180.0) % 360.0 - 180.0)


@pytest.fixture(scope="module")
def brp(shared_data, array_reader):
    folder = shared_data / "sound" / "array_brp"
    samples, rate_hz, offsets, start_s = array_reader(list(folder.glob("*.SAC")))
    truth = json.loads((folder / "GROUND_TRUTH.json").read_text())
    return beamform(samples, rate_hz, offsets, REFERENCE), truth, start_s


def test_brp_agrees_with_the_reference_beams(brp):
    result, truth, _ = brp
    assert result.time_s.size == 238
    for expected in truth["expected"]:
        window = int(np.argmin(np.abs(result.time_s - expected["t_mid"])))
        assert result.time_s[window] == pytest.approx(expected["t_mid"])
        assert turn_deg(result.back_azimuth_deg[window], expected["baz"]) < truth["tol"]["baz_deg"]
        assert result.trace_velocity_m_s[window] == pytest.approx(expected["v"], abs=truth["tol"]["v_ms"])
        assert result.f_statistic[window] == pytest.approx(expected["F"], rel=truth["tol"]["F_rel"])


def test_brp_usual_beams_have_the_reference_directions_and_a_higher_f(brp, shared_data, array_reader):
    _, truth, _ = brp
    samples, rate_hz, offsets, _ = array_reader(list((shared_data / "sound" / "array_brp").glob("*.SAC")))
    result = beamform(samples, rate_hz, offsets)
    for expected in truth["expected"]:
        window = int(np.argmin(np.abs(result.time_s - expected["t_mid"])))
        off_deg = turn_deg(result.back_azimuth_deg[window], expected["baz"])
        assert off_deg < max(truth["tol"]["baz_deg"], 1.5 * result.back_azimuth_sigma_deg[window])
        assert result.f_statistic[window] > 0.75 * expected["F"]


def test_brp_noise_level_is_that_published(brp):
    result, _, _ = brp
    assert np.median(result.f_statistic) == pytest.approx(2.04, abs=0.02)


def test_brp_detection_of_the_published_guide_is_found(shared_data, array_reader):
    folder = shared_data / "sound" / "array_brp"
    samples, rate_hz, offsets, start_s = array_reader(list(folder.glob("*.SAC")))
    published = json.loads((folder / "GROUND_TRUTH.json").read_text())["docs_detection"]
    settings = BeamSettings(taper="hann", weighting="equal", band_hz=tuple(published["band"]))
    arrivals = find_arrivals(beamform(samples, rate_hz, offsets, settings))
    wanted_s = 18 * 3600 + 7 * 60 + 5 - start_s
    near = [a for a in arrivals if a.start_s - 10 <= wanted_s <= a.end_s + 10]
    assert len(near) == 1
    assert near[0].confident
    assert turn_deg(near[0].back_azimuth_deg, published["baz"]) < 2.0
    assert near[0].trace_velocity_m_s == pytest.approx(published["v"], abs=10.0)
    assert near[0].f_statistic == pytest.approx(published["F"], rel=0.1)


def seconds_of_day(text):
    hours, minutes, seconds = text.split("T")[1].rstrip("Z").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


@pytest.fixture(scope="module", params=["W220", "W340", "W420", "N300"])
def range_test(request, shared_data, array_reader):
    folder = shared_data / "sound" / "range_test"
    samples, rate_hz, offsets, start_s = array_reader(list((folder / request.param).glob("*.sac")))
    truth = json.loads((folder / "GROUND_TRUTH.json").read_text())["arrays"][request.param]
    return request.param, find_arrivals(beamform(samples, rate_hz, offsets)), truth, start_s


def test_bearings_point_to_the_explosion(range_test):
    name, arrivals, truth, start_s = range_test
    confident = [a for a in arrivals if a.confident]
    if name == "N300":
        # Crosswind and weak: the right answer is no confident arrival, and a wide bearing on the weak one.
        assert confident == []
        assert all(a.f_statistic < 5.0 for a in arrivals)
        return
    tolerance = {"W220": 6.0, "W340": 4.0, "W420": 4.0}[name]
    assert confident
    best = max(confident, key=lambda a: a.f_statistic)
    assert turn_deg(best.back_azimuth_deg, truth["true_baz"]) < tolerance
    assert 300.0 < best.trace_velocity_m_s < 420.0
    first, last = (seconds_of_day(truth[key]) - start_s for key in ("first", "last"))
    assert first - 20 <= best.peak_s <= last + 20
    assert all(turn_deg(a.back_azimuth_deg, truth["true_baz"]) < 10.0 for a in confident)
    # The error stated holds the truth within two of itself.
    assert turn_deg(best.back_azimuth_deg, truth["true_baz"]) < 2.0 * best.back_azimuth_sigma_deg


def test_no_arrival_is_surely_wrong(range_test):
    _, arrivals, truth, _ = range_test
    wrong = [a for a in arrivals if turn_deg(a.back_azimuth_deg, truth["true_baz"]) > 10.0]
    assert all(a.f_statistic < 5.0 and not a.confident for a in wrong)


@pytest.mark.parametrize("method", ["bartlett", "capon", "music", "trimmed_squares"])
@pytest.mark.parametrize(("name", "tolerance_deg"), [("W220", 6.0), ("W340", 4.0), ("W420", 4.0), ("N300", None)])
def test_every_method_points_to_the_explosion_or_is_not_confident(
    shared_data, array_reader, name, tolerance_deg, method
):
    folder = shared_data / "sound" / "range_test"
    samples, rate_hz, offsets, start_s = array_reader(list((folder / name).glob("*.sac")))
    truth = json.loads((folder / "GROUND_TRUTH.json").read_text())["arrays"][name]
    # Means of ten samples: 50 a second hold the band five times over.
    samples = samples[:, : samples.shape[1] // 10 * 10].reshape(len(samples), -1, 10).mean(axis=2)
    result = beamform(samples, rate_hz / 10, offsets, BeamSettings(method=method))
    error = turn_deg(result.back_azimuth_deg, truth["true_baz"])
    assert not ((result.f_statistic >= 5.0) & (error > 10.0)).any()
    if tolerance_deg is None:
        assert result.f_statistic.max() < 5.0
        return
    peak = int(result.f_statistic.argmax())
    assert result.f_statistic[peak] > 5.0
    assert error[peak] < tolerance_deg
    assert error[peak] < 3.0 * result.back_azimuth_sigma_deg[peak]
    assert 300.0 < result.trace_velocity_m_s[peak] < 420.0
    first, last = (seconds_of_day(truth[key]) - start_s for key in ("first", "last"))
    assert first - 20 <= result.time_s[peak] <= last + 20
    assert len(result.modes.of(peak)) == 1


@pytest.mark.parametrize("method", ["capon", "music", "trimmed_squares"])
def test_other_methods_agree_with_delay_and_sum_on_clear_windows(shared_data, array_reader, method):
    samples, rate_hz, offsets, _ = array_reader(list((shared_data / "sound" / "array_brp").glob("*.SAC")))
    plain, other = (beamform(samples, rate_hz, offsets, BeamSettings(method=name)) for name in ("bartlett", method))
    clear = plain.f_statistic > 8.0
    assert clear.sum() > 30
    turned = turn_deg(other.back_azimuth_deg[clear], plain.back_azimuth_deg[clear])
    spread = np.hypot(plain.back_azimuth_sigma_deg[clear], other.back_azimuth_sigma_deg[clear])
    assert np.median(turned) < 1.0
    assert np.mean(turned < 3.0 * spread) > 0.95
