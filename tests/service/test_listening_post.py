"""A node at work: what it sends, when, and what it never sends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from trucewatch.detect import Listened
from trucewatch.detect.listened import unheard_stretch
from trucewatch.evidence import new_signer, open_note
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind
from trucewatch.service.listening_post import Post, PostSettings

START = datetime(2025, 8, 13, 18, 10, tzinfo=UTC)
PLACE = Place.circular(lon_deg=37.7, lat_deg=48.1, sigma_m=2.5)
NETWORK = Network(
    sensors=tuple(
        Sensor(id=f"AC-0{n}", kind=ObserverKind.ACOUSTIC_SENSOR, owner="m", place=PLACE, clock_sigma_s=0.001)
        for n in (1, 2)
    )
)


def onset(sensor_id: str, at_s: float) -> Detection:
    return Detection(
        id=f"det-{sensor_id}-{at_s}",
        kind=DetectionKind.ONSET,
        sensor_id=sensor_id,
        observer_kind=ObserverKind.ACOUSTIC_SENSOR,
        means=Means.RECORDED,
        method="loud/1",
        observation_ids=("obs-1",),
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=START + timedelta(seconds=at_s), sigma_s=0.001),
        origin=PLACE,
        count=Count.exactly(1),
        p_false=0.01,
    )


class LoudEar:
    """Finds an onset in each block that is loud."""

    def hear(self, block: Waveform) -> Listened:
        at_s = (block.recording.start.utc - START).total_seconds()
        loud = np.abs(block.samples).max() > 100.0
        return Listened(detections=(onset(block.recording.sensor_id, at_s),) if loud else ())

    def close(self) -> Listened:
        span = Interval(start_utc=START, end_utc=START + timedelta(seconds=1))
        return Listened(unheard=(unheard_stretch(NETWORK.sensors[0], span, 8000.0, "more sound"),))


class NoMeter:
    def add(self, block: Waveform) -> tuple[()]:
        return ()

    def close(self) -> tuple[()]:
        return ()


def block(at_s: float, *, loud: bool = False, sensor_id: str = "AC-01", seconds: float = 1.0) -> Waveform:
    n = round(1000 * seconds)
    recording = Recording(
        id=f"obs-{at_s}",
        input_id="live",
        sensor_id=sensor_id,
        channel="",
        start=Instant(utc=START + timedelta(seconds=at_s), sigma_s=0.001),
        rate_hz=1000.0,
        n_samples=n,
        unit="count",
    )
    return Waveform(recording=recording, samples=np.full(n, 500.0 if loud else 1.0) * np.cos(np.arange(n)))


def post(**changes: Any) -> tuple[Post, dict[str, bytes]]:
    sent: dict[str, bytes] = {}
    fields: dict[str, Any] = {
        "network": NETWORK,
        "ear_of": lambda sensor: LoudEar(),
        "meter": NoMeter(),
        "write": sent.__setitem__,
        "tell": lambda found: None,
        "settings": PostSettings(node="n1", batch_s=10.0, alert_s=2.0),
        "signer": None,
    }
    return Post(**fields | changes), sent


def test_silence_is_told_too_so_that_the_centre_knows_somebody_listens() -> None:
    node, sent = post()
    summary = node.listen(block(k) for k in range(35))
    assert summary.n_batches == 4
    assert all(b'"n":0' in content for content in sent.values())
    assert summary.recorded_s == 35.0


def test_a_detection_waits_for_others_no_longer_than_the_alert_time() -> None:
    node, sent = post()
    node.listen(block(k, loud=k in (3, 4)) for k in range(6))
    first = next(iter(sent.values()))
    assert first.count(b'"detection"') == 2
    assert b'"to_utc":"2025-08-13T18:10:05Z"' in first


def test_the_same_sound_gives_the_same_batches() -> None:
    runs = []
    for _ in range(2):
        node, sent = post(signer=new_signer("n1", bytes))
        node.listen(block(k, loud=k % 7 == 0) for k in range(40))
        runs.append(sent)
    assert runs[0] == runs[1]
    assert all(name.startswith("n1/2025-08-13/18") and name.endswith(".edge") for name in runs[0])


def test_batches_are_signed_by_the_node() -> None:
    signer = new_signer("n1", bytes)
    node, sent = post(signer=signer)
    node.listen([block(0, loud=True)])
    for content in sent.values():
        assert open_note(content, [signer.verifier]).text.startswith("trucewatch-detections/1\n")


def test_an_interruption_sends_what_was_found() -> None:
    def cut() -> Iterator[Waveform]:
        yield block(0, loud=True)
        raise KeyboardInterrupt

    node, sent = post()
    with pytest.raises(KeyboardInterrupt):
        node.listen(cut())
    assert b'"detection"' in b"".join(sent.values())


def test_what_cannot_be_read_or_heard_is_said_and_the_rest_goes_on() -> None:
    node, _ = post()
    lost = UnreadableInput(source="a.mseed", row="byte 7", value="?", expected="a record")
    summary = node.listen([block(0), lost, block(1, loud=True)])
    assert summary.n_detections == 1
    assert any("a.mseed, byte 7" in line for line in summary.refused)
    assert any("more sound" in line for line in summary.refused)


def test_many_detections_are_cut_into_batches_that_can_be_read() -> None:
    node, sent = post(settings=PostSettings(node="n1", batch_s=1000.0, alert_s=1000.0))
    node.listen(block(k, loud=True) for k in range(200))
    counts = [content.count(b'"detection"') for content in sent.values()]
    assert sum(counts) == 200
    assert max(counts) <= 60
