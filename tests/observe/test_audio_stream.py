"""Sound from a pipe: the same samples as from a file, and times that the earliest arrivals tell."""

import io
import struct
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from trucewatch.model.errors import UnreadableInput
from trucewatch.observe.audio_stream import LATENCY_SIGMA_S, audio_blocks, bare_form, wav_form
from trucewatch.observe.refusal import BadValue

START = datetime(2025, 8, 13, 18, 10, tzinfo=UTC)
RATE_HZ = 1000.0


class Clock:
    """A clock that moves on by what each block took to come."""

    def __init__(self, delays_s):
        self.delays_s = list(delays_s)
        self.reads = -1

    def __call__(self):
        self.reads += 1
        if self.reads == 0:
            return START
        return START + timedelta(seconds=self.reads + self.delays_s[min(self.reads, len(self.delays_s)) - 1])


def samples(n):
    return (np.arange(n) % 2000 - 1000).astype("<i2")


def blocks(make, content, clock, **more):
    sensor = make.network().sensor("AC-01")
    form = bare_form("s16le", RATE_HZ)
    return list(audio_blocks(io.BytesIO(content), form, sensor, make.context(), now=clock, **more))


def joined(found):
    return np.concatenate([b.samples for b in found])


def test_played_back_it_starts_where_it_is_told(make):
    found = blocks(make, samples(2500).tobytes(), Clock([]), start_utc=START)
    assert [b.recording.n_samples for b in found] == [1000, 1000, 500]
    assert [b.recording.start.utc - START for b in found] == [timedelta(seconds=k) for k in range(3)]
    np.testing.assert_allclose(joined(found), samples(2500) * 0.002)


def test_live_the_earliest_arrival_tells_the_time(make):
    found = blocks(make, samples(8000).tobytes(), Clock([0.30, 0.02, 0.25, 0.4, 0.1, 0.2, 0.3, 0.2]))
    starts = [(b.recording.start.utc - START).total_seconds() for b in found]
    np.testing.assert_allclose(starts, 0.02 + np.arange(8), atol=1e-6)
    assert found[0].recording.start.sigma_s == LATENCY_SIGMA_S
    np.testing.assert_allclose(joined(found), samples(8000) * 0.002)


def test_a_measured_latency_is_taken_off(make):
    found = blocks(make, samples(6000).tobytes(), Clock([0.05] * 6), latency_s=0.04)
    assert (found[0].recording.start.utc - START).total_seconds() == pytest.approx(0.01)
    assert found[0].recording.start.sigma_s == make.network().sensor("AC-01").clock_sigma_s


def test_lost_samples_begin_a_new_stretch_with_its_own_time(make):
    found = blocks(make, samples(20_000).tobytes(), Clock([0.0] * 7 + [3.0] * 13))
    starts = np.array([(b.recording.start.utc - START).total_seconds() for b in found])
    assert len(found) == 20
    assert starts[0] == pytest.approx(0.0)
    # Five late blocks are what it takes to believe it; from the next one on the time is right again.
    np.testing.assert_allclose(starts[12:], 3.0 + np.arange(12, 20), atol=1e-6)


@pytest.mark.parametrize("per_block_s", [-0.0005, 0.0005])
def test_a_quartz_that_runs_fast_or_slow_is_followed(make, per_block_s):
    creeping = per_block_s * np.arange(1, 401)
    found = blocks(make, samples(400_000).tobytes(), Clock(creeping))
    starts = np.array([(b.recording.start.utc - START).total_seconds() for b in found])
    assert np.abs(starts - (np.arange(400) + creeping)).max() < 0.09
    assert 2 <= np.count_nonzero(np.abs(np.diff(starts) - 1.0) > 1e-6) <= 4


def wav_head(rate=12_000, channels=1, size=0xFFFFFFFF, extra=b""):
    form = struct.pack("<HHIIHH", 1, channels, rate, 2 * rate * channels, 2 * channels, 16)
    return b"RIFF" + struct.pack("<I", size) + b"WAVE" + extra + b"fmt " + struct.pack("<I", 16) + form


def test_a_wav_header_from_a_pipe_states_sizes_that_are_not_believed():
    stream = io.BytesIO(wav_head(extra=b"LIST\x03\0\0\0abc\0") + b"data\xff\xff\xff\xff" + b"\1\2")
    form = wav_form(stream, "-")
    assert (form.code, form.bits, form.rate_hz) == (1, 16, 12_000.0)
    assert stream.read() == b"\1\2"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "a WAV header"),
        (b"\0" * 20, "--form and --rate"),
        (wav_head(channels=2) + b"data\0\0\0\0", "one channel"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "fmt chunk before"),
        (b"RIFF\0\0\0\0WAVELIST\xff\xff\xff\x7f", "a short header"),
    ],
)
def test_what_is_no_wav_is_said(content, words):
    with pytest.raises(UnreadableInput, match=words):
        wav_form(io.BytesIO(content), "-")


def test_an_unknown_form_names_the_known_ones():
    with pytest.raises(BadValue, match="s16le"):
        bare_form("mp3", 12_000.0)


def test_samples_that_are_no_numbers_are_refused(make):
    sensor = make.network().sensor("AC-01")
    content = np.array([0.0, np.nan], dtype="<f4").tobytes()
    found = audio_blocks(
        io.BytesIO(content), bare_form("f32le", 8000.0), sensor, make.context(), now=Clock([]), start_utc=START
    )
    with pytest.raises(UnreadableInput, match="finite"):
        list(found)
