"""Barrages: thousands of onsets that no search could join become a few places with counts that hold the truth."""

from __future__ import annotations

import random

import numpy as np
import pytest
from made import SPEED_10C, network, onset, still

from trucewatch.fuse import FuseSettings, fuse
from trucewatch.fuse.air import air_at
from trucewatch.fuse.barrage import Barrages, barrages
from trucewatch.fuse.onsets import gather
from trucewatch.geo.frame import LocalFrame
from trucewatch.model.detection import Detection
from trucewatch.model.instant import utc_from_timestamp
from trucewatch.model.vocabulary import CountQuality

NODES = tuple(
    (x + 150.0 * (y > 0), y - 120.0 * (x > 0)) for y in (-1_800.0, 0.0, 1_700.0) for x in (-2_000.0, 0.0, 2_100.0)
)
VILLAGE, BATTERY = (900.0, 300.0), (-1_700.0, -400.0)
FRAME = LocalFrame(lon_deg=37.7, lat_deg=48.1)
SETTINGS = FuseSettings()
NETWORK = network(NODES)
N, MINUTES = 400, 6.0


def fired(seed: int, n: int = N, echoes: float = 0.3, p_heard: float = 0.9) -> list[Detection]:
    """Onsets of shells that leave one place and fall on another, scattered, with echoes and rounds not heard."""
    rng = np.random.default_rng(seed)
    at_s = np.sort(rng.uniform(30.0, 30.0 + 60.0 * MINUTES, n))
    out = []
    for k, seconds in enumerate(at_s.tolist()):
        for end, where, later, scatter in (
            ("l", BATTERY, 0.0, 30.0),
            ("i", VILLAGE, 15.0 + rng.normal(0.0, 0.5), 80.0),
        ):
            x, y = np.asarray(where) + rng.normal(0.0, scatter, 2)
            for s, (sx, sy) in enumerate(NODES):
                if rng.uniform() < p_heard:
                    arrives = seconds + later + float(np.hypot(x - sx, y - sy)) / SPEED_10C
                    out.append(onset(f"{end}{k}-{s}", f"AC-{s + 1}", arrives))
                    if rng.uniform() < echoes:
                        out.append(onset(f"e{end}{k}-{s}", f"AC-{s + 1}", arrives + rng.uniform(0.15, 1.5)))
    return out


def found(detections: list[Detection]) -> Barrages:
    weather = (still(),)
    return barrages(gather(detections, NETWORK), lambda s: air_at(utc_from_timestamp(s), weather, SETTINGS), SETTINGS)


@pytest.fixture(scope="module")
def barrage() -> list[Detection]:
    return fired(1)


def _off_m(place, xy_m) -> float:
    return float(np.hypot(*(np.asarray(FRAME.to_enu(place.lon_deg, place.lat_deg))[:2] - np.asarray(xy_m))))


@pytest.mark.parametrize("echoes", [0.0, 0.6])
def test_both_ends_are_counted_and_placed_whatever_echoes_there_are(echoes: float) -> None:
    made = found(fired(2, echoes=echoes))
    assert len(made.parts) == 2
    for xy in (VILLAGE, BATTERY):
        part = min(made.parts, key=lambda p: _off_m(p.place, xy))
        assert _off_m(part.place, xy) < 100.0
        assert part.count.quality is CountQuality.ABOUT
        assert part.count.low <= N <= part.count.high
        assert part.count.high < 4 * part.count.low


def test_counts_hold_the_truth_on_days_that_nothing_was_set_by() -> None:
    held = [p.count.low <= N <= p.count.high for seed in (41, 42) for p in found(fired(seed)).parts]
    assert len(held) == 4
    assert all(held)


def test_an_incident_of_hundreds_of_rounds_stays_small(barrage: list[Detection]) -> None:
    incidents = fuse(barrage, NETWORK, (still(),))
    assert len(incidents) == 2
    for incident in incidents:
        assert len(incident.supports) <= 2 * len(NODES)
        assert incident.rounds == ()
        assert incident.p_exists > 0.99
        assert incident.interval.duration_s == pytest.approx(60.0 * MINUTES, abs=90.0)
        assert any("rounds a minute" in step for step in incident.rationale)


def test_the_order_in_which_onsets_arrive_changes_nothing(barrage: list[Detection]) -> None:
    assert found(random.Random(3).sample(barrage, len(barrage))) == found(barrage)


def test_a_salvo_and_scattered_noise_are_no_barrage(barrage: list[Detection]) -> None:
    rng = np.random.default_rng(4)
    noise = [onset(f"n{k}", f"AC-{k % 9 + 1}", float(s)) for k, s in enumerate(rng.uniform(0.0, 600.0, 2_000))]
    some = [d for d in barrage if d.time.utc <= min(d.time.utc for d in barrage).replace(second=59)]
    for quiet in (noise, some, []):
        assert found(quiet) == Barrages(parts=(), explained=frozenset())


def test_noise_as_dense_as_a_barrage_has_no_place_and_stays_what_it_is() -> None:
    rng = np.random.default_rng(5)
    noise = [onset(f"n{k}", f"AC-{k % 9 + 1}", float(s)) for k, s in enumerate(rng.uniform(0.0, 360.0, 5_000))]
    assert found(noise) == Barrages(parts=(), explained=frozenset())
