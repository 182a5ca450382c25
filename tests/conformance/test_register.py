"""One suite that every register passes, and a model test that compares the two on random work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.model.instant import Interval
from trucewatch.model.observation import FirePixels
from trucewatch.model.register import Box, FireColumns, NewRecord
from trucewatch.store import MemoryRegister, SqliteRegister, StoreError

if TYPE_CHECKING:
    from trucewatch.service.ports import Register

T0 = datetime(2025, 8, 12, tzinfo=UTC)
EVERYWHERE = Box()


@pytest.fixture(params=["memory", "sqlite"])
def register(request, tmp_path: Path) -> Iterator[Register]:
    made = MemoryRegister() if request.param == "memory" else SqliteRegister(tmp_path / "store.sqlite")
    yield made
    made.seal()


def hour(n: float) -> datetime:
    return T0 + timedelta(hours=n)


def between(start: float | None, end: float | None) -> Interval:
    return Interval(
        start_utc=None if start is None else hour(start),
        end_utc=None if end is None else hour(end),
    )


def note(record_id: str, payload: bytes = b"{}", *, kind: str = "incident", **more) -> NewRecord:
    return NewRecord(kind=kind, id=record_id, payload=payload, **more)


def fill(register: Register, *records: NewRecord) -> None:
    with register.transaction() as writes:
        for record in records:
            writes.append(record, at_utc=T0)


def pixels(rows, *, input_id: str = "inp-1", lon=37.5, lat=48.0, hours=None, frp=None) -> FirePixels:
    n = len(rows)
    return FirePixels(
        input_id=input_id,
        first_row=int(rows[0]) if n else 2,
        row=np.array(rows, dtype=np.int64),
        lon_deg=np.full(n, lon),
        lat_deg=np.full(n, lat),
        time_s=T0.timestamp() + 3600.0 * np.array(hours if hours is not None else range(n), dtype=np.float64),
        time_sigma_s=np.full(n, 60.0),
        scan_m=np.full(n, np.nan),
        track_m=np.full(n, 390.0),
        frp_mw=np.array(frp if frp is not None else rows, dtype=np.float64),
        confidence=np.full(n, 0.5),
        night=np.arange(n) % 2 == 0,
        satellite=tuple(("S-NPP", "NOAA-20", "Супутник")[i % 3] for i in range(n)),
        version=("2.0NRT",) * n,
    )


def same_columns(one: FireColumns, other: FireColumns) -> bool:
    arrays = ("row", "lon_deg", "lat_deg", "time_s", "time_sigma_s", "scan_m", "track_m", "frp_mw", "confidence")
    return (
        one.input_id == other.input_id
        and one.satellite == other.satellite
        and one.version == other.version
        and all(np.array_equal(getattr(one, a), getattr(other, a), equal_nan=True) for a in arrays)
        and np.array_equal(one.night, other.night)
    )


def ids(records) -> list[str]:
    return [r.id for r in records]


# Appending


def test_a_record_comes_back_as_it_was_given(register) -> None:
    given_record = note(
        "inc-1", b'{"a":"\xd1\x97"}', refs=("det-2", "det-1"), time=between(0, 1), lon_deg=37, lat_deg=48
    )
    with register.transaction() as writes:
        appended = writes.append(given_record, at_utc=T0 + timedelta(microseconds=1))
    assert register.get("incident", "inc-1") == appended
    assert (appended.seq, appended.revision, appended.current) == (0, 1, True)
    assert (appended.payload, appended.refs) == (given_record.payload, ("det-2", "det-1"))
    assert appended.received_utc == T0 + timedelta(microseconds=1)


def test_a_repeated_step_changes_nothing(register) -> None:
    fill(register, note("inc-1"))
    with register.transaction() as writes:
        again = writes.append(note("inc-1"), at_utc=hour(5))
    assert (again.seq, again.received_utc, len(register)) == (0, T0, 1)


def test_another_payload_is_a_new_revision(register) -> None:
    fill(register, note("inc-1", b"1"), note("inc-2", b"x"), note("inc-1", b"2"))
    first, second = register.history("incident", "inc-1")
    assert [(r.seq, r.revision, r.current, r.payload) for r in (first, second)] == [
        (0, 1, False, b"1"),
        (2, 2, True, b"2"),
    ]
    assert register.get("incident", "inc-1") == second
    assert ids(register.current("incident")) == ["inc-2", "inc-1"]


def test_going_back_to_an_earlier_payload_is_a_revision_too(register) -> None:
    fill(register, note("inc-1", b"1"), note("inc-1", b"2"), note("inc-1", b"1"))
    assert [r.payload for r in register.history("incident", "inc-1")] == [b"1", b"2", b"1"]


def test_the_same_id_of_another_kind_is_another_record(register) -> None:
    fill(register, note("x", b"1"), note("x", b"2", kind="detection"))
    assert register.get("incident", "x").payload == b"1"
    assert register.get("detection", "x").revision == 1


def test_retired_records_stay_but_are_not_current(register) -> None:
    fill(register, note("inc-1", lon_deg=37.0, lat_deg=48.0, time=between(0, 1)))
    with register.transaction() as writes:
        writes.retire("incident", "inc-1")
        writes.retire("incident", "never-there")
    assert register.get("incident", "inc-1") is None
    assert ids(register.current("incident")) == []
    assert ids(register.search("incident", Box(west_deg=30.0))) == []
    assert [r.current for r in register.history("incident", "inc-1")] == [False]
    assert len(register) == 1


def test_a_retired_record_may_come_again(register) -> None:
    fill(register, note("inc-1"))
    with register.transaction() as writes:
        writes.retire("incident", "inc-1")
        again = writes.append(note("inc-1"), at_utc=T0)
    assert (again.seq, again.revision, again.current) == (1, 2, True)


@pytest.mark.parametrize(("lon", "lat"), [(37.0, None), (None, 48.0), (181.0, 48.0), (37.0, float("nan"))])
def test_half_a_point_is_refused(register, lon, lat) -> None:
    with pytest.raises(ValueError, match="inc-1"):
        fill(register, note("inc-1", lon_deg=lon, lat_deg=lat))
    assert len(register) == 0


def test_a_naive_time_of_receipt_is_refused(register) -> None:
    with pytest.raises(ValueError, match="UTC"), register.transaction() as writes:
        writes.append(note("inc-1"), at_utc=datetime(2025, 8, 12))  # noqa: DTZ001


# Reading


def test_records_are_numbered_without_a_gap(register) -> None:
    fill(register, *(note(f"inc-{i}", kind="detection" if i % 2 else "incident") for i in range(1203)))
    assert [r.seq for r in register.records()] == list(range(1203))
    assert ids(register.records(600, 603)) == ["inc-600", "inc-601", "inc-602"]
    assert ids(register.records(1201)) == ["inc-1201", "inc-1202"]
    assert ids(register.records(5, 5)) == ids(register.records(2000)) == []
    assert len(register) == 1203


def test_writing_while_iterating_is_safe(register) -> None:
    fill(register, *(note(f"det-{i}", kind="detection") for i in range(700)))
    for record in register.current("detection"):
        fill(register, note(f"inc-{record.seq}"))
    assert len(register) == 1400


def test_what_is_not_there_is_none(register) -> None:
    assert register.get("incident", "inc-1") is None
    assert register.history("incident", "inc-1") == ()
    assert register.marked("step") is None
    assert len(register.fires(EVERYWHERE).row) == 0
    assert list(register.search("incident", EVERYWHERE)) == []


# Searching


def test_search_goes_by_start_time_then_number_and_puts_the_undated_last(register) -> None:
    fill(
        register,
        note("undated"),
        note("late", time=between(5, 6)),
        note("early-b", time=between(1, 2)),
        note("open", time=between(None, 0)),
        note("early-a", time=between(1, 9)),
    )
    assert ids(register.search("incident", EVERYWHERE)) == ["open", "early-b", "early-a", "late", "undated"]
    assert ids(register.search("incident", EVERYWHERE, limit=2)) == ["open", "early-b"]
    assert ids(register.search("incident", EVERYWHERE, limit=0)) == []


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ((0, 1), ["before"]),
        ((1, 2), ["span", "moment"]),
        ((2, 3), ["span"]),
        ((3, 4), []),
        ((None, 1), ["before"]),
        ((1.5, None), ["span", "open-ended"]),
        ((2, 2), []),
    ],
)
def test_time_is_half_open(register, window, expected) -> None:
    fill(
        register,
        note("before", time=between(0, 1)),
        note("span", time=between(1, 3)),
        note("moment", time=between(1, 1)),
        note("open-ended", time=between(100, None)),
        note("undated"),
    )
    assert ids(register.search("incident", Box(time=between(*window)))) == expected


def test_edges_of_a_box_are_inside(register) -> None:
    fill(
        register,
        note("corner", lon_deg=37.1, lat_deg=48.1),
        note("outside", lon_deg=np.nextafter(37.1, 40.0).item(), lat_deg=48.1),
        note("placeless"),
    )
    box = Box(west_deg=37.0, south_deg=48.0, east_deg=37.1, north_deg=48.1)
    assert ids(register.search("incident", box)) == ["corner"]
    assert ids(register.search("incident", Box(north_deg=48.1))) == ["corner", "outside"]
    assert ids(register.search("incident", EVERYWHERE)) == ["corner", "outside", "placeless"]


def test_search_by_type(register) -> None:
    fill(register, note("a", type="explosion"), note("b", type="shot"), note("c", type="burst"))
    assert ids(register.search("incident", EVERYWHERE, types=("burst", "explosion"))) == ["a", "c"]


def test_only_the_current_revision_is_found(register) -> None:
    fill(
        register,
        note("inc-1", b"1", lon_deg=37.0, lat_deg=48.0, time=between(0, 1)),
        note("inc-1", b"2", lon_deg=39.0, lat_deg=48.0, time=between(0, 1)),
    )
    assert ids(register.search("incident", Box(east_deg=38.0))) == []
    assert [r.payload for r in register.search("incident", Box(west_deg=38.0))] == [b"2"]


# Fire pixels


def test_fires_come_back_by_time_then_input_then_row(register) -> None:
    with register.transaction() as writes:
        writes.add_fires(pixels([2, 3, 4], input_id="inp-b", hours=[2, 1, 1]))
        writes.add_fires(pixels([2, 3], input_id="inp-a", hours=[1, 0]))
    found = register.fires(EVERYWHERE)
    assert list(zip(found.input_id, found.row.tolist(), strict=True)) == [
        ("inp-a", 3),
        ("inp-a", 2),
        ("inp-b", 3),
        ("inp-b", 4),
        ("inp-b", 2),
    ]
    assert found.satellite == ("NOAA-20", "S-NPP", "NOAA-20", "Супутник", "S-NPP")
    assert np.isnan(found.scan_m).all()
    assert found.night.tolist() == [False, True, False, True, True]
    assert found.row.dtype == np.int64


def test_the_same_row_of_an_input_is_kept_once(register) -> None:
    with register.transaction() as writes:
        writes.add_fires(pixels([2, 3, 3], frp=[1.0, 2.0, 9.0]))
    with register.transaction() as writes:
        writes.add_fires(pixels([3, 4], frp=[9.0, 3.0]))
        writes.add_fires(pixels([4], input_id="inp-2", frp=[4.0]))
        writes.add_fires(pixels([]))
    assert sorted(register.fires(EVERYWHERE).frp_mw.tolist()) == [1.0, 2.0, 3.0, 4.0]


def test_blocks_hold_every_pixel_once_in_the_order_in_which_they_were_added(register) -> None:
    assert list(register.fire_blocks()) == []
    with register.transaction() as writes:
        writes.add_fires(pixels([4, 5], input_id="inp-b", hours=[2, 1]))
        writes.add_fires(pixels([2, 3], input_id="inp-a", hours=[1, 0], frp=[7.0, 8.0]))
        writes.add_fires(pixels([3, 6], input_id="inp-a", hours=[0, 5]))
    blocks = list(register.fire_blocks())
    assert [(b.input_id, b.row.tolist()) for b in blocks] == [("inp-b", [4, 5]), ("inp-a", [2, 3]), ("inp-a", [6])]
    assert blocks[1].frp_mw.tolist() == [7.0, 8.0]
    assert sum(len(b) for b in blocks) == len(register.fires(EVERYWHERE).row)


def test_fires_in_a_box(register) -> None:
    with register.transaction() as writes:
        writes.add_fires(pixels([2, 3, 4], hours=[0, 1, 2]))
        writes.add_fires(pixels([5], lon=39.0, hours=[1]))
    assert register.fires(Box(east_deg=37.5, time=between(1, 2))).row.tolist() == [3]
    assert register.fires(Box(west_deg=37.5, time=between(1, 2))).row.tolist() == [3, 5]
    assert register.fires(Box(south_deg=48.1)).row.tolist() == []


def test_many_fires_span_blocks(register) -> None:
    n = 40000
    with register.transaction() as writes:
        writes.add_fires(pixels(range(2, n + 2), hours=np.arange(n)[::-1]))
    found = register.fires(Box(time=between(0, 20000)))
    assert found.row.tolist() == list(range(n + 1, n + 1 - 20000, -1))


def test_a_fire_without_a_place_is_refused(register) -> None:
    with pytest.raises(ValueError, match="inp-1"), register.transaction() as writes:
        writes.add_fires(pixels([2], lon=float("nan")))


# Transactions


def test_an_exception_undoes_the_whole_block(register) -> None:
    fill(register, note("inc-1", b"1", lon_deg=37.0, lat_deg=48.0))
    with register.transaction() as writes:
        writes.mark("step", "old")
        writes.add_fires(pixels([2]))
    with pytest.raises(RuntimeError, match="stop"), register.transaction() as writes:
        writes.append(note("inc-1", b"2"), at_utc=T0)
        writes.append(note("inc-2"), at_utc=T0)
        writes.retire("incident", "inc-2")
        writes.add_fires(pixels([3]))
        writes.mark("step", "new")
        writes.mark("other", "new")
        raise RuntimeError("stop")
    assert ids(register.records()) == ["inc-1"]
    assert register.get("incident", "inc-1").payload == b"1"
    assert ids(register.search("incident", Box(west_deg=30.0))) == ["inc-1"]
    assert register.fires(EVERYWHERE).row.tolist() == [2]
    assert (register.marked("step"), register.marked("other")) == ("old", None)
    fill(register, note("inc-3"))
    assert [r.seq for r in register.records()] == [0, 1]


def test_within_its_block_the_register_sees_what_was_written(register) -> None:
    with register.transaction() as writes:
        writes.append(note("inc-1"), at_utc=T0)
        writes.mark("step", "1")
        assert register.get("incident", "inc-1").seq == 0
        assert (len(register), register.marked("step")) == (1, "1")


def test_a_second_transaction_inside_the_first_is_refused(register) -> None:
    with register.transaction() as writes:
        writes.append(note("inc-1"), at_utc=T0)
        with pytest.raises(StoreError, match="already open"), register.transaction():
            pass
    assert len(register) == 1


def test_an_ended_transaction_takes_nothing_more(register) -> None:
    with register.transaction() as writes:
        pass
    for late in (
        lambda: writes.append(note("inc-1"), at_utc=T0),
        lambda: writes.retire("incident", "inc-1"),
        lambda: writes.add_fires(pixels([2])),
        lambda: writes.mark("step", "1"),
    ):
        with pytest.raises(StoreError, match="ended"):
            late()


def test_marks_are_replaced(register) -> None:
    for value in ("1", "2"):
        with register.transaction() as writes:
            writes.mark("step", value)
    assert register.marked("step") == "2"


def test_sealing_keeps_everything_and_the_register_goes_on(register) -> None:
    fill(register, note("inc-1"))
    register.seal()
    register.seal()
    fill(register, note("inc-2"))
    assert ids(register.records()) == ["inc-1", "inc-2"]


# Random work: both do the same

moments = st.one_of(st.none(), st.integers(-2, 3).map(float))
times = st.one_of(
    st.none(),
    st.tuples(moments, moments).map(
        lambda ends: between(*(sorted(ends) if None not in ends else ends))  # type: ignore[type-var]
    ),
)
degrees = st.sampled_from([-0.0, 37.0, 37.1, 37.2, 48.0])
points = st.one_of(st.just((None, None)), st.tuples(degrees, degrees))
new_records = st.builds(
    lambda kind, record_id, payload, refs, time, point, type_: NewRecord(
        kind=kind, id=record_id, payload=payload, refs=refs, time=time, lon_deg=point[0], lat_deg=point[1], type=type_
    ),
    st.sampled_from(["incident", "pulse"]),
    st.sampled_from(["a", "b", "ї"]),
    st.sampled_from([b"", b"1", b"\x00\xff"]),
    st.sampled_from([(), ("a", "ї")]),
    times,
    points,
    st.sampled_from(["", "shot"]),
)
steps = st.one_of(
    st.tuples(st.just("append"), new_records),
    st.tuples(st.just("retire"), st.sampled_from([("incident", "a"), ("pulse", "b"), ("pulse", "ї")])),
    st.tuples(st.just("fires"), st.lists(st.integers(2, 6), max_size=4)),
    st.tuples(st.just("mark"), st.sampled_from([("k", "1"), ("k", "2"), ("l", "1")])),
)
work = st.lists(st.tuples(st.lists(steps, max_size=6), st.sampled_from(["keep", "undo", "seal"])), max_size=5)
edges = st.one_of(st.none(), degrees)
boxes = st.builds(Box, west_deg=edges, south_deg=edges, east_deg=edges, north_deg=edges, time=times)


def do(register: Register, block, ending: str) -> None:
    calls = {
        "append": lambda writes, record: writes.append(record, at_utc=T0),
        "retire": lambda writes, key: writes.retire(*key),
        "fires": lambda writes, rows: writes.add_fires(pixels(rows)),
        "mark": lambda writes, pair: writes.mark(*pair),
    }
    try:
        with register.transaction() as writes:
            for name, argument in block:
                calls[name](writes, argument)
            if ending == "undo":
                raise InterruptedError
    except InterruptedError:
        pass
    if ending == "seal":
        register.seal()


@settings(max_examples=60, deadline=None)
@given(work=work, box=boxes, types=st.sampled_from([(), ("shot",), ("", "shot")]), limit=st.sampled_from([None, 1]))
def test_random_work_gives_the_same_in_every_store(tmp_path_factory, work, box, types, limit) -> None:
    memory = MemoryRegister()
    sqlite = SqliteRegister(tmp_path_factory.mktemp("model") / "store.sqlite")
    for block, ending in work:
        do(memory, block, ending)
        do(sqlite, block, ending)
    for kind in ("incident", "pulse"):
        assert list(sqlite.current(kind)) == list(memory.current(kind))
        found = [list(r.search(kind, box, types=types, limit=limit)) for r in (sqlite, memory)]
        assert found[0] == found[1]
        for record_id in ("a", "b", "ї"):
            assert sqlite.history(kind, record_id) == memory.history(kind, record_id)
            assert sqlite.get(kind, record_id) == memory.get(kind, record_id)
    assert list(sqlite.records()) == list(memory.records())
    assert same_columns(sqlite.fires(box), memory.fires(box))
    assert [sqlite.marked(k) for k in "kl"] == [memory.marked(k) for k in "kl"]
    sqlite.check()
    sqlite.seal()
