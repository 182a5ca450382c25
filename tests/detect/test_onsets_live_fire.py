"""Every released shot of the Pittsburgh live-fire tests that can be heard in the released audio (CC BY 4.0, TN098)."""

import json
import wave
from datetime import datetime

import numpy as np
import pytest

from trucewatch.detect.hearing import listen
from trucewatch.detect.impulse_score import blank
from trucewatch.detect.onset_stream import OnsetStream
from trucewatch.detect.onsets import find_onsets
from trucewatch.model.vocabulary import Cause, Wave

pytestmark = [pytest.mark.shared, pytest.mark.slow]

VENDOR_RESOLUTION_S = 0.29e-3
"""Published pulse times are whole milliseconds."""


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def recordings(folder):
    """Yield (onsets, published shot pulses that are in the audio, all published pulses) of each microphone."""
    shot_ids = {
        pulse
        for shot in json.loads(next(folder.glob("*.nlos-tuples.json")).read_text())
        for pulse in shot["pulse_uuids"]
    }
    pulses = json.loads(next(folder.glob("*.allpulses.json")).read_text())
    for path in sorted(folder.glob("*.wav")):
        about = json.loads(path.with_suffix(".json").read_text())
        with wave.open(str(path)) as file:
            rate_hz = file.getframerate()
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
        start_s = seconds(about["timestamp"])
        mine = [pulse for pulse in pulses if pulse["serial_number"] == about["serial_number"]]
        shots = [seconds(p["arrival_time_utc"]) - start_s for p in mine if p["pulse_uuid"] in shot_ids]
        missing = blank(samples, round(0.02 * rate_hz))
        # Seven released pulses lie where the released audio is blanked or has ended.
        heard = [t for t in shots if not missing[max(0, int((t - 0.01) * rate_hz)) : int((t + 0.01) * rate_hz)].any()]
        heard = [t for t in heard if (t + 0.01) * rate_hz < samples.size]
        yield find_onsets(samples, rate_hz), heard, [seconds(p["arrival_time_utc"]) - start_s for p in mine]


@pytest.fixture(scope="module")
def live_fire(shared_data):
    folders = sorted((shared_data / "sound" / "live_fire").glob("FP*/test_*"))
    return [recording for folder in folders for recording in recordings(folder)]


@pytest.fixture(scope="module")
def differences(live_fire):
    """Difference to the nearest onset and its stated error, (n_pulses, 2), in seconds."""
    rows = []
    for onsets, shots, _ in live_fire:
        for at_s in shots:
            nearest = min(onsets, key=lambda onset: abs(onset.time_s - at_s), default=None)
            rows.append((nearest.time_s - at_s, nearest.sigma_s) if nearest else (np.inf, np.inf))
    return np.array(rows)


def test_shots_are_picked(live_fire, differences):
    assert len(live_fire) == 385
    assert len(differences) == 750
    assert np.mean(np.abs(differences[:, 0]) < 0.005) >= 0.97


def test_picks_agree_with_the_published_times(differences):
    apart_s = np.abs(differences[:, 0])
    assert np.median(apart_s) < 0.7e-3
    assert np.percentile(apart_s, 90) < 1.7e-3


def test_stated_errors_are_those_made(differences):
    picked = differences[np.abs(differences[:, 0]) < 0.005]
    # The constant half millisecond between two definitions of a start cancels in every location.
    z = (picked[:, 0] - np.median(picked[:, 0])) / np.hypot(picked[:, 1], VENDOR_RESOLUTION_S)
    assert 0.63 < np.mean(np.abs(z) < 1) < 0.78
    assert 0.90 < np.mean(np.abs(z) < 2) < 0.98


def test_quiet_streets_give_few_onsets(live_fire):
    n_unexplained = sum(
        1
        for onsets, _, published in live_fire
        for onset in onsets
        if not published or min(abs(onset.time_s - at_s) for at_s in published) > 0.02
    )
    # Most of these are echoes that the publisher did not list.
    assert n_unexplained / len(live_fire) < 0.6


def test_pulses_at_full_scale_are_mostly_marked_as_clipped(live_fire):
    loud = [onset for onsets, _, _ in live_fire for onset in onsets if onset.peak > 32_000]
    assert np.mean([onset.clipped for onset in loud]) > 0.6


def read(path):
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64), float(file.getframerate())


def released(folder, serial, start_s):
    """Moments of the shots at one sensor, and of every other pulse that the publisher lists there."""
    shots = json.loads(next(folder.glob("*.nlos-tuples.json")).read_text())
    of_shot = {pulse: shot["shot_index"] for shot in shots for pulse in shot["pulse_uuids"]}
    direct, others = {}, []
    for pulse in json.loads(next(folder.glob("*.allpulses.json")).read_text()):
        if pulse["serial_number"] == serial:
            at_s = seconds(pulse["arrival_time_utc"]) - start_s
            if pulse["pulse_uuid"] in of_shot:
                direct.setdefault(of_shot[pulse["pulse_uuid"]], at_s)
            else:
                others.append(at_s)
    return sorted(direct.values()), others


@pytest.fixture(scope="module")
def heard(shared_data):
    """Every fifth test, listened to as a whole: (heard, direct, other pulses, rounds fired, samples, rate)."""
    out = []
    for folder in sorted((shared_data / "sound" / "live_fire").glob("FP*/test_*"))[::5]:
        n_fired = json.loads(next(folder.glob("*.survey.json")).read_text())["num_rounds"]
        for path in sorted(folder.glob("*.wav")):
            about = json.loads(path.with_suffix(".json").read_text())
            samples, rate_hz = read(path)
            direct, others = released(folder, about["serial_number"], seconds(about["timestamp"]))
            out.append((listen(samples, rate_hz), direct, others, n_fired, samples, rate_hz))
    return out


def near(each, moments_s):
    return min((abs(each.onset.time_s - at_s) for at_s in moments_s), default=9.0) < 5.5e-3


def test_direct_pulses_are_kept_and_echoes_said_to_be(heard):
    # The law of echoes was fitted on these; held out by position it keeps 94 % and refuses 97 % (benchmarks).
    kept, refused = [], []
    for found, direct, others, *_ in heard:
        for each in found:
            if near(each, direct):
                kept.append(each.waves.waves[0].wave is not Wave.ECHO)
            elif direct and each.onset.time_s > direct[0] + 0.07 and near(each, others):
                refused.append(each.waves.waves[0].wave is Wave.ECHO)
    assert len(kept) > 120
    assert len(refused) > 50
    assert np.mean(kept) > 0.93
    assert np.mean(refused) > 0.93


def test_each_sensor_counts_the_rounds(heard):
    right, honest = [], []
    for found, direct, _, n_fired, *_ in heard:
        if len(direct) == n_fired:  # nothing was blanked out, and the sensor heard every round
            bursts = {each.burst.rounds_s: each.burst for each in found if each.burst is not None}
            right.append(sum(burst.count.best for burst in bursts.values()) == n_fired)
            honest.append(sum(burst.count.low for burst in bursts.values()) <= n_fired)
    assert len(right) > 50
    assert np.mean(right) > 0.85
    assert np.mean(honest) > 0.90


def test_handguns_are_gunfire_without_shock_waves(heard):
    every = [(each, direct) for found, direct, *_ in heard for each in found]
    shots = [each for each, direct in every if near(each, direct)]
    assert np.mean([each.causes[0].cause is Cause.GUNFIRE for each in shots]) > 0.8
    assert all(each.waves.blast_after_shock_s is None for each, _ in every)


def test_noise_before_the_first_shot_is_hardly_ever_sure_gunfire(heard):
    before = [each for found, direct, *_ in heard for each in found if direct and each.onset.time_s < direct[0] - 0.05]
    sure = [each for each in before if {c.cause: c.p for c in each.causes}[Cause.GUNFIRE] > 0.8]
    assert len(sure) <= 2


def test_recordings_in_blocks_give_what_the_whole_gives(heard):
    for _, _, _, _, samples, rate_hz in heard[::12]:
        stream = OnsetStream(rate_hz)
        pieces = [onset for piece in np.array_split(samples, 37) for onset in stream.feed(piece)]
        assert tuple(pieces) + stream.flush() == find_onsets(samples, rate_hz)


def test_intervals_between_rounds_are_the_same_at_every_sensor(shared_data):
    """Rounds from one place: the picks must repeat from sensor to sensor, whatever the published times say."""
    apart_s = []
    for folder in sorted((shared_data / "sound" / "live_fire").glob("FP*/test_*"))[::8]:
        rows = []
        for path in sorted(folder.glob("*.wav")):
            about = json.loads(path.with_suffix(".json").read_text())
            samples, rate_hz = read(path)
            start_s = seconds(about["timestamp"])
            direct, _ = released(folder, about["serial_number"], start_s)
            onsets = np.array([onset.time_s for onset in find_onsets(samples, rate_hz)])
            picks = [onsets[np.abs(onsets - at).argmin()] for at in direct if onsets.size]
            if len(direct) == 3 and np.abs(np.array(picks) - direct).max() < 5e-3:
                rows.append(np.diff(picks))
        if len(rows) >= 3:
            apart_s.append((np.array(rows) - np.median(rows, axis=0)).ravel())
    # A difference of two picks; half a tenth of a millisecond each, where the published ones repeat to 0.35.
    assert np.median(np.abs(np.concatenate(apart_s))) < 0.15e-3
