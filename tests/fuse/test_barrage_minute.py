"""Fifty rounds in a minute: too dense to be joined one by one, and too short for a barrage of minutes."""

from __future__ import annotations

import numpy as np
import pytest
from made import SPEED_10C, network, onset, still

from trucewatch.fuse import FuseSettings, fuse
from trucewatch.fuse.air import air_at
from trucewatch.fuse.barrage import Barrages, barrages
from trucewatch.fuse.barrage_flow import flows
from trucewatch.fuse.onsets import gather
from trucewatch.geo.frame import LocalFrame
from trucewatch.model.detection import Detection
from trucewatch.model.instant import utc_from_timestamp

_AROUND = np.radians(np.arange(12.0, 372.0, 45.0))
_FAR_M = np.where(np.arange(8) % 2, 2_000.0, 1_200.0)
NODES = tuple(zip((_FAR_M * np.sin(_AROUND)).tolist(), (_FAR_M * np.cos(_AROUND)).tolist(), strict=True))
VILLAGE = (300.0, -200.0)
FRAME = LocalFrame(lon_deg=37.7, lat_deg=48.1)
SETTINGS = FuseSettings()
NETWORK = network(NODES)
N = 50
SEEDS = range(201, 209)
"""seeds 101 to 120 set the error of a count"""


def minute(at_s: np.ndarray, rng: np.random.Generator, scatter_m: float = 0.0, echoes: float = 0.3) -> list[Detection]:
    """Onsets of rounds at moments, nine of ten heard by each node, with echoes."""
    out = []
    for k, seconds in enumerate(at_s.tolist()):
        x, y = np.asarray(VILLAGE) + scatter_m * rng.normal(size=2)
        for s, (sx, sy) in enumerate(NODES):
            if rng.uniform() < 0.9:
                arrives = seconds + float(np.hypot(x - sx, y - sy)) / SPEED_10C + 0.004 * rng.normal()
                out.append(onset(f"{k}-{s}", f"AC-{s + 1}", arrives))
                if rng.uniform() < echoes:
                    out.append(onset(f"e{k}-{s}", f"AC-{s + 1}", arrives + rng.uniform(0.15, 1.5)))
    return out


def fired(seed: int, scatter_m: float = 0.0, echoes: float = 0.3, start_s: float = 30.0) -> list[Detection]:
    rng = np.random.default_rng(seed)
    return minute(start_s + np.sort(rng.uniform(0.0, 60.0, N)), rng, scatter_m, echoes)


def found(detections: list[Detection]) -> Barrages:
    weather = (still(),)
    return barrages(gather(detections, NETWORK), lambda s: air_at(utc_from_timestamp(s), weather, SETTINGS), SETTINGS)


@pytest.mark.parametrize(("scatter_m", "echoes"), [(0.0, 0.3), (60.0, 0.3), (60.0, 0.0)])
def test_counts_hold_fifty_rounds(scatter_m: float, echoes: float) -> None:
    parts = [p for seed in SEEDS for p in found(fired(seed, scatter_m, echoes)).parts]
    assert len(SEEDS) - 1 <= len(parts) <= len(SEEDS)  # one in twenty is not clear enough to be counted
    assert sum(p.count.low <= N <= p.count.high for p in parts) >= len(parts) - 1
    assert np.median([p.count.best for p in parts]) == pytest.approx(N, rel=0.2)
    assert all(p.count.high < 6 * p.count.low for p in parts)


@pytest.mark.parametrize("start_s", [0.0, 15.0, 37.0])
def test_a_minute_need_not_begin_with_one_of_the_clock(start_s: float) -> None:
    (part,) = found(fired(209, start_s=start_s)).parts
    assert part.count.low <= N <= part.count.high


def test_fifty_rounds_are_one_incident_at_their_place() -> None:
    # By its own evidence: what the record of one owner's claims makes of it is tested where the record is.
    (incident,) = fuse(fired(201, 60.0), NETWORK, (still(),), FuseSettings(held_against_record=False))
    assert incident.count.low <= N <= incident.count.high
    assert incident.p_exists > 0.99
    assert incident.place is not None
    east_north = np.asarray(FRAME.to_enu(incident.place.lon_deg, incident.place.lat_deg))[:2]
    assert np.hypot(*(east_north - VILLAGE)) < 100.0


def test_bursts_are_joined_round_by_round() -> None:
    rng = np.random.default_rng(1)
    at_s = (30.0 + np.arange(10)[:, None] * 6.0 + np.arange(5) * 0.1).ravel()
    assert flows(gather(minute(at_s, rng), NETWORK), SETTINGS.max_range_m) == []


def test_slow_fire_is_joined_round_by_round() -> None:
    rng = np.random.default_rng(2)
    at_s = 30.0 + np.arange(15) * 4.0
    assert flows(gather(minute(at_s, rng), NETWORK), SETTINGS.max_range_m) == []
    (incident,) = fuse(minute(at_s, rng), NETWORK, (still(),))
    assert incident.count.best == len(at_s)
