"""Tracks against paths: a path that is followed, lost, and followed by another."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from scored import START, event

from trucewatch.geo.geodesic import from_azimuthal
from trucewatch.model.place import Place
from trucewatch.model.track import Track, TrackState
from trucewatch.simulate.score_paths import score_paths


def moving(name: str, *, from_s: int = 0, to_s: int = 100, aside_m: float = 0.0):
    """Go east at 20 m/s, some metres north of the line."""
    rows = []
    for t in range(from_s, to_s + 1, 10):
        lon, lat = from_azimuthal(37.7, 48.1, np.array([20.0 * t, aside_m]))
        rows.append((START + timedelta(seconds=t), float(lon), float(lat), 100.0))
    return event(name, path=tuple(rows), end_utc=START + timedelta(seconds=to_s))


def tracked(name: str, **how) -> Track:
    states = tuple(
        TrackState(
            time_utc=t,
            place=Place.circular(lon_deg=lon, lat_deg=lat, sigma_m=10.0),
            altitude_sigma_m=None,
            east_m_s=20.0,
            north_m_s=0.0,
            var_east_m2_s2=1.0,
            var_north_m2_s2=1.0,
        )
        for t, lon, lat, _ in moving(name, **how).path
    )
    return Track(
        id=name, revision=1, kinds=(), states=states, p_exists=0.9, owners=(), identity_ref="", supports=(), method="x"
    )


def test_a_path_followed_30_m_aside():
    found = score_paths([moving("p")], [tracked("t", aside_m=30.0)])
    assert len(found.time_s) == 11
    assert found.gospa_m == pytest.approx([30.0] * 11, rel=1e-4)
    assert found.mean_ospa_m == pytest.approx(30.0, rel=1e-4)
    assert found.n_switches == 0


def test_a_path_lost_half_way_is_missed_from_then_on():
    found = score_paths([moving("p")], [tracked("t", to_s=50)])
    assert found.missed == pytest.approx([0.0] * 6 + [500.0**2 / 2] * 5)
    assert found.mean_gospa_m == pytest.approx(np.sqrt(5 * 500.0**2 / 2 / 11))


def test_a_change_of_track_is_counted_once():
    found = score_paths([moving("p")], [tracked("a", to_s=40), tracked("b", from_s=50)])
    assert found.n_switches == 1
    assert found.gospa_m == pytest.approx([0.0] * 11, abs=1e-3)


def test_a_track_of_nothing_is_false_and_a_doubted_one_is_left_out():
    stray = tracked("s", aside_m=5000.0)
    found = score_paths([moving("p")], [tracked("t"), stray])
    assert found.false == pytest.approx([500.0**2 / 2] * 11)
    assert score_paths([moving("p")], [tracked("t"), replace(stray, p_exists=0.2)]).false == pytest.approx([0.0] * 11)


def test_nothing_at_all():
    assert score_paths([event("e")], []).mean_gospa_m is None
