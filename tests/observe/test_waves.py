"""miniSEED, SAC and WAV: what is read, and what is refused with which words."""

import io
from datetime import UTC, datetime

import numpy as np
import pytest

from trucewatch.model.errors import UnreadableInput
from trucewatch.observe.miniseed import MiniSeedReader
from trucewatch.observe.recording import MAX_SEGMENT_SAMPLES
from trucewatch.observe.sac import SacReader, read_header
from trucewatch.observe.wav import WavReader

RAMP = np.arange(1200, dtype=np.int32) % 97


def refused(make, reader, content, **changes):
    with pytest.raises(UnreadableInput) as caught:
        make.read(reader, content, make.context(**changes))
    return str(caught.value)


# --- miniSEED ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 3])
def test_records_without_gap_become_one_waveform(make, version):
    waves, rejected = make.read(MiniSeedReader(), make.miniseed(RAMP, version=version), make.context())
    assert rejected == []
    recording = waves[0].recording
    assert len(waves) == 1
    assert (recording.sensor_id, recording.channel, recording.rate_hz) == ("BRP1", "EDF", 100.0)
    assert (recording.n_samples, recording.unit, recording.start.sigma_s) == (1200, "count", 0.005)
    assert recording.start.utc == datetime(2012, 4, 9, 18, 0, 0, 8300, tzinfo=UTC)
    np.testing.assert_array_equal(waves[0].samples, RAMP)


def test_a_gap_starts_a_new_waveform_and_channels_stay_apart(make):
    content = (
        make.miniseed(RAMP)
        + make.miniseed(RAMP, station="BRP2")
        + make.miniseed(RAMP, start="2012-04-09T18:00:12.008300Z")
        + make.miniseed(RAMP, start="2012-04-09T18:00:30.008300Z")
    )
    waves, _ = make.read(MiniSeedReader(), content, make.context())
    lengths = sorted((w.recording.sensor_id, w.recording.n_samples) for w in waves)
    assert lengths == [("BRP1", 1200), ("BRP1", 2400), ("BRP2", 1200)]
    assert len({w.recording.id for w in waves}) == 3


def test_a_cut_record_is_rejected_with_its_byte_and_the_others_are_kept(make):
    content = make.miniseed(RAMP)
    waves, rejected = make.read(MiniSeedReader(), content[:-100], make.context())
    assert [r.row for r in rejected] == [f"byte {len(content) - 512}"]
    assert rejected[0].raw == content[len(content) - 512 : -100]
    assert sum(w.recording.n_samples for w in waves) < 1200
    np.testing.assert_array_equal(waves[0].samples, RAMP[: len(waves[0].samples)])


@pytest.mark.parametrize("version", [2, 3])
def test_a_corrupt_payload_is_found(make, version):
    content = bytearray(make.miniseed(RAMP, version=version))
    content[300] ^= 0xFF
    waves, rejected = make.read(MiniSeedReader(), bytes(content), make.context())
    assert [r.row for r in rejected] == ["byte 0"]
    assert waves[0].recording.n_samples < 1200


def test_rubbish_between_records_is_set_aside(make):
    first = make.miniseed(RAMP)
    second = make.miniseed(RAMP, start="2012-04-09T18:00:12.008300Z")
    waves, rejected = make.read(MiniSeedReader(), first + b"#" * 333 + second, make.context())
    assert [(r.row, r.raw) for r in rejected] == [(f"byte {len(first)}", b"#" * 333)]
    assert [w.recording.n_samples for w in waves] == [2400]


def test_samples_that_are_no_numbers_are_refused(make):
    values = np.linspace(0, 1, 40)
    values[7] = np.nan
    assert "finite samples" in refused(make, MiniSeedReader(), make.miniseed(values))


def test_an_unknown_station_is_named_with_the_nearest(make):
    message = refused(make, MiniSeedReader(), make.miniseed(RAMP, station="BRP9"))
    assert "BRP9" in message
    assert "nearest names: BRP" in message
    known, unknown = make.miniseed(RAMP), make.miniseed(RAMP, station="BRP9")
    waves, rejected = make.read(MiniSeedReader(), known + unknown, make.context())
    assert len(waves) == 1
    assert b"".join(r.raw for r in rejected) == unknown


@pytest.mark.parametrize("start", ["1980-01-06T00:00:00Z", "2031-01-01T00:00:00Z"])
def test_times_that_cannot_be_are_refused(make, start):
    refused(make, MiniSeedReader(), make.miniseed(RAMP, start=start))


def test_full_scale_samples_are_counted(make):
    samples = RAMP.copy()
    samples[5:8] = 2**23 - 1
    waves, _ = make.read(MiniSeedReader(), make.miniseed(samples), make.context())
    assert waves[0].recording.n_clipped == 3


# --- SAC --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [6, 7])
def test_sac_is_read_in_both_byte_orders(make, order, version):
    content = make.sac(RAMP, order=order, version=version)
    assert make.chosen("any name", content).name == "sac"
    waves, rejected = make.read(SacReader(), content, make.context())
    recording = waves[0].recording
    assert rejected == []
    assert recording.start.utc == datetime(2012, 4, 9, 18, 0, 0, 258000, tzinfo=UTC)
    assert (recording.sensor_id, recording.channel, recording.rate_hz) == ("BRP1", "EDF", 100.0)
    np.testing.assert_array_equal(waves[0].samples, RAMP)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"delta": 0.0}, "DELTA 0.0"),
        ({"delta": -0.01}, "a positive number of seconds"),
        ({"delta": float("nan")}, "DELTA nan"),
        ({"b": float("inf")}, "B inf"),
        ({"reference": (-12345,) * 6}, "a reference time"),
        ({"reference": (2011, 366, 0, 0, 0, 0)}, "a reference time that exists"),
        ({"reference": (1999, 234, 0, 0, 0, 0)}, "2000 or later"),
        ({"reference": (2027, 1, 0, 0, 0, 0)}, "not in the future"),
        ({"station": "XYZ"}, "nearest names"),
        ({"station": "-12345"}, "KSTNM is undefined"),
    ],
)
def test_sac_headers_that_cannot_be_are_refused(make, changes, words):
    assert words in refused(make, SacReader(), make.sac(RAMP, **changes))


def test_sac_samples_and_size_are_checked(make):
    values = RAMP.astype(float)
    values[17] = np.inf
    assert "inf at sample 17" in refused(make, SacReader(), make.sac(values))
    assert "cut off?" in refused(make, SacReader(), make.sac(RAMP)[:-4])
    assert "cut off?" in refused(make, SacReader(), make.sac(RAMP) + b"\0")
    assert "NVHDR" in refused(make, SacReader(), make.sac(RAMP)[:600])


def test_sac_agrees_with_obspy(make, tmp_path):
    obspy_sac = pytest.importorskip("obspy.io.sac")
    path = tmp_path / "x.sac"
    path.write_bytes(make.sac(RAMP, order=">", b=12.5))
    oracle = obspy_sac.SACTrace.read(str(path)).to_obspy_trace()
    header = read_header(path.read_bytes())
    assert header.start_utc == oracle.stats.starttime.datetime.replace(tzinfo=UTC)
    assert header.rate_hz == pytest.approx(oracle.stats.sampling_rate, rel=1e-6)
    assert header.n_samples == oracle.stats.npts


@pytest.mark.shared
def test_the_infrasound_array_agrees_with_obspy(make, shared_data):
    obspy = pytest.importorskip("obspy")
    for path in sorted((shared_data / "sound/array_brp").glob("*.SAC")):
        waves, rejected = make.read(SacReader(), path.read_bytes(), make.context())
        oracle = obspy.read(str(path))[0]
        assert rejected == []
        assert waves[0].recording.sensor_id == oracle.stats.station
        assert waves[0].recording.n_samples == 120_000
        start = oracle.stats.starttime.datetime.replace(tzinfo=UTC)
        assert abs((waves[0].recording.start.utc - start).total_seconds()) < 2e-6
        np.testing.assert_array_equal(waves[0].samples, oracle.data.astype(float))


# --- WAV --------------------------------------------------------------------------------------------------------


def as_24_bit(values):
    return b"".join(int(v).to_bytes(3, "little", signed=True) for v in values)


VALUES = np.array([0, 1, -1, 1000, -32768, 32767, 5])


@pytest.mark.parametrize(
    ("body", "form", "expected"),
    [
        (VALUES.astype("<i2").tobytes(), {"bits": 16}, VALUES),
        (as_24_bit(VALUES * 256), {"bits": 24}, VALUES * 256),
        ((VALUES * 65536).astype("<i4").tobytes(), {"bits": 32}, VALUES * 65536),
        ((VALUES / 4).astype("<f4").tobytes(), {"bits": 32, "code": 3}, VALUES / 4),
        ((VALUES / 4).astype("<f8").tobytes(), {"bits": 64, "code": 3}, VALUES / 4),
        (
            VALUES.astype("<i2").tobytes(),
            {"code": 0xFFFE, "extra": b"\x16\0\x10\0\0\0\0\0\x01\0" + b"\0" * 14},
            VALUES,
        ),
    ],
)
def test_sample_formats(make, body, form, expected):
    content = make.wav(body, **form)
    assert make.chosen("a.bin", content).name == "wav"
    waves, _ = make.read(WavReader(), content, make.context(sidecar=make.sidecar(sensor="AC-02")))
    np.testing.assert_array_equal(waves[0].samples, expected)
    assert waves[0].recording.unit == "count"


def test_calibration_clipping_and_clock_come_from_network_and_sidecar(make):
    content = make.wav(VALUES.astype("<i2").tobytes())
    (wave,), _ = make.read(WavReader(), content, make.context(sidecar=make.sidecar()))
    np.testing.assert_allclose(wave.samples, VALUES * 0.002)
    assert (wave.recording.unit, wave.recording.n_clipped) == ("Pa", 2)
    assert wave.recording.start.utc == datetime(2018, 12, 19, 5, 23, 15, 100000, tzinfo=UTC)
    assert wave.recording.start.sigma_s == 0.0001


def test_floats_in_pascal_are_not_calibrated_again(make):
    content = make.wav(np.array([0.5, -2.0], "<f4").tobytes(), bits=32, code=3)
    (wave,), _ = make.read(WavReader(), content, make.context(sidecar=make.sidecar(unit="Pa")))
    np.testing.assert_array_equal(wave.samples, [0.5, -2.0])
    assert (wave.recording.unit, wave.recording.n_clipped) == ("Pa", 0)


def test_long_recordings_come_in_pieces_without_gap(make):
    n = MAX_SEGMENT_SAMPLES + 12_000
    body = np.zeros(n, "<i2")
    body[MAX_SEGMENT_SAMPLES] = 7
    waves, _ = make.read(WavReader(), make.wav(body.tobytes()), make.context(sidecar=make.sidecar(sensor="AC-02")))
    assert [w.recording.n_samples for w in waves] == [MAX_SEGMENT_SAMPLES, 12_000]
    step_s = (waves[1].recording.start.utc - waves[0].recording.start.utc).total_seconds()
    assert step_s == pytest.approx(MAX_SEGMENT_SAMPLES / 12_000, abs=1e-6)
    assert waves[1].samples[0] == 7


GOOD_WAV = {"body": VALUES.astype("<i2").tobytes()}


@pytest.mark.parametrize(
    ("form", "sidecar", "words"),
    [
        (GOOD_WAV, None, "a sidecar NAME.json"),
        (GOOD_WAV, b"{", "JSON"),
        (GOOD_WAV, b"[]", "a sidecar NAME.json"),
        (GOOD_WAV, b'{"start_utc": "2018-12-19T05:23:15Z"}', "a sensor's name"),
        (GOOD_WAV, {"sensor": "AC-1O"}, "nearest names: AC-01"),
        (GOOD_WAV, {"start_utc": "2018-12-19T05:23:15"}, "a time with its zone"),
        (GOOD_WAV, {"start_utc": "2018-02-30T05:23:15Z"}, "a time with its zone"),
        (GOOD_WAV, {"start_utc": "2026-01-03T00:00:00Z"}, "not in the future"),
        (GOOD_WAV, {"start_utc": None}, "a time with its zone"),
        (GOOD_WAV, {"clock_sigma_s": -1}, "clock_sigma_s"),
        (GOOD_WAV, {"unit": "psi"}, 'unit "count" or "Pa"'),
        (GOOD_WAV, {"unit": "Pa", "sensor": "AC-02"}, "float samples in Pa"),
        ({**GOOD_WAV, "declared": 1000}, {}, "cut off?"),
        ({**GOOD_WAV, "declared": 0xFFFFFFFF}, {}, "cut off?"),
        ({"body": b""}, {}, "at least one sample"),
        ({"body": b"abc"}, {}, "cut off?"),
        ({"body": b"abcd", "channels": 2}, {}, "one channel a file"),
        ({"body": b"abcd", "bits": 8}, {}, "PCM of 16, 24 or 32 bits"),
        ({"body": b"abcd", "rate": 0}, {}, "a sample rate"),
        ({"body": np.array([0, np.nan], "<f4").tobytes(), "bits": 32, "code": 3}, {}, "nan at sample 1"),
    ],
)
def test_bad_wav_files_say_what_would_be_right(make, form, sidecar, words):
    content = make.wav(**form)
    companion = make.sidecar(**sidecar) if isinstance(sidecar, dict) else sidecar
    assert words in refused(make, WavReader(), content, sidecar=companion)


def test_a_cut_wav_header_is_refused(make):
    content = make.wav(**GOOD_WAV)
    for size in range(44):
        refused(make, WavReader(), content[:size], sidecar=make.sidecar())


@pytest.mark.shared
def test_the_published_live_fire_spelling_of_the_sidecar(make, shared_data):
    folder = shared_data / "sound/live_fire/FP9/test_157"
    wav = folder / "test_157.audio.SCP-00-BNQ-1697.wav"
    network = make.network()
    sensors = (*network.sensors, type(network.sensors[1])(**_fields(network.sensors[1], id="SCP-00-BNQ-1697")))
    context = make.context(network=type(network)(sensors=sensors), sidecar=wav.with_suffix(".json").read_bytes())
    with wav.open("rb") as stream:
        (wave,) = WavReader().read(stream, context)
    assert (wave.recording.rate_hz, wave.recording.n_samples) == (12000.0, 120_000)
    assert wave.recording.start.utc == datetime(2018, 12, 19, 6, 4, 31, tzinfo=UTC)
    assert np.abs(wave.samples).max() > 1000


def _fields(sensor, **changes):
    return {name: getattr(sensor, name) for name in ("kind", "owner", "place", "clock_sigma_s")} | changes


def test_reading_twice_gives_the_same(make):
    content = make.wav(**GOOD_WAV)
    context = make.context(sidecar=make.sidecar())
    first, second = (next(WavReader().read(io.BytesIO(content), context)) for _ in range(2))
    assert first.recording == second.recording
