"""From the waveforms of an array to arrivals as detections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from trucewatch.detect.array_listener import METHOD, ArrayListener, stream_settings
from trucewatch.detect.array_recordings import (
    Refused,
    common_rate_hz,
    misfit_s,
    of_one_rate,
    stretches,
    turns,
)
from trucewatch.detect.band_strength import with_strength
from trucewatch.detect.beam import MIN_ELEMENTS
from trucewatch.detect.listened import Listened, unheard_stretch
from trucewatch.model.instant import Interval
from trucewatch.model.mission import DetectSettings
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Waveform
from trucewatch.model.trouble import Trouble, TroubleKind, trouble

__all__ = ["METHOD", "arrivals"]


def arrivals(waveforms: Sequence[Waveform], sensor: Sensor, settings: DetectSettings) -> Listened:
    """Find plane waves that crossed an array.

    Args:
        waveforms: of the array's elements, in any order; stretches that fewer than three elements cover are unheard.
        sensor: the array with its elements.
        settings: band, window and step of the mission.
    """
    # LIMIT: the files of all stretches are in memory together; only what the stream itself holds has a bound.
    elements = {e.id for e in sensor.elements}
    heard = [
        _stretch(stretch, sensor, settings)
        for stretch in stretches([w for w in waveforms if w.recording.sensor_id in elements])
    ]
    return Listened(
        detections=tuple(sorted((d for h in heard for d in h.detections), key=lambda d: (d.time.utc, d.id))),
        unheard=tuple(u for h in heard for u in h.unheard),
    )


def _stretch(stretch: list[Waveform], sensor: Sensor, settings: DetectSettings) -> Listened:
    rate_hz = common_rate_hz(stretch)
    kept, noted = of_one_rate(stretch, rate_hz, settings.array_band_hz[1])
    notes = tuple(_note(n, sensor) for n in noted)
    try:
        heard = _listen(kept, sensor, settings, rate_hz)
    except ValueError as error:
        return Listened(unheard=(*notes, _unheard(stretch, sensor, rate_hz, str(error))))
    return Listened(detections=heard.detections, unheard=(*notes, *heard.unheard))


def _listen(waveforms: list[Waveform], sensor: Sensor, settings: DetectSettings, rate_hz: float) -> Listened:
    """Listen to one stretch.

    Raises:
        ValueError: where too few elements recorded or live, or the stretch is shorter than a window.
    """
    epoch = _epoch(waveforms)
    clock_s = max(w.recording.start.sigma_s for w in waveforms)
    known = stream_settings(settings, sensor, clock_sigma_s=misfit_s(waveforms, epoch, rate_hz))
    listener = ArrayListener(
        sensor,
        rate_hz,
        epoch,
        known,
        recordings=[
            (w.recording.id, w.recording.sensor_id, w.recording.start.utc, w.recording.end_utc) for w in waveforms
        ],
        clock_sigma_s=clock_s,
    )
    given = [
        listener.feed(turn.element_id, turn.start_utc, turn.samples)
        for turn in turns(waveforms, known.max_wait_s / 2.0)
    ]
    given.append(listener.flush())
    unheard = tuple(u for g in given for u in g.unheard)
    if listener.n_windows == 0:
        why = "; ".join(f"{u.element_id}: {u.what}" for u in unheard[:4])
        raise ValueError(f"no window of {settings.array_window_s:g} s in which {MIN_ELEMENTS} elements live ({why})")
    found = with_strength([d for g in given for d in g.detections], waveforms)
    return Listened(detections=found, unheard=unheard)


def _epoch(waveforms: list[Waveform]) -> datetime:
    """Return when enough elements had begun to record.

    Raises:
        ValueError: where too few recorded.
    """
    begun: dict[str, datetime] = {}
    for w in waveforms:
        name = w.recording.sensor_id
        begun[name] = min(begun.get(name, w.recording.start.utc), w.recording.start.utc)
    if len(begun) < MIN_ELEMENTS:
        raise ValueError(f"{len(begun)} elements recorded; an array needs at least {MIN_ELEMENTS}")
    return sorted(begun.values())[MIN_ELEMENTS - 1]


def _note(noted: Refused, sensor: Sensor) -> Trouble:
    return trouble(
        sensor.id,
        TroubleKind.ELEMENT,
        noted.time,
        element_id=noted.element_id,
        what=noted.reason,
        meaning="elements of one array should record at one rate",
    )


def _unheard(stretch: list[Waveform], sensor: Sensor, rate_hz: float, why: str) -> Trouble:
    start = min(w.recording.start.utc for w in stretch)
    end = max(w.recording.end_utc for w in stretch)
    return unheard_stretch(sensor, Interval(start_utc=start, end_utc=end), rate_hz, why)
