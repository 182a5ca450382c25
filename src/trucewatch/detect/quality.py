"""How well each sensor listened, hour by hour, measured on its own recordings: what its silence is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.array_polarity import reversed_elements
from trucewatch.detect.block_levels import SENSES, is_calibrated
from trucewatch.detect.clock_stamps import judge
from trucewatch.detect.level_steps import beats_of
from trucewatch.detect.meter import Channel, Meter, within_s
from trucewatch.detect.trouble import Judged, Sign, clock_text, judged, same_signal
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Interval, rfc3339, utc_from_timestamp
from trucewatch.model.listening import Listening
from trucewatch.model.network import ARRAY_ELEMENTS, Network, Sensor
from trucewatch.model.observation import Waveform
from trucewatch.model.wire import to_bytes

METHOD = "hourly-band-levels/1"
ID_PREFIX = "lst"
"""of the ids of records that were measured here; a node's come in as observations"""
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOffset:
    """How far a sensor's clock is off those of the others, as events that several heard show it."""

    offset_s: float
    """positive late"""
    sigma_s: float
    drift_s_per_day: float | None = None


def listening(
    waveforms: Iterable[Waveform],
    network: Network,
    during: Interval,
    clock_offsets: Mapping[str, ClockOffset] | None = None,
) -> tuple[Listening, ...]:
    """Measure how every sensor listened.

    Args:
        waveforms: of any sensors, those of a channel in the order of time; taken one by one, none is kept.
        network: the sensors; channels that it does not name, and kinds without a sense of hearing, are left out.
        during: what is judged, both ends known, a day or so: what is usual for a sensor is taken from it.
        clock_offsets: by sensor, where events told; else None stands in the records.

    Returns:
        One record for each sensor and UTC hour in which something of it was recorded, by sensor and time. How a
        recording is cut into pieces makes no difference.

    LIMIT: what is usual, and whether something was recorded before, is judged within one day; a gain that changed at
    midnight and a sound replayed from the day before are not seen.
    """
    gauge = Gauge(network, during)
    for w in waveforms:
        gauge.add(w)
    return gauge.finish(clock_offsets)


class Gauge:
    """Measures how every sensor listened during a time, waveform by waveform; those of a channel in order of time."""

    def __init__(self, network: Network, during: Interval) -> None:
        """Start with nothing recorded; both ends of the time must be known."""
        assert during.start_utc is not None and during.end_utc is not None  # noqa: S101 - said above
        self._network = network
        self._start_s, self._end_s = during.start_utc.timestamp(), during.end_utc.timestamp()
        self._meters: dict[tuple[str, str], tuple[Sensor, Meter]] = {}

    def add(self, w: Waveform) -> None:
        """Take in the next waveform."""
        key = (w.recording.sensor_id, w.recording.channel)
        if key not in self._meters:
            sensor = self._network.sensor(w.recording.sensor_id)
            if sensor is None or sensor.kind not in SENSES:
                return
            self._meters[key] = (sensor, _meter(sensor, w, self._start_s, self._end_s))
        self._meters[key][1].add(w)

    def finish(self, clock_offsets: Mapping[str, ClockOffset] | None = None) -> tuple[Listening, ...]:
        """Return one record for each sensor and UTC hour in which something of it was recorded."""
        meters = [self._meters[key] for key in sorted(self._meters)]
        measured = [(sensor, c) for sensor, meter in meters if (c := meter.finish()) is not None]
        shared = same_signal([c for _, c in measured])
        out: list[Listening] = []
        for sensor in self._network.sensors:
            channels = [c for s, c in measured if s.id == sensor.id]
            if channels:
                extra = [(name, sign) for name, sign in shared if any(c.sensor_id == name for c in channels)]
                out += _of_sensor(sensor, channels, extra, (clock_offsets or {}).get(sensor.id))
        return tuple(sorted(out, key=lambda one: (one.sensor_id, one.time.start_utc or one.time.end_utc, one.id)))


def _meter(sensor: Sensor, waveform: Waveform, start_s: float, end_s: float) -> Meter:
    factor = sensor.calibration_pa_per_count if waveform.recording.unit == "Pa" else None
    return Meter(
        sensor_id=waveform.recording.sensor_id,
        name=waveform.recording.channel,
        sense=SENSES[sensor.kind],
        start_s=start_s,
        end_s=end_s,
        counts_per_unit=1.0 if factor is None else 1.0 / factor,
        slow=sensor.is_array,
    )


def _of_sensor(
    sensor: Sensor, channels: Sequence[Channel], extra: Sequence[tuple[str, Sign]], clock: ClockOffset | None
) -> list[Listening]:
    sense = SENSES[sensor.kind]
    found = [judged(c, beats_of(c.blocks, sense), sense, _counts_per_unit(sensor, c)) for c in channels]
    signs = [(j.channel.sensor_id, s) for j in found for s in j.signs] + list(extra)
    if sensor.is_array:
        signs += [
            (name, Sign(at_s=at_s, words=f"polarity against that of the other elements, from {clock_text(at_s)} UTC"))
            for name, at_s in reversed_elements(channels, sense)
        ]
    first = min(c.spans[0].start_s for c in channels) // HOUR_S * HOUR_S
    last = max(c.spans[-1].end_s for c in channels)
    hours = [first + HOUR_S * k for k in range(int(np.ceil((last - first) / HOUR_S)))]
    return [one for h in hours if (one := _hour(sensor, found, signs, clock, h)) is not None]


def _counts_per_unit(sensor: Sensor, channel: Channel) -> float | None:
    if channel.unit == "count":
        return 1.0
    factor = sensor.calibration_pa_per_count
    return 1.0 / factor if factor is not None and channel.unit == "Pa" else None


def _hour(
    sensor: Sensor,
    found: Sequence[Judged],
    signs: Sequence[tuple[str, Sign]],
    clock: ClockOffset | None,
    start_s: float,
) -> Listening | None:
    end_s = start_s + HOUR_S
    recorded = [within_s(j.channel.spans, start_s, end_s) / HOUR_S for j in found]
    if not any(recorded):
        return None
    usable = [share * _usable_part(j, start_s, end_s) for share, j in zip(recorded, found, strict=True)]
    levels = [level for j in found if (level := _level(j, start_s, end_s)) is not None]
    n_needed = ARRAY_ELEMENTS if sensor.is_array else 1
    drowned = max(within_s(j.drowned, start_s, end_s) for j in found) / 60.0
    drift = _drift(found, clock)
    return Listening(
        id=content_id(ID_PREFIX, to_bytes((sensor.id, rfc3339(utc_from_timestamp(start_s))))),
        sensor_id=sensor.id,
        time=Interval(
            start_utc=utc_from_timestamp(start_s), end_utc=utc_from_timestamp(start_s) + timedelta(seconds=HOUR_S)
        ),
        recorded_share=_nth_largest(recorded, n_needed),
        usable_share=_nth_largest(usable, n_needed),
        noise_level_db=_rounded(_middle([one.level_db for one in levels if one.calibrated])),
        noise_sigma_db=_rounded(_middle([one.sigma_db for one in levels])),
        relative_level_db=_rounded(_middle([one.relative_db for one in levels])),
        drowned_minutes=round(drowned, 1),
        clock_offset_s=None if clock is None else clock.offset_s,
        clock_offset_sigma_s=None if clock is None else clock.sigma_s,
        clock_drift_s_per_day=drift,
        signs=_in_words(sensor, signs, start_s, end_s),
        input_ids=tuple(sorted({i for j in found for i in j.channel.input_ids})),
        method=METHOD,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    level_db: float
    sigma_db: float
    relative_db: float
    calibrated: bool


def _level(j: Judged, start_s: float, end_s: float) -> _Level | None:
    """Return the median background of an hour and its robust spread, over usable blocks; None where there is none."""
    inside = _inside(j, start_s, end_s) & j.usable
    if not inside.any():
        return None
    low, level, high = (float(v) for v in np.percentile(j.channel.blocks.band_db[inside], (15.87, 50.0, 84.13)))
    usual = float(np.median(j.channel.blocks.band_db[j.usable]))
    return _Level(
        level_db=level,
        sigma_db=(high - low) / 2.0,
        relative_db=level - usual,
        calibrated=is_calibrated(j.channel.unit),
    )


def _usable_part(j: Judged, start_s: float, end_s: float) -> float:
    """Return which part of what was recorded in an hour can be used; all of it where it is too short to be measured."""
    inside = _inside(j, start_s, end_s)
    weights = j.channel.blocks.n[inside]
    return float(weights[j.usable[inside]].sum() / weights.sum()) if len(weights) else 1.0


def _inside(j: Judged, start_s: float, end_s: float) -> NDArray[np.bool_]:
    middle = j.channel.blocks.middle_s
    return np.asarray((middle >= start_s) & (middle < end_s), dtype=bool)


def _nth_largest(shares: Sequence[float], n: int) -> float:
    """Return what at least n elements reach: an array listens with three, however many it has."""
    ordered = sorted(shares, reverse=True)
    return round(min(1.0, ordered[n - 1]), 4) if len(ordered) >= n else 0.0


def _middle(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None


def _rounded(level_db: float | None) -> float | None:
    """Round to a tenth of a decibel: no recording says more, and every machine gives the same bytes."""
    return None if level_db is None else round(level_db, 1) + 0.0


def _drift(found: Sequence[Judged], clock: ClockOffset | None) -> float | None:
    if clock is not None and clock.drift_s_per_day is not None:
        return clock.drift_s_per_day
    drift = _middle([d for j in found if (d := judge(j.channel.stretches).drift_s_per_day) is not None])
    return None if drift is None else round(drift, 3) + 0.0


def _in_words(sensor: Sensor, signs: Sequence[tuple[str, Sign]], start_s: float, end_s: float) -> tuple[str, ...]:
    """Return the signs that begin in an hour, by time; those of an array name the element."""
    mine = sorted((s.at_s, name, s.words) for name, s in signs if start_s <= s.at_s < end_s)
    return tuple(dict.fromkeys(words if name == sensor.id else f"{name}: {words}" for _, name, words in mine))
