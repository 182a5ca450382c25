"""Onsets of a microphone: speed beside ObsPy's triggers; with the whole live-fire data, echoes and counts held out.

python benchmarks/microphone.py FOLDER_OF_WAV_FILES
python benchmarks/microphone.py LIVE_FIRE_DATA      (FP1/test_001/... with pulses and surveys: scores as well)
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
import wave
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from obspy.core import Trace
from obspy.realtime.rtmemory import RtMemory
from obspy.realtime.signal import kurtosis
from obspy.signal.trigger import classic_sta_lta
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from trucewatch.detect.bursts import find_bursts
from trucewatch.detect.echo_features import echo_features
from trucewatch.detect.hearing import listen
from trucewatch.detect.onset import Onset, OnsetSettings
from trucewatch.detect.onsets import find_onsets
from trucewatch.detect.similarity import prepared

FloatArray = NDArray[np.float64]
EVERY = dataclasses.replace(OnsetSettings(), merge_within_s=0.0)
NEAR_S = 5.5e-3
FULL_SCALE = 32_124.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recording:
    """One microphone in one test, with what the publisher released about it."""

    position: str
    samples: FloatArray
    rate_hz: float
    n_fired: int
    direct_s: tuple[float, ...]
    """released pulses of the shots, one a shot"""
    pulses: tuple[Onset, ...]


def main(folder: Path) -> int:
    """Measure, print one line a figure."""
    paths = sorted(folder.rglob("*.wav"))
    sounds = [read_wav(path) for path in paths]
    say(benchmark="recordings", n=len(paths), n_samples=sum(s.size for s, _ in sounds))
    speed(sounds)
    if list(folder.glob("FP*/test_*/*.allpulses.json")):
        recordings = [r for path in paths if (r := released(path)) is not None]
        weights = held_out(recordings)
        counts(recordings, weights)
        relaid(recordings, weights)
    return 0


def say(**figures: object) -> None:
    """Print figures as one line of JSON."""
    print(json.dumps(figures), flush=True)


def read_wav(path: Path) -> tuple[FloatArray, float]:
    """Return samples and rate of a 16-bit mono file."""
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64), float(file.getframerate())


def speed(sounds: list[tuple[FloatArray, float]]) -> None:
    """Time the engine, the whole hearing, and ObsPy's classic STA/LTA and kurtosis, on the same samples."""
    sounds = sounds[:: max(1, len(sounds) // 60)]
    n = sum(samples.size for samples, _ in sounds)

    def sta_lta(samples: FloatArray, rate_hz: float) -> object:
        return classic_sta_lta(samples, round(0.01 * rate_hz), round(0.1 * rate_hz))

    def rt_kurtosis(samples: FloatArray, rate_hz: float) -> object:
        memories = [RtMemory() for _ in range(3)]
        return kurtosis(Trace(samples.copy(), {"sampling_rate": rate_hz}), win=0.02, rtmemory_list=memories)

    work = {
        "onsets": lambda s, r: find_onsets(s, r, EVERY),
        "onsets, waves, causes, bursts": listen,
        "ObsPy classic STA/LTA (no onset yet)": sta_lta,
        "ObsPy kurtosis (no onset yet)": rt_kurtosis,
    }
    for name, of in work.items():
        begin = time.process_time()
        for samples, rate_hz in sounds:
            of(samples, rate_hz)
        seconds = time.process_time() - begin
        say(benchmark=name, cpu_s=round(seconds, 3), msamples_per_s=round(n / seconds / 1e6, 2))


def released(path: Path) -> Recording | None:
    """Read a recording with its released pulses, or None where none of a shot is in it."""
    folder = path.parent
    about = json.loads(path.with_suffix(".json").read_text())
    survey = json.loads(next(folder.glob("*.survey.json")).read_text())
    shots = json.loads(next(folder.glob("*.nlos-tuples.json")).read_text())
    shot_of = {pulse: shot["shot_index"] for shot in shots for pulse in shot["pulse_uuids"]}
    samples, rate_hz = read_wav(path)
    start = datetime.fromisoformat(about["timestamp"].replace("Z", "+00:00"))
    direct: dict[int, float] = {}
    for pulse in json.loads(next(folder.glob("*.allpulses.json")).read_text()):
        if pulse["serial_number"] == about["serial_number"] and pulse["pulse_uuid"] in shot_of:
            at = datetime.fromisoformat(pulse["arrival_time_utc"].replace("Z", "+00:00"))
            direct.setdefault(shot_of[pulse["pulse_uuid"]], (at - start).total_seconds())
    heard = sorted(at for at in direct.values() if _sounds(samples, at, rate_hz))
    if not heard:
        return None
    return Recording(
        position=folder.parent.name,
        samples=samples,
        rate_hz=rate_hz,
        n_fired=survey["num_rounds"] - (len(direct) - len(heard)),
        direct_s=tuple(heard),
        pulses=find_onsets(samples, rate_hz, EVERY),
    )


def _sounds(samples: FloatArray, at_s: float, rate_hz: float) -> bool:
    """Say whether a moment is in the released audio and not blanked."""
    begin = int(at_s * rate_hz)
    return begin + 240 < samples.size and bool(samples[begin : begin + 120].any())


def _nearest(times_s: FloatArray, at_s: float) -> int | None:
    k = int(np.argmin(np.abs(times_s - at_s))) if times_s.size else -1
    return k if k >= 0 and abs(times_s[k] - at_s) < NEAR_S else None


def held_out(recordings: list[Recording]) -> dict[str, tuple[FloatArray, float]]:
    """Fit the law of echoes on four positions and score it on the fifth; returns the weights for each left out."""
    rows, labels, places = [], [], []
    for one in recordings:
        times_s = np.array([pulse.time_s for pulse in one.pulses])
        direct = {k for at in one.direct_s if (k := _nearest(times_s, at)) is not None}
        later = [k for k in range(times_s.size) if k in direct or times_s[k] > one.direct_s[0]]
        rows.append(echo_features(one.pulses)[later] if later else np.zeros((0, 12)))
        labels += [k in direct for k in later]
        places += [one.position] * len(later)
    x, y, place = np.vstack(rows), np.array(labels), np.array(places)
    weights: dict[str, tuple[FloatArray, float]] = {}
    kept = refused = 0
    for position in sorted(set(places)):
        scale = StandardScaler().fit(x[place != position])
        model = LogisticRegression(max_iter=500).fit(scale.transform(x[place != position]), y[place != position])
        weight = model.coef_[0] / scale.scale_
        weights[position] = (weight, float(model.intercept_[0] - weight @ scale.mean_))
        said = x[place == position] @ weights[position][0] + weights[position][1] > 0
        truth = y[place == position]
        kept, refused = kept + int(said[truth].sum()), refused + int((~said[~truth]).sum())
        say(benchmark="echoes held out", position=position, kept=_share(said[truth]), refused=_share(~said[~truth]))
    say(
        benchmark="echoes held out",
        kept=round(kept / y.sum(), 3),
        refused=round(refused / (~y).sum(), 3),
        n=int(y.size),
    )
    return weights


def _share(said: NDArray[np.bool_]) -> float:
    return round(float(said.mean()), 3)


def _straight(pulses: tuple[Onset, ...], weights: tuple[FloatArray, float]) -> list[float]:
    return (1.0 / (1.0 + np.exp(-np.clip(echo_features(pulses) @ weights[0] + weights[1], -30, 30)))).tolist()


def _score(name: str, rows: list[tuple[int, int, int, float]]) -> None:
    n, low, best, high = np.array(rows, dtype=np.float64).T
    say(
        benchmark=name,
        n=len(rows),
        exact=_share(best == n),
        within_one=_share(np.abs(best - n) <= 1),
        at_least_holds=_share(low <= n),
        within_bounds=_share((low <= n) & (n <= high)),
    )


def counts(recordings: list[Recording], weights: dict[str, tuple[FloatArray, float]]) -> None:
    """Count the rounds of every recording, the law of echoes fitted without its position."""
    rows = []
    for one in recordings:
        bursts = (
            find_bursts(
                one.pulses,
                _straight(one.pulses, weights[one.position]),
                prepared(one.samples, one.rate_hz),
                one.rate_hz,
            )
            if one.pulses
            else ()
        )
        low, best = sum(b.count.low for b in bursts), sum(b.count.best or 0 for b in bursts)
        high = sum(np.inf if b.count.high is None else b.count.high for b in bursts)
        rows.append((max(one.n_fired, len(one.direct_s)), low, best, high))
    _score("rounds counted, as fired", rows)


def relaid(recordings: list[Recording], weights: dict[str, tuple[FloatArray, float]]) -> None:
    """Lay the recorded rounds of a test, each with its own echoes, at rates of automatic fire, and count them."""
    threes = [one for one in recordings if len(one.direct_s) >= 2][::2]
    for per_min in (300, 450, 600, 750, 950):
        rng, rows, ratios = np.random.default_rng(per_min), [], []
        for one in threes:
            n = int(rng.integers(3, 13))
            samples = burst_of(one, n, per_min, rng)
            if samples is None:
                continue
            pulses = find_onsets(samples, one.rate_hz, EVERY)
            found = (
                find_bursts(
                    pulses, _straight(pulses, weights[one.position]), prepared(samples, one.rate_hz), one.rate_hz
                )
                if pulses
                else ()
            )
            if not found:
                rows.append((n, 0, 0, 0.0))
                continue
            main_burst = max(found, key=lambda b: b.count.best or 0)
            count = main_burst.count
            rows.append((n, count.low, count.best or 0, np.inf if count.high is None else count.high))
            if main_burst.rate_per_min is not None and n > 3:
                ratios.append(main_burst.rate_per_min / per_min)
        _score(f"rounds re-laid at {per_min} a minute", rows)
        say(benchmark=f"rate at {per_min} a minute", within_tenth=_share(np.abs(np.array(ratios) - 1) < 0.1))


def burst_of(one: Recording, n: int, per_min: float, rng: np.random.Generator) -> FloatArray | None:
    """Return `n` rounds over the test's own noise, drawn from those recorded; None where there is too little to cut."""
    rate = round(one.rate_hz)
    noise = _noise(one.samples[: int((one.direct_s[0] - 0.05) * rate)], rate)
    ends = [*(at - 0.06 for at in one.direct_s[1:]), one.direct_s[-1] + 1.0]
    cut = [one.samples[int((at - 0.02) * rate) : int(end * rate)] for at, end in zip(one.direct_s, ends, strict=True)]
    rounds = [_faded(shot, rate) for shot in cut if shot.size > 0.2 * rate and np.mean(shot == 0) < 0.3]
    if noise.size < 0.25 * rate or len(rounds) < 2:
        return None
    gaps = 60.0 / per_min * (1.0 + 0.03 * rng.normal(size=n - 1))
    at_s = 1.5 + np.concatenate(([0.0], np.cumsum(gaps)))
    samples = _looped(noise - noise.mean(), int((at_s[-1] + 4.0) * rate), rng)
    for at in at_s:
        shot = rounds[rng.integers(len(rounds))]
        held = samples[int((at - 0.02) * rate) :][: shot.size]
        held += shot[: held.size]
    return np.clip(np.round(samples), -FULL_SCALE, FULL_SCALE)


def _noise(before: FloatArray, rate: int) -> FloatArray:
    """Return up to two seconds before the first shot that were not blanked."""
    blanked = np.flatnonzero(np.convolve(before == 0, np.ones(240), "same") >= 239)
    return before[(int(blanked[-1]) + 480 if blanked.size else 0) :][-2 * rate :]


def _faded(shot: FloatArray, rate: int) -> FloatArray:
    shape, n_out = np.ones(shot.size), min(shot.size // 3, rate // 5)
    shape[:120], shape[-n_out:] = np.linspace(0, 1, 120), np.linspace(1, 0, n_out)
    return shot * shape


def _looped(noise: FloatArray, n: int, rng: np.random.Generator) -> FloatArray:
    """Return noise of any length from pieces of a short one, cross-faded in power."""
    out, at, n_fade = np.zeros(n), 0, min(1_200, noise.size // 4)
    ramp = np.sqrt(np.linspace(0.0, 1.0, n_fade))
    while at < n:
        piece = noise[rng.integers(0, max(1, noise.size // 3)) :].copy()
        piece[:n_fade] *= ramp
        piece[-n_fade:] *= ramp[::-1]
        held = out[at : at + piece.size]
        held += piece[: held.size]
        at += piece.size - n_fade
    return out


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
