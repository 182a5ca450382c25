"""`trucewatch score`: a mission and another system's table against a truth, files, comparison, exit codes."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

TRUTH = {
    "format": "trucewatch-truth/1",
    "events": [
        {
            "id": f"e{k}",
            "kind": "explosion" if k % 2 else "shot",
            "label": "mortar_120",
            "cause": "explosion",
            "innocent": k == 9,
            "notified": False,
            "start_utc": f"2026-03-01T{k:02d}:00:00Z",
            "end_utc": f"2026-03-01T{k:02d}:00:10Z",
            "lon_deg": 37.7,
            "lat_deg": 48.1 + 0.1 * k,
            "sigma_m": 0.0,
            "count": 3,
            "size": "medium",
            "side": "north",
        }
        for k in range(10)
    ],
}


def claims(found: int, false: int = 0) -> str:
    rows = ["id,time,lon,lat,sigma_m,p,kind,count,sides,attributed"]
    rows += [
        f"c{k},2026-03-01T{k:02d}:00:02Z,37.7,{48.1 + 0.1 * k:.4f},20,0.9,explosion,3,north=0.8,north"
        for k in range(found)
    ]
    rows += [f"f{k},2026-03-01T{k:02d}:30:00Z,37.7,48.1,20,0.7,explosion,1,," for k in range(false)]
    return "\n".join(rows) + "\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "truth.json").write_text(json.dumps(TRUTH), encoding="utf-8")
    (tmp_path / "good.csv").write_text(claims(9), encoding="utf-8")
    (tmp_path / "bad.csv").write_text(claims(4, false=9), encoding="utf-8")
    return tmp_path


def test_a_table_of_another_system(tw, files: Path) -> None:
    said = tw("score", files / "good.csv", "--truth", files / "truth.json")
    assert said.code == 0
    assert "9 true events (1 more were innocent)" in said.out
    assert re.search(r"found, of true events +100 %", said.out)
    assert re.search(r"attributed to the wrong side +0 %", said.out)
    assert "existence" in said.out


def test_json_is_the_score_as_in_its_file(tw, files: Path) -> None:
    said = tw("score", files / "good.csv", "--truth", files / "truth.json", "--json", "--to", files / "s.json")
    assert json.loads(said.out) == json.loads((files / "s.json").read_text(encoding="utf-8"))


def test_a_worse_run_exits_with_3_only_where_a_tolerance_was_given(tw, files: Path) -> None:
    first = files / "first.json"
    tw("score", files / "good.csv", "--truth", files / "truth.json", "--to", first)
    worse = ("score", files / "bad.csv", "--truth", files / "truth.json", "--against", first)
    plain = tw(*worse)
    assert plain.code == 0
    assert re.search(r"found, of true events +100 % +44\.4 % +WORSE", plain.out)
    strict = tw(*worse, "--tolerance", "0.1")
    assert strict.code == 3
    assert "found, of true events" in strict.err
    assert (
        tw("score", files / "good.csv", "--truth", files / "truth.json", "--against", first, "--tolerance", "0").code
        == 0
    )
    compared = json.loads(tw(*worse, "--json").out)
    assert set(compared) == {"score", "comparison"}


def test_rows_that_cannot_be_read_are_named_and_the_rest_is_scored(tw, files: Path) -> None:
    with (files / "good.csv").open("a", encoding="utf-8") as out:
        out.write("x,soon,37.7,48.1,20,0.9,explosion,3,,\n")
    said = tw("score", files / "good.csv", "--truth", files / "truth.json", "--html", files / "page.html")
    assert said.code == 0
    assert "good.csv, row 11, time: found 'soon'" in said.out
    assert "found &#39;soon&#39;" in (files / "page.html").read_text(encoding="utf-8")


def test_a_mission_is_scored_against_its_own_truth(tw, finished_mission: Path, tmp_path: Path) -> None:
    mission = shutil.copytree(finished_mission, tmp_path / "tiny")
    truth = mission / "truth.yaml"
    truth.write_text("events:\n- {id: e, lon: 0.2, lat: 0.01, sigma_m: 1}\n", encoding="utf-8")
    said = tw("score", mission, "--json")
    assert said.code == 0
    known = json.loads(said.out)
    assert known["n_truth"] == 1
    assert known["n_claims"] == len(json.loads(tw("incidents", mission, "--json").out)["incidents"]) > 0
    truth.unlink()
    assert "name one with --truth FILE" in tw("score", mission).err


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--truth", "nowhere.json"], 1, "nowhere.json"),
        (["--truth", "good.csv"], 1, "a truth in .json or .yaml"),
        ([], 1, "name one with --truth FILE"),
        (["--truth", "truth.json", "--tolerance", "0.1"], 2, "needs --against"),
        (["--truth", "truth.json", "--match-m", "0"], 2, "match_m"),
        (["--truth", "truth.json", "--kind", "bang"], 2, "bang"),
        (["--truth", "truth.json", "--observed", "2026-03-01T00:00:00Z", "monday"], 1, "monday"),
        (["--truth", "truth.json", "--observed", "2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"], 1, "is not after"),
        (["--truth", "truth.json", "--against", "truth.json"], 1, "trucewatch-score/1"),
    ],
)
def test_what_cannot_be_done_is_said(tw, files: Path, monkeypatch, more: list[str], code: int, words: str) -> None:
    monkeypatch.chdir(files)
    said = tw("score", "good.csv", *more)
    assert said.code == code
    assert words in said.err


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_the_page_needs_nothing_else_and_says_every_drawing_in_words(tw, files: Path) -> None:
    tw("score", files / "good.csv", "--truth", files / "truth.json", "--to", files / "first.json")
    page = files / "page.html"
    tw("score", files / "bad.csv", "--truth", files / "truth.json", "--against", files / "first.json", "--html", page)
    text = page.read_text(encoding="utf-8")
    tags = _Tags()
    tags.feed(text)
    assert not {tag for tag, _ in tags.seen} & {"script", "link", "img", "iframe"}
    assert not [a for _, a in tags.seen if "src" in a or str(a.get("href", "#"))[0] != "#"]
    assert text.count("<svg") == len(re.findall(r"<svg[^>]*><title>[^<]{20,}</title>", text)) > 4
    assert "Against the earlier score" in text
    assert "prefers-color-scheme: dark" in text
