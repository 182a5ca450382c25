"""Claims and truth as files: what is written is read back; bad rows are named and the others read."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import START, claim, event

from trucewatch.model.count import Count
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.incident import KindProbability
from trucewatch.model.vocabulary import ObservationType
from trucewatch.simulate import read_claims, read_truth, score, write_claims, write_truth

CSV = """\
id,time,sigma_s,lon,lat,sigma_m,p,kind,count,sides,attributed
a,2026-03-01T00:00:00.25Z,0.1,37.7,48.1,25,0.93,explosion,3,north=0.7; south=0.2,north
b,2026-03-01T02:00:00+02:00,,37.8,48.2,,,,,,
c,2026-03-01T01:00:00Z,,,,,0.4,shot,,,
"""


def test_csv_with_missing_columns_and_cells():
    read = read_claims(CSV.encode(), "theirs.csv")
    assert read.rejected == ()
    a, b, c = read.claims
    assert a.time.utc == START + timedelta(milliseconds=250)
    assert a.place is not None
    assert (a.place.var_east_m2, a.count, a.sides) == (625.0, Count.exactly(3), (("north", 0.7), ("south", 0.2)))
    assert (b.time.utc, b.p_exists, b.kinds) == (START, 1.0, ())
    assert c.place is None


def test_bad_rows_are_named_and_the_others_read():
    rows = CSV.splitlines()
    rows[2:2] = [
        "x,yesterday,,37.7,48.1,,,,,,",
        "x,2026-03-01T00:00:00,,37.7,48.1,,,,,,",
        "x,2026-03-01T00:00:00Z,,377,48.1,,,,,,",
        "x,2026-03-01T00:00:00Z,,37.7,,,,,,,",
        "x,2026-03-01T00:00:00Z,,37.7,48.1,,1.2,,,,",
        "x,2026-03-01T00:00:00Z,,37.7,48.1,,,bang,,,",
        "x,2026-03-01T00:00:00Z,,37.7,48.1,,,,2.5,,",
        "x,2026-03-01T00:00:00Z,,37.7,48.1,,,,,north=0.9; south=0.9,",
        "a,2026-03-01T00:00:00Z,,37.7,48.1,,,,,,",
        ",2026-03-01T00:00:00Z,,37.7,48.1,,,,,,",
        "x,2026-03-01T00:00:00Z,,37.7,48.1,,,,,,,extra",
    ]
    read = read_claims("\n".join(rows).encode(), "theirs.csv")
    assert [c.id for c in read.claims] == ["a", "b", "c"]
    said = [str(r) for r in read.rejected]
    columns = ("time", "time", "lon", "lat", "p", "kind", "count", "sides", "id", "id", "row")
    assert [s.split(": ")[0].split(";")[0] for s in said] == [
        f"theirs.csv, row {k}, {c}" for k, c in enumerate(columns, start=3)
    ]
    assert "found '377'; expected a number >= -180 and <= 180" in said[2]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"", "a header with id and time"),
        (b"id,when\n", "a header with time"),
        (b"id,time,colour\n", "one of id, time"),
        (b'{"format": "other/1"}\n', "trucewatch-claims/1"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_refused(content, expected):
    with pytest.raises(UnreadableInput, match=expected):
        read_claims(content, "theirs")


def test_json_lines_with_bad_lines_between():
    good = '{"id": "a", "time": "2026-03-01T00:00:00Z", "lon": 37.7, "lat": 48.1, "kinds": {"shot": 0.3, "burst": 0.7}}'
    lines = [
        '{"format": "trucewatch-claims/1"}',
        good,
        "{",
        "[1]",
        '{"id": "b", "time": "2026-03-01T00:00:00Z", "x": 1}',
    ]
    read = read_claims("\n".join(lines).encode(), "theirs.jsonl")
    assert [k.kind.value for k in read.claims[0].kinds] == ["burst", "shot"]
    assert [str(r).split(":")[0] for r in read.rejected] == [
        f"theirs.jsonl, line {n}" for n in ("3, row", "4, row", "5, x")
    ]


def full(name: str):
    return claim(
        name,
        kinds=(KindProbability(kind=ObservationType.BURST, p=0.75), KindProbability(kind=ObservationType.SHOT, p=0.25)),
        count=Count.exactly(4),
        zones=(("strip", 0.9), ("other", 0.8)),
        sides=(("north", 0.7),),
        attributed="north",
        first_claimed_utc=START + timedelta(minutes=2),
        p_innocent=0.125,
    )


def test_claims_that_were_written_are_read_back():
    said = [full("a"), claim("b", p=0.1), replace(claim("c"), place=None, kinds=(), count=None)]
    read = read_claims(write_claims(said), "ours.jsonl")
    assert read.rejected == ()
    assert read.claims == tuple(said)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_whatever_the_file_holds_is_read_or_refused_with_words(text):
    for head in ("", "id,time,lon,lat,p\n", '{"format": "trucewatch-claims/1"}\n'):
        try:
            read_claims((head + text).encode(errors="surrogatepass"), "theirs")
        except UnreadableInput as refused:
            assert refused.expected


def test_truth_that_was_written_is_read_back():
    path = ((START, 37.7, 48.1, 100.0), (START + timedelta(seconds=60), 37.71, 48.1, 100.0))
    truth = (event("a", side="north", n_sensors=5), event("b", path=path, end_utc=START + timedelta(seconds=60)))
    assert read_truth(write_truth(truth), "truth.json") == truth


def test_a_truth_with_a_hole_is_refused_by_its_place():
    whole = json.loads(write_truth([event("a"), event("b")]))
    del whole["events"][1]["lon_deg"]
    with pytest.raises(UnreadableInput, match="event 2, lon_deg"):
        read_truth(json.dumps(whole).encode(), "truth.json")
    with pytest.raises(UnreadableInput, match="comes once"):
        read_truth(write_truth([event("a"), event("a", at_s=5.0)]), "truth.json")
    with pytest.raises(UnreadableInput, match="trucewatch-truth/1"):
        read_truth(b"[]", "truth.json")


def test_any_other_system_is_scored_as_ours():
    truth = [event(f"e{k}", at_s=600.0 * k) for k in range(5)]
    ours = [claim(f"c{k}", at_s=600.0 * k, north_m=5.0 * k) for k in range(5)]
    assert score(truth, read_claims(write_claims(ours), "theirs").claims) == score(truth, ours)
