import dataclasses

import numpy as np
import pytest
from blasts import MICROPHONE, blast
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.fuse.burst import BURSTS, ChargeSettings
from trucewatch.fuse.charge import charge, posterior
from trucewatch.fuse.witness import Quiet, Witness
from trucewatch.physics import Weather, ground_level_db, infrasound_level_db, reference_listener
from trucewatch.physics.pressure import pulse_level_db
from trucewatch.physics.source import Source

CALM = Weather(temperature_c=15, relative_humidity_pct=70, pressure_pa=101_325, wind_m_s=0, wind_from_deg=0)
SETTINGS = ChargeSettings()


def heard(kg, ranges=(500.0, 800.0, 1500.0), **kwargs):
    return [witness(n, r, float(pulse_level_db(kg, r, CALM, 90.0 * n)), **kwargs) for n, r in enumerate(ranges)]


def witness(n, range_m, level_db, **kwargs):
    fields = {"sense": "microphone", "listener": MICROPHONE, "bearing_deg": 90.0 * n, "range_sigma_m": 1.0} | kwargs
    return Witness(sensor_id=f"S{n}", range_m=range_m, level_db=level_db, **fields)


def best(witnesses, quiet=()):
    return posterior(witnesses, quiet, CALM, SETTINGS).quantile_kg(0.5)


def test_the_weights_of_the_bursts_are_a_prior():
    assert sum(b.weight for b in BURSTS) == pytest.approx(1.0)


@pytest.mark.slow
def test_the_interval_holds_what_it_promises():
    rng = np.random.default_rng(11)
    inside, factors = [], []
    while len(inside) < 300:
        kg = float(np.exp(rng.uniform(np.log(0.1), np.log(2000.0))))
        found = charge(*blast(rng, kg))
        if found is not None:
            inside.append(found.low_kg <= kg <= found.high_kg)
            factors.append(found.high_kg / found.low_kg)
    assert 0.90 <= np.mean(inside) <= 0.98
    # An order of magnitude, said as one: never a figure that pretends to know better.
    assert 20 < np.median(factors) < 400


@given(st.floats(0.5, 500.0))
@settings(max_examples=10, deadline=None)
def test_a_factor_two_in_pressure_is_a_factor_eight_in_charge(kg):
    base = heard(kg)
    louder = [dataclasses.replace(w, level_db=w.level_db + 20 * np.log10(2)) for w in base]
    # The stated spreads vary slowly with nothing but range, so the posterior only shifts along the logarithm.
    assert best(louder) / best(base) == pytest.approx(8.0, rel=0.2)


def test_the_median_is_near_the_charge_and_the_interval_holds_it():
    found = charge(heard(10.0), (), CALM)
    assert found.low_kg < 10.0 < found.high_kg
    assert 3.0 < found.best_kg < 15.0
    assert found.high_kg / found.low_kg > 10


def test_one_sensor_gives_no_charge_unless_its_loss_is_stated():
    one = heard(10.0)[:1]
    assert charge(one, (), CALM) is None
    # A spread of 8 dB would leave five orders of magnitude, which is no statement.
    assert charge(one, (), CALM, ChargeSettings(lone_sensor_loss_db=8.0)) is None
    stated = charge(one, (), CALM, ChargeSettings(lone_sensor_loss_db=4.0))
    assert stated.low_kg < 10.0 < stated.high_kg
    assert "stated_loss_spread" in {f.name for f in stated.features}


def test_uncalibrated_sensors_and_silence_alone_give_no_charge():
    unknown = [dataclasses.replace(w, level_db=None) for w in heard(10.0)]
    assert charge(unknown, (), CALM) is None
    assert charge((), [Quiet(sensor_id="Q", range_m=1000.0, bearing_deg=0.0, listener=MICROPHONE)], CALM) is None


def test_clipped_levels_are_lower_bounds():
    clipped = witness(9, 300.0, float(pulse_level_db(1.0, 300.0, CALM)), is_clipped=True)
    louder, softer = heard(100.0), heard(0.02)
    # Far above the bound a clipped sensor says nothing; far below it, it pushes up.
    assert best([*louder, clipped]) == pytest.approx(best(louder), rel=0.1)
    assert best([*softer, clipped]) > 1.1 * best(softer)
    assert charge([dataclasses.replace(w, is_clipped=True) for w in louder], (), CALM) is None


def test_silence_is_an_upper_bound():
    quiet = [Quiet(sensor_id=f"Q{n}", range_m=4000.0, bearing_deg=60.0 * n, listener=MICROPHONE) for n in range(5)]
    assert best(heard(0.2), quiet) < best(heard(0.2))
    before = posterior(heard(0.2), (), CALM, SETTINGS).quantile_kg(0.975)
    assert posterior(heard(0.2), quiet, CALM, SETTINGS).quantile_kg(0.975) < before


def test_the_length_of_the_pulse_narrows_it():
    # The positive phase of a charge far away is 4.2 ms times the cube root of kilograms (Kinney and Graham).
    with_length = [dataclasses.replace(w, duration_s=0.0042 * 10 ** (1 / 3) * 1.8 ** (1 / 3)) for w in heard(10.0)]
    a, b = charge(heard(10.0), (), CALM), charge(with_length, (), CALM)
    assert b.high_kg / b.low_kg < a.high_kg / a.low_kg


def test_the_ground_is_a_second_witness_and_tells_buried_charges():
    kg, away = 50.0, 20_000.0
    level = float(ground_level_db(Source(kind="x", charge_kg=kg), away))
    station = witness(7, away, level, sense="seismometer", listener=reference_listener("seismometer"))
    strong = dataclasses.replace(station, level_db=level + 30.0)
    pressure = heard(kg)[:1]
    assert charge([*pressure, station], (), CALM).best_kg == pytest.approx(kg, rel=0.9)
    buried = [dict(posterior([*pressure, s], (), CALM, SETTINGS).p_burst)["buried"] for s in (station, strong)]
    assert buried[1] > buried[0]


def test_infrasound_alone_at_two_arrays_gives_a_wide_interval():
    tonnes = Source(kind="x", charge_kg=45_000.0, spread_db=0.0)
    arrays = [
        witness(n, r, float(infrasound_level_db(tonnes, r, CALM)), sense="infrasound_array", listener=MICROPHONE)
        for n, r in enumerate((234e3, 351e3, 430e3))
    ]
    found = charge(arrays, (), CALM)
    assert found.low_kg < 45_000.0 < found.high_kg
    assert found.high_kg / found.low_kg > 5


@given(st.floats(0.1, 500.0), st.integers(0, 2**31))
@settings(max_examples=8, deadline=None)
def test_a_dead_or_further_sensor_never_makes_nonsense(kg, seed):
    rng = np.random.default_rng(seed)
    witnesses, quiet, weather = blast(rng, kg)
    found = posterior(witnesses, quiet, weather, SETTINGS)
    assert found.p.sum() == pytest.approx(1.0)
    assert (found.p >= 0).all()
    assert found.quantile_kg(0.025) <= found.quantile_kg(0.5) <= found.quantile_kg(0.975)
    again = posterior(witnesses[::-1], quiet[::-1], weather, SETTINGS)
    assert again.quantile_kg(0.5) == pytest.approx(found.quantile_kg(0.5), rel=1e-9)
