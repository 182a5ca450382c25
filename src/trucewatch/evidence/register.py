"""Holding records against the log: leaves in order and in time, and a register (a database) that claims to mirror it.

The log is the record, the register an index of it; so words such as removed and added are said of the register.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from hmac import compare_digest

from trucewatch.evidence.errors import MalformedError
from trucewatch.evidence.leaf import SALT_BYTES, Leaf, commitment
from trucewatch.evidence.verdict import Finding, Step

ERASURE = "erasure"
"""Kind of the leaf that says, in `refs`, whose payload or salt was destroyed on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRow:
    """What a register says stands at one place of the log."""

    seq: int
    """Place in the log, from 0."""
    leaf: bytes
    """The leaf's bytes as the register builds them from its own columns."""
    payload: bytes | None
    """The record itself; None where it was erased."""
    salt: bytes | None
    """The salt of its commitment; None where it was erased."""


def check_leaves(entries: Iterable[bytes]) -> Step:
    """Check that every entry is a canonical leaf, carries its own place, and was not received before the one above it.

    Equal times are in order. A clock set back shows here like a back-dated record; both need an explanation.
    """
    findings: list[Finding] = []
    latest: Leaf | None = None
    for index, entry in enumerate(entries):
        try:
            leaf = Leaf.from_bytes(entry)
        except MalformedError as error:
            findings.append(Finding(what="malformed", where=f"entry {index}", why=str(error)))
            continue
        if leaf.seq != index:
            why = f"it says it is at place {leaf.seq}, it is at place {index}"
            findings.append(Finding(what="reordered", where=leaf.label, why=why))
        if latest is not None and leaf.received_at_utc < latest.received_at_utc:
            why = f"received {leaf.received_utc}, logged after {latest.label} received {latest.received_utc}"
            findings.append(Finding(what="back-dated", where=leaf.label, why=why))
        else:
            latest = leaf
    return Step(checked="form, place and time of receipt of every leaf", findings=tuple(findings))


def check_register(entries: Iterable[bytes], rows: Iterable[RegisterRow]) -> Step:
    """Check that a register says the same as the log, and that its payloads are those committed to.

    Args:
        entries: all of the log's entries in order.
        rows: the register's rows in order of `seq`; a row out of order is reported, not sorted.
    """
    comparison = _Comparison()
    log = enumerate(entries)
    head = next(log, None)
    for row in rows:
        while head is not None and head[0] < row.seq:
            comparison.only_logged(*head)
            head = next(log, None)
        if head is not None and head[0] == row.seq and head[1] == row.leaf:
            comparison.agree(head[1], row)
            head = next(log, None)
        else:
            comparison.registered.append(row)
    while head is not None:
        comparison.only_logged(*head)
        head = next(log, None)
    return comparison.step()


class _Comparison:
    """Pairs what did not meet at its place: by place and bytes, then by bytes, then by record."""

    def __init__(self) -> None:
        self.registered: list[RegisterRow] = []
        self._logged: dict[int, bytes] = {}
        self._findings: list[tuple[int, Finding]] = []
        self._without_payload: list[tuple[int, Leaf]] = []
        self._erased: set[str] = set()

    def agree(self, entry: bytes, row: RegisterRow) -> None:
        """Take a row whose leaf stands in the log, and hold its payload against the commitment."""
        leaf = self._note_erasure(entry)
        if leaf is None:
            return
        if row.payload is None or row.salt is None:
            self._without_payload.append((row.seq, leaf))
        elif len(row.payload) != leaf.size or not _is_committed(leaf, row.salt, row.payload):
            self._find(row.seq, "altered", leaf.label, "payload or salt is not what the log committed to")

    def only_logged(self, index: int, entry: bytes) -> None:
        """Keep an entry that no row has met yet."""
        self._logged[index] = entry
        self._note_erasure(entry)

    def step(self) -> Step:
        """Pair what is left and return all findings in the order of the log."""
        rows = self._pair_by_bytes(self._pair_in_place(self.registered))
        for row in self._pair_by_record(rows):
            self._find(row.seq, "added", _label(row.leaf), "the register has it, the log does not")
        for index, entry in self._logged.items():
            self._find(index, "removed", _label(entry), "the log has it, the register does not")
        n_erased = self._judge_missing_payloads()
        self._findings.sort(key=lambda placed: placed[0])
        return Step(
            checked="every record of the register against the log, with its payload's commitment",
            findings=tuple(finding for _, finding in self._findings),
            not_checked=(f"{n_erased} payloads that the log says were erased",) if n_erased else (),
        )

    def _pair_in_place(self, rows: list[RegisterRow]) -> list[RegisterRow]:
        """Pair rows that stand right but came out of order after a row with a wrong place."""
        rest = []
        for row in rows:
            if self._logged.get(row.seq) == row.leaf:
                self.agree(self._logged.pop(row.seq), row)
            else:
                rest.append(row)
        return rest

    def _pair_by_bytes(self, rows: list[RegisterRow]) -> list[RegisterRow]:
        places = {entry: index for index, entry in reversed(self._logged.items())}
        rest = []
        for row in rows:
            index = places.pop(row.leaf, None)
            if index is None:
                rest.append(row)
                continue
            self.agree(self._logged.pop(index), row)
            self._find(index, "reordered", _label(row.leaf), f"place {index} in the log, {row.seq} in the register")
        return rest

    def _pair_by_record(self, rows: list[RegisterRow]) -> list[RegisterRow]:
        by_id: dict[str | None, list[int]] = {}
        for index, entry in reversed(self._logged.items()):
            by_id.setdefault(_id(entry), []).append(index)
        rest = []
        for row in rows:
            place = self._place_of(row, by_id)
            if place is None:
                rest.append(row)
            else:
                self._tell_apart(place, self._logged.pop(place), row)
        return rest

    def _place_of(self, row: RegisterRow, by_id: dict[str | None, list[int]]) -> int | None:
        id_ = _id(row.leaf)
        if row.seq in self._logged and id_ in {None, _id(self._logged[row.seq])}:
            return row.seq
        places = by_id.get(id_, []) if id_ is not None else []
        while places and places[-1] not in self._logged:
            places.pop()
        return places[-1] if places else None

    def _tell_apart(self, index: int, entry: bytes, row: RegisterRow) -> None:
        logged, registered = _leaf(entry), _leaf(row.leaf)
        if logged is None or registered is None:
            self._find(index, "altered", _label(entry), "the register's leaf is not readable as one")
            return
        names = [f.name for f in fields(Leaf) if getattr(logged, f.name) != getattr(registered, f.name)]
        told = "; ".join(f"{n} is {getattr(registered, n)!r}, logged {getattr(logged, n)!r}" for n in names)
        self._find(index, "reordered" if names == ["seq"] else "altered", logged.label, f"in the register {told}")
        self.agree(entry, row)

    def _judge_missing_payloads(self) -> int:
        """Report payloads that are gone without an erasure leaf; return how many have one."""
        unexplained = [(seq, leaf) for seq, leaf in self._without_payload if leaf.id not in self._erased]
        for seq, leaf in unexplained:
            self._find(seq, "removed", leaf.label, "its payload or salt is gone and no erasure is logged")
        return len(self._without_payload) - len(unexplained)

    def _note_erasure(self, entry: bytes) -> Leaf | None:
        leaf = _leaf(entry)
        if leaf is not None and leaf.kind == ERASURE:
            self._erased.update(leaf.refs)
        return leaf

    def _find(self, seq: int, what: str, where: str, why: str) -> None:
        self._findings.append((seq, Finding(what=what, where=where, why=why)))


def _leaf(data: bytes) -> Leaf | None:
    """Read a leaf, or None: `check_leaves` is the step that reports entries that are none."""
    try:
        return Leaf.from_bytes(data)
    except MalformedError:
        return None


def _id(data: bytes) -> str | None:
    leaf = _leaf(data)
    return None if leaf is None else leaf.id


def _label(data: bytes) -> str:
    leaf = _leaf(data)
    return "an unreadable leaf" if leaf is None else leaf.label


def _is_committed(leaf: Leaf, salt: bytes, payload: bytes) -> bool:
    return len(salt) == SALT_BYTES and compare_digest(leaf.commit, commitment(salt, payload))
