"""A node that is cut off anywhere loses nothing that the server's ring holds, and what comes twice counts once."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from tests.service.test_listening_post import NETWORK, START, NoMeter, block, onset

from trucewatch.detect import Listened, ear_of, held_s
from trucewatch.model.mission import DetectSettings
from trucewatch.model.network import Sensor
from trucewatch.model.observation import EdgeDetection, Recording, Waveform
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.service.listening_post import Post, PostSettings
from trucewatch.service.ring_place import RingPlace, read_place
from trucewatch.service.sent_twice import each_once

LOUD = frozenset({2, 11, 12, 19, 33, 34, 41, 57, 58})
N_PACKETS, HELD_S = 60, 7.0


class SlowEar:
    """Gives an onset some seconds after it came."""

    def __init__(self) -> None:
        self.held: list[tuple[float, Any]] = []

    def hear(self, one: Waveform) -> Listened:
        at_s = (one.recording.start.utc - START).total_seconds()
        if np.abs(one.samples).max() > 100.0:
            self.held.append((at_s, onset(one.recording.sensor_id, at_s)))
        return self._give(at_s - 5.0)

    def close(self) -> Listened:
        return self._give(np.inf)

    def _give(self, until_s: float) -> Listened:
        given = tuple(d for at_s, d in self.held if at_s <= until_s)
        self.held = [(at_s, d) for at_s, d in self.held if at_s > until_s]
        return Listened(detections=given)


class CutError(Exception):
    """The power goes."""


class Disk:
    """Batches and the place; the power goes before or after the n-th write."""

    def __init__(self, cut_at: int | None = None, *, after: bool = False) -> None:
        self.batches: dict[str, bytes] = {}
        self.place: bytes | None = None
        self.n_places = 0
        self.left, self.after = cut_at, after

    def write(self, name: str, content: bytes) -> None:
        self._step(lambda: self.batches.__setitem__(name, content))

    def keep(self, content: bytes) -> None:
        def put() -> None:
            self.place, self.n_places = content, self.n_places + 1

        self._step(put)

    def _step(self, put: Any) -> None:
        goes = self.left == 0
        if self.left is not None:
            self.left -= 1
        if not goes or self.after:
            put()
        if goes:
            raise CutError


def node_of(disk: Disk) -> tuple[Post, RingPlace]:
    place = RingPlace(reached=read_place(disk.place), held_s=lambda name: HELD_S, keep=disk.keep)
    node = Post(
        network=NETWORK,
        ear_of=lambda sensor: SlowEar(),
        meter=NoMeter(),
        write=disk.write,
        tell=lambda found: None,
        settings=PostSettings(node="n1", batch_s=10.0, alert_s=2.0),
        signer=None,
        sent=lambda nothing_held: place.advance(nothing_held=nothing_held),
    )
    return node, place


def follow(node: Post, place: RingPlace, n: int) -> None:
    """Hear the ring from where the node stands up to a packet; what the ears hold then is not given."""

    def ring() -> Iterator[Waveform]:
        for k in range(place.reached.get("AC-01", -1) + 1, n):
            yield block(k, loud=k in LOUD)
            place.dealt_with("AC-01", k)

    for item in place.watched(ring()):
        node._hear(item)


def listen(disk: Disk, n: int = N_PACKETS) -> None:
    """Follow the ring to its end, or until the power goes: then nothing is closed."""
    node, place = node_of(disk)
    with contextlib.suppress(CutError):
        follow(node, place, n)
        node._close()


def heard_s(disk: Disk) -> list[float]:
    """Moments of what the batches hold, each once."""
    rows = [json.loads(line) for content in disk.batches.values() for line in content.splitlines()[1:]]
    times = (datetime.fromisoformat(r["detection"]["time"]["utc"]) for r in rows if "detection" in r)
    return sorted({(t - START).total_seconds() for t in times})


def test_nothing_is_lost_wherever_the_power_goes() -> None:
    whole = Disk()
    listen(whole)
    assert heard_s(whole) == sorted(map(float, LOUD))
    n_writes = len(whole.batches) + whole.n_places
    for cut_at in range(n_writes):
        for after in (False, True):
            disk = Disk(cut_at, after=after)
            listen(disk)
            disk.left = None
            listen(disk)
            assert heard_s(disk) == sorted(map(float, LOUD)), (cut_at, after)


def test_nothing_is_lost_wherever_the_node_stops_between_two_packets() -> None:
    for stop in range(N_PACKETS):
        disk = Disk()
        follow(*node_of(disk), stop)
        listen(disk)
        assert heard_s(disk) == sorted(map(float, LOUD)), stop


def test_the_place_is_written_once_a_batch_and_not_once_a_packet() -> None:
    disk = Disk()
    listen(disk, n=600)
    assert disk.n_places <= len(disk.batches) < 100
    assert read_place(disk.place) == {"AC-01": 599}


def test_the_place_stays_behind_what_the_detectors_hold() -> None:
    kept: list[bytes] = []
    place = RingPlace(reached={}, held_s={"UA.A": 3.0, "UA.B": 0.0}.__getitem__, keep=kept.append)
    for k in range(10):
        list(place.watched([block(k)]))
        place.dealt_with("UA.A", k)
        list(place.watched([block(k)] if k != 4 else []))
        place.dealt_with("UA.B", k)
    assert kept == []
    place.advance(nothing_held=False)
    assert place.reached == {"UA.A": 6, "UA.B": 9}
    place.advance(nothing_held=False)
    assert len(kept) == 1
    place.advance(nothing_held=True)
    assert read_place(kept[-1]) == {"UA.A": 9, "UA.B": 9}


@pytest.mark.parametrize("kind", [ObserverKind.ACOUSTIC_SENSOR, ObserverKind.SEISMIC_STATION])
def test_no_ear_holds_sound_longer_than_it_says(kind: ObserverKind) -> None:
    sensor = replace(NETWORK.sensors[0], kind=kind)
    rate_hz = 4000.0 if kind is ObserverKind.ACOUSTIC_SENSOR else 100.0
    ear = ear_of(sensor, DetectSettings())
    lags, fed_s, rng = [], 0.0, np.random.default_rng(3)
    for k in range(360):
        samples = rng.normal(0.0, 1.0, round(rate_hz))
        # Bangs alone, and a row of them that is longer than what is heard in one piece.
        if k in (60, 200) or 100 <= k < 140:
            at = round(0.3 * rate_hz)
            samples[at : at + 40] += 400.0 * np.exp(-np.arange(40) / 8.0)
        heard = ear.hear(waveform(samples, float(k), rate_hz, sensor))
        fed_s += 1.0
        lags += [fed_s - (d.time.utc - START).total_seconds() for d in heard.detections]
    assert len(lags) >= 3
    assert max(lags) < held_s(sensor, DetectSettings())


def waveform(samples: np.ndarray, at_s: float, rate_hz: float, sensor: Sensor) -> Waveform:
    plain = block(at_s)
    recording: Recording = replace(
        plain.recording,
        sensor_id=sensor.id,
        rate_hz=rate_hz,
        n_samples=len(samples),
        channel="HHZ" if sensor.kind is ObserverKind.SEISMIC_STATION else "",
    )
    return Waveform(recording=recording, samples=samples)


def edge(at_s: float, batch: str, sensor_id: str = "AC-01", **changes: Any) -> EdgeDetection:
    found = replace(onset(sensor_id, at_s), **changes)
    return EdgeDetection(
        id=f"obs-{batch}-{at_s}", input_id=batch, row=3, sensor_id=sensor_id, node="n1", detection=found
    )


def test_what_was_sent_twice_counts_once_in_any_order() -> None:
    first, again = edge(4.0, "inp-1"), edge(4.0004, "inp-2")
    others = [
        edge(4.5, "inp-2"),
        edge(4.0, "inp-3", sensor_id="AC-02"),
        edge(9.0, "inp-1", bearing_deg=10.0, bearing_sigma_deg=3.0),
        edge(9.0, "inp-2", bearing_deg=170.0, bearing_sigma_deg=3.0),
    ]
    sent = [first, again, *others]
    for seed in range(6):
        shuffled = random.Random(seed).sample(sent, len(sent))
        assert each_once(shuffled) == each_once(sent)
    assert len(each_once(sent)) == 5
    assert again not in each_once(sent)


def test_two_sounds_of_one_batch_are_two_however_close() -> None:
    assert len(each_once([edge(4.0, "inp-1"), edge(4.001, "inp-1")])) == 2
