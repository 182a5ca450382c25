"""The log: same leaves and key, same bytes; one writer; it stops when it cannot be sure."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.evidence import (
    EMPTY_ROOT,
    Checkpoint,
    DirectoryDisk,
    LogError,
    MalformedError,
    MemoryDisk,
    ProofError,
    TileLog,
    leaf_hash,
    open_checkpoint,
    signer_from_seed,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

SIGNER = signer_from_seed("log.example/mission", bytes(range(32)))


def leaves(start: int, stop: int) -> list[bytes]:
    return [b"leaf %d" % n * (n % 3) for n in range(start, stop)]


def written(*sizes: int) -> dict[str, bytes]:
    disk, at = MemoryDisk(), 0
    log = TileLog(disk, SIGNER)
    for size in sizes:
        log.append(leaves(at, at + size))
        at += size
    return disk.contents


@settings(max_examples=40)
@given(st.lists(st.integers(0, 400), max_size=6))
def test_batching_does_not_change_any_byte(sizes):
    assert written(*sizes) == written(sum(sizes))


def test_one_at_a_time_gives_the_same_files_too():
    assert written(*[1] * 520) == written(520)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=4))
@settings(max_examples=20)
def test_reopening_between_batches_does_not_change_any_byte(sizes):
    disk, at = MemoryDisk(), 0
    for size in sizes:
        TileLog(disk, SIGNER).append(leaves(at, at + size))
        at += size
    assert disk.contents == written(at)


def test_real_and_memory_disk_hold_the_same_files(tmp_path):
    disk_root = tmp_path / "new" / "log"
    disk = DirectoryDisk(disk_root)
    with TileLog(disk, SIGNER) as log:
        for start, stop in ((0, 100), (100, 300), (300, 700)):
            log.append(leaves(start, stop))
    twin = written(700)
    assert {path: disk.read(path) for path in disk.files()} == twin
    folders = sorted(p.relative_to(disk_root).as_posix() for p in disk_root.rglob("*.p"))
    assert folders == ["tile/0/002.p", "tile/1/000.p", "tile/entries/002.p"]


def test_a_new_log_publishes_that_it_is_empty():
    disk = MemoryDisk()
    log = TileLog(disk, SIGNER)
    assert (log.size, log.root) == (0, EMPTY_ROOT)
    assert open_checkpoint(disk.contents["checkpoint"], SIGNER.verifier).size == 0
    assert log.append([]) == log.checkpoint


def test_append_returns_the_signed_state():
    disk = MemoryDisk()
    log = TileLog(disk, SIGNER)
    checkpoint = log.append(leaves(0, 300))
    assert checkpoint.size == log.size == 300
    assert checkpoint.root == log.root == tree_root([leaf_hash(leaf) for leaf in leaves(0, 300)])
    assert log.signed_checkpoint == disk.contents["checkpoint"]
    assert open_checkpoint(log.signed_checkpoint, SIGNER.verifier) == checkpoint


def test_entries_and_proofs_at_every_size():
    log, points = TileLog(MemoryDisk(), SIGNER), []
    for start, stop in ((0, 1), (1, 255), (255, 256), (256, 257), (257, 700)):
        points.append(log.append(leaves(start, stop)))
    assert list(log.entries(0, 700)) == leaves(0, 700)
    assert list(log.entries(250, 520)) == leaves(250, 520)
    assert log.entry(699) == leaves(699, 700)[0]
    for point in points:
        for index in {0, 1, 100, 254, 255, 256, 511, 512, 699} & set(range(point.size)):
            proof = log.inclusion_proof(index, point.size)
            leaf = leaf_hash(log.entry(index))
            verify_inclusion(index=index, size=point.size, leaf=leaf, proof=proof, root=point.root)
        proof = log.consistency_proof(point.size, 700)
        verify_consistency(old_size=point.size, new_size=700, old_root=point.root, new_root=log.root, proof=proof)


def test_a_log_of_three_levels():
    log = TileLog(MemoryDisk(), SIGNER)
    small = [b"%d" % n for n in range(65_800)]
    point = log.append(small)
    assert point.root == tree_root([leaf_hash(leaf) for leaf in small])
    for index in (0, 65_535, 65_536, 65_799):
        proof = log.inclusion_proof(index, point.size)
        verify_inclusion(index=index, size=point.size, leaf=leaf_hash(small[index]), proof=proof, root=point.root)


@pytest.mark.parametrize("ask", [(-1,), (10,), (11,)])
def test_entries_that_are_not_there(ask):
    log = TileLog(MemoryDisk(), SIGNER)
    log.append(leaves(0, 10))
    with pytest.raises(LogError, match="not in a log of 10"):
        log.entry(*ask)
    with pytest.raises(LogError):
        list(log.entries(5, 11))
    with pytest.raises(LogError):
        log.inclusion_proof(0, 11)
    with pytest.raises(LogError):
        log.consistency_proof(5, 11)


def test_a_leaf_that_is_too_long_changes_nothing():
    disk = MemoryDisk()
    log = TileLog(disk, SIGNER)
    log.append([bytes(65_535)])
    before = dict(disk.contents)
    with pytest.raises(MalformedError):
        log.append([b"fine", bytes(65_536)])
    assert disk.contents == before
    assert log.append([b"fine"]).size == 2


def test_only_one_writer(tmp_path):
    first = TileLog(DirectoryDisk(tmp_path), SIGNER)
    with pytest.raises(LogError, match="another writer"):
        TileLog(DirectoryDisk(tmp_path), SIGNER)
    first.close()
    with pytest.raises(LogError):
        first.append([b"late"])
    TileLog(DirectoryDisk(tmp_path), SIGNER).close()


def test_a_writer_that_is_dropped_gives_the_lock_back(tmp_path):
    TileLog(DirectoryDisk(tmp_path), SIGNER)
    TileLog(DirectoryDisk(tmp_path), SIGNER).close()


def test_another_key_does_not_open_the_log():
    disk = MemoryDisk()
    TileLog(disk, SIGNER)
    with pytest.raises(ProofError):
        TileLog(disk, signer_from_seed("log.example/mission", bytes(32)))


def damaged(change: Callable[[dict[str, bytes]], object]) -> MemoryDisk:
    disk = MemoryDisk()
    disk.contents = written(300)
    change(disk.contents)
    return disk


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda files: files.pop("checkpoint"), "no checkpoint"),
        (lambda files: files.pop("tile/0/001.p/44"), "cannot be read"),
        (lambda files: files.pop("tile/entries/001.p/44"), "cannot be read"),
        (lambda files: files.update({"tile/0/001.p/44": bytes(44 * 32)}), "does not match"),
        (lambda files: files.update({"tile/1/000.p/1": bytes(32)}), "root"),
        (lambda files: files.update({"tile/entries/001.p/44": bytes(88)}), "does not match"),
        (lambda files: files.update({"tile/entries/001.p/44": bytes(87)}), "cannot be read"),
    ],
)
def test_a_damaged_edge_is_not_extended(change, said):
    with pytest.raises(LogError, match=said):
        TileLog(damaged(change), SIGNER)


def test_a_pinned_checkpoint_keeps_a_log_that_was_set_back_from_being_forked():
    disk = MemoryDisk()
    log = TileLog(disk, SIGNER)
    log.append(leaves(0, 100))
    earlier = dict(disk.contents)
    pinned = log.append(leaves(100, 300))
    assert TileLog(disk, SIGNER, pinned=pinned).size == 300
    disk.contents = earlier
    with pytest.raises(LogError, match="set back"):
        TileLog(disk, SIGNER, pinned=pinned)
    TileLog(disk, SIGNER).append([b"other"] * 250)
    with pytest.raises(LogError, match="not those of the pinned"):
        TileLog(disk, SIGNER, pinned=pinned)
    with pytest.raises(LogError, match="is of log"):
        TileLog(disk, SIGNER, pinned=Checkpoint(origin="else", size=0, root=EMPTY_ROOT))
    with pytest.raises(LogError, match="set back"):
        TileLog(MemoryDisk(), SIGNER, pinned=pinned)


class FailingDisk(MemoryDisk):
    """Raises at the n-th change."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 10**9

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(28, "No space left on device")

    def write(self, path: str, data: bytes) -> None:
        self._count()
        super().write(path, data)

    def rename(self, old: str, new: str) -> None:
        self._count()
        super().rename(old, new)

    def sync_directory(self, path: str) -> None:
        self._count()
        super().sync_directory(path)

    def remove(self, path: str) -> None:
        self._count()
        super().remove(path)


def test_after_any_write_error_the_log_stops_and_can_be_opened_again():
    n_failures = 0
    for n_good in range(60):
        disk = FailingDisk()
        log = TileLog(disk, SIGNER)
        acknowledged = log.append(leaves(0, 100))
        disk.left = n_good
        try:
            log.append(leaves(100, 300))
        except OSError:
            n_failures += 1
            with pytest.raises(LogError, match="earlier write failed"):
                log.append([b"more"])
        disk.left = 10**9
        again = TileLog(disk, SIGNER, pinned=acknowledged)
        again.append(leaves(again.size, 300))
        again.sweep()
        assert disk.contents == written(300)
    assert n_failures > 10


def test_sweep_removes_only_what_a_crash_can_leave():
    disk = MemoryDisk()
    disk.contents = written(300)
    left = {"tile/entries/001.p/50", "tile/0/002", "tile/0/001.p/7", "checkpoint.tmp"}
    disk.contents.update(dict.fromkeys(left, b"x"))
    disk.contents["notes.txt"] = b"mine"
    log = TileLog(disk, SIGNER)
    assert left <= set(disk.contents)
    assert set(log.sweep()) == left
    assert log.sweep() == []
    assert disk.contents == {**written(300), "notes.txt": b"mine"}
