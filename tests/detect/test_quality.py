"""Faults with a known truth: each is found, at its time, and an untouched recording shows none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter1d

from trucewatch.detect.clock_stamps import Stretch, judge
from trucewatch.detect.quality import ClockOffset, listening
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.listening import Listening
from trucewatch.model.network import Element, Network, Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.model.wire import to_bytes

START = datetime(2026, 3, 1, 5, 0, tzinfo=UTC)
DAY = Interval(start_utc=START.replace(hour=0), end_utc=START.replace(hour=0) + timedelta(days=1))
RATE_HZ = 6000.0
MINUTE = 60 * round(RATE_HZ)
HERE = Place.circular(lon_deg=37.0, lat_deg=48.0, sigma_m=2.0)
MICROPHONE = Sensor(id="AC-1", kind=ObserverKind.ACOUSTIC_SENSOR, owner="m", place=HERE, clock_sigma_s=0.001)
REFERENCE_PA = 20e-6


def piece(
    samples: np.ndarray,
    *,
    sensor: str = "AC-1",
    after_s: float = 0.0,
    rate_hz: float = RATE_HZ,
    unit: str = "count",
    name: str = "inp-1",
) -> Waveform:
    recording = Recording(
        id=f"obs-{sensor}-{after_s}",
        input_id=name,
        sensor_id=sensor,
        channel="",
        start=Instant(utc=START + timedelta(seconds=after_s), sigma_s=0.001),
        rate_hz=rate_hz,
        n_samples=len(samples),
        unit=unit,
    )
    return Waveform(recording=recording, samples=np.asarray(samples, dtype=np.float64))


def heard(waveforms: Sequence[Waveform], *sensors: Sensor, during: Interval = DAY) -> tuple[Listening, ...]:
    return listening(waveforms, Network(sensors=sensors or (MICROPHONE,)), during)


def signs(waveforms: Sequence[Waveform], *sensors: Sensor) -> list[str]:
    return [s for one in heard(waveforms, *sensors) for s in one.signs]


def street(seed: int, minutes: float = 8.0, sigma: float = 60.0) -> np.ndarray:
    """Counts of a street: red and white noise whose level wanders by some decibels, cars among it."""
    return made_street(seed, minutes, sigma).astype(np.float64)


@lru_cache(maxsize=16)
def made_street(seed: int, minutes: float, sigma: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    n = round(minutes * MINUTE)
    white = rng.standard_normal(n, dtype=np.float32)
    red = uniform_filter1d(rng.standard_normal(n, dtype=np.float32), 60) * np.float32(60**0.5 * 2.0)
    slow = np.linspace(0, n, 10 * round(minutes) + 1)
    cars = sum(
        3.0 * np.exp(-0.5 * ((slow / RATE_HZ - c) / 4.0) ** 2) for c in rng.uniform(0, 60 * minutes, round(minutes / 3))
    )
    loudness = 10 ** (
        np.interp(slow, np.linspace(0, n, 3 * round(minutes)), rng.normal(0, 2.0, 3 * round(minutes))) / 20
    )
    louder = np.interp(np.arange(n), slow, loudness * (1.0 + cars)).astype(np.float32)
    return np.rint(np.float32(sigma) * louder * (white + red)).astype(np.int32)


# --- level -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma_pa", [0.002, 0.05])
def test_the_level_of_white_noise_is_that_of_its_share_in_the_band(sigma_pa: float) -> None:
    rng = np.random.default_rng(1)
    (one,) = heard([piece(rng.normal(0.0, sigma_pa, 5 * MINUTE), unit="Pa")])
    share = (2828.4 - 88.4) / (RATE_HZ / 2)
    expected = 20 * np.log10(sigma_pa / REFERENCE_PA) + 10 * np.log10(share)
    assert one.noise_level_db == pytest.approx(expected, abs=0.1)
    assert one.noise_sigma_db is not None and one.noise_sigma_db < 0.3
    assert one.signs == ()


def test_a_tone_of_known_ground_velocity_gives_its_displacement() -> None:
    station = replace(MICROPHONE, id="S-1", kind=ObserverKind.SEISMIC_STATION)
    time = np.arange(100 * 1200) / 100.0
    velocity = 2e-6 * np.sin(2 * np.pi * 5.0 * time)
    rng = np.random.default_rng(2)
    (one,) = heard(
        [piece(velocity + rng.normal(0, 1e-12, len(time)), sensor="S-1", rate_hz=100.0, unit="m/s")], station
    )
    displacement = 2e-6 / (2 * np.pi * 5.0) / np.sqrt(2)
    assert one.noise_level_db == pytest.approx(20 * np.log10(displacement / 1e-9), abs=0.1)


def test_without_a_calibration_the_level_is_known_only_against_the_usual_one() -> None:
    rng = np.random.default_rng(3)
    loud, quiet = rng.normal(0, 400, 10 * MINUTE), rng.normal(0, 100, 30 * MINUTE)
    found = heard([piece(np.rint(loud), after_s=1800.0), piece(np.rint(quiet), after_s=2400.0)])
    assert [one.noise_level_db for one in found] == [None, None]
    assert [one.relative_level_db for one in found] == [0.0, 0.0]  # most of either hour is quiet
    assert found[0].drowned_minutes == 0.0  # 12 dB louder is heard through


# --- shares ----------------------------------------------------------------------------------------------------------


def test_shares_follow_what_was_recorded_and_overlaps_count_once() -> None:
    noise = street(4, 10.0)
    whole = heard([piece(noise), piece(noise[: 2 * MINUTE], after_s=300.0), piece(noise, after_s=1800.0)])
    assert [one.recorded_share for one in whole] == pytest.approx([20 / 60], abs=1e-4)


def test_an_hour_boundary_divides_a_recording() -> None:
    found = heard([piece(street(5, 10.0), after_s=3300.0)])
    assert [(one.time.start_utc, one.recorded_share) for one in found] == [
        (START, pytest.approx(5 / 60, abs=1e-4)),
        (START + timedelta(hours=1), pytest.approx(5 / 60, abs=1e-4)),
    ]


def test_nothing_of_a_sensor_that_nobody_knows_and_nothing_outside_the_time() -> None:
    assert heard([piece(street(6, 1.0), sensor="XX")]) == ()
    early = Interval(start_utc=START - timedelta(days=2), end_utc=START - timedelta(days=1))
    assert heard([piece(street(6, 1.0))], during=early) == ()


def test_a_frozen_minute_and_a_clipped_one_are_not_usable() -> None:
    x = street(7, 10.0)
    x[2 * MINUTE : 3 * MINUTE] = 17.0
    x[5 * MINUTE : 6 * MINUTE] = np.clip(20 * x[5 * MINUTE : 6 * MINUTE], -2000, 2000)
    x = np.clip(x, -2000, 2000)
    (one,) = heard([piece(x)])
    assert one.recorded_share == pytest.approx(1 / 6, abs=1e-4)
    assert one.usable_share == pytest.approx(8 / 60, abs=0.002)
    assert one.signs[:2] == ("one value only for 60 s from 05:02:00 UTC", "clipped for 60 s from 05:05:00 UTC")


def test_minutes_in_wind_are_drowned_and_said_to_be_wind() -> None:
    x = street(8, 20.0)
    gust = np.cumsum(np.random.default_rng(8).normal(0, 1, 3 * MINUTE))
    gust -= np.convolve(gust, np.full(600, 1 / 600), mode="same")
    x[6 * MINUTE : 9 * MINUTE] += 2e3 * gust + 40 * x[6 * MINUTE : 9 * MINUTE]
    (one,) = heard([piece(np.rint(x))])
    assert one.drowned_minutes == pytest.approx(3.0, abs=0.4)
    assert one.usable_share == pytest.approx(17 / 60, abs=0.01)
    assert [s for s in one.signs if s.startswith("drowned in wind for")]


# --- tampering -------------------------------------------------------------------------------------------------------


def at_minute(sign: str) -> float:
    """Minutes after START of the first time in a sign."""
    found = re.search(r"(\d\d):(\d\d):(\d\d)", sign)
    assert found is not None
    h, m, s = map(int, found.groups())
    return (h - 5) * 60 + m + s / 60


@pytest.mark.parametrize(("by_db", "at_least"), [(-20.0, 5), (-14.0, 5), (8.0, 2), (14.0, 5)])
def test_gain_steps_are_found_at_their_time_and_with_their_size(by_db: float, at_least: int) -> None:
    n_found = 0
    for seed in range(6):
        x = street(seed)
        x[4 * MINUTE :] *= 10 ** (by_db / 20)
        told = [s for s in signs([piece(np.rint(x))]) if s.startswith("gain")]
        n_found += bool(told)
        assert all(abs(at_minute(s) - 4.0) <= 1.0 for s in told)
        assert all(abs(int(re.search(r"by (\d+) dB", s)[1]) - abs(by_db)) <= 3 for s in told)  # type: ignore[index]
    assert n_found >= at_least


def test_a_covered_microphone_is_muffled() -> None:
    n_found = 0
    for seed in range(6):
        x = street(seed)
        late = np.fft.rfft(x[4 * MINUTE :])
        f = np.fft.rfftfreq(4 * MINUTE, 1 / RATE_HZ)
        x[4 * MINUTE :] = np.fft.irfft(late / (1.0 + (f / 300.0) ** 2), 4 * MINUTE)
        told = signs([piece(np.rint(x))])
        n_found += any(s.startswith("muffled") and abs(at_minute(s) - 4.0) <= 1.0 for s in told)
        assert not any(s.startswith("gain") for s in told)
    assert n_found >= 5


@pytest.mark.parametrize(("seconds", "lag_s"), [(7.0, 200.0137), (20.0, 61.5), (60.0, 3.0e2)])
def test_replayed_seconds_are_found_at_any_lag(seconds: float, lag_s: float) -> None:
    x = street(11)
    first, again, n = round(100.3 * RATE_HZ), round((100.3 + lag_s) * RATE_HZ), round(seconds * RATE_HZ)
    x[again : again + n] = x[first : first + n]
    (told,) = [s for s in signs([piece(x)]) if "twice" in s]
    said = re.match(r"same (\d+) s recorded twice: at 05:01:4\d and (\S+) UTC", told)
    assert said is not None
    assert int(said[1]) == pytest.approx(seconds, abs=0.15 * seconds + 1.5)


def test_a_quiet_recorder_does_not_seem_to_repeat_itself() -> None:
    rng = np.random.default_rng(12)
    assert signs([piece(np.rint(rng.normal(0.0, 1.2, 15 * MINUTE)))]) == []


def test_a_signal_that_another_sensor_carries_too_is_told_at_both() -> None:
    other = replace(MICROPHONE, id="AC-2")
    one, two = street(13), street(14)
    two[3 * MINUTE : 4 * MINUTE] = one[MINUTE : 2 * MINUTE]
    a, b = heard([piece(one), piece(two, sensor="AC-2")], MICROPHONE, other)
    assert re.match(r"carries the same samples as AC-2 for \d+ s from 05:01:0\d UTC, there at 05:03:0\d", a.signs[0])
    assert re.match(r"carries the same samples as AC-1 for \d+ s from 05:03:0\d UTC, there at 05:01:0\d", b.signs[0])


def test_the_same_counts_under_two_calibrations_are_the_same_signal() -> None:
    one, two = (replace(MICROPHONE, id=f"AC-{k}", calibration_pa_per_count=k * 1e-4) for k in (1, 3))
    x = street(15, 2.0)
    found = heard([piece(x * 1e-4, unit="Pa"), piece(x * 3e-4, sensor="AC-3", unit="Pa")], one, two)
    assert all(any("same samples" in s for s in r.signs) for r in found)


def test_a_stretch_far_below_the_usual_level_is_told() -> None:
    x = street(16, 20.0)
    x[8 * MINUTE : 10 * MINUTE] = np.random.default_rng(16).normal(0, 2.0, 2 * MINUTE)
    told = signs([piece(np.rint(x))])
    assert any(re.match(r"quieter than it ever is, by \d\d dB, for \d+ (s|min) from 05:0[78]", s) for s in told)


def test_swapped_wires_turn_a_steady_offset() -> None:
    rng = np.random.default_rng(17)
    x = 500.0 + rng.normal(0, 50, 10 * MINUTE)
    x[6 * MINUTE :] *= -1.0
    (told,) = signs([piece(np.rint(x))])
    assert told.startswith("polarity or wiring changed at 05:0")
    assert abs(at_minute(told) - 6.0) <= 0.5


def test_samples_beyond_what_a_sensor_can_give_are_told() -> None:
    x = np.random.default_rng(18).normal(0, 0.01, MINUTE)
    x[1000] = 3e6
    (told,) = signs([piece(x, unit="Pa")])
    assert told.startswith("1 samples beyond") or told.startswith("1 sample beyond")


# --- arrays ----------------------------------------------------------------------------------------------------------


def infrasound(seed: int, reversed_one: int | None = None) -> list[Waveform]:
    rng = np.random.default_rng(seed)
    n = 20 * 3600
    time = np.arange(n) / 20.0
    sea = sum(rng.normal(1, 0.2) * np.sin(2 * np.pi * f * time + rng.uniform(0, 6)) for f in np.linspace(0.12, 0.3, 40))
    out = []
    for k in range(4):
        x = sea * (-1.0 if k == reversed_one else 1.0) + rng.normal(0, 1.0, n)
        out.append(piece(np.rint(50 * x), sensor=f"E{k}", rate_hz=20.0))
    return out


ARRAY = Sensor(
    id="IS-1",
    kind=ObserverKind.INFRASOUND_ARRAY,
    owner="m",
    place=HERE,
    clock_sigma_s=0.001,
    elements=tuple(Element(id=f"E{k}", place=HERE) for k in range(4)),
)


def test_an_element_that_hears_upside_down_is_named() -> None:
    assert signs(infrasound(1), ARRAY) == []
    assert signs(infrasound(2, reversed_one=2), ARRAY) == [
        "E2: polarity against that of the other elements, from 05:00:00 UTC"
    ]


def test_an_array_listens_while_three_elements_do() -> None:
    parts = infrasound(3)
    half = [piece(w.samples[: len(w.samples) // 2], sensor=w.recording.sensor_id, rate_hz=20.0) for w in parts]
    (three,), (two,) = heard([*parts[:3], half[3]], ARRAY), heard([*parts[:2], *half[2:]], ARRAY)
    assert (three.sensor_id, three.recorded_share) == ("IS-1", 1.0)
    assert two.recorded_share == pytest.approx(0.5, abs=1e-3)
    (pair,) = heard(parts[:2], ARRAY)
    assert (pair.recorded_share, pair.usable_share) == (0.0, 0.0)


# --- clocks ----------------------------------------------------------------------------------------------------------


def test_gaps_that_creep_are_a_drift_and_one_that_jumps_is_a_step() -> None:
    paced = [Stretch(start_s=k * 60.003, n_samples=60 * 6000, rate_hz=6000.0) for k in range(40)]
    found = judge(paced)
    assert found.drift_s_per_day == pytest.approx(0.003 / 60 * 86_400, rel=1e-6)
    assert found.slips == ()
    stepped = [replace(s, start_s=s.start_s + 0.5 * (k >= 25)) for k, s in enumerate(paced)]
    (slip,) = judge(stepped).slips
    assert (slip.by_s, slip.at_s) == (pytest.approx(0.5), stepped[25].start_s)


def test_stamps_that_step_are_told_in_words_with_the_drift() -> None:
    minutes = [street(20 + k, 1.0) for k in range(12)]
    steady = [piece(x, after_s=60.0 * k) for k, x in enumerate(minutes)]
    assert heard(steady)[0].clock_drift_s_per_day is None  # one stretch without a seam
    late = [piece(x, after_s=60.01 * k + 0.7 * (k >= 8)) for k, x in enumerate(minutes)]
    (one,) = heard(late)
    assert one.clock_drift_s_per_day == pytest.approx(0.01 / 60 * 86_400, rel=0.01)
    assert "time stamps stepped by +0.700 s at 05:08:01 UTC" in one.signs
    assert any(s.startswith("time stamps gain +14.4") and "5999.0" in s for s in one.signs)


def test_offsets_that_events_told_stand_in_the_records() -> None:
    told = {"AC-1": ClockOffset(offset_s=0.4, sigma_s=0.02, drift_s_per_day=0.1)}
    (one,) = listening([piece(street(1, 1.0))], Network(sensors=(MICROPHONE,)), DAY, told)
    assert (one.clock_offset_s, one.clock_offset_sigma_s, one.clock_drift_s_per_day) == (0.4, 0.02, 0.1)


# --- properties ------------------------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(1, 4 * MINUTE - 1), max_size=6, unique=True))
def test_however_a_recording_is_cut_the_records_are_the_same(cuts: list[int]) -> None:
    x = street(30, 4.0)
    x[2 * MINUTE : 2 * MINUTE + 60_000] = x[MINUTE : MINUTE + 60_000]
    edges = [0, *sorted(cuts), len(x)]
    parts = [piece(x[a:b], after_s=a / RATE_HZ) for a, b in pairwise(edges)]
    assert to_bytes(heard(parts)) == to_bytes(heard([piece(x)]))


@pytest.mark.parametrize("gain", [0.25, 4.0])
def test_gain_moves_the_level_and_nothing_else(gain: float) -> None:
    x = np.random.default_rng(31).normal(0, 0.02, 5 * MINUTE)
    (one,), (other,) = heard([piece(x, unit="Pa")]), heard([piece(gain * x, unit="Pa")])
    assert one.noise_level_db is not None and other.noise_level_db is not None
    assert other.noise_level_db - one.noise_level_db == pytest.approx(20 * np.log10(gain), abs=0.11)
    same = replace(other, noise_level_db=one.noise_level_db)
    assert same == one


def test_untouched_streets_show_no_signs() -> None:
    assert [signs([piece(street(seed))]) for seed in range(6)] == [[]] * 6
