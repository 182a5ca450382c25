"""A run that stops anywhere, and one that is killed, is continued by the next: nothing is lost, nothing twice."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stopping import Moments, StoppedError, run_watched

from mission_files import hashes, make_mission, run_mission, trucewatch, verify_mission
from trucewatch.evidence import Outcome

# SQLite counts in its header how often a file was opened and written (bytes 24-27), and repeats the count beside the
# library's version (92-95); see sqlite.org/fileformat.html. A run that was stopped opens it once more.
COUNTERS = (range(24, 28), range(92, 96))


def _state(folder: Path) -> dict[str, object]:
    """Every file's hash; of the store all bytes but its counters, of the seal all but the line for the store."""
    found: dict[str, object] = dict(hashes(folder))
    store = bytearray((folder / "state" / "store.sqlite").read_bytes())
    for counter in COUNTERS:
        for at in counter:
            store[at] = 0
    found["state/store.sqlite"] = bytes(store)
    text = (folder / "state" / "seal").read_text(encoding="utf-8").split("\n\n")[0]
    found["state/seal"] = [line for line in text.splitlines() if "state/store.sqlite" not in line]
    return found


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], list[str]]:
    folder = make_mission(tmp_path_factory.mktemp("uninterrupted") / "m", recordings=False)
    moments = Moments()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trucewatch.report.release.to_pdf", lambda html, identifier: identifier.encode() + b"\n")
        run_watched(folder, moments)
    return _state(folder), moments.names


def _chosen(names: list[str]) -> list[int]:
    """Every moment but most of the outbox's writes, of which a report has a dozen alike, and of the progress."""
    several = ("outbox write", "progress")
    alike = [[k for k, name in enumerate(names) if kind in name] for kind in several]
    once = {k for k, name in enumerate(names) if not any(kind in name for kind in several)}
    return sorted(once.union(*(found[::9] for found in alike)))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_stopped_at_any_moment_and_run_again_it_ends_the_same(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    uninterrupted: tuple[dict[str, object], list[str]],
    part: int,
) -> None:
    want, names = uninterrupted
    monkeypatch.setattr("trucewatch.report.release.to_pdf", lambda html, identifier: identifier.encode() + b"\n")
    chosen = _chosen(names)
    assert len(chosen) > 30
    for stop_at in chosen[part::4]:
        folder = make_mission(tmp_path / "m", recordings=False)
        with pytest.raises(StoppedError):
            run_watched(folder, Moments(stop_at))
        run_mission(folder)
        got = _state(folder)
        where = f"stopped at {stop_at}, {names[stop_at]}"
        assert sorted(got) == sorted(want), where
        assert [name for name in got if got[name] != want[name]] == [], where
        assert verify_mission(folder).outcome is Outcome.UNANCHORED, where
        shutil.rmtree(folder)


def test_stopped_again_and_again_it_still_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uninterrupted: tuple[dict[str, object], list[str]]
) -> None:
    monkeypatch.setattr("trucewatch.report.release.to_pdf", lambda html, identifier: identifier.encode() + b"\n")
    folder = make_mission(tmp_path / "m", recordings=False)
    for stop_at in (3, 9, 14, 18, 20, 20):
        with pytest.raises(StoppedError):
            run_watched(folder, Moments(stop_at))
    run_mission(folder)
    assert _state(folder) == uninterrupted[0]


@pytest.mark.slow
def test_a_process_that_is_killed_is_continued(finished_mission: Path, tmp_path: Path) -> None:
    want = _state(finished_mission)
    draw = random.Random(20181219)
    code = "from trucewatch.cli import main; main()"
    n_killed = 0
    for n in range(2):
        folder = make_mission(tmp_path / f"m{n}")
        process = subprocess.Popen([sys.executable, "-c", code, "run", str(folder)], stdout=subprocess.DEVNULL)
        began = time.monotonic()
        while not (folder / "state" / "store.sqlite").exists() and time.monotonic() - began < 60:
            time.sleep(0.01)
        time.sleep(draw.uniform(0.0, 2.5))
        process.send_signal(signal.SIGKILL)
        n_killed += process.wait() == -signal.SIGKILL
        run_mission(folder)
        assert _state(folder) == want
        assert verify_mission(folder).outcome is Outcome.UNANCHORED
    assert n_killed >= 1, "every run ended before it was killed; nothing was tested"


@pytest.mark.usefixtures("no_pdf")
def test_a_case_is_reopened_even_if_the_run_that_revised_its_incident_was_stopped_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trucewatch.service import understanding
    from trucewatch.service.casework import act, case_events
    from trucewatch.verify import Open
    from trucewatch.wiring import MissionFolder, clock, open_reading, open_workshop

    folder = make_mission(tmp_path / "m")
    shutil.move(folder / "inbox" / "weather.csv", tmp_path / "weather.csv")
    run_mission(folder)
    with open_workshop(MissionFolder(folder)) as shop:
        shot = next(i for i in understanding.current_incidents(shop.register) if i.kind.value == "shot")
        act(
            shop.register,
            shot.id,
            lambda i: Open(case_id=i.id, incident_revision=i.revision, actor="DO-1", role="duty_officer"),
            at_utc=clock(shop.texts, None),
        )
    shutil.move(tmp_path / "weather.csv", folder / "inbox" / "weather.csv")

    def power_cut(*_: object, **__: object) -> int:
        raise StoppedError("after the incidents were recorded")

    with monkeypatch.context() as patch:
        patch.setattr(understanding, "reopen_revised", power_cut)
        with pytest.raises(StoppedError):
            run_mission(folder)
    run_mission(folder)
    with open_reading(MissionFolder(folder)) as (_, register):
        steps = [e.step.value for e in case_events(register)[shot.id]]
        assert understanding.current_incidents(register)
    assert steps == ["opened", "reopened"]


def test_a_second_run_at_the_same_time_is_refused_and_the_first_goes_on(finished_copy: Path) -> None:
    from trucewatch.wiring import MissionFolder, open_workshop

    before = hashes(finished_copy)
    with open_workshop(MissionFolder(finished_copy)):
        second = trucewatch("run", finished_copy)
    assert second.returncode == 1
    assert "Traceback" not in second.stderr
    assert "another" in second.stderr
    assert hashes(finished_copy) == before
    assert os.access(finished_copy, os.W_OK)
