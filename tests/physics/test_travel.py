import numpy as np
import pytest

from trucewatch.model.mission import CelerityPrior
from trucewatch.physics import (
    acoustic_travel_time_s,
    acoustic_travel_time_sigma_s,
    celerities,
    celerity_mixture,
    effective_speed_m_s,
)
from trucewatch.physics.travel import direct_share


def test_travel_time_at_usual_celerities():
    # Distance over celerity: 234 km at 0.33 and 0.26 km/s take 709 and 900 s.
    assert acoustic_travel_time_s(234_000.0, [330.0, 260.0]) == pytest.approx([709.1, 900.0], abs=0.05)


def test_the_spread_is_that_of_sampled_temperatures_and_winds():
    rng = np.random.default_rng(11)
    temperature, wind = rng.normal(10.0, 2.0, 200_000), rng.normal(0.0, 1.5, 200_000)
    sampled = acoustic_travel_time_s(5000.0, effective_speed_m_s(temperature, wind, 180.0, 0.0)).std()
    assert acoustic_travel_time_sigma_s(5000.0, 10.0, 2.0, 1.5) == pytest.approx(sampled, rel=0.01)


@pytest.mark.parametrize("kind", ["canonical", "broad", "near_field"])
def test_mixtures_sum_to_one(kind):
    mixture = celerity_mixture(kind)
    assert sum(part.weight for part in mixture) == pytest.approx(1.0, abs=1e-9)
    assert all(200 < part.celerity_m_s < 360 and 0 < part.sigma_m_s < 30 for part in mixture)


def test_the_canonical_mixture_is_the_reciprocal_one():
    # sigma_c = c^2 * sigma_(1/c), from 0.066, 0.080 and 0.330 s/km.
    for part, reciprocal_s_per_km in zip(celerity_mixture("canonical"), (0.066, 0.080, 0.330), strict=True):
        assert part.sigma_m_s == pytest.approx(part.celerity_m_s**2 * reciprocal_s_per_km / 1e3, rel=2e-3)


def test_an_unknown_mixture_is_refused():
    with pytest.raises(ValueError, match="'lunar'"):
        celerity_mixture("lunar")


DISTANCES_M = np.array([100.0, 20e3, 60e3, 180e3, 400e3])


def test_the_near_part_gives_way_to_the_ducts():
    parts = celerities(DISTANCES_M)
    assert [p.label for p in parts] == ["direct", "tropospheric", "stratospheric", "thermospheric"]
    weights = np.stack([p.weight for p in parts])
    assert weights.sum(axis=0) == pytest.approx(np.ones(5))
    assert weights[0] == pytest.approx([1.0, 0.99, 0.5, 0.01, 0.0], abs=0.005)
    # Among themselves the ducts keep the broad mixture's weights.
    assert weights[1:, 4] / weights[1:, 4].sum() == pytest.approx([0.25, 0.5, 0.25])


OWN = (
    CelerityPrior(label="summer", celerity_m_s=300.0, sigma_m_s=5.0, weight=3.0, months=(6, 7, 8)),
    CelerityPrior(label="winter", celerity_m_s=280.0, sigma_m_s=9.0, weight=2.0, months=(12, 1, 2)),
    CelerityPrior(label="always", celerity_m_s=250.0, sigma_m_s=9.0, weight=1.0),
    CelerityPrior(label="direct", celerity_m_s=341.0, sigma_m_s=3.0, weight=1.0, months=(7,)),
)


@pytest.mark.parametrize(
    ("month", "labels", "first_m_s"),
    [
        (7, ["direct", "summer", "always"], 341.0),
        (1, ["direct", "winter", "always"], 335.0),
        (None, ["direct", "always"], 335.0),
    ],
)
def test_a_missions_own_parts_hold_in_their_months(month, labels, first_m_s):
    parts = celerities(DISTANCES_M, month, OWN)
    assert [p.label for p in parts] == labels
    assert parts[0].celerity_m_s == first_m_s
    assert sum(p.weight for p in parts) == pytest.approx(np.ones(5))
    if month == 7:
        assert parts[1].weight == pytest.approx(3 * parts[2].weight)


def test_the_built_in_ducts_stay_where_no_own_part_holds():
    assert [p.label for p in celerities(1e5, 4, OWN[:2])] == [p.label for p in celerities(1e5)]


EASTWARD = CelerityPrior(
    label="summer", celerity_m_s=300.0, sigma_m_s=8.0, weight=1.0, toward_deg=(350.0, 80.0), from_m=2e5, to_m=4e5
)


@pytest.mark.parametrize(
    ("toward_deg", "known"),
    [(0.0, True), (80.0, True), (350.0, True), (349.0, False), (180.0, False), (None, False)],
)
def test_a_part_holds_in_its_directions_and_distances_and_the_built_in_ducts_elsewhere(toward_deg, known):
    distances = np.array([1.9e5, 2e5, 3.9e5, 4e5])
    parts = celerities(distances, 7, [EASTWARD], toward_deg)
    assert sum(p.weight for p in parts) == pytest.approx(np.ones(4))
    own = sum((p.weight for p in parts if p.label == "summer"), start=np.zeros(4))
    direct = direct_share(distances)
    assert own == pytest.approx(np.where([False, known, known, False], 1.0 - direct, 0.0))
