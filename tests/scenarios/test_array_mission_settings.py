"""The bundled array mission with other settings under [detect], from its files to detections."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from trucewatch.detect.array_listener import METHOD
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.service.ingest import ingest
from trucewatch.service.sensing import current_detections, sense
from trucewatch.service.texts import read_texts
from trucewatch.store import Inbox, MemoryOutbox, MemoryRegister
from trucewatch.wiring import MissionFolder, Quiet

FOLDER = Path(__file__).parents[2] / "missions" / "array"


def interval_of(detection: Detection) -> tuple[datetime, datetime]:
    assert detection.interval is not None
    start, end = detection.interval.start_utc, detection.interval.end_utc
    assert start is not None
    assert end is not None
    return start, end


@cache
def found(setting: str = "") -> tuple[Detection, ...]:
    """Return the arrivals of the mission with one line more under [detect]."""
    texts = dict(MissionFolder(FOLDER).texts())
    texts["mission.toml"] = texts["mission.toml"].replace(b"[detect]\n", f"[detect]\n{setting}\n".encode())
    mission, register, inbox = read_texts(texts), MemoryRegister(), Inbox(FOLDER / "inbox")
    now = mission.mission.clock_utc
    assert now is not None
    ingest(mission, inbox, MemoryOutbox(), register, Quiet(), now_utc=now)
    sense(mission, inbox, register, Quiet(), now_utc=now)
    return tuple(d for d in current_detections(register) if d.kind is DetectionKind.ARRIVAL)


def bearing_of(detection: Detection) -> float:
    assert detection.bearing_deg is not None
    return detection.bearing_deg


def _turn_deg(one: Detection, other: Detection) -> float:
    return abs((bearing_of(one) - bearing_of(other) + 180.0) % 360.0 - 180.0)


def _within(one: Detection, other: Detection) -> bool:
    return interval_of(other)[0] <= one.time.utc <= interval_of(other)[1]


@pytest.mark.parametrize("method", ["capon", "music", "trimmed_squares"])
def test_other_methods_find_the_strong_arrivals_where_the_usual_one_does(method: str) -> None:
    others = found(f'array_method = "{method}"')
    assert {d.method for d in others} == {METHOD.replace("bartlett", method.replace("_", "-"))}
    assert len(found()) == 3
    for ours in found():
        (theirs,) = [d for d in others if abs((d.time.utc - ours.time.utc).total_seconds()) <= 5.0]
        assert _turn_deg(ours, theirs) <= 1.0
    for theirs in others:
        # A pause may part what is one train to the usual beams; nothing is found that is not of the three.
        assert any(_turn_deg(ours, theirs) <= 1.0 and _within(theirs, ours) for ours in found())


def test_the_defaults_written_out_change_nothing() -> None:
    written = 'array_method = "bartlett"\narray_clock_sigma_s = 0.0\narray_false_alarms_per_day = 0.1'
    assert found(written) == found()


def test_doubtful_clocks_widen_every_bearing() -> None:
    doubtful = found("array_clock_sigma_s = 0.02")
    for ours, theirs in zip(found(), doubtful, strict=True):
        assert ours.bearing_sigma_deg is not None
        assert theirs.bearing_sigma_deg is not None
        assert theirs.bearing_sigma_deg > 1.1 * ours.bearing_sigma_deg


def test_a_lower_rate_of_false_alarms_keeps_only_the_surer_arrivals() -> None:
    strict = {d.time.utc for d in found("array_false_alarms_per_day = 1e-20")}
    kept = {d.time.utc for d in found() if _per_day(d) <= 1e-20}
    assert strict == kept
    assert len(strict) < len(found())


def _per_day(detection: Detection) -> float:
    return next(f.value for f in detection.features if f.name == "false_alarms")
