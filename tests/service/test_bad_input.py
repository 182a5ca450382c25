"""Bad input from end to end: a clear reason, the bytes kept, a record in the log, and everything else processed."""

import io
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from mission_files import (
    FIRMS_HEADER,
    LIVE_FIRE,
    MONITORS,
    ROOT,
    firms_rows,
    hashes,
    make_mission,
    run_mission,
    trucewatch,
    verify_mission,
)
from trucewatch.evidence import Outcome
from trucewatch.model.detection import Detection
from trucewatch.model.errors import InvalidMission
from trucewatch.model.wire import from_bytes
from trucewatch.service.run import RunSummary
from trucewatch.wiring import MissionFolder, check_folder, open_reading

WAVES = ROOT / "tests" / "data" / "observe"
RECORDING = LIVE_FIRE / "inbox" / "FP3" / "test_037"
pytestmark = pytest.mark.usefixtures("no_pdf")

HEADER = MONITORS.split("\n")[0] + "\n"


def _monitor(when: str = "18 December 2018, 22:00", more: str = "", header: str = HEADER) -> bytes:
    row = f'POST-1,on the roof,1-2km N,heard,3,shots,,N/K,"{when}",1-2km,N,,en{more}\n'
    return (header + row).encode()


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER.strip().replace('"Date, time (America/New_York)"', "when").split(","))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _zip_bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)
        archive.writestr("xl/workbook.xml", b"<workbook/>")
    return content.getvalue()


def _fire(**values: str) -> bytes:
    row = dict(zip(FIRMS_HEADER.strip().split(","), firms_rows(1).strip().split(","), strict=True))
    return (FIRMS_HEADER + ",".join((row | values).values()) + "\n").encode()


def _pulse(**values: object) -> bytes:
    pulse = {
        "sensor": "FP3-SCP-00-BNG-5515",
        "time_utc": "2018-12-19T02:12:39Z",
        "sigma_s": 0.0005,
        "snr_db": 20.0,
        "level_db": 80.0,
        "group": None,
    }
    return json.dumps({"format": "trucewatch-pulses/1", "pulses": [pulse | values]}).encode()


def _cut(content: bytes, keep: float) -> bytes:
    return content[: int(len(content) * keep)]


def _holed(content: bytes, at: int, n: int = 64) -> bytes:
    return content[:at] + bytes(n) + content[at + n :]


WHOLE = {
    # what cannot be read at all: name, bytes, a word of the reason
    "cut.mseed": (lambda: _cut((WAVES / "brp1_10s.mseed").read_bytes(), 0.3), ""),
    "corrupt.mseed": (lambda: _holed((WAVES / "brp1_10s.mseed").read_bytes(), 40, 24), ""),
    "cut.sac": (lambda: _cut((WAVES / "brp1_10s.sac").read_bytes(), 0.7), ""),
    "corrupt.sac": (lambda: _holed((WAVES / "brp1_10s.sac").read_bytes(), 280), ""),
    "cut-sound.wav": (lambda: _cut((RECORDING / "SCP-00-BNG-5515.wav").read_bytes(), 0.0001), ""),
    "cut.xlsx": (lambda: _cut(_workbook(), 0.5), ""),
    "bomb.xlsx": (_zip_bomb, ""),
    "cut.json": (lambda: _cut(_pulse(), 0.6), ""),
    "nothing.csv": (lambda: b"", "empty"),
    "noise.bin": (lambda: bytes(range(256)) * 20, "miniSEED"),
    "letter.txt": (lambda: b"dear all,\nnothing happened\n", "monitors' reports"),
}
ROWS = {
    # one row that cannot be, in a table that can
    "fire-nan.csv": (lambda: _fire(latitude="nan"), "nan"),
    "fire-infinite.csv": (lambda: _fire(frp="inf"), "inf"),
    "fire-cut.csv": (lambda: FIRMS_HEADER.encode() + b"0.02,0.16,33", "row 2"),
    "fire-future.csv": (lambda: _fire(acq_date="2031-01-01"), "2031"),
    "time-without-zone.csv": (lambda: _monitor(header=HEADER.replace(" (America/New_York)", "")), ""),
    "report-future.csv": (lambda: _monitor("18 December 2031, 22:00"), "2031"),
    "swapped.csv": (lambda: _monitor(more=",-0.01,0.2", header=HEADER.strip() + ",lon,lat\n"), ""),
    "nobody.csv": (lambda: _monitor().replace(b"POST-1", b"POST-9"), "POST-9"),
    "pulse-nan.json": (lambda: _pulse(sigma_s=float("nan")), ""),
    "pulse-no-zone.json": (lambda: _pulse(time_utc="2018-12-19T02:12:39"), "2018-12-19T02:12:39"),
    "pulse-nobody.json": (lambda: _pulse(sensor="XX-1"), "XX-1"),
    "health-future.csv": (
        lambda: b"sensor,from,to,state,reason\nFP3-SCP-00-BNG-5515,2031-01-01T00:00:00Z,,power_cut,x\n",
        "2031",
    ),
    "weather-fahrenheit.csv": (
        lambda: (
            b"time,temperature_c,relative_humidity_pct,pressure_hpa,wind_m_s,wind_from_deg,source\n"
            b"2018-12-19T02:00:00Z,75.2,60,1015,2,270,x\n"
        ),
        "75.2",
    ),
    "weather-pascal.csv": (
        lambda: (
            b"time,temperature_c,relative_humidity_pct,pressure_hpa,wind_m_s,wind_from_deg,source\n"
            b"2018-12-19T02:00:00Z,7.2,60,101500,2,270,x\n"
        ),
        "101500",
    ),
}


def _small(folder: Path) -> Path:
    """Weather only: what stays when everything else is bad."""
    make_mission(folder, recordings=False)
    for name in ("monitors.csv", "fires.csv", "health.csv"):
        (folder / "inbox" / name).unlink()
    return folder


def _reasons(folder: Path) -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in sorted((folder / "rejected").rglob("*.reason.txt")))


def _require_on_record(folder: Path, n: int) -> None:
    with open_reading(MissionFolder(folder)) as (_, register):
        rejections = [json.loads(r.payload) for r in register.current("rejection")]
        assert len(rejections) == n
        assert all(r["expected"] for r in rejections), "each says what would be right"
        assert sum(1 for _ in register.current("weather")) == 1, "the rest was processed"
    assert verify_mission(folder).outcome is Outcome.UNANCHORED


def test_everything_that_cannot_be_read_is_kept_whole_with_a_reason(tmp_path: Path) -> None:
    folder = _small(tmp_path / "m")
    made = {name: make() for name, (make, _) in WHOLE.items()}
    for name, content in made.items():
        (folder / "inbox" / name).write_bytes(content)
    summary = run_mission(folder)
    assert summary.intake.n_new == len(WHOLE) + 1
    assert summary.intake.n_observations == 1
    assert summary.intake.n_rejected == len(WHOLE)
    for name, (_, word) in WHOLE.items():
        assert (folder / "rejected" / name).read_bytes() == made[name], name
        reason = (folder / "rejected" / f"{name}.reason.txt").read_text(encoding="utf-8")
        assert name in reason
        assert "expected" in reason
        assert word in reason, reason
    _require_on_record(folder, len(WHOLE))


def test_every_row_that_cannot_be_is_kept_with_a_reason(tmp_path: Path) -> None:
    folder = _small(tmp_path / "m")
    for name, (make, _) in ROWS.items():
        (folder / "inbox" / name).write_bytes(make())
    summary = run_mission(folder)
    missing = [n for n in ROWS if not list((folder / "rejected").glob(f"{n}*.reason.txt"))]
    assert missing == []
    assert summary.intake.n_observations == 1
    assert summary.intake.n_rejected == len(ROWS)
    for name, (_, word) in ROWS.items():
        (path,) = (folder / "rejected").glob(f"{name}*.reason.txt")
        reason = path.read_text(encoding="utf-8")
        assert name in reason
        assert "expected" in reason
        assert word in reason, reason
        assert path.with_name(path.name.removesuffix(".reason.txt")).is_file(), name
    _require_on_record(folder, len(ROWS))


def test_a_recording_of_a_sensor_in_no_network_is_kept_and_the_rest_processed(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m")
    stranger = folder / "inbox" / "FP3" / "SCP-00-BNG-5515"
    sidecar = json.loads(stranger.with_suffix(".json").read_text(encoding="utf-8"))
    stranger.with_suffix(".json").write_text(json.dumps(sidecar | {"sensor": "STRANGER-1"}), encoding="utf-8")
    said = trucewatch("run", folder)
    assert said.returncode == 0, said.stderr
    assert "2 rejected" in said.stdout, "this and the row of the monitors' report"
    assert (folder / "rejected" / "FP3" / "SCP-00-BNG-5515.wav").read_bytes() == stranger.with_suffix(
        ".wav"
    ).read_bytes()
    assert "STRANGER-1" in _reasons(folder)
    with open_reading(MissionFolder(folder)) as (_, register):
        assert sum(1 for _ in register.current("recording")) == 5
        sources = [json.loads(r.payload)["source"] for r in register.current("rejection")]
    assert sorted(sources) == ["FP3/SCP-00-BNG-5515.wav", "monitors.csv"]
    assert verify_mission(folder).outcome is Outcome.UNANCHORED


def test_a_refused_recording_is_read_once_its_sensor_is_in_the_network(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m")
    network = (folder / "network.yaml").read_text(encoding="utf-8")
    known = "FP3-SCP-00-BNG-5515"
    assert known in network
    (folder / "network.yaml").write_text(network.replace(known, "FP3-SOMEBODY-ELSE"), encoding="utf-8")
    first = run_mission(folder)
    refused = folder / "rejected" / "FP3" / "SCP-00-BNG-5515.wav"
    assert refused.is_file()
    assert run_mission(folder).intake.n_new == 0, "nothing has changed, so it is not tried again"
    (folder / "network.yaml").write_text(network, encoding="utf-8")
    second = run_mission(folder)
    assert (second.intake.n_new, second.intake.n_rejected) == (1, 0)
    assert second.n_detections > first.n_detections
    assert not refused.exists()
    with open_reading(MissionFolder(folder)) as (_, register):
        sources = [json.loads(r.payload)["source"] for r in register.current("rejection")]
        retired = [json.loads(r.payload) for r in register.records() if r.kind == "retirement"]
    assert "FP3/SCP-00-BNG-5515.wav" not in sources
    assert ("rejection", "the input could be read after all") in {(r["kind"], r["why"]) for r in retired}
    assert verify_mission(folder).outcome is Outcome.UNANCHORED
    assert run_mission(folder).n_new_records == 0


def test_a_recording_without_its_sidecar_is_taken_in_once_the_sidecar_comes(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m")
    sidecar = folder / "inbox" / "FP3" / "SCP-00-BNG-5515.json"
    shutil.move(sidecar, tmp_path / "late.json")
    first = run_mission(folder)
    assert "FP3/SCP-00-BNG-5515.wav" in _reasons(folder)
    shutil.move(tmp_path / "late.json", sidecar)
    second = run_mission(folder)
    assert (second.intake.n_new, second.intake.n_rejected) == (1, 0)
    assert second.n_detections > first.n_detections
    assert verify_mission(folder).outcome is Outcome.UNANCHORED


def _detections(folder: Path) -> list[Detection]:
    with open_reading(MissionFolder(folder)) as (_, register):
        return [from_bytes(Detection, r.payload) for r in register.current("detection")]


def test_the_same_bytes_under_another_name_are_one_input(finished_copy: Path) -> None:
    inbox = finished_copy / "inbox"
    before = _detections(finished_copy)
    shutil.copyfile(inbox / "monitors.csv", inbox / "a-copy.csv")
    shutil.copyfile(inbox / "fires.csv", inbox / "z-copy.csv")
    for suffix in (".wav", ".json"):
        shutil.copyfile(inbox / "FP3" / f"SCP-00-BNG-5515{suffix}", inbox / f"again{suffix}")
    summary = run_mission(finished_copy)
    assert (summary.intake.n_new, summary.intake.n_duplicate) == (0, 3)
    assert _detections(finished_copy) == before
    with open_reading(MissionFolder(finished_copy)) as (_, register):
        notes = [json.loads(r.payload)["path"] for r in register.current("duplicate")]
    assert sorted(notes) == ["a-copy.csv", "again.wav", "z-copy.csv"]
    assert summary.publications == ()
    settled = hashes(finished_copy)
    run_mission(finished_copy)
    assert hashes(finished_copy) == settled
    assert verify_mission(finished_copy).outcome is Outcome.UNANCHORED


def test_a_longer_version_of_a_table_does_not_double_what_was_in_the_shorter(finished_copy: Path) -> None:
    before = _detections(finished_copy)
    more = 'POST-1,on the roof,2-3km W,heard,1,explosion,undetermined,N/K,"19 December 2018, 22:40",2-3km,W,,en\n'
    (finished_copy / "inbox" / "monitors-2.csv").write_text(MONITORS + more, encoding="utf-8")
    (finished_copy / "inbox" / "fires-2.csv").write_text(FIRMS_HEADER + firms_rows(30) + "\n", encoding="utf-8")
    run_mission(finished_copy)
    after = _detections(finished_copy)
    kinds = [sum(d.kind.value == kind for d in after) for kind in ("onset", "report", "fire")]
    assert kinds == [
        sum(d.kind.value == kind for d in before) + (kind == "report") for kind in ("onset", "report", "fire")
    ]
    assert verify_mission(finished_copy).outcome is Outcome.UNANCHORED


LARGE_BYTES = int(os.environ.get("TRUCEWATCH_LARGE_BYTES", "30000000"))
"""what a test run can afford; a table of a gigabyte is measured by hand with this variable"""


def _write_fires(path: Path, *, size: int) -> int:
    """Write fires of six years strewn over 18 by 18 degrees, about as many a year as a continent has."""
    draw = random.Random(7)
    n = written = 0
    with path.open("w", encoding="ascii") as out:
        out.write(FIRMS_HEADER)
        while written < size:
            year, month, day = 2013 + n % 6, draw.randint(1, 11), draw.randint(1, 28)
            lat, lon, at = draw.uniform(-9, 9), draw.uniform(-9, 9), draw.randint(0, 59)
            written += out.write(
                f"{lat:.5f},{lon:.5f},330.5,0.4,0.4,{year}-{month:02d}-{day:02d},07{at:02d},N,nominal,1,290.1,3.5,N,VIIRS\n"
            )
            n += 1
    return n


@pytest.mark.slow
def test_a_large_table_of_fires_is_streamed(tmp_path: Path) -> None:
    folder = _small(tmp_path / "m")
    toml = (folder / "mission.toml").read_text(encoding="utf-8")
    wide = toml.replace("west = 0.1", "west = -9.0").replace("south = -0.1", "south = -9.0")
    wide = wide.replace("east = 0.3", "east = 9.0").replace("north = 0.1", "north = 9.0")
    (folder / "mission.toml").write_text(wide, encoding="utf-8")
    n = _write_fires(folder / "inbox" / "years.csv", size=LARGE_BYTES)
    measured = (
        "import re, sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path\n"
        "import trucewatch.report.release as release; release.to_pdf = lambda html, identifier: b'%PDF'\n"
        "from mission_files import run_mission\n"
        "s = run_mission(Path(sys.argv[1]))\n"
        # The kernel's mark of this process: ru_maxrss would carry over the size of the one that runs the tests.
        "peak_kib = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]\n"
        "print(s.intake.n_observations, int(peak_kib) // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", measured, str(folder), str(ROOT / "tests")],
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    n_observations, peak_mib = map(int, done.stdout.split())
    assert n_observations == n + 1
    assert peak_mib < 500, f"{peak_mib} MiB for {LARGE_BYTES // 1_000_000} MB"


def _texts(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / name
        before = path.read_text(encoding="utf-8")
        path.write_text(change(before), encoding="utf-8")
        assert path.read_text(encoding="utf-8") != before

    return edit


RING = "[[0.15, -0.05], [0.25, -0.05], [0.25, 0.05], [0.15, 0.05], [0.15, -0.05]]"
CROSSED = "[[0.15, -0.05], [0.25, 0.05], [0.25, -0.05], [0.15, 0.05], [0.15, -0.05]]"
OPEN = "[[0.15, -0.05], [0.25, -0.05], [0.25, 0.05], [0.15, 0.05]]"
SWAPPED = "[[48.05, 37.15], [48.15, 37.15], [48.15, 37.25], [48.05, 37.15]]"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
TEXTS = {
    "bomb": (_texts("agreement.yaml", lambda t: BOMB + t), "agreement.yaml"),
    "unclosed": (_texts("agreement.yaml", lambda t: t.replace(RING, OPEN)), "agreement.yaml:15"),
    "crossed": (_texts("agreement.yaml", lambda t: t.replace(RING, CROSSED)), "agreement.yaml:15"),
    "swapped": (_texts("agreement.yaml", lambda t: t.replace(RING, SWAPPED)), "agreement.yaml:15"),
    "not yaml": (_texts("network.yaml", lambda t: t + "\n  - : [\n"), "network.yaml:"),
    "not toml": (_texts("mission.toml", lambda t: t + "\nid = \n"), "mission.toml:"),
    "no zone": (_texts("notified.yaml", lambda t: t.replace("15:00:00Z", "15:00:00")), "notified.yaml:"),
    "bare number": (_texts("notified.yaml", lambda t: t.replace("500 m", "500")), "notified.yaml:"),
    "not a number": (_texts("network.yaml", lambda t: t.replace("sigma_m: 0.05", "sigma_m: .nan", 1)), "network.yaml:"),
    "unknown term": (_texts("guarantees.yaml", lambda t: t.replace("[T1]", "[T9]")), "guarantees.yaml:"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_mission_text_that_is_wrong_stops_check_and_run_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    edit, where = TEXTS[case]
    folder = make_mission(tmp_path / "m", recordings=False)
    edit(folder)
    before = hashes(folder)
    _, problems = check_folder(MissionFolder(folder))
    text = "\n".join(map(str, problems))
    assert where in text
    errors = [p for p in problems if p.severity == "error"]
    assert errors
    assert all(p.line for p in errors), "each with its line"
    with pytest.raises(InvalidMission) as refused:
        run_mission(folder)
    assert where in str(refused.value)
    assert hashes(folder) == before


@pytest.mark.parametrize("case", ["bomb", "unclosed"])
def test_check_and_run_exit_with_1_for_a_wrong_text(tmp_path: Path, case: str) -> None:
    edit, where = TEXTS[case]
    folder = make_mission(tmp_path / "m", recordings=False)
    edit(folder)
    before = hashes(folder)
    for command in ("check", "run"):
        said = trucewatch(command, folder, timeout=60)
        assert said.returncode == 1
        assert where in said.stdout + said.stderr
        assert "Traceback" not in said.stderr
    assert hashes(folder) == before


def test_two_faults_in_two_files_are_said_at_once(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m", recordings=False)
    for case in ("unclosed", "bare number", "not a number"):
        TEXTS[case][0](folder)
    said = trucewatch("check", folder)
    assert all(name in said.stdout for name in ("agreement.yaml", "notified.yaml", "network.yaml"))


def test_links_pipes_and_names_that_are_no_text_are_left_alone_and_said(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m", recordings=False)
    inbox = folder / "inbox"
    (inbox / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(inbox / "pipe.csv")
    Path(os.fsdecode(os.fsencode(inbox) + b"/\xff\xfe.csv")).write_bytes(b"x")
    summary: RunSummary = run_mission(folder)
    assert summary.intake.n_files == 4
    said = trucewatch("check", folder)
    assert said.returncode == 0
    assert all(name in said.stdout for name in ("link.csv", "pipe.csv", "\\xff\\xfe"))
