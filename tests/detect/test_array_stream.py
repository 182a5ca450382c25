"""An array heard block by block: however it is cut it gives the same, in bounded memory; faults cost what they cost."""

import dataclasses
import itertools
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from array_records import BEAMS, FOUR_M, RATE_HZ, SIX_M, record, wave

from trucewatch.detect.array_heard import Heard, StreamSettings, together
from trucewatch.detect.array_stream import ArrayStream, whole_record
from trucewatch.detect.arrivals import ArrivalSettings, find_arrivals
from trucewatch.detect.beam import beamform
from trucewatch.detect.noise_curve import noise_curve
from trucewatch.detect.persistent import PersistentSettings
from trucewatch.detect.wave_train import turn_deg

SHORT = StreamSettings(
    bands=(BEAMS,),
    arrivals=ArrivalSettings(history_s=300.0, longest_s=300.0),
    persistent=PersistentSettings(history_s=300.0),
    batch_windows=16,
    max_wait_s=60.0,
)
EVENTS = ((200.0, 40.0), (400.0, 130.0), (600.0, 250.0))


def in_turn(stream, samples, cuts, rate_hz=RATE_HZ):
    """Feed every element up to each cut before any element goes beyond it."""
    parts, edges = [], [0, *cuts, samples.shape[1]]
    for begin, end in itertools.pairwise(edges):
        for element, channel in enumerate(samples):
            parts.append(stream.feed(element, begin / rate_hz, channel[begin:end]))
    return together([*parts, stream.flush()])


def same(first: Heard, second: Heard) -> bool:
    return (first.arrivals, first.persistent, first.faults, first.n_windows) == (
        second.arrivals,
        second.persistent,
        second.faults,
        second.n_windows,
    )


@pytest.fixture(scope="module")
def busy():
    samples = record(800.0, EVENTS)
    samples[1, 3000:3200] = np.nan
    samples[3, 5000:5100] = 0.0
    return samples, whole_record(samples, RATE_HZ, FOUR_M, SHORT)


def test_a_record_gives_its_waves(busy):
    _, heard = busy
    found = [a for a in heard.arrivals if a.confident]
    assert [round(a.start_s, -1) for a in found] == pytest.approx([200.0, 400.0, 600.0], abs=11.0)
    for arrival, (_, azimuth_deg) in zip(found, EVENTS, strict=True):
        assert turn_deg(arrival.back_azimuth_deg, azimuth_deg) < 3.0


@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(1, 9599), max_size=12, unique=True))
def test_any_cutting_into_blocks_gives_the_same(busy, cuts):
    samples, whole = busy
    cuts = sorted(cuts)
    # A block longer than the wait would run ahead; the whole-record call cuts those too.
    cuts = sorted({*cuts, *range(700, 9600, 700)})
    assert same(in_turn(ArrayStream(FOUR_M, RATE_HZ, SHORT), samples, cuts), whole)


@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_elements_may_come_in_any_turn_within_the_wait(busy, data):
    samples, whole = busy
    stream, parts = ArrayStream(FOUR_M, RATE_HZ, SHORT), []
    step = 300
    for begin in range(0, samples.shape[1], step):
        for element in data.draw(st.permutations(range(4))):
            parts.append(stream.feed(element, begin / RATE_HZ, samples[element, begin : begin + step]))
    assert same(together([*parts, stream.flush()]), whole)


def test_the_stream_finds_what_the_whole_record_of_beams_gives():
    samples = record(800.0, EVENTS)
    beams = beamform(samples, RATE_HZ, FOUR_M, BEAMS)
    expected = find_arrivals(beams, SHORT.arrivals, noise_curve(FOUR_M, BEAMS))
    heard = whole_record(samples, RATE_HZ, FOUR_M, SHORT).arrivals
    assert len(expected) == len(heard)
    for a, b in zip(expected, heard, strict=True):
        assert (a.start_s, a.peak_s, a.end_s, a.n_windows, a.confident) == (
            b.start_s,
            b.peak_s,
            b.end_s,
            b.n_windows,
            b.confident,
        )
        # How many windows are multiplied at once moves the last digits.
        for name in ("back_azimuth_deg", "back_azimuth_sigma_deg", "trace_velocity_m_s", "f_statistic"):
            assert getattr(a, name) == pytest.approx(getattr(b, name), rel=1e-9)


def test_a_live_stream_gives_an_arrival_soon_after_it_has_passed():
    live = dataclasses.replace(SHORT, batch_windows=2)
    samples, stream = record(500.0, EVENTS[:2]), ArrayStream(FOUR_M, RATE_HZ, live)
    given_at = {}
    for begin in range(0, samples.shape[1], 12):
        for element, channel in enumerate(samples):
            for arrival in stream.feed(element, begin / RATE_HZ, channel[begin : begin + 12]).arrivals:
                given_at.setdefault(round(arrival.back_azimuth_deg, -1), (begin / RATE_HZ + 1.0) - arrival.end_s)
    # After the first history, which waits to be measured: windows of 10 s, two a batch, a pause, 5 s between bands.
    assert given_at[130.0] < 40.0


def test_memory_does_not_grow_with_the_record():
    stream, rng, most = ArrayStream(FOUR_M, RATE_HZ, SHORT), np.random.default_rng(4), []
    for begin in range(0, 24_000, 200):
        for element in range(4):
            stream.feed(element, begin / RATE_HZ, rng.normal(size=200))
        most.append(stream.n_held)
    # A batch of 16 windows of 10 s every 5 s, and a block: 85 s and 17 s of four elements.
    assert max(most) <= 4 * (102 * RATE_HZ + 1)
    assert max(most[80:]) == max(most[40:80])


def test_a_gap_of_ten_seconds_costs_its_own_windows_and_no_more():
    samples = record(400.0)
    samples[2, round(200 * RATE_HZ) : round(210 * RATE_HZ)] = np.nan
    heard = whole_record(samples, RATE_HZ, FOUR_M, SHORT)
    (beams,), (fault,) = heard.beams, heard.faults
    # Both ends of a window count, so the one from 190 to 200 s touches the gap and the one from 210 s does not.
    assert set(beams.time_s[beams.n_elements == 3]) == {195.0, 200.0, 205.0, 210.0}
    assert (beams.n_elements[(beams.time_s < 195) | (beams.time_s > 210)] == 4).all()
    assert (fault.element, fault.reason) == (2, "no samples")
    assert (fault.start_s, fault.end_s) == (190.0, 215.0)


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (np.zeros_like, "repeated"),
        (lambda c: np.clip(c, -0.8, 0.8), "clipped"),
    ],
)
def test_dead_and_clipped_elements_are_left_out_and_named(spoil, word):
    samples = record(400.0, ((200.0, 70.0),), offsets_m=SIX_M)
    expected = whole_record(np.delete(samples, 4, axis=0), RATE_HZ, np.delete(SIX_M, 4, axis=0), SHORT)
    samples[4] = spoil(samples[4])
    heard = whole_record(samples, RATE_HZ, SIX_M, SHORT)
    assert [(f.element, word in f.reason) for f in heard.faults] == [(4, True)]
    assert (heard.faults[0].start_s, heard.faults[0].end_s) == (0.0, 395.0)  # where the last window ends
    assert heard.arrivals == expected.arrivals
    assert any(a.confident for a in heard.arrivals)


def test_a_dead_element_never_makes_it_surer():
    samples = record(400.0, ((200.0, 70.0),), offsets_m=SIX_M, power_ratio=1.0)
    full = whole_record(samples, RATE_HZ, SIX_M, SHORT).arrivals
    samples[4] = 0.0
    fewer = whole_record(samples, RATE_HZ, SIX_M, SHORT).arrivals
    surest = [min(a.false_alarms_per_day for a in heard) for heard in (full, fewer)]
    assert surest[0] < surest[1]


def test_two_channels_are_no_array_and_say_nothing():
    samples = record(400.0, ((200.0, 70.0),))
    samples[2:] = 0.0
    heard = whole_record(samples, RATE_HZ, FOUR_M, SHORT)
    assert (heard.arrivals, heard.n_windows) == ((), 0)
    assert [f.element for f in heard.faults] == [2, 3]


def test_a_block_out_of_order_is_refused_with_the_reason_and_changes_nothing():
    samples, stream = record(300.0), ArrayStream(FOUR_M, RATE_HZ, SHORT)
    parts = [stream.feed_together(0.0, samples[:, :1200]), stream.feed(0, 50.0, samples[0, :600])]
    parts.append(stream.feed_together(100.0, samples[:, 1200:]))
    heard = together([*parts, stream.flush()])
    (fault,) = heard.faults
    assert fault.element == 0
    assert "begins 600 samples before the end of the block before it" in fault.reason
    assert (fault.start_s, fault.end_s) == (50.0, 100.0)
    assert heard.arrivals == whole_record(samples, RATE_HZ, FOUR_M, SHORT).arrivals


def test_an_element_of_another_rate_is_left_out_and_named():
    samples, stream = record(300.0, ((150.0, 70.0),)), ArrayStream(FOUR_M, RATE_HZ, SHORT)
    parts = [
        stream.feed(k, begin / RATE_HZ, c[begin : begin + 600], rate_hz=12.5 if k == 3 else None)
        for begin in range(0, 3600, 600)
        for k, c in enumerate(samples)
    ]
    heard = together([*parts, stream.flush()])
    assert "12.5 samples per second where the others have 12" in heard.faults[0].reason
    assert {a.n_elements for a in heard.arrivals} == {3}


@pytest.mark.parametrize("off_s", [3600.0, -3600.0])
def test_an_element_whose_stamps_are_an_hour_off_does_not_stop_the_others(off_s):
    samples = record(1500.0, ((700.0, 70.0),))
    stream, parts = ArrayStream(FOUR_M, RATE_HZ, SHORT), []
    for begin in range(0, samples.shape[1], 600):
        for element, channel in enumerate(samples):
            start_s = 4000.0 + begin / RATE_HZ + (off_s if element == 2 else 0.0)
            parts.append(stream.feed(element, start_s, channel[begin : begin + 600]))
    heard = together([*parts, stream.flush()])
    found = [a for a in heard.arrivals if a.confident]
    assert [round(a.start_s, -1) for a in found] == [4700.0]
    assert found[0].n_elements == 3
    assert {f.element for f in heard.faults} == {2}


def test_a_gap_of_years_in_all_elements_costs_nothing_and_no_window():
    samples, stream = record(300.0, ((150.0, 70.0),)), ArrayStream(FOUR_M, RATE_HZ, SHORT)
    parts = [stream.feed_together(0.0, samples), stream.feed_together(1e9, samples), stream.flush()]
    heard = together(parts)
    assert heard.n_windows == 2 * whole_record(samples, RATE_HZ, FOUR_M, SHORT).n_windows
    assert [round(a.back_azimuth_deg, -1) for a in heard.arrivals if a.confident] == [70.0, 70.0]


def test_jitter_of_time_stamps_is_no_gap():
    samples, stream = record(300.0), ArrayStream(FOUR_M, RATE_HZ, SHORT)
    rng, parts = np.random.default_rng(3), []
    for begin in range(0, 3600, 300):
        for element, channel in enumerate(samples):
            jitter_s = rng.uniform(-0.04, 0.04)
            parts.append(stream.feed(element, max(0.0, begin / RATE_HZ + jitter_s), channel[begin : begin + 300]))
    heard = together([*parts, stream.flush()])
    assert heard.faults == ()
    assert heard.n_windows == whole_record(samples, RATE_HZ, FOUR_M, SHORT).n_windows


def test_sound_that_does_not_stop_is_one_source_and_not_many_arrivals():
    n = round(3600 * RATE_HZ)
    rng = np.random.default_rng(8)
    samples = rng.normal(size=(4, n)) + wave(n, FOUR_M, 250.0, seed=9) * (1.0 + 0.5 * np.sin(np.arange(n) / 700.0))
    bang = record(3600.0, ((3000.0, 60.0),), seed=8, power_ratio=25.0) - record(3600.0, seed=8)
    heard = whole_record(samples + bang, RATE_HZ, FOUR_M, SHORT)
    begun, last = heard.persistent[0], heard.persistent[-1]
    assert turn_deg(begun.back_azimuth_deg, 250.0) < 3.0
    assert begun.start_s < 60.0
    assert last.end_s is None
    assert last.share > 0.8
    assert [round(a.back_azimuth_deg, -1) for a in heard.arrivals if a.confident] == [60.0]


def test_a_settings_error_is_said():
    with pytest.raises(ValueError, match="at least 3"):
        ArrayStream(FOUR_M[:2], RATE_HZ, SHORT)
    with pytest.raises(ValueError, match="samples per second"):
        ArrayStream(FOUR_M, 8.0, SHORT)
    with pytest.raises(ValueError, match="same window_s"):
        StreamSettings(bands=(BEAMS, dataclasses.replace(BEAMS, window_s=20.0)))
    with pytest.raises(ValueError, match="element 7"):
        ArrayStream(FOUR_M, RATE_HZ, SHORT).feed(7, 0.0, np.zeros(3))
