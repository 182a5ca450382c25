"""Labelled sounds for the training of a classifier: a table of features, or recordings with a list of labels."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from trucewatch.detect.acoustic import impulses
from trucewatch.fuse.sounding import FEATURE_NAMES, Pulse, measure
from trucewatch.fuse.training import Example
from trucewatch.fuse.witness import figures
from trucewatch.model.detection import Detection
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.mission import MissionArea
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Waveform
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.observe.context import ReadContext
from trucewatch.observe.wav import WavReader

LABELS = "labels.csv"
_KNOWN = ("file", "label", "site", "event", "range_m", "pascal_per_count")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""recordings of a training set have no time that matters; all begin here"""
_SENSOR = "training"

OpenFile = Callable[[str], bytes]
"""path in the folder to bytes"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Examples, and the rows that gave none with the reason."""

    examples: tuple[Example, ...]
    left_out: tuple[str, ...]


def examples_of_table(text: str, source: str) -> Labelled:
    """Read a CSV of labelled features: `label`, `site` and columns of the documented list; an empty cell is unmeasured.

    Raises:
        UnreadableInput: a column is missing or unknown, or a cell is no number.
    """
    rows, columns = _rows(text, source, needed=("label", "site"))
    unknown = [c for c in columns if c not in ("label", "site", *FEATURE_NAMES)]
    if unknown:
        raise UnreadableInput(source=source, value=unknown[0], expected=f"a column of {', '.join(FEATURE_NAMES)}")
    out = []
    for number, row in rows:
        named = {n: _number(row[n], source, number, n) for n in columns if n in FEATURE_NAMES and row[n].strip()}
        out.append(Example(label=row["label"].strip(), site=row["site"].strip(), features=named))
    return Labelled(examples=tuple(out), left_out=())


def examples_of_recordings(text: str, source: str, open_file: OpenFile) -> Labelled:
    """Read `labels.csv` of a folder of WAV files.

    Its columns are `file`, `label`, `site`, and optionally `event` (recordings of the same one are taken together),
    `range_m` and `pascal_per_count`. The strongest onset of each recording is taken; a recording without one is left
    out and named.

    Raises:
        UnreadableInput: a column is missing, a cell is no number, or a file is no recording.
    """
    rows, columns = _rows(text, source, needed=("file", "label", "site"))
    unknown = [c for c in columns if c not in _KNOWN]
    if unknown:
        raise UnreadableInput(source=source, value=unknown[0], expected=f"columns {', '.join(_KNOWN)}")
    events: dict[tuple[str, str, str], list[Pulse]] = {}
    left_out = []
    for number, row in rows:
        pulse = _pulse(row, source, number, open_file)
        if pulse is None:
            left_out.append(f"{row['file']}: no sudden sound with enough recording before and after it")
            continue
        event = row.get("event", "").strip() or row["file"]
        events.setdefault((event, row["label"].strip(), row["site"].strip()), []).append(pulse)
    examples = [Example(label=k[1], site=k[2], features=measure(pulses)) for k, pulses in sorted(events.items())]
    return Labelled(examples=tuple(examples), left_out=tuple(left_out))


def _rows(text: str, source: str, *, needed: Sequence[str]) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    reader = csv.DictReader(io.StringIO(text))
    columns = list(reader.fieldnames or ())
    missing = [c for c in needed if c not in columns]
    if missing or len(set(columns)) < len(columns):
        raise UnreadableInput(
            source=source, row="row 1", value=",".join(columns), expected=f"columns {', '.join(needed)}"
        )
    rows = []
    for number, row in enumerate(reader, start=2):
        if None in row or any(row[c] is None or not row[c].strip() for c in needed):
            raise UnreadableInput(source=source, row=f"row {number}", expected=f"a value under {', '.join(needed)}")
        rows.append((number, {c: row[c] or "" for c in columns}))
    return rows, columns


def _number(cell: str, source: str, row: int, column: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UnreadableInput(source=source, row=f"row {row}, {column}", value=cell, expected="a number or nothing")
    return value


def _pulse(row: Mapping[str, str], source: str, number: int, open_file: OpenFile) -> Pulse | None:
    away, gain = (row.get(c, "").strip() for c in ("range_m", "pascal_per_count"))
    sensor = Sensor(
        id=_SENSOR,
        kind=ObserverKind.ACOUSTIC_SENSOR,
        owner=_SENSOR,
        place=Place.circular(lon_deg=0.0, lat_deg=0.0, sigma_m=1.0),
        clock_sigma_s=0.0,
        calibration_pa_per_count=_number(gain, source, number, "pascal_per_count") if gain else None,
    )
    found = [d for w in _waveforms(row["file"], open_file, sensor) for d in impulses(w, sensor).detections]
    shaped = [d for d in found if "pressure_peak" in figures(d)]
    if not shaped:
        return None
    strongest = max(shaped, key=lambda d: (_peak(d), d.id))
    range_m = _number(away, source, number, "range_m") if away else None
    return Pulse(range_m=range_m, named=figures(strongest))


def _peak(d: Detection) -> float:
    return figures(d)["pressure_peak"][0]


def _waveforms(file: str, open_file: OpenFile, sensor: Sensor) -> list[Waveform]:
    context = ReadContext(
        source=file,
        input_id=file,
        area=MissionArea(west_deg=-1.0, south_deg=-1.0, east_deg=1.0, north_deg=1.0),
        network=Network(sensors=(sensor,)),
        now_utc=datetime(2100, 1, 1, tzinfo=UTC),
        time_zone="UTC",
        sidecar=json.dumps({"sensor": sensor.id, "start_utc": _EPOCH.isoformat()}).encode(),
    )
    return [item for item in WavReader().read(io.BytesIO(open_file(file)), context) if isinstance(item, Waveform)]
