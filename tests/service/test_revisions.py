"""What comes late makes a revision that says why; every number can be worked out again; cases are told."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mission_files import make_mission, run_mission
from trucewatch.cli.app import build
from trucewatch.model.incident import Incident
from trucewatch.model.register import NewRecord
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.service.casework import act, cases_of
from trucewatch.service.explain import explain_incident
from trucewatch.service.recompute import recompute
from trucewatch.service.revisions import changes, revisions
from trucewatch.service.understanding import current_incidents
from trucewatch.store import MemoryRegister
from trucewatch.verify import Open
from trucewatch.wiring import MissionFolder, clock, open_reading, open_workshop


@pytest.fixture
def revised(tmp_path: Path, no_pdf: object) -> Path:
    """A mission whose second recording of the shots came in a run late, after a case was opened."""
    folder = make_mission(tmp_path / "m")
    late = sorted(p for p in (folder / "inbox" / "FP3").rglob("*") if p.is_file())[-1]
    shutil.move(late, tmp_path / late.name)
    run_mission(folder)
    with open_workshop(MissionFolder(folder)) as shop:
        shots = next(i for i in current_incidents(shop.register) if i.place is not None and i.kind.value == "shot")
        at = clock(shop.texts, None)
        act(
            shop.register,
            shots.id,
            lambda i: Open(case_id=i.id, incident_revision=i.revision, actor="one", role="duty_officer"),
            at_utc=at,
        )
    shutil.move(tmp_path / late.name, late)
    run_mission(folder, now="2018-12-22T14:00:00Z")
    return folder


def test_a_late_recording_makes_a_revision_that_says_what_came_in_and_what_changed(revised: Path) -> None:
    with open_reading(MissionFolder(revised)) as (texts, register):
        shots = next(i for i in current_incidents(register) if i.place is not None and i.kind.value == "shot")
        told = revisions(register, shots.id)
        case = cases_of(register)[shots.id]
        explained = dict(explain_incident(texts, register, shots.id).sections)
    assert [r.number for r in told] == [1, 2]
    assert (told[0].stands, told[0].changes) == (False, ())
    assert any("came in" in why for why in told[1].why)
    assert any(c.startswith("place moved by") for c in told[1].changes)
    assert case.incident_revision == 2
    assert any(told[1].why[0] in line for line in explained["What people found"])
    assert told[1].text() in explained["Revisions and proof"]


def test_every_incident_comes_out_the_same_when_it_is_worked_out_again(revised: Path) -> None:
    with open_reading(MissionFolder(revised)) as (texts, register):
        found = [recompute(texts, register, i.id) for i in current_incidents(register)]
    assert found
    assert all(f.is_equal and f.n_compared > 20 for f in found)


def test_a_number_that_was_altered_is_named(revised: Path) -> None:
    with open_reading(MissionFolder(revised)) as (texts, register):
        copy = MemoryRegister()
        with copy.transaction() as tx:
            for kind in ("detection", "weather", "health_report", "listening", "trouble", "incident", "assessment"):
                for r in register.current(kind):
                    new = NewRecord(kind=kind, id=r.id, payload=r.payload, refs=r.refs)
                    tx.append(new, at_utc=r.received_utc)
        shots = next(i for i in current_incidents(copy) if i.place is not None and i.kind.value == "shot")
        assert recompute(texts, copy, shots.id).is_equal
        with copy.transaction() as tx:
            forged = replace(shots, p_exists=0.5)
            tx.append(NewRecord(kind="incident", id=shots.id, payload=to_bytes(forged)), at_utc=clock(texts, None))
        found = recompute(texts, copy, shots.id)
    assert [(d.what, d.recorded) for d in found.differences] == [("p_exists", "0.5")]


def test_the_command_says_that_an_incident_is_equal(revised: Path) -> None:
    with open_reading(MissionFolder(revised)) as (_, register):
        shots = next(i for i in current_incidents(register) if i.place is not None and i.kind.value == "shot")
    result = CliRunner().invoke(build(["recompute"]), ["recompute", str(revised), shots.id])
    assert result.exit_code == 0
    assert "equal: all" in result.output
    result = CliRunner().invoke(build(["recompute"]), ["recompute", str(revised), shots.id, "--json"])
    assert json.loads(result.output)["differences"] == []


def test_changes_say_count_existence_and_place_and_give_no_position_away(revised: Path) -> None:
    with open_reading(MissionFolder(revised)) as (_, register):
        shots = next(
            from_bytes(Incident, r.payload)
            for r in register.current("incident")
            if from_bytes(Incident, r.payload).place is not None
        )
    assert shots.place is not None
    north = replace(shots.place, lat_deg=shots.place.lat_deg + 12.0 / 111_200.0)
    more = replace(shots.count, low=4, best=4, high=4)
    said = changes(shots, replace(shots, place=north, count=more, p_exists=0.25))
    assert said[0] == "place moved by 12 m"
    assert said[1].endswith("-> 4 [4, 4]")
    assert said[2].endswith("-> 0.250")
    assert changes(shots, shots) == ("what it says of kind, place, time, count and existence is the same",)
