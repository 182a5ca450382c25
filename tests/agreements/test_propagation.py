"""How waves travel, as a mission states it."""

from __future__ import annotations

import math

from trucewatch.fuse import FuseSettings
from trucewatch.model.mission import BearingTurn, CelerityPrior, GroundLayer
from trucewatch.physics import REFERENCE_GROUND, celerities, ground_model, phase_times
from trucewatch.service.understanding import fuse_settings


def test_a_mission_states_its_own_ground_and_celerities(load, samples):
    mission = load("mission.toml", samples["mission.toml"]).value
    assert mission.ground_layers == (
        GroundLayer(top_m=0.0, p_m_s=5900.0, s_m_s=3400.0),
        GroundLayer(top_m=42_000.0, p_m_s=8100.0, s_m_s=4600.0),
    )
    assert mission.celerities[0] == CelerityPrior(
        label="stratospheric", celerity_m_s=300.0, sigma_m_s=10.0, weight=2.0, months=(5, 6, 7, 8)
    )
    ground = ground_model(mission.ground_layers, mission.ground_share)
    p, s, *_ = phase_times(50e3, ground)
    assert abs(float(p.time_s) - 50e3 / 5900) < 0.001
    assert abs(float(s.sigma_s) - 0.02 * 50e3 / 3400) < 0.01
    assert [part.label for part in celerities(3e5, 6, mission.celerities, 10.0)][1:] == [
        "stratospheric",
        "thermospheric",
    ]
    assert mission.bearing_turns == (
        BearingTurn(turn_deg=-2.5, sigma_deg=1.5, months=(6,), toward_deg=(45.0, 135.0), from_m=0.0, to_m=math.inf),
    )


def test_a_mission_that_states_neither_has_the_references(load, samples):
    plain = samples["mission.toml"].split("[ground]")[0]
    mission = load("mission.toml", plain).value
    assert ground_model(mission.ground_layers, mission.ground_share) is REFERENCE_GROUND
    assert mission.celerities == ()


def test_what_a_mission_states_reaches_the_joining_of_detections(load, samples):
    mission = load("mission.toml", samples["mission.toml"]).value
    settings = fuse_settings(mission)
    assert settings.far.celerities == mission.celerities
    assert settings.far.bearing_turns == mission.bearing_turns
    assert settings.far.ground.layers == mission.ground_layers
    plain = load("mission.toml", samples["mission.toml"].split("[ground]")[0]).value
    assert fuse_settings(plain) == FuseSettings(temperature_c=18.0, temperature_sigma_c=6.0)
