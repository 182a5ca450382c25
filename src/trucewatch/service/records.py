"""The register's line for each thing that is taken in or found."""

from __future__ import annotations

import hashlib

import numpy as np

from trucewatch.model.detection import Detection
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.listening import Listening
from trucewatch.model.observation import (
    EdgeDetection,
    FirePixels,
    HealthReport,
    ImageChange,
    MonitorReport,
    Pulse,
    Rejection,
    Sighting,
    Waveform,
    Weather,
)
from trucewatch.model.register import NewRecord
from trucewatch.model.trouble import Trouble
from trucewatch.model.wire import to_bytes
from trucewatch.service.listening import listening_record


def observation_record(
    item: Waveform
    | MonitorReport
    | Pulse
    | Sighting
    | ImageChange
    | EdgeDetection
    | Listening
    | HealthReport
    | Weather,
) -> NewRecord:
    """Make the register's line for what a reader gave."""
    if isinstance(item, Waveform):
        r = item.recording
        span = Interval(start_utc=r.start.utc, end_utc=r.end_utc)
        return NewRecord(
            kind="recording", id=r.id, payload=to_bytes(r), refs=(r.input_id,), time=span, type=r.sensor_id
        )
    if isinstance(item, Listening):
        return listening_record(item)
    time = lon = lat = None
    kind, type_ = "weather", ""
    if isinstance(item, MonitorReport):
        kind, type_, time = "monitor_report", item.observation_type.value, item.time
        lon, lat = item.observer_place.lon_deg, item.observer_place.lat_deg
    elif isinstance(item, Pulse):
        kind, type_, time = "pulse", item.sensor_id, Interval(start_utc=item.time.utc, end_utc=item.time.utc)
    elif isinstance(item, Sighting):
        kind, type_ = "sighting", item.observation_type.value
        time = Interval(start_utc=item.time.utc, end_utc=item.time.utc)
        lon, lat = (None, None) if item.place is None else (item.place.lon_deg, item.place.lat_deg)
    elif isinstance(item, ImageChange):
        kind, type_ = "image_change", item.observation_type.value
        time = Interval(start_utc=item.before_utc, end_utc=item.after_utc)
        lon, lat = item.footprint[0]
    elif isinstance(item, EdgeDetection):
        at = item.detection.time.utc
        kind, type_, time = "edge_detection", item.sensor_id, Interval(start_utc=at, end_utc=at)
    elif isinstance(item, HealthReport):
        kind, type_, time = "health_report", item.sensor_id, item.time
    else:
        time = Interval(start_utc=item.time_utc, end_utc=item.time_utc)
    return NewRecord(
        kind=kind,
        id=item.id,
        payload=to_bytes(item),
        refs=(item.input_id,),
        time=time,
        lon_deg=lon,
        lat_deg=lat,
        type=type_,
    )


def fire_block_digest(pixels: FirePixels) -> str:
    """SHA-256 over the columns of a block: little-endian float64 and int64, then the two text columns as lines."""
    digest = hashlib.sha256()
    for column in (
        pixels.row.astype("<i8"),
        *(
            np.asarray(c, dtype="<f8")
            for c in (
                pixels.lon_deg,
                pixels.lat_deg,
                pixels.time_s,
                pixels.time_sigma_s,
                pixels.scan_m,
                pixels.track_m,
                pixels.frp_mw,
                pixels.confidence,
            )
        ),
        pixels.night.astype("u1"),
    ):
        digest.update(np.ascontiguousarray(column).tobytes())
    digest.update("\n".join(pixels.satellite).encode() + b"\0" + "\n".join(pixels.version).encode())
    return digest.hexdigest()


def fire_block_record(pixels: FirePixels) -> NewRecord:
    """Make the register's line for a block of fire pixels: its digest, not its rows."""
    block = {
        "input_id": pixels.input_id,
        "first_row": int(pixels.row[0]),
        "last_row": int(pixels.row[-1]),
        "n": len(pixels),
        "columns_sha256": fire_block_digest(pixels),
    }
    span = Interval(
        start_utc=utc_from_timestamp(float(pixels.time_s.min())),
        end_utc=utc_from_timestamp(float(pixels.time_s.max())),
    )
    payload = to_bytes(block)
    return NewRecord(
        kind="fire_block", id=content_id("fir", payload), payload=payload, refs=(pixels.input_id,), time=span
    )


def rejection_record(rejection: Rejection, number: int) -> NewRecord:
    """Make the register's line for what could not be taken."""
    content = {
        "source": rejection.source,
        "input_id": rejection.input_id,
        "row": rejection.row,
        "value": rejection.value,
        "expected": rejection.expected,
        "raw_sha256": hashlib.sha256(rejection.raw).hexdigest(),
        "number": number,
    }
    payload = to_bytes(content)
    return NewRecord(
        kind="rejection",
        id=content_id("rej", payload),
        payload=payload,
        refs=(rejection.input_id,) if rejection.input_id else (),
    )


def refusal(error: UnreadableInput) -> Rejection:
    """Keep what cannot be used beside what could not be read; its input is kept whole anyway."""
    return Rejection(
        source=error.source, input_id="", row=error.row, value=error.value, expected=error.expected, raw=b""
    )


def trouble_record(found: Trouble) -> NewRecord:
    """Make the register's line for what kept a sensor from listening."""
    return NewRecord(kind="trouble", id=found.id, payload=to_bytes(found), time=found.time, type=found.sensor_id)


def detection_record(detection: Detection) -> NewRecord:
    """Make the register's line for a detection."""
    place = detection.place or detection.origin
    return NewRecord(
        kind="detection",
        id=detection.id,
        payload=to_bytes(detection),
        refs=detection.observation_ids[:8],
        time=detection.interval,
        lon_deg=None if place is None else place.lon_deg,
        lat_deg=None if place is None else place.lat_deg,
        type=detection.kind.value,
    )
