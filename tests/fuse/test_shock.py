"""Rifle shots whose truth is known: place and direction from delays of blast after shock wave."""

import numpy as np
import pytest

from trucewatch.fuse.shock import ShockDelays, delays_s, locate_shot
from trucewatch.physics.ballistics import RIFLE_127, RIFLE_556, RIFLE_762, Bullet, blast_after_shock_s

C = 340.0
SENSORS = np.array([[120.0, 60.0], [260.0, -80.0], [210.0, 190.0], [380.0, 120.0], [330.0, -190.0], [60.0, -120.0]])


def test_delays_are_those_of_the_ballistic_model():
    bullet = Bullet(diameter_m=8e-3, length_m=0.03, muzzle_speed_m_s=860.0, slowing_per_m=1e-3)
    for along, beside in ((100.0, 20.0), (250.0, 60.0), (60.0, 80.0)):
        expected = blast_after_shock_s(bullet, along_m=along, miss_m=beside, sound_speed_m_s=C)
        (got,) = delays_s(np.array([[beside, along]]), np.array([0.0, 0.0, 0.0, 860.0, 1e-3]), C)
        assert np.isnan(got) if expected is None else got == pytest.approx(expected, abs=2e-5)


def _shot(bullet, source, aim_deg, clock_s, rng):
    """Make what the sensors that both waves pass hear, by a simulator of its own."""
    aim = np.radians(aim_deg)
    ahead = np.array([np.sin(aim), np.cos(aim)])
    rows = []
    for n, xy in enumerate(SENSORS):
        along, beside = (xy - source) @ ahead, abs((xy - source) @ np.array([ahead[1], -ahead[0]]))
        delay = blast_after_shock_s(bullet, along_m=along, miss_m=max(beside, 0.5), sound_speed_m_s=C)
        if delay is not None:
            blast = np.hypot(*(xy - source)) / C + clock_s[n] + rng.normal(0, 1e-3)
            rows.append((*xy, delay + rng.normal(0, 5e-4), blast))
    table = np.array(rows).reshape(-1, 4)
    return table[:, :2], table[:, 2], table[:, 3]


def _many(clocks: bool, n=6):
    rng = np.random.default_rng(7)
    out = []
    while len(out) < n:
        source = rng.uniform((-150.0, -80.0), (0.0, 80.0))
        aim = rng.uniform(60.0, 120.0)
        clock = rng.normal(0.0, 0.5, len(SENSORS))
        xy, delay, blast = _shot((RIFLE_556, RIFLE_762, RIFLE_127)[len(out) % 3], source, aim, clock, rng)
        if len(delay) < 4:
            continue
        sigma = np.full(len(delay), 5e-4)
        good = {} if not clocks else {"blast_s": blast, "blast_sigma_s": np.full(len(delay), 0.5)}
        fixes = locate_shot(ShockDelays(xy_m=xy, delay_s=delay, delay_sigma_s=sigma, **good), C)
        out.append((source, aim, fixes[0]))
    return out


@pytest.mark.parametrize("clocks", [False, True])
def test_a_shot_is_found_without_a_common_clock_whatever_the_bullet(clocks):
    """The clocks of the sensors are wrong by half a second: as times they would mislead by 170 m."""
    shots = _many(clocks)
    errors = [np.hypot(*(fix.xy_m - source)) for source, _, fix in shots]
    turns = [abs((fix.aim_deg - aim + 180) % 360 - 180) for _, aim, fix in shots]
    assert np.median(errors) < 25.0
    assert np.median(turns) < 4.0
    inside = [
        (fix.xy_m - source) @ np.linalg.solve(fix.covariance_m2, fix.xy_m - source) < 9.2 for source, _, fix in shots
    ]
    assert np.mean(inside) >= 0.8


def test_two_delays_are_too_few():
    with pytest.raises(ValueError, match="three delays"):
        locate_shot(ShockDelays(xy_m=np.zeros((2, 2)), delay_s=np.zeros(2), delay_sigma_s=np.ones(2)), C)
