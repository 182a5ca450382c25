"""Two hours of a simulated day with every sense: each incident's stated numbers add up to its probability."""

import re
from dataclasses import replace

import numpy as np
import pytest

from trucewatch.detect import from_change, from_edge, from_pulse, from_report, from_sighting
from trucewatch.fuse import fuse
from trucewatch.simulate import preset_of, theatre_day

SEED = 20_007


@pytest.fixture(scope="module")
def incidents():
    day = theatre_day(replace(preset_of("busy_day"), hours=2), SEED, 1.0)
    told = [
        *(from_pulse(p, day.network.sensor(p.sensor_id)) for p in day.pulses),
        *(from_edge(e) for e in day.edge),
        *(from_report(r) for r in day.reports),
        *(from_sighting(s, day.network.sensor(s.sensor_id)) for s in day.sightings),
        *(from_change(c) for c in day.changes),
    ]
    return fuse(told, day.network, day.weather)


def test_stated_numbers_add_up_to_the_probability(incidents):
    assert len(incidents) >= 5
    for i in incidents:
        stated = [float(m[1]) for s in i.rationale if (m := re.search(r"\(log-odds ([+-][0-9.]+)\)$", s))]
        total = sum(stated) + sum(s.log_odds for s in (*i.supports, *i.silences))
        p = 1.0 / (1.0 + np.exp(-total))
        alone = "an indication, held below 90 per cent" in " ".join(i.rationale)
        assert i.p_exists == pytest.approx(min(p, 0.89) if alone else p, abs=0.01)


def test_what_a_claim_adds_follows_from_its_own_sentence(incidents):
    pattern = r"ln\(1 - p \+ p r( / \(1 \+ (\S+)\))?.*?; p (\S+) that it is told of such an event, r (\S+):"
    seen = 0
    for s in (s for i in incidents for s in i.supports if "ln(1 - p" in s.reason):
        m = re.search(pattern, s.reason)
        most = re.search(r"at most ([0-9.]+)", s.reason)
        p, r, others = float(m[3]), float(m[4]), float(m[2] or 0.0)
        expected = np.log(1 - p + p * r / (1 + others))
        assert s.log_odds == pytest.approx(min(expected, float(most[1]) if most else np.inf), abs=0.03)
        seen += 1
    assert seen >= 3


def test_alternatives_and_deciders_are_in_order_and_finite(incidents):
    for i in incidents:
        assert [a.log_odds for a in i.alternatives] == sorted((a.log_odds for a in i.alternatives), reverse=True)
        assert all(np.isfinite(a.log_odds) for a in i.alternatives)
        assert len(i.deciders) <= 3
        assert all(0.0 < d.gain_bits < 2.0 for d in i.deciders)
