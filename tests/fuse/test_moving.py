"""Rounds one by one, rounds from a path, and shock waves in the whole chain, on made arrivals of known truth."""

import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
from made import SPEED_10C, SQUARE, heard, metres, network, onset, still

from trucewatch.fuse import fuse
from trucewatch.fuse.path import covering, moved
from trucewatch.model.detection import WaveProbability
from trucewatch.model.vocabulary import Wave
from trucewatch.physics.ballistics import RIFLE_762, blast_after_shock_s

NETWORK = network()


def run(detections):
    return fuse(detections, NETWORK, (still(),))


def _inside(place, x, y, radius2=4.605):
    off = metres(place) - (x, y)
    return off @ np.linalg.solve(place.covariance_m2, off) < radius2


def test_each_round_has_its_own_time_and_place():
    rounds = [d for n, at in enumerate((0.0, 1.5, 3.2)) for d in heard(50.0, 80.0, at, tag=f"r{n}")]
    (incident,) = run(rounds)
    assert len(incident.rounds) == incident.count.best == 3
    gaps = np.diff([r.time.utc.timestamp() for r in incident.rounds])
    assert np.allclose(gaps, (1.5, 1.7), atol=0.01)
    assert max(np.hypot(*(metres(r.place) - (50.0, 80.0))) for r in incident.rounds) < 1.0


def test_a_moving_shooter_is_one_incident_whose_place_covers_the_path():
    walk = [(8.0 * n, -3.0 * n) for n in range(8)]
    rounds = [d for n, (x, y) in enumerate(walk) for d in heard(x, y, 2.0 * n, tag=f"r{n}")]
    (incident,) = run(rounds)
    assert incident.count.best == 8
    assert all(_inside(incident.place, x, y) for x, y in walk)
    assert "a path of" in " ".join(incident.rationale)
    assert max(np.hypot(*(metres(r.place) - xy)) for r, xy in zip(incident.rounds, walk, strict=True)) < 1.5


def test_rounds_of_one_place_are_no_path_and_rounds_of_a_line_are():
    rng = np.random.default_rng(1)
    scatter = np.broadcast_to(np.diag([4.0, 9.0]), (10, 2, 2))
    still_standing = [moved(rng.normal(0.0, (2.0, 3.0), (10, 2)), scatter) for _ in range(300)]
    assert not any(still_standing)
    line = np.stack((np.linspace(0.0, 60.0, 10), np.zeros(10)), axis=1)
    assert moved(line, scatter)
    centre, covariance = covering(line, np.diag([20.0, 20.0]))
    off = line - centre
    assert np.einsum("ni,ij,nj->n", off, np.linalg.inv(covariance), off).max() < 4.605


NEAR = ((120.0, 60.0), (260.0, -80.0), (210.0, 190.0), (380.0, 120.0), (330.0, -190.0), (60.0, -120.0), (-90.0, 90.0))


def _rifle(x, y, aim_deg, positions, tag="m"):
    """Make blasts at all sensors, and before them the shock wave where it passes."""
    ahead = np.array([np.sin(np.radians(aim_deg)), np.cos(np.radians(aim_deg))])
    blasts = heard(x, y, 0.0, positions, tag=tag)
    shocks = []
    for n, (d, xy) in enumerate(zip(blasts, positions, strict=True)):
        off = np.array(xy) - (x, y)
        along, beside = off @ ahead, abs(off @ np.array([ahead[1], -ahead[0]]))
        delay = blast_after_shock_s(RIFLE_762, along_m=along, miss_m=beside, sound_speed_m_s=SPEED_10C)
        if delay is not None:
            waves = (WaveProbability(wave=Wave.SHOCK_WAVE, p=0.95), WaveProbability(wave=Wave.MUZZLE_BLAST, p=0.05))
            one = onset(f"s-{n}", d.sensor_id, 0.0, waves=waves, blast_after_shock_s=delay)
            time = replace(d.time, utc=d.time.utc - timedelta(seconds=delay))
            shocks.append(replace(one, time=time, blast_after_shock_sigma_s=5e-4))
    return blasts, shocks


def test_shock_waves_bend_nothing_and_are_named():
    blasts, shocks = _rifle(-500.0, 100.0, 85.0, SQUARE)
    assert len(shocks) >= 3
    (incident,) = run([*blasts, *shocks])
    (without,) = run(blasts)
    assert np.hypot(*(metres(incident.place) - (-500.0, 100.0))) < 5.0
    assert np.hypot(*(metres(without.place) - (-500.0, 100.0))) < 1.0
    assert "shock wave of a bullet was heard by" in " ".join(incident.rationale)
    used = {s.detection_id for s in incident.supports if s.used}
    assert used == {d.id for d in blasts}
    assert {d.id for d in shocks} <= {s.detection_id for s in incident.supports}


def test_delays_sharpen_a_place_and_say_where_the_line_of_fire_points():
    blasts, shocks = _rifle(-40.0, -20.0, 80.0, NEAR)
    (incident,) = fuse([*blasts, *shocks], network(NEAR), (still(),))
    assert re.search(r"points to (7[5-9]|8[0-5]) degrees", " ".join(incident.rationale))
    (plain,) = fuse(blasts, network(NEAR), (still(),))
    assert np.linalg.det(incident.place.covariance_m2) < np.linalg.det(plain.place.covariance_m2)
    assert _inside(incident.place, -40.0, -20.0)
