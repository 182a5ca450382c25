"""Steps that listen to recordings: microphones, stations, arrays, and how well they all listened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from trucewatch.detect import METHODS, STATIONS, Listened, arrivals, impulses, infrasound_onsets, seismic_onsets
from trucewatch.model.ids import content_id
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Recording, Waveform
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.model.wire import to_bytes
from trucewatch.service.linked import linked
from trucewatch.service.listening import listening_days
from trucewatch.service.ports import Inbox, Register
from trucewatch.service.reread import waveforms_of
from trucewatch.service.step import Step
from trucewatch.service.texts import Texts


def sound_steps(
    texts: Texts, inbox: Inbox, register: Register, recordings: Sequence[Recording], now_utc: datetime
) -> Iterator[Step]:
    """Yield every step that listens to recordings."""
    yield from _acoustic_steps(texts, inbox, register, recordings, now_utc)
    yield from _station_steps(texts, inbox, register, recordings, now_utc)
    yield from _array_steps(texts, inbox, register, recordings, now_utc)
    yield from _listening_steps(texts, inbox, register, recordings, now_utc)


def _acoustic_steps(
    texts: Texts, inbox: Inbox, register: Register, recordings: Sequence[Recording], now_utc: datetime
) -> Iterator[Step]:
    by_input: dict[str, list[Recording]] = {}
    for r in recordings:
        sensor = texts.network.sensor(r.sensor_id)
        if sensor is not None and not sensor.is_array and sensor.kind not in STATIONS:
            by_input.setdefault(r.input_id, []).append(r)
    for input_id in sorted(by_input):

        def work(input_id: str = input_id) -> Listened:
            heard = [
                impulses(w, sensor)
                for w in waveforms_of(texts, inbox, register, input_id, now_utc=now_utc)
                if (sensor := texts.network.sensor(w.recording.sensor_id)) is not None and sensor.kind not in STATIONS
            ]
            return Listened(
                detections=tuple(d for h in heard for d in h.detections),
                unheard=tuple(u for h in heard for u in h.unheard),
            )

        ids = sorted(r.id for r in by_input[input_id])
        sensors = [texts.network.sensor(r.sensor_id) for r in by_input[input_id]]
        key = content_id("stp", to_bytes((METHODS["onset"], ids, sensors)))
        yield Step(key=key, label=f"onset:{input_id}", work=work)


def _station_steps(
    texts: Texts, inbox: Inbox, register: Register, recordings: Sequence[Recording], now_utc: datetime
) -> Iterator[Step]:
    """Read what feels the ground, and single infrasound channels, all channels of a station or array together."""
    of_stations = [r for r in recordings if _station(texts, r) is not None]
    station_of = {e.id: s.id for s in texts.network.sensors for e in s.elements}
    for group in linked(of_stations, station_of):
        inputs = sorted({r.input_id for r in group})

        def work(inputs: list[str] = inputs) -> Listened:
            by_station: dict[str, tuple[Sensor, list[Waveform]]] = {}
            for input_id in inputs:
                for w in waveforms_of(texts, inbox, register, input_id, now_utc=now_utc):
                    if (sensor := _station(texts, w.recording)) is not None:
                        by_station.setdefault(sensor.id, (sensor, []))[1].append(w)
            heard = [_listen_to(sensor, waveforms) for _, (sensor, waveforms) in sorted(by_station.items())]
            return Listened(
                detections=tuple(d for h in heard for d in h.detections),
                unheard=tuple(u for h in heard for u in h.unheard),
            )

        sensors = [_station(texts, r) for r in group]
        key = content_id(
            "stp",
            to_bytes(
                (
                    METHODS["seismic"],
                    METHODS["seismic_array"],
                    METHODS["infrasound_onset"],
                    [r.id for r in group],
                    sensors,
                )
            ),
        )
        yield Step(key=key, label=f"station:{inputs[0]}", work=work)


def _station(texts: Texts, recording: Recording) -> Sensor | None:
    sensor = texts.network.sensor(recording.sensor_id)
    if sensor is None or sensor.kind not in STATIONS:
        return None
    seismic = sensor.kind is ObserverKind.SEISMIC_STATION
    return sensor if seismic or not sensor.is_array else None


def _listen_to(sensor: Sensor, waveforms: Sequence[Waveform]) -> Listened:
    seismic = sensor.kind is ObserverKind.SEISMIC_STATION
    return seismic_onsets(waveforms, sensor) if seismic else infrasound_onsets(waveforms, sensor)


def _array_steps(
    texts: Texts, inbox: Inbox, register: Register, recordings: Sequence[Recording], now_utc: datetime
) -> Iterator[Step]:
    by_array: dict[str, tuple[Sensor, list[Recording]]] = {}
    for r in recordings:
        sensor = texts.network.sensor(r.sensor_id)
        if sensor is not None and sensor.is_array and _station(texts, r) is None:
            by_array.setdefault(sensor.id, (sensor, []))[1].append(r)
    for sensor_id in sorted(by_array):
        sensor, of_array = by_array[sensor_id]

        def work(sensor: Sensor = sensor, of_array: list[Recording] = of_array) -> Listened:
            waveforms = [
                w
                for input_id in sorted({r.input_id for r in of_array})
                for w in waveforms_of(texts, inbox, register, input_id, now_utc=now_utc)
            ]
            return arrivals(waveforms, sensor, texts.mission.detect)

        ids = sorted(r.id for r in of_array)
        key = content_id("stp", to_bytes((METHODS["arrival"], texts.mission.detect, ids, sensor)))
        yield Step(key=key, label=f"array:{sensor_id}", work=work)


def _listening_steps(
    texts: Texts, inbox: Inbox, register: Register, recordings: Sequence[Recording], now_utc: datetime
) -> Iterator[Step]:
    def read(input_id: str) -> tuple[Waveform, ...]:
        return waveforms_of(texts, inbox, register, input_id, now_utc=now_utc)

    for day in listening_days(texts.network, recordings):
        yield Step(key=day.key, label=f"listening:{day.day}", work=partial(day.measure, read))
