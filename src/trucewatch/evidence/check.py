"""Verifying a log, step by step; each step can be used alone, and `verify_log` runs those it was given the means for.

1. The directory: checkpoint signature, every entry, every tile, every file (audit.py).
2. Against the verifier's own last-seen checkpoint: the log must extend it.
3. Leaves: canonical, each at its own place, times of receipt never going back (register.py).
4. A register: same records, same order, payloads as committed (register.py).
"""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet

from trucewatch.evidence.audit import audit_log
from trucewatch.evidence.checkpoint import Checkpoint
from trucewatch.evidence.disk import Disk
from trucewatch.evidence.errors import LogError
from trucewatch.evidence.keys import is_demonstration
from trucewatch.evidence.note import Verifier
from trucewatch.evidence.reader import LogReader
from trucewatch.evidence.register import RegisterRow, check_leaves, check_register
from trucewatch.evidence.verdict import Finding, Step, Verdict, conclude

_WITNESSES = "whether witnesses saw the same log: no witness signatures were checked"
_UNPINNED = "whether the log was set back, cut short or rewritten: no earlier checkpoint was given"
_NO_REGISTER = "the register and the payloads: none were given"
_DEMONSTRATION = "who signed: the key is a public demonstration key, anyone can sign with it"


def check_consistency(disk: Disk, checkpoint: Checkpoint, pinned: Checkpoint, *, is_intact: bool) -> Step:
    """Check that the log extends an earlier checkpoint whose signature the verifier checked when it kept it.

    Args:
        disk: the log's directory; only read.
        checkpoint: the log's present, signed state.
        pinned: the verifier's own last-seen state.
        is_intact: whether the audit found nothing. An earlier root can only be computed from whole tiles.
    """
    checked = f"that the log extends the pinned checkpoint of size {pinned.size}"
    if checkpoint.origin != pinned.origin:
        why = f"the pinned checkpoint is of log {pinned.origin!r}, this log is {checkpoint.origin!r}"
        return Step(checked=checked, findings=(Finding(what="unexpected", where="checkpoint", why=why),))
    if pinned.size < checkpoint.size and not is_intact:
        return Step(checked=checked, not_checked=("consistency with the pinned checkpoint: the files are damaged",))
    told = _divergence(disk, checkpoint, pinned)
    return Step(
        checked=checked,
        findings=(Finding(what="diverged", where="checkpoint", why=told),) if told else (),
    )


def verify_log(
    disk: Disk,
    log: Verifier,
    *,
    pinned: Checkpoint | None = None,
    rows: Iterable[RegisterRow] | None = None,
    has_leaves: bool = True,
    beside: AbstractSet[str] = frozenset(),
    superseded: bool = False,
) -> Verdict:
    """Verify a log as far as the given means allow.

    LIMIT: the steps read the files one after the other; whoever can change them during the verification can show each
    step something else. Verify a copy that nobody else can write to.

    Args:
        disk: the log's directory; only read.
        log: the log's key, from outside the log.
        pinned: the verifier's own last-seen checkpoint; without it the best verdict is UNANCHORED.
        rows: the register in order of `seq`, to be held against the log.
        has_leaves: whether the entries are this system's leaves; False for logs of other content.
        beside: paths of files that may lie beside the log's own.
        superseded: whether partial tiles of earlier sizes may be there.
    """
    checkpoint, audited = audit_log(disk, log, beside=beside, superseded=superseded)
    steps = [audited]
    if checkpoint is not None:
        if pinned is not None:
            steps.append(check_consistency(disk, checkpoint, pinned, is_intact=not audited.findings))
        steps += _check_entries(disk, checkpoint.size, rows, has_leaves=has_leaves)
    steps.append(Step(not_checked=tuple(_unchecked(log, pinned, rows))))
    return conclude(steps, checkpoint, is_pinned=pinned is not None)


def _divergence(disk: Disk, checkpoint: Checkpoint, pinned: Checkpoint) -> str | None:
    if pinned.size > checkpoint.size:
        return f"the log has {checkpoint.size} entries, it had {pinned.size}: it was set back or cut short"
    if pinned.size == checkpoint.size:
        earlier = checkpoint.root
    else:
        earlier = LogReader(disk, checkpoint.size).root_at(pinned.size)
    if earlier == pinned.root:
        return None
    return f"its first {pinned.size} entries give root {earlier.hex()}, it had signed {pinned.root.hex()}"


def _check_entries(disk: Disk, size: int, rows: Iterable[RegisterRow] | None, *, has_leaves: bool) -> Iterator[Step]:
    def entries() -> Iterator[bytes]:
        return LogReader(disk, size).entries(0, size)

    if has_leaves:
        yield _where_readable("leaves", lambda: check_leaves(entries()))
    if rows is not None:
        yield _where_readable("register", lambda: check_register(entries(), rows))


def _where_readable(what: str, check: Callable[[], Step]) -> Step:
    """Run a step that reads entries; a file too damaged to read is the audit's finding and this step's gap."""
    try:
        return check()
    except LogError as error:
        return Step(checked=f"{what}, as far as readable", not_checked=(f"{what}: {error}",))


def _unchecked(log: Verifier, pinned: Checkpoint | None, rows: Iterable[RegisterRow] | None) -> Iterator[str]:
    yield _WITNESSES
    if pinned is None:
        yield _UNPINNED
    if rows is None:
        yield _NO_REGISTER
    if is_demonstration(log.name):
        yield _DEMONSTRATION
