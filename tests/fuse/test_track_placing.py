"""What would be told for sure and lies nowhere near a thing: rays of one camera, and clutter under a wide reach."""

import numpy as np
import pytest
from moving_made import START, in_plane, seen, sensor

from trucewatch.fuse import tracks
from trucewatch.fuse.track_placing import HELD_S
from trucewatch.model.network import Network
from trucewatch.model.vocabulary import ObservationType, ObserverKind

RADAR = sensor("RA-1", ObserverKind.RADAR, (-4_000.0, 0.0), owner="mission")
CAMERA = sensor("CA-1", ObserverKind.CAMERA, (0.0, -3_000.0), owner="partner")
BOTH = Network(sensors=(RADAR, CAMERA))
VEHICLE = {"kind": ObservationType.VEHICLE_MOVEMENT, "p_false": 0.02}


def convoy(t_s):
    """9 m/s to the east, past the camera."""
    return np.array([-3_000.0 + 9.0 * t_s, 0.0])


def followed(by, times, rng, sigma_m):
    return [seen(by, t, convoy(t), rng, sigma_deg=0.3, sigma_m=sigma_m, **VEHICLE) for t in times]


def test_a_plot_of_a_bird_on_a_cameras_ray_makes_no_track():
    rng = np.random.default_rng(1)
    rays = followed(CAMERA, np.arange(0.0, 400.0, 2.0), rng, None)
    bird = seen(RADAR, 61.0, 2.0 * convoy(61.0), rng, p_false=0.5, kind=ObservationType.VEHICLE_MOVEMENT)
    assert tracks([*rays, bird], BOTH, {}) == ()


@pytest.mark.parametrize("seed", [2, 3])
def test_a_track_ends_soon_after_the_last_sighting_that_tells_how_far_it_is(seed):
    rng = np.random.default_rng(seed)
    rays = followed(CAMERA, np.arange(0.0, 900.0, 2.0), rng, None)
    plots = followed(RADAR, np.arange(1.0, 300.0, 4.0), rng, 25.0)
    (track,) = tracks([*rays, *plots], BOTH, {})
    at = [(s.time_utc - START).total_seconds() for s in track.states]
    assert 297.0 < at[-1] <= 297.0 + HELD_S
    off = [in_plane(s) - convoy(t) for s, t in zip(track.states, at, strict=True)]
    inside = [o @ np.linalg.solve(s.place.covariance_m2, o) < 9.21 for o, s in zip(off, track.states, strict=True)]
    assert np.mean(inside) > 0.95


@pytest.mark.parametrize("seed", range(4, 9))
def test_one_far_aircraft_does_not_make_tracks_of_the_birds_nearby(seed):
    """Ten hours with six false plots each within 8 km, beside an aircraft that is seen 40 km out."""
    rng = np.random.default_rng(seed)
    kind = ObservationType.AIRCRAFT_SIGHTING
    aircraft = [seen(RADAR, t, (200.0 * t - 4_000.0, 40_000.0), rng, kind=kind, p_false=0.02) for t in range(0, 120, 4)]
    toward, away, at = rng.uniform((0.0, 300.0, 0.0), (2 * np.pi, 8_000.0, 36_000.0), (60, 3)).T
    birds = np.stack((away * np.sin(toward) - 4_000.0, away * np.cos(toward)), axis=1)
    plots = [seen(RADAR, t, xy, rng, p_false=0.5) for t, xy in zip(at, birds, strict=True)]
    (track,) = tracks([*aircraft, *plots], Network(sensors=(RADAR,)), {})
    assert track.kinds[0].kind is kind
