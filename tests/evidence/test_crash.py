"""Power cuts: a simulated disk that loses, tears and reorders what was not made durable, cut at every single step.

What must hold after each: the log opens, every acknowledged leaf is there, and appending the rest gives the same bytes
as if nothing had happened. The simulator itself is tried on disks that leave out one guarantee: it must notice.
"""

import random
from collections.abc import Callable, Iterator

import pytest

from trucewatch.evidence import EvidenceError, MemoryDisk, TileLog, audit_log, signer_from_seed

SIGNER = signer_from_seed("log.example/mission", bytes(range(32)))
BATCHES = (3, 100, 153, 1, 300, 0, 40)
TOTAL = sum(BATCHES)


class PowerCutError(Exception):
    """The power went."""


class CrashDisk:
    """Files as inodes with live and durable bytes; names and directories with a live and a durable state.

    Args:
        leave_out: guarantees this disk does not keep: "fsync" or "sync_directory".
    """

    def __init__(self, leave_out: frozenset[str] = frozenset()) -> None:
        self.leave_out = leave_out
        self.live: dict[int, bytes] = {}
        self.durable: dict[int, bytes] = {}
        self.names: dict[str, int] = {}
        self.durable_names: dict[str, int] = {}
        self.directories = {""}
        self.durable_directories = {""}
        self.n_steps = 0
        self.cut_at = -1

    def _step(self) -> None:
        if self.n_steps == self.cut_at:
            raise PowerCutError
        self.n_steps += 1

    def claim(self) -> None:
        pass

    def release(self) -> None:
        pass

    def files(self) -> list[str]:
        return sorted(self.names)

    def is_regular(self, path: str) -> bool:
        return path in self.names

    def read(self, path: str) -> bytes:
        if path not in self.names:
            raise FileNotFoundError(path)
        return self.live[self.names[path]]

    def make_directory(self, path: str) -> None:
        assert path.rpartition("/")[0] in self.directories
        self._step()
        self.directories.add(path)

    def write(self, path: str, data: bytes) -> None:
        assert path.rpartition("/")[0] in self.directories
        self._step()
        inode = self.names.setdefault(path, len(self.live))
        self.live[inode] = b""
        self.durable.setdefault(inode, b"")
        for part in (data[: len(data) // 2], data):
            self._step()
            self.live[inode] = part
        self._step()
        if "fsync" not in self.leave_out:
            self.durable[inode] = data

    def rename(self, old: str, new: str) -> None:
        self._step()
        self.names[new] = self.names.pop(old)

    def remove(self, path: str) -> None:
        self._step()
        del self.names[path]
        parent = path.rpartition("/")[0]
        while parent and not any(p.startswith(parent + "/") for p in {*self.names, *self.directories}):
            self._step()
            self.directories.discard(parent)
            parent = parent.rpartition("/")[0]

    def sync_directory(self, path: str) -> None:
        self._step()
        if "sync_directory" in self.leave_out:
            return

        def here(name: str) -> bool:
            return name != "" and name.rpartition("/")[0] == path

        self.durable_names = {n: i for n, i in self.durable_names.items() if not here(n)}
        self.durable_names |= {n: i for n, i in self.names.items() if here(n)}
        self.durable_directories = {d for d in self.durable_directories if not here(d)}
        self.durable_directories |= {d for d in self.directories if here(d)}

    def after(self, keep_name: Callable[[], bool], content: Callable[[bytes, bytes], bytes]) -> "CrashDisk":
        """Return the disk found after the cut: `keep_name` decides for each name that was not durable yet."""
        found = CrashDisk(self.leave_out)
        wanted = {d for d in self.directories | self.durable_directories if self._kept(d, keep_name)}
        for d in sorted(wanted, key=len):
            if d == "" or d.rpartition("/")[0] in found.directories:
                found.directories.add(d)
        for name in sorted({*self.names, *self.durable_names}):
            live, durable = self.names.get(name), self.durable_names.get(name)
            inode = live if live == durable or keep_name() else durable
            if inode is not None and name.rpartition("/")[0] in found.directories:
                found.names[name] = len(found.live)
                found.live[len(found.live)] = content(self.live[inode], self.durable[inode])
        found.durable = dict(found.live)
        found.durable_names, found.durable_directories = dict(found.names), set(found.directories)
        return found

    def _kept(self, directory: str, keep_name: Callable[[], bool]) -> bool:
        live, durable = directory in self.directories, directory in self.durable_directories
        return live if live == durable or keep_name() else durable


def outcomes(disk: CrashDisk, n_random: int = 4) -> Iterator[tuple[str, CrashDisk]]:
    """Every way the disk may be found: data lost, data torn or zeroed, names lost, and random mixtures of all."""
    yield "lost", disk.after(lambda: False, lambda live, durable: durable)
    yield "torn", disk.after(lambda: True, lambda live, durable: durable if live == durable else live[: len(live) // 2])
    yield "zeroed", disk.after(lambda: True, lambda live, durable: durable if live == durable else bytes(len(live)))
    yield "names lost", disk.after(lambda: False, lambda live, durable: live)
    for seed in range(n_random):
        dice = random.Random(1000 * disk.n_steps + seed)

        def content(live: bytes, durable: bytes, dice: random.Random = dice) -> bytes:
            if live == durable:
                return live
            return dice.choice([live, durable, live[: dice.randrange(len(live) + 1)], bytes(len(live))])

        yield f"mixed {seed}", disk.after(lambda dice=dice: dice.random() < 0.5, content)


def leaves(start: int, stop: int) -> list[bytes]:
    return [b"leaf %d" % n for n in range(start, stop)]


def write_all(disk: CrashDisk) -> int:
    """Open the log and append all batches; return how many leaves were acknowledged before the power went."""
    n_acknowledged = 0
    try:
        log = TileLog(disk, SIGNER)
        for size in BATCHES:
            log.append(leaves(n_acknowledged, n_acknowledged + size))
            n_acknowledged += size
    except PowerCutError:
        pass
    return n_acknowledged


def final_files() -> dict[str, bytes]:
    disk = MemoryDisk()
    TileLog(disk, SIGNER).append(leaves(0, TOTAL))
    return disk.contents


FINAL = final_files()


def problem_after(disk: CrashDisk, n_acknowledged: int) -> str | None:
    """Reopen, audit, go on to the end; say what is wrong."""
    try:
        log = TileLog(disk, SIGNER)
        if log.size < n_acknowledged:
            return f"acknowledged {n_acknowledged}, found {log.size}"
        if list(log.entries(0, log.size)) != leaves(0, log.size):
            return "entries differ"
        log.sweep()
        _, step = audit_log(disk, SIGNER.verifier)
        if step.findings:
            return str(step.findings[0])
        log.append(leaves(log.size, TOTAL))
    except EvidenceError as error:
        return f"does not open: {error}"
    files = {path: disk.read(path) for path in disk.files()}
    return None if files == FINAL else "final files differ"


def crash_everywhere(leave_out: frozenset[str] = frozenset()) -> tuple[int, list[str]]:
    whole = CrashDisk(leave_out)
    assert write_all(whole) == TOTAL
    n_states, problems = 0, []
    for cut_at in range(whole.n_steps + 1):
        disk = CrashDisk(leave_out)
        disk.cut_at = cut_at
        n_acknowledged = write_all(disk)
        for how, found in outcomes(disk):
            n_states += 1
            problem = problem_after(found, n_acknowledged)
            if problem is not None:
                problems.append(f"cut at {cut_at}, {how}: {problem}")
    return n_states, problems


def test_no_power_cut_loses_an_acknowledged_leaf():
    n_states, problems = crash_everywhere()
    assert problems == []
    assert n_states > 1_300


@pytest.mark.parametrize("left_out", ["fsync", "sync_directory"])
def test_the_simulator_notices_a_disk_that_leaves_out_a_guarantee(left_out):
    n_states, problems = crash_everywhere(frozenset({left_out}))
    assert len(problems) > n_states // 10


def test_what_a_killed_writer_left_is_durable_before_the_next_one_relies_on_it():
    """A killed process leaves names that are seen but not durable; the next one works, then the power goes."""
    whole = CrashDisk()
    write_all(whole)
    for cut_at in range(whole.n_steps):
        for go_on in (False, True):
            disk = CrashDisk()
            disk.cut_at = cut_at
            write_all(disk)
            disk.cut_at = -1
            log = TileLog(disk, SIGNER)
            if go_on:
                log.append(leaves(log.size, min(log.size + 50, TOTAL)))
            for how, found in outcomes(disk, n_random=0):
                if how in {"lost", "names lost"}:
                    assert problem_after(found, log.size) is None, (cut_at, go_on, how)
