"""Travel times in the ground against closed forms, a published program and stored values."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.model.mission import GroundLayer
from trucewatch.model.vocabulary import Wave
from trucewatch.physics import REFERENCE_GROUND, GroundModel, ground_branches, ground_model, phase_times
from trucewatch.physics.rays import EARTH_RADIUS_M, branches, earliest

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "ground_times.json").read_text())
DISTANCES_KM = (10, 50, 100, 150, 200, 300, 500, 700, 1000)


@pytest.fixture(scope="module")
def taup():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        obspy_taup = pytest.importorskip("obspy.taup")
    return obspy_taup.TauPyModel("iasp91")


@pytest.mark.parametrize("km", DISTANCES_KM)
def test_first_p_and_s_are_those_of_taup(km, taup):
    p, s, *_ = phase_times(1e3 * km)
    degrees = np.degrees(1e3 * km / EARTH_RADIUS_M)
    for ours, names in ((p, ["p", "P", "Pn", "Pg"]), (s, ["s", "S", "Sn", "Sg"])):
        theirs = min(a.time for a in taup.get_travel_times(0.0, degrees, phase_list=names))
        assert float(ours.time_s) == pytest.approx(theirs, abs=0.03)


def test_reflections_on_the_bottom_of_the_crust_are_those_of_taup(taup):
    bounce = [b for b in ground_branches(REFERENCE_GROUND, Wave.P) if b.turning == "reflected" and b.top_m == 35_000.0]
    for km in (50, 100, 200):
        theirs = taup.get_travel_times(0.0, np.degrees(1e3 * km / EARTH_RADIUS_M), phase_list=["PvmP"])
        assert float(earliest(tuple(bounce), np.array([1e3 * km]))[0]) == pytest.approx(theirs[0].time, abs=0.005)


def test_stored_times_stay():
    times = {t.wave.value: t for t in phase_times(1e3 * np.array(GOLDEN["distance_km"]))}
    for wave, expected in GOLDEN["time_s"].items():
        stored = np.array([np.nan if v is None else v for v in expected])
        assert times[wave].time_s == pytest.approx(stored, abs=0.005, nan_ok=True)


def test_two_flat_layers_have_the_textbook_head_wave():
    # On a ball so large that it is flat: t = x / v2 + 2 h sqrt(1 / v1^2 - 1 / v2^2) beyond the crossover distance.
    h, v1, v2 = 30e3, 6e3, 8e3
    found = branches(np.array([0.0, h]), np.array([v1, v2]), radius_m=1e12)
    crossover = 2 * h * np.sqrt((v2 + v1) / (v2 - v1))
    x = np.array([0.5, 0.9, 0.999, 1.001, 1.2, 3.0]) * crossover
    head = x / v2 + 2 * h * np.sqrt(v1**-2 - v2**-2)
    assert earliest(found, x) == pytest.approx(np.minimum(x / v1, head), rel=1e-4)
    bounced = [b for b in found if b.turning == "reflected"]
    assert earliest(tuple(bounced), x) == pytest.approx(2 * np.hypot(h, x / 2) / v1, rel=1e-4)


def test_a_chord_of_one_shell():
    one = ground_model([GroundLayer(top_m=0.0, p_m_s=6000.0, s_m_s=3500.0)])
    p, s, *_ = phase_times([10e3, 500e3], one)
    # Tables are linear between 500 m steps; a chord of 500 km is 128 m shorter than its arc.
    chord = 2 * EARTH_RADIUS_M * np.sin(np.array([10e3, 500e3]) / (2 * EARTH_RADIUS_M))
    assert p.time_s == pytest.approx(chord / 6000.0, abs=1e-4)
    assert s.time_s == pytest.approx(chord / 3500.0, abs=1e-4)


def test_a_slow_layer_lets_no_ray_turn_in_it():
    tops, speeds = np.array([0.0, 5e3, 10e3]), np.array([6e3, 4e3, 8e3])
    turned_at = {b.top_m for b in branches(tops, speeds) if b.turning == "refracted"}
    assert turned_at == {10e3}


@given(st.floats(1.0, 999e3), st.floats(1.0, 999e3))
def test_waves_come_in_order_and_later_farther_away(a, b):
    near, far = sorted((a, b))
    p, s, lg, surface = phase_times([near, far])
    assert p.time_s[0] <= p.time_s[1]
    assert s.time_s[0] <= s.time_s[1]
    assert (p.time_s < s.time_s).all()
    assert (s.time_s < surface.time_s).all()
    assert not (lg.time_s < s.time_s - 0.1 * s.time_s).any()
    assert all((t.sigma_s > 0)[~np.isnan(t.time_s)].all() for t in (p, s, lg, surface))


def test_what_does_not_arrive_is_nan():
    p, s, lg, surface = phase_times([99e3, 1_001e3])
    assert np.isnan(lg.time_s).all()
    assert np.isnan([p.time_s[1], s.time_s[1], surface.time_s[1]]).all()
    assert np.isnan(phase_times(np.nan)[0].time_s)
    assert [t.wave for t in phase_times(0.0)] == [Wave.P, Wave.S, Wave.LG, Wave.SURFACE]


def test_models_that_are_none_are_refused():
    layer = GroundLayer(top_m=0.0, p_m_s=6000.0, s_m_s=3500.0)
    with pytest.raises(ValueError, match="depth 0"):
        GroundModel(layers=(GroundLayer(top_m=5.0, p_m_s=6000.0, s_m_s=3500.0),))
    with pytest.raises(ValueError, match="descend"):
        GroundModel(layers=(layer, layer))
    with pytest.raises(ValueError, match="s_m_s < p_m_s"):
        GroundLayer(top_m=0.0, p_m_s=3500.0, s_m_s=6000.0)
    with pytest.raises(ValueError, match="'lg'"):
        ground_branches(REFERENCE_GROUND, Wave.LG)
