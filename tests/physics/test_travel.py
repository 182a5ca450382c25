import numpy as np
import pytest

from trucewatch.physics import (
    acoustic_travel_time_s,
    acoustic_travel_time_sigma_s,
    celerity_mixture,
    effective_speed_m_s,
    ground_phase,
    ground_travel_time_s,
)


def test_travel_time_at_the_design_documents_celerities():
    # SOUND.md 1.3: 234 km at 0.33 and 0.26 km/s take 709 and 900 s.
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


def test_ground_phases():
    time, sigma = ground_travel_time_s(60_000.0, ground_phase("P"))
    assert time == pytest.approx(10.0)
    assert sigma == pytest.approx(10.0 * 0.25 / 6.0)
    with pytest.raises(ValueError, match=r"'PKP'.*Lg"):
        ground_phase("PKP")
    with pytest.raises(ValueError, match="'lunar'"):
        celerity_mixture("lunar")
