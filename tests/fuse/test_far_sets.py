"""Of the far events that arrivals allow, the set that explains most stands, and no arrival is explained twice."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from far_made import FAR, array_at, far_detection, heard_far, readings, watch

from trucewatch.fuse.far_events import far_events
from trucewatch.fuse.far_settle import settle

SOUTH = ("S", -118.3, 38.43, 4191.0, 307.7)
NORTH = ("N", -117.13, 48.26, 4034.0, 223.9)
EAST = ("E", -109.59, 42.77, 5649.0, 271.4)
"""three arrays whose directions do not meet: north and south fit better than north and east"""


def three():
    quiet = {"bearing_sigma_deg": 5.0, "trace_velocity_m_s": None, "trace_velocity_sigma_m_s": None}
    found = [
        far_detection(name, lon, lat, at_s, bearing_deg=bearing, **quiet)
        for name, lon, lat, at_s, bearing in (SOUTH, NORTH, EAST)
    ]
    # The rest of the day tells how seldom each of them hears anything.
    return [
        *found,
        *(far_detection(n, x, y, 12_000.0, bearing_deg=b + 120.0, **quiet) for n, x, y, _, b in (SOUTH, EAST)),
    ]


def test_the_better_pair_of_three_that_do_not_meet_is_joined():
    heard = readings(three())
    alone = {
        frozenset((a.sensor_id, b.sensor_id)): e.log_odds
        for a, b in combinations([r for r in heard if r.start_s < heard[0].start_s + 3_000.0], 2)
        if (e := settle([a, b], [a, b], watch(), FAR)) is not None
    }
    best = max(alone, key=lambda pair: alone[pair])
    assert best == {"S", "N"}
    events, _ = far_events(heard, watch(), FAR)
    assert [e.sensors for e in events] == [best]
    assert events[0].log_odds == pytest.approx(alone[best], abs=1e-6)


@pytest.mark.parametrize("seed", [300, 301])
def test_no_arrival_is_explained_by_two_events(seed: int):
    rng = np.random.default_rng(seed)
    arrays = [array_at(f"A{n}", b, 180e3) for n, b in enumerate((20.0, 140.0, 255.0))]
    heard = [
        heard_far(a, at, celerity_m_s=float(rng.choice([255.0, 297.0, 332.0])), turn_deg=float(rng.normal(0.0, 4.0)))
        for at in (0.0, 240.0, 500.0)
        for a in arrays
    ]
    events, rest = far_events(readings(heard), watch(), FAR)
    named = [r.id for e in events for r in (*e.members, *e.later)] + [r.id for r in rest]
    assert events
    assert len(named) == len(set(named)) == len(readings(heard))
