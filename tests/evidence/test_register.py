"""A register against the log: every altered, removed, reordered, added or back-dated record is named."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.evidence import (
    Leaf,
    MemoryDisk,
    Outcome,
    RegisterRow,
    TileLog,
    check_leaves,
    check_register,
    commitment,
    signer_from_seed,
    verify_log,
)

SIGNER = signer_from_seed("log.example/mission", bytes(range(32)))


def record(seq: int, /, **changes) -> RegisterRow:
    payload, salt = b"payload %d" % seq, bytes([seq]) * 32
    leaf = Leaf(
        kind="incident" if seq % 2 else "detection",
        id=f"R-{seq}",
        seq=seq,
        received_utc=f"2026-03-01T12:{seq // 2:02d}:00Z",
        commit=commitment(salt, payload),
        size=len(payload),
        media_type="text/plain",
        software="test 1",
    )
    return RegisterRow(seq=seq, leaf=replace(leaf, **changes).to_bytes(), payload=payload, salt=salt)


ROWS = [record(seq) for seq in range(12)]
ENTRIES = [row.leaf for row in ROWS]


def named(rows: list[RegisterRow], entries: list[bytes] = ENTRIES) -> list[tuple[str, str]]:
    return [(f.what, f.where) for f in check_register(entries, rows).findings]


def test_a_true_register_has_no_findings():
    assert named(ROWS) == []
    assert check_leaves(ENTRIES).findings == ()


@pytest.mark.parametrize("seq", [0, 5, 11])
def test_a_changed_payload_or_salt_is_named(seq):
    label = Leaf.from_bytes(ENTRIES[seq]).label
    for change in ({"payload": b"payload X"}, {"payload": b""}, {"salt": bytes([99]) * 32}, {"salt": b"short"}):
        rows = [*ROWS[:seq], replace(ROWS[seq], **change), *ROWS[seq + 1 :]]
        assert named(rows) == [("altered", label)]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "review"},
        {"received_utc": "2026-02-01T00:00:00Z"},
        {"commit": "0" * 64},
        {"size": 1},
        {"media_type": "text/html"},
        {"refs": ("R-1",)},
        {"software": "test 2"},
        {"agreement": "0" * 64},
    ],
)
def test_a_changed_column_is_named_with_both_values(change):
    rows = [*ROWS[:5], replace(ROWS[5], leaf=record(5, **change).leaf), *ROWS[6:]]
    (finding,) = check_register(ENTRIES, rows).findings
    assert (finding.what, finding.where) == ("altered", "incident R-5 (seq 5)")
    assert next(iter(change)) in finding.why


def test_an_unreadable_leaf_is_named_by_its_place():
    rows = [*ROWS[:5], replace(ROWS[5], leaf=b"{}"), *ROWS[6:]]
    assert named(rows) == [("altered", "incident R-5 (seq 5)")]


def test_a_changed_identifier_is_one_record_gone_and_another_come():
    rows = [*ROWS[:5], replace(ROWS[5], leaf=record(5, id="R-x").leaf), *ROWS[6:]]
    assert named(rows) == [("added", "incident R-x (seq 5)"), ("removed", "incident R-5 (seq 5)")]


@given(st.sets(st.integers(0, 11), max_size=12))
def test_removed_rows_are_named(gone):
    rows = [row for row in ROWS if row.seq not in gone]
    assert named(rows) == [("removed", Leaf.from_bytes(ENTRIES[seq]).label) for seq in sorted(gone)]


@pytest.mark.parametrize("seq", [0, 5, 12, 10**9])
def test_an_added_row_is_named_and_disturbs_no_other(seq):
    extra = replace(record(3, id="R-new"), seq=seq)
    rows = sorted([*ROWS, extra], key=lambda row: row.seq)
    assert named(rows) == [("added", "incident R-new (seq 3)")]


def test_a_row_twice_is_named():
    assert named([*ROWS[:6], ROWS[5], *ROWS[6:]]) == [("added", "incident R-5 (seq 5)")]


def test_swapped_rows_are_named():
    rows = [*ROWS]
    rows[4], rows[7] = replace(ROWS[7], seq=4), replace(ROWS[4], seq=7)
    assert named(rows) == [("reordered", "detection R-4 (seq 4)"), ("reordered", "incident R-7 (seq 7)")]


def test_renumbered_rows_are_named():
    rows = [*ROWS]
    rows[4] = RegisterRow(seq=4, leaf=record(7, seq=4).leaf, payload=ROWS[7].payload, salt=ROWS[7].salt)
    rows[7] = RegisterRow(seq=7, leaf=record(4, seq=7).leaf, payload=ROWS[4].payload, salt=ROWS[4].salt)
    assert named(rows) == [("reordered", "detection R-4 (seq 4)"), ("reordered", "incident R-7 (seq 7)")]


def test_a_row_with_an_absurd_place_is_named_and_disturbs_no_other():
    rows = [replace(ROWS[0], seq=10**12), *ROWS[1:]]
    assert named(rows) == [("reordered", "detection R-0 (seq 0)")]


def test_versions_of_one_record_may_share_its_identifier():
    rows = [*ROWS, record(12, id="R-5"), record(13, id="R-5")]
    entries = [row.leaf for row in rows]
    assert named(rows, entries) == []
    assert named([*rows[:5], *rows[6:]], entries) == [("removed", "incident R-5 (seq 5)")]
    changed = [*rows[:12], replace(rows[12], leaf=record(12, id="R-5", software="x").leaf), rows[13]]
    assert named(changed, entries) == [("altered", "detection R-5 (seq 12)")]


def test_an_erased_payload_needs_an_erasure_in_the_log():
    erased = [replace(row, payload=None, salt=None) if row.seq == 5 else row for row in ROWS]
    assert named(erased) == [("removed", "incident R-5 (seq 5)")]
    erasure = record(12, kind="erasure", refs=("R-5",))
    step = check_register([*ENTRIES, erasure.leaf], [*erased, erasure])
    assert step.findings == ()
    assert step.not_checked == ("1 payloads that the log says were erased",)


def test_an_emptied_register_names_everything():
    assert [what for what, _ in named([])] == ["removed"] * 12


# --- leaves alone ----------------------------------------------------------------------------------------------------


def test_a_back_dated_record_is_named_and_only_that():
    entries = [*ENTRIES[:6], record(6, received_utc="2026-03-01T12:02:59.999999Z").leaf, *ENTRIES[7:]]
    # Entry 5 was received at 12:02:00, so this is late enough; one second before entry 5 is not.
    assert check_leaves(entries).findings == ()
    entries[6] = record(6, received_utc="2026-03-01T12:01:59Z").leaf
    (finding,) = check_leaves(entries).findings
    assert (finding.what, finding.where) == ("back-dated", "detection R-6 (seq 6)")
    assert "2026-03-01T12:02:00Z" in finding.why


def test_fractions_of_a_second_are_compared_as_numbers():
    entries = [
        record(0, received_utc="2026-03-01T12:00:00.5Z").leaf,
        record(1, received_utc="2026-03-01T12:00:00.49Z").leaf,
    ]
    assert [f.what for f in check_leaves(entries).findings] == ["back-dated"]


def test_a_leaf_out_of_place_is_named():
    entries = [ENTRIES[0], ENTRIES[2], ENTRIES[1], *ENTRIES[3:]]
    assert [(f.what, f.where) for f in check_leaves(entries).findings] == [
        ("reordered", "detection R-2 (seq 2)"),
        ("reordered", "incident R-1 (seq 1)"),
        ("back-dated", "incident R-1 (seq 1)"),
    ]


def test_an_entry_that_is_no_leaf_is_named():
    findings = check_leaves([*ENTRIES, b"{}"]).findings
    assert [(f.what, f.where) for f in findings] == [("malformed", "entry 12")]


def test_whole_verification_with_a_register():
    disk = MemoryDisk()
    pinned = TileLog(disk, SIGNER).append(ENTRIES)
    assert verify_log(disk, SIGNER.verifier, pinned=pinned, rows=ROWS).outcome == Outcome.CONSISTENT_UNWITNESSED
    assert verify_log(disk, SIGNER.verifier, rows=ROWS).outcome == Outcome.UNANCHORED
    altered = [*ROWS[:11], replace(ROWS[11], payload=b"other")]
    verdict = verify_log(disk, SIGNER.verifier, rows=altered)
    assert verdict.outcome == Outcome.INVALID
    assert str(verdict.findings[0]).startswith("altered: incident R-11 (seq 11): ")


def test_a_register_against_a_log_whose_files_are_gone_is_a_gap_not_a_crash():
    disk = MemoryDisk()
    TileLog(disk, SIGNER).append(ENTRIES)
    del disk.contents["tile/entries/000.p/12"]
    verdict = verify_log(disk, SIGNER.verifier, rows=ROWS)
    assert verdict.outcome == Outcome.INVALID
    assert any(gap.startswith("register: tile/entries") for gap in verdict.not_checked)
