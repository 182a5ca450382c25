"""Audit: no byte of a log can change, go, come or move without being found, and the finding names the place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.evidence import (
    Checkpoint,
    DirectoryDisk,
    MemoryDisk,
    Outcome,
    TileLog,
    audit_log,
    demonstration_signer,
    open_checkpoint,
    sign_checkpoint,
    signer_from_seed,
    verify_log,
)

SIGNER = signer_from_seed("log.example/mission", bytes(range(32)))
LOG = SIGNER.verifier


def log_files(n_leaves: int = 300, mark: bytes = b"") -> dict[str, bytes]:
    disk = MemoryDisk()
    TileLog(disk, SIGNER).append([b"%d" % n + mark for n in range(n_leaves)])
    return disk.contents


FILES = log_files()


def findings(files: dict[str, bytes]) -> list[tuple[str, str]]:
    disk = MemoryDisk()
    disk.contents = files
    return [(finding.what, finding.where) for finding in audit_log(disk, LOG)[1].findings]


def verdict(files: dict[str, bytes], pinned: Checkpoint | None = None):
    disk = MemoryDisk()
    disk.contents = files
    return verify_log(disk, LOG, pinned=pinned, has_leaves=False)


def test_a_good_log_has_full_and_partial_tiles_and_no_findings():
    assert sorted(FILES) == [
        *("checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"),
        *("tile/entries/000", "tile/entries/001.p/44"),
    ]
    assert findings(FILES) == []


@pytest.mark.parametrize("path", sorted(FILES))
def test_every_flipped_byte_is_found(path):
    """Each byte of each file, at bit positions that change from byte to byte so that all eight are met."""
    data, disk = FILES[path], MemoryDisk()
    disk.contents = dict(FILES)
    for at in range(len(data)):
        for bit in (at % 8,) if len(data) > 1000 else (at % 8, (at + 5) % 8):
            disk.contents[path] = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
            assert audit_log(disk, LOG)[1].findings, (path, at, bit)


def test_a_flipped_byte_is_placed():
    for path in sorted(set(FILES) - {"checkpoint"}):
        data = FILES[path]
        for at in (2, len(data) // 2, len(data) - 1):
            changed = findings({**FILES, path: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]})
            assert len(changed) == 1
            assert path in changed[0][1]


def test_an_edited_entry_is_named():
    bundle = FILES["tile/entries/000"]
    at = bundle.index(b"\x00\x03137") + 4
    found = findings({**FILES, "tile/entries/000": bundle[:at] + b"9" + bundle[at + 1 :]})
    assert found == [("altered", "entry 137 in tile/entries/000")]


@pytest.mark.parametrize("path", sorted(FILES))
def test_truncation_and_growth_of_any_file_are_found(path):
    data = FILES[path]
    for changed in (b"", data[:-1], data[: len(data) // 2], data + b"\x00", data + data):
        assert findings({**FILES, path: changed}), changed


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_removed_file_is_named(path):
    found = findings({p: data for p, data in FILES.items() if p != path})
    assert ("missing", path) in found


@pytest.mark.parametrize(
    "path", ["tile/0/001.p/43", "tile/0/001", "tile/2/000", "tile/entries/002", "notes.txt", "checkpoint.tmp", ".x"]
)
def test_a_file_too_many_is_named(path):
    assert findings({**FILES, path: FILES["tile/0/000"]}) == [("unexpected", path)]


@pytest.mark.parametrize("path", ["checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"])
def test_a_link_to_the_same_bytes_is_no_file_of_the_log(tmp_path, path):
    disk = DirectoryDisk(tmp_path / "log")
    with TileLog(disk, SIGNER) as log:
        log.append([b"a"])
    (tmp_path / "log" / path).rename(tmp_path / "moved")
    (tmp_path / "log" / path).symlink_to(tmp_path / "moved")
    assert ("missing", path) in [(f.what, f.where) for f in audit_log(disk, LOG)[1].findings]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_damage_makes_the_verifier_fail_instead_of_finding(data):
    files = dict(FILES)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(FILES)))
        old = files.get(path, b"")
        at = data.draw(st.integers(0, len(old)))
        files[path] = old[:at] + data.draw(st.binary(max_size=40)) + old[data.draw(st.integers(at, len(old))) :]
        if data.draw(st.booleans()):
            del files[path]
    disk = MemoryDisk()
    disk.contents = files
    found = verify_log(disk, LOG, pinned=point(log_files(256)), rows=[], has_leaves=True)
    assert found.outcome >= Outcome.DIVERGED


@given(st.data())
@settings(max_examples=60)
def test_swapped_files_are_found(data):
    paths = sorted(FILES)
    one = data.draw(st.sampled_from(paths))
    other = data.draw(st.sampled_from([path for path in paths if path != one]))
    assert findings({**FILES, one: FILES[other], other: FILES[one]})


def test_swapped_entries_are_named():
    bundle = FILES["tile/entries/000"]
    swapped = bundle.replace(b"\x00\x03137\x00\x03138", b"\x00\x03138\x00\x03137")
    found = findings({**FILES, "tile/entries/000": swapped})
    assert found == [("altered", f"entry {n} in tile/entries/000") for n in (137, 138)]


def test_another_key_holders_log_is_not_this_log():
    disk = MemoryDisk()
    TileLog(disk, signer_from_seed(SIGNER.name, bytes(32))).append([b"a"])
    assert [what for what, _ in findings(disk.contents)] == ["unsigned"]
    assert verdict(disk.contents).outcome == Outcome.INVALID


# --- against a pinned checkpoint -------------------------------------------------------------------------------------


def point(files: dict[str, bytes]) -> Checkpoint:
    return open_checkpoint(files["checkpoint"], LOG)


def test_without_a_pinned_checkpoint_the_best_is_unanchored():
    best = verdict(FILES)
    assert (best.outcome, best.findings, best.checkpoint) == (Outcome.UNANCHORED, (), point(FILES))
    assert any("earlier checkpoint" in gap for gap in best.not_checked)
    assert any("witness" in gap for gap in best.not_checked)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 299, 300])
def test_a_log_that_extends_the_pinned_checkpoint_is_consistent(size):
    assert verdict(FILES, point(log_files(size))).outcome == Outcome.CONSISTENT_UNWITNESSED


@pytest.mark.parametrize("size", [1, 255, 256, 257, 299, 300])
def test_a_rewritten_log_has_diverged(size):
    rewritten = verdict(log_files(300, b"'"), point(log_files(size)))
    assert rewritten.outcome == Outcome.DIVERGED
    assert [f.what for f in rewritten.findings] == ["diverged"]


def test_a_shorter_log_has_diverged():
    short = verdict(log_files(299), point(FILES))
    assert short.outcome == Outcome.DIVERGED
    assert "it had 300" in short.findings[0].why


def test_an_old_checkpoint_put_back_has_diverged_and_the_files_beyond_it_are_named():
    back = verdict({**FILES, "checkpoint": log_files(256)["checkpoint"]}, point(FILES))
    assert back.outcome == Outcome.DIVERGED
    assert {f.what for f in back.findings} == {"unexpected", "diverged"}


def test_damage_is_not_called_divergence():
    damaged = verdict({**FILES, "tile/0/000": bytes(8192)}, point(log_files(100)))
    assert damaged.outcome == Outcome.INVALID
    assert any("files are damaged" in gap for gap in damaged.not_checked)


def test_a_checkpoint_signed_over_another_root_is_found_in_the_log_itself():
    forged = Checkpoint(origin=SIGNER.name, size=300, root=bytes(32))
    files = {**FILES, "checkpoint": sign_checkpoint(forged, [SIGNER])}
    assert findings(files) == [("altered", "root")]


def test_a_pinned_checkpoint_of_another_log_is_refused():
    other = Checkpoint(origin="other.example", size=300, root=bytes(32))
    assert verdict(FILES, other).outcome == Outcome.INVALID


def test_a_demonstration_key_is_said_to_identify_nobody():
    disk, signer = MemoryDisk(), demonstration_signer("demo")
    TileLog(disk, signer)
    assert any("anyone can sign" in gap for gap in verify_log(disk, signer.verifier).not_checked)
    assert not any("anyone can sign" in gap for gap in verdict(FILES).not_checked)


def test_outcomes_are_the_exit_codes():
    assert [int(outcome) for outcome in Outcome] == [0, 10, 20, 30, 40]
