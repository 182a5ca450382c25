"""A clock that is off shows in the residuals of the events that its sensor heard with others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from made import T0, heard, network, place

from trucewatch.fuse import fuse
from trucewatch.fuse.sensor_clocks import sensor_clocks
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Instant

RING = tuple((900.0 * float(np.cos(a)), 900.0 * float(np.sin(a))) for a in np.linspace(0.1, 6.1, 9))
PLACES = ((0.0, 0.0), (300.0, -200.0), (-400.0, 100.0), (100.0, 500.0), (-200.0, -450.0), (450.0, 350.0))
NETWORK = network(RING)


def template() -> Incident:
    (incident,) = fuse(heard(0.0, 0.0, 0.0, RING), NETWORK)
    return incident


def event(whole: Incident, at: tuple[float, float], days: float, clocks_s: np.ndarray, noise_s: np.ndarray) -> Incident:
    """An incident whose residuals are what a fit of place and moment leaves of the sensors' clocks and of noise."""
    toward = np.array(RING) - np.array(at)
    toward /= np.hypot(*toward.T)[:, None]
    design = np.column_stack([toward, np.ones(len(RING))])
    late = clocks_s + noise_s
    residual = late - design @ np.linalg.lstsq(design, late, rcond=None)[0]
    by_name = {f"AC-{n + 1}": float(r) for n, r in enumerate(residual)}
    return replace(
        whole,
        place=place(*at),
        time=Instant(utc=T0 + timedelta(days=days), sigma_s=0.01),
        supports=tuple(replace(s, residual_s=by_name[s.sensor_id]) for s in whole.supports),
    )


def test_offsets_and_a_drift_are_told_from_events_at_many_places() -> None:
    rng = np.random.default_rng(4)
    whole, offset, drift = template(), np.zeros(9), np.zeros(9)
    offset[3], drift[6] = 0.200, 0.300
    events = []
    for days in np.linspace(-1.0, 1.0, 60):
        at = tuple(rng.uniform(-600.0, 600.0, 2))
        events.append(event(whole, at, float(days), offset + drift * days, rng.normal(0.0, 0.012, 9)))
    found = sensor_clocks(events, NETWORK)
    told = np.array([found[f"AC-{n + 1}"].offset_s for n in range(9)])
    errors = np.array([found[f"AC-{n + 1}"].sigma_s for n in range(9)])
    assert np.all(np.abs(told - (offset - offset.mean())) < 3.5 * errors)
    assert errors.max() < 0.010
    assert [name for name, c in found.items() if c.drift_s_per_day is not None and c.drift_s_per_day > 0] == ["AC-7"]
    assert found["AC-7"].drift_s_per_day == pytest.approx(0.300 * 8 / 9, abs=0.03)


def test_a_late_clock_shows_in_fixes_that_it_helped_to_make() -> None:
    bangs = []
    for n, (x, y) in enumerate(PLACES):
        bangs += [
            replace(d, time=replace(d.time, utc=d.time.utc + timedelta(seconds=0.045))) if d.sensor_id == "AC-4" else d
            for d in heard(x, y, 600.0 * n, RING, tag=f"b{n}")
        ]
    found = sensor_clocks(fuse(bangs, NETWORK), NETWORK)
    late = found["AC-4"]
    assert late.n_events == len(PLACES)
    assert late.offset_s == max(c.offset_s for c in found.values())
    assert late.offset_s == pytest.approx(0.045 * 8 / 9, abs=2.0 * late.sigma_s)  # against the mean of all nine
    assert late.offset_s > 2.0 * late.sigma_s
    assert late.drift_s_per_day is None  # an hour is too short


def test_events_of_one_place_tell_no_more_than_one() -> None:
    rng, whole = np.random.default_rng(5), template()
    once = [event(whole, p, 0.001 * n, np.zeros(9), rng.normal(0, 0.01, 9)) for n, p in enumerate(PLACES)]
    often = [
        replace(i, time=Instant(utc=i.time.utc + timedelta(seconds=k), sigma_s=0.01)) for i in once for k in range(5)
    ]
    few, many = sensor_clocks(once, NETWORK), sensor_clocks(often, NETWORK)
    assert many["AC-1"].sigma_s == pytest.approx(few["AC-1"].sigma_s, rel=1e-6)


def test_too_few_sensors_or_events_tell_nothing() -> None:
    whole = template()
    assert sensor_clocks([whole], NETWORK) == {}
    four = replace(whole, supports=whole.supports[:4])
    assert sensor_clocks([four, replace(four, place=place(300.0, 0.0))], NETWORK) == {}
    assert sensor_clocks([], NETWORK) == {}
