"""Batches of detections that a sensor's own computer made: `trucewatch-detections/1`, read and written.

The recording stays where it was made. A batch is a text: the format's name, a head, one JSON object a line. Where the
network names a key for the sensor, the text is a C2SP signed note by that key, and an altered or foreign batch is
refused as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from typing import Any, BinaryIO

from pydantic import TypeAdapter, ValidationError

from trucewatch.evidence import EvidenceError, Signer, Verifier, open_note, sign_note
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.instant import rfc3339
from trucewatch.model.listening import Listening
from trucewatch.model.network import Sensor
from trucewatch.model.observation import EdgeDetection, Rejection
from trucewatch.model.vocabulary import Means
from trucewatch.model.wire import to_bytes, to_plain
from trucewatch.observe.context import ReadContext
from trucewatch.observe.limits import parse_json, read_within
from trucewatch.observe.moments import plausible, utc_moment
from trucewatch.observe.naming import known_sensor
from trucewatch.observe.record_ids import Repeats, observation_id
from trucewatch.observe.refusal import BadValue, plain_text, rejection, unreadable

FORMAT = "trucewatch-detections/1"
MAX_BATCH_BYTES = 1_000_000
"""a signed note is no longer than that"""
MAX_ROW_BYTES = 8_192
MAX_FEATURES = 64
"""of one detection; with the limit of a row this leaves no room for sound"""
SIGNIFICANT = 6
"""digits of a feature; no measurement here is better than that"""
NEEDED = frozenset(f.name for f in fields(Detection) if f.default is MISSING)
"""what a detection cannot be read without"""
KINDS = (DetectionKind.ONSET, DetectionKind.ARRIVAL)
HEAD = '{"node": "node-1", "from_utc": "2025-08-13T18:10:00Z", "to_utc": "2025-08-13T18:11:00Z", "n": 2}'
_FEATURE_NAME = re.compile(r"[A-Za-z0-9_.]{1,48}")
_DETECTION: TypeAdapter[Detection] = TypeAdapter(Detection)
_LISTENING: TypeAdapter[Listening] = TypeAdapter(Listening)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a node says of one stretch of time."""

    node: str
    from_utc: datetime
    to_utc: datetime
    detections: tuple[Detection, ...]
    listening: tuple[Listening, ...]


def batch_bytes(batch: Batch, signer: Signer | None) -> bytes:
    """Write a batch; the same batch and key give the same bytes.

    Raises:
        ValueError: it would be longer than MAX_BATCH_BYTES; make shorter ones.
    """
    rows = [to_bytes({"detection": _short(d)}) for d in batch.detections]
    rows += [to_bytes({"listening": q}) for q in batch.listening]
    head = {"node": batch.node, "from_utc": batch.from_utc, "to_utc": batch.to_utc, "n": len(rows)}
    text = "\n".join([FORMAT, to_bytes(head).decode(), *(r.decode() for r in rows)]) + "\n"
    content = text.encode() if signer is None else sign_note(text, [signer])
    if len(content) > MAX_BATCH_BYTES:
        raise ValueError(f"a batch of {len(content)} bytes is longer than {MAX_BATCH_BYTES}")
    return content


def _short(found: Detection) -> dict[str, Any]:
    """Write a detection without what it does not say, its features to SIGNIFICANT digits: a radio link may be slow."""
    plain: dict[str, Any] = to_plain(found)
    for feature in plain["features"]:
        feature["value"] = float(f"{feature['value']:.{SIGNIFICANT}g}")
    return {k: v for k, v in plain.items() if k in NEEDED or v not in (None, "", [])}


class EdgeReader:
    """Reads batches."""

    name = "detections"

    def recognises(self, path: str, head: bytes) -> bool:
        """By the format's name in the first line."""
        return head.startswith(b"trucewatch-detections/")

    def read(self, stream: BinaryIO, context: ReadContext) -> Iterator[EdgeDetection | Listening | Rejection]:
        """Yield each row, or a rejection.

        Raises:
            UnreadableInput: no batch of this format, or not signed by the key that the network names.
        """
        content = read_within(stream, source=context.source, limit_bytes=MAX_BATCH_BYTES)
        node, rows, trailer = _opened(content, context)
        signed = _Signed(content=content if trailer else None)
        repeats = Repeats("row")
        for number, raw in rows:
            try:
                item = _row(raw, number, node, context, signed)
                repeats.require_new(item.id, number)
            except BadValue as error:
                yield rejection(context, row=f"line {number}", error=error, raw=raw)
                continue
            yield item


@dataclass(slots=True)
class _Signed:
    """The note, and the keys that were found to have signed it."""

    content: bytes | None
    by: str = ""

    def require(self, sensor: Sensor) -> None:
        """Refuse a row of a sensor whose key did not sign.

        Raises:
            BadValue: naming the key.
        """
        if sensor.node_key is None or sensor.node_key == self.by:
            return
        expected = f"a batch signed by {sensor.node_key}, as the network says of {sensor.id}"
        if self.content is None:
            raise BadValue("no signature", expected)
        try:
            open_note(self.content, [Verifier.from_vkey(sensor.node_key)])
        except EvidenceError as error:
            raise BadValue(str(error), expected) from None
        self.by = sensor.node_key


def _opened(content: bytes, context: ReadContext) -> tuple[str, list[tuple[int, bytes]], bool]:
    """Return the node, the numbered rows and whether signatures follow them.

    Raises:
        UnreadableInput: another version, no head, or fewer rows than the head says.
    """
    text, blank, _ = content.partition(b"\n\n")
    lines = (text + b"\n" if blank else content).split(b"\n")
    if lines[0] != FORMAT.encode():
        raise unreadable(context, BadValue(lines[0].decode("utf-8", "replace"), FORMAT), row="line 1")
    if lines[-1]:
        raise unreadable(context, BadValue(repr(lines[-1][-40:]), "a line that ends; the batch is cut off"))
    head = parse_json(lines[1] if len(lines) > 2 else b"", source=f"{context.source}, line 2")
    try:
        node, n_rows = _head(head, context)
    except BadValue as error:
        raise unreadable(context, error, row="line 2") from None
    rows = list(enumerate(lines[2:-1], start=3))
    if len(rows) != n_rows:
        raise unreadable(context, BadValue(f"{len(rows)} rows", f"{n_rows} as the head says; is the batch cut off?"))
    return node, rows, bool(blank)


def _head(head: object, context: ReadContext) -> tuple[str, int]:
    if not isinstance(head, dict) or not isinstance(head.get("node"), str) or not isinstance(head.get("n"), int):
        raise BadValue(str(head), HEAD)
    for key in ("from_utc", "to_utc"):
        utc_moment(head.get(key), now_utc=context.now_utc)
    return plain_text(head["node"]), head["n"]


def _row(raw: bytes, number: int, node: str, context: ReadContext, signed: _Signed) -> EdgeDetection | Listening:
    if len(raw) > MAX_ROW_BYTES:
        raise BadValue(
            f"{len(raw)} bytes", f"at most {MAX_ROW_BYTES} a row: a node sends what it found, not what it heard"
        )
    try:
        row = parse_json(raw, source=context.source)
        kind, body = next(iter(row.items())) if isinstance(row, dict) and len(row) == 1 else ("", None)
        if kind == "detection":
            return _detection(_DETECTION.validate_json(json.dumps(body)), number, node, context, signed)
        if kind == "listening":
            return _listening(_LISTENING.validate_json(json.dumps(body)), context, signed)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadValue(f"{where}: {first['input']!r}", f"{where}: {first['msg']}") from None
    except (UnreadableInput, ValueError) as error:
        raise BadValue(str(error), '{"detection": {...}} or {"listening": {...}}') from None
    raise BadValue(raw[:60].decode("utf-8", "replace"), '{"detection": {...}} or {"listening": {...}}')


def _sensor(name: str, context: ReadContext, signed: _Signed) -> tuple[str, Sensor]:
    sensor_id, sensor = known_sensor(context.network, [plain_text(name)])
    signed.require(sensor)
    return sensor_id, sensor


def _detection(found: Detection, number: int, node: str, context: ReadContext, signed: _Signed) -> EdgeDetection:
    sensor_id, sensor = _sensor(found.sensor_id, context, signed)
    _require_instrument(found)
    plausible(found.time.utc, rfc3339(found.time.utc), now_utc=context.now_utc)
    # Where a sensor stands and how good its clock is, is the network's to say; free text has no place in a measurement.
    own = replace(
        found,
        observer_kind=sensor.kind,
        origin=sensor.place,
        means=Means.DETECTED,
        text="",
        weapon_text="N/K",
        event_location_text="",
        interval_text="",
        group=None,
        unsigned_node="",
    )
    return EdgeDetection(
        id=observation_id("edge", sensor_id, rfc3339(found.time.utc), to_bytes(own).decode()),
        input_id=context.input_id,
        row=number,
        sensor_id=sensor_id,
        node=node,
        detection=own,
        signed_by=sensor.node_key or "",
    )


def _require_instrument(found: Detection) -> None:
    """Refuse what a sensor's own computer cannot have measured.

    Raises:
        BadValue: naming the field.
    """
    if found.kind not in KINDS:
        raise BadValue(found.kind.value, f"kind {' or '.join(k.value for k in KINDS)}")
    if not 0.0 <= found.p_false <= 1.0:
        raise BadValue(f"p_false {found.p_false}", "a probability")
    if found.place is not None:
        raise BadValue("place", "no place: a sensor hears, and where it was is worked out from several")
    if len(found.features) > MAX_FEATURES:
        raise BadValue(f"{len(found.features)} features", f"at most {MAX_FEATURES}")
    for feature in found.features:
        if _FEATURE_NAME.fullmatch(feature.name) is None:
            raise BadValue(feature.name, "a feature's name of at most 48 letters, digits, points and underscores")


def _listening(found: Listening, context: ReadContext, signed: _Signed) -> Listening:
    sensor_id, _ = _sensor(found.sensor_id, context, signed)
    if found.time.start_utc is None or found.time.end_utc is None:
        raise BadValue("an open interval", "both ends of the interval that was listened to")
    plausible(found.time.start_utc, rfc3339(found.time.start_utc), now_utc=context.now_utc)
    if not 0.0 <= found.usable_share <= found.recorded_share <= 1.0:
        shares = f"recorded {found.recorded_share}, usable {found.usable_share}"
        raise BadValue(shares, "0 <= usable_share <= recorded_share <= 1")
    own = replace(found, sensor_id=sensor_id, input_ids=(context.input_id,))
    identity = (sensor_id, rfc3339(found.time.start_utc), to_bytes(replace(own, id="")).decode())
    return replace(own, id=observation_id("listening", *identity))
