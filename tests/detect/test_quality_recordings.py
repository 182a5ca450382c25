"""Real recordings that nobody tampered with: how many signs are raised over them, and what those say."""

from __future__ import annotations

import json
import wave
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from trucewatch.detect.quality import listening
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.network import Element, Network, Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind

HERE = Place.circular(lon_deg=0.0, lat_deg=0.0, sigma_m=1.0)


def piece(name: str, start: datetime, rate_hz: float, samples: np.ndarray, input_id: str) -> Waveform:
    recording = Recording(
        id=input_id,
        input_id=input_id,
        sensor_id=name,
        channel="",
        start=Instant(utc=start, sigma_s=0.0),
        rate_hz=rate_hz,
        n_samples=len(samples),
        unit="count",
    )
    return Waveform(recording=recording, samples=samples.astype(np.float64))


def two_days(waveforms: list[Waveform]) -> Interval:
    first = min(w.recording.start.utc for w in waveforms)
    start = first.replace(hour=0, minute=0, second=0, microsecond=0)
    return Interval(start_utc=start, end_utc=start + timedelta(days=2))


def array_signs(folder: Path) -> tuple[list[str], float]:
    """Signs over the elements of one array, and the share of the hour that it recorded."""
    waveforms = []
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() == ".sac"):
        raw = path.read_bytes()
        floats, ints = np.frombuffer(raw[:280], "<f4"), np.frombuffer(raw[280:440], "<i4")
        start = datetime(int(ints[0]), 1, 1, tzinfo=UTC) + timedelta(
            days=int(ints[1]) - 1,
            hours=int(ints[2]),
            minutes=int(ints[3]),
            seconds=int(ints[4]) + int(ints[5]) / 1000 + float(floats[5]),
        )
        samples = np.frombuffer(raw[632 : 632 + 4 * int(ints[9])], "<f4")
        waveforms.append(piece(path.name, start, float(round(1.0 / float(floats[0]))), samples, path.name))
    elements = tuple(Element(id=w.recording.sensor_id, place=HERE) for w in waveforms)
    array = Sensor(
        id="IS", kind=ObserverKind.INFRASOUND_ARRAY, owner="m", place=HERE, clock_sigma_s=0.0, elements=elements
    )
    found = listening(waveforms, Network(sensors=(array,)), two_days(waveforms))
    return [s for one in found for s in one.signs], sum(one.usable_share for one in found)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "minutes"),
    [
        ("array_brp", 20),
        ("range_test/W220", 15),
        ("range_test/W340", 20),
        ("range_test/W420", 20),
        ("range_test/N300", 15),
    ],
)
def test_arrays_that_nobody_touched_show_no_sign(shared_data: Path, name: str, minutes: int) -> None:
    signs, usable = array_signs(shared_data / "sound" / name)
    assert signs == []
    assert usable == pytest.approx(minutes / 60, abs=0.002)


@pytest.mark.shared
def test_street_recordings_show_only_the_padding_that_they_have(shared_data: Path) -> None:
    """The publisher's clips hold noughts before and after the sound; that is one value only, and nothing else is."""
    waveforms, padded = [], set()
    for path in sorted((shared_data / "sound" / "live_fire").glob("FP[37]/*/*.wav")):
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        name = f"{path.parts[-3]}-{about['serial_number']}"
        with wave.open(str(path)) as clip:
            rate, samples = float(clip.getframerate()), np.frombuffer(clip.readframes(clip.getnframes()), "<i2")
        start = datetime.fromisoformat(about["timestamp"].replace("Z", "+00:00")).astimezone(UTC)
        waveforms.append(piece(name, start, rate, samples, str(path)))
        if not samples[: round(rate)].any() or not samples[-round(rate) :].any():
            padded.add(name)
    waveforms.sort(key=lambda w: (w.recording.start.utc, w.recording.sensor_id))
    sensors = tuple(
        Sensor(id=name, kind=ObserverKind.ACOUSTIC_SENSOR, owner="m", place=HERE, clock_sigma_s=0.0)
        for name in sorted({w.recording.sensor_id for w in waveforms})
    )
    found = listening(waveforms, Network(sensors=sensors), two_days(waveforms))
    kinds = Counter(s.split(" for ")[0] for one in found for s in one.signs)
    assert set(kinds) == {"one value only"}
    assert {one.sensor_id for one in found if one.signs} == padded
