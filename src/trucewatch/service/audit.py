"""Check everything that a mission or an export says about itself, and name what does not hold.

1. The log: signature, every entry, every tile; that it extends the checkpoint the verifier kept (evidence.check).
2. The register against the log, record by record, payload by payload.
3. What records commit to: publications' files, fire columns, raw inputs with their sidecars, the mission's own files.
4. Which records stand: the last of each id, unless a record retires it; nobody can let one go without a trace.
5. Cases: every finding rests on two people.
6. The seal: every file that the last run left, and no other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trucewatch.evidence import Checkpoint, Disk, EvidenceError, Finding, Step, Verdict, Verifier, conclude, verify_log
from trucewatch.model.errors import RuleViolation, TrucewatchError
from trucewatch.model.intake import Input
from trucewatch.model.observation import FirePixels
from trucewatch.model.publication import Publication
from trucewatch.model.register import Box, FireColumns
from trucewatch.model.wire import from_bytes
from trucewatch.observe import sidecar_of
from trucewatch.service.arrived import identify
from trucewatch.service.casework import case_events
from trucewatch.service.ports import Inbox, Register
from trucewatch.service.records import fire_block_digest
from trucewatch.service.retirement import RETIREMENT, standing
from trucewatch.service.sealing import FileState, read_seal, rows_of
from trucewatch.verify import replay

UNKNOWN_KEY = "whose log this is: the key was taken from the folder, give the one you were given with --key"
INDEX = "out/index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What lies before the verifier."""

    disk: Disk
    """the log"""
    verifier: Verifier
    is_key_known: bool
    """whether the verifier brought the key; False: it lies in the folder, where whoever made the folder put it"""
    pinned: Checkpoint | None
    """the verifier's own last-seen checkpoint"""
    register: Register | None
    """None where it cannot be opened"""
    register_fault: str | None
    salt_at: Callable[[int], bytes]
    """salt of the record at a place of the log"""
    inbox: Inbox | None
    """None for an export without raw inputs"""
    files: Mapping[str, FileState]
    """everything that a seal covers, as it lies there"""
    texts: Mapping[str, str]
    """SHA-256 of the mission's own files, by name"""
    seal: bytes | None


_Check = Callable[[Evidence, Register], Step]


def audit(evidence: Evidence) -> Verdict:
    """Verify all of it; a fault in one place does not hide those in others."""
    rows = None if evidence.register is None else rows_of(evidence.register.records(), evidence.salt_at)
    steps: list[Step] = []
    try:
        verdict = verify_log(evidence.disk, evidence.verifier, pinned=evidence.pinned, rows=rows)
    except (TrucewatchError, EvidenceError) as error:
        verdict = verify_log(evidence.disk, evidence.verifier, pinned=evidence.pinned)
        steps.append(_unreadable("the register", str(error)))
    if evidence.register_fault is not None:
        steps.append(_unreadable("the register", evidence.register_fault))
    if not evidence.is_key_known:
        steps.append(Step(not_checked=(UNKNOWN_KEY,)))
    steps.append(_check_seal(evidence, verdict.checkpoint))
    if evidence.register is not None:
        for check in (_check_standing, _check_cases, _check_publications, _check_fires, _check_inputs, _check_texts):
            steps.append(_guarded(check, evidence, evidence.register))
    own = Step(checked="", findings=verdict.findings, not_checked=verdict.not_checked)
    joined = conclude([own, *steps], verdict.checkpoint, is_pinned=evidence.pinned is not None)
    return Verdict(
        outcome=joined.outcome,
        checkpoint=joined.checkpoint,
        findings=joined.findings,
        checked=verdict.checked + joined.checked[1:],
        not_checked=joined.not_checked,
    )


def _guarded(check: _Check, evidence: Evidence, register: Register) -> Step:
    try:
        return check(evidence, register)
    except (TrucewatchError, EvidenceError, ValueError) as error:
        return _unreadable("the register", str(error))


def _unreadable(where: str, why: str) -> Step:
    return Step(checked=f"that {where} can be read", findings=(Finding(what="altered", where=where, why=why),))


def _check_seal(evidence: Evidence, checkpoint: Checkpoint | None) -> Step:
    checked = "every file of the mission against its seal"
    if evidence.seal is None:
        return Step(checked=checked, findings=(Finding(what="missing", where="seal", why="there is no seal"),))
    try:
        seal = read_seal(evidence.seal, evidence.verifier)
    except (EvidenceError, ValueError) as error:
        return Step(checked=checked, findings=(Finding(what="unsigned", where="seal", why=str(error)),))
    findings = list(_against_seal({f.path: f for f in seal.files}, evidence.files))
    if checkpoint is not None and seal.log_size != checkpoint.size:
        why = f"it was made at log size {seal.log_size}, the log has {checkpoint.size}"
        findings.append(Finding(what="altered", where="seal", why=why))
    return Step(checked=checked, findings=tuple(findings))


def _against_seal(sealed: Mapping[str, FileState], present: Mapping[str, FileState]) -> Iterator[Finding]:
    for path in sorted(set(sealed) | set(present)):
        was, is_ = sealed.get(path), present.get(path)
        if was is None:
            yield Finding(what="unexpected", where=path, why="the seal does not name it")
        elif is_ is None:
            yield Finding(what="missing", where=path, why="the seal names it")
        elif was != is_:
            yield Finding(what="altered", where=path, why=f"sha256 {is_.sha256[:16]}, sealed {was.sha256[:16]}")


def _check_standing(_: Evidence, register: Register) -> Step:
    """Hold what the register marks as current, which no leaf commits to, against what the records say stands."""
    stands = standing(register.records())
    findings = []
    for r in register.records():
        if r.kind == RETIREMENT or r.current == (stands.get((r.kind, r.id)) == r.seq):
            continue
        why = (
            "counts, but a later record replaces or retires it"
            if r.current
            else "no longer counts, but nothing says so"
        )
        findings.append(Finding(what="altered", where=f"{r.kind} {r.id} (seq {r.seq})", why=why))
    return Step(checked="which records stand, against the retirements on record", findings=tuple(findings))


def _check_cases(evidence: Evidence, register: Register) -> Step:
    """Replay every case: a finding that no two people signed is none, whatever wrote it there."""
    findings = []
    for case_id, events in case_events(register).items():
        try:
            replay(events)
        except RuleViolation as error:
            findings.append(Finding(what="unsigned", where=f"case {case_id}", why=str(error)))
    return Step(checked="every case replayed: findings rest on two people", findings=tuple(findings))


def _check_publications(evidence: Evidence, register: Register) -> Step:
    findings = []
    beside = {p for p in evidence.files if p.startswith("out/")} - {INDEX}
    for record in register.records():
        if record.kind != "publication":
            continue
        for f in from_bytes(Publication, record.payload).files:
            beside.discard(f"out/{f.path}")
            lies = evidence.files.get(f"out/{f.path}")
            if lies is None or lies.sha256 != f.sha256:
                what = "missing" if lies is None else "altered"
                why = f"it was published with sha256 {f.sha256[:16]} ({record.id}, seq {record.seq})"
                findings.append(Finding(what=what, where=f"out/{f.path}", why=why))
    # An interrupted run may leave some, so they prove nothing; but nobody should take them for published.
    not_checked = tuple(f"{path}: no publication record names it" for path in sorted(beside))
    return Step(
        checked="every published file against its publication record",
        findings=tuple(findings),
        not_checked=not_checked,
    )


def _check_fires(evidence: Evidence, register: Register) -> Step:
    """Hold the column table of fire pixels against the digests of its blocks."""
    blocks = [json.loads(r.payload) for r in register.records() if r.kind == "fire_block"]
    if not blocks:
        return Step(checked="fire pixels: there are none")
    columns = register.fires(Box())
    ids = np.array(columns.input_id)
    order = np.lexsort((columns.row, ids))
    findings, n = [], 0
    for block in blocks:
        mine = order[
            (ids[order] == block["input_id"])
            & (columns.row[order] >= block["first_row"])
            & (columns.row[order] <= block["last_row"])
        ]
        n += len(mine)
        if len(mine) != block["n"] or fire_block_digest(_pixels(columns, mine)) != block["columns_sha256"]:
            where = f"fire pixels of input {block['input_id']}, rows {block['first_row']} to {block['last_row']}"
            findings.append(Finding(what="altered", where=where, why="they do not have the logged digest"))
    if n != len(ids):
        findings.append(
            Finding(what="added", where="fire pixels", why=f"{len(ids) - n} rows belong to no logged block")
        )
    return Step(checked="every block of fire pixels against its digest", findings=tuple(findings))


def _pixels(columns: FireColumns, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> FirePixels:
    return FirePixels(
        input_id=columns.input_id[rows[0]] if len(rows) else "",
        first_row=int(columns.row[rows[0]]) if len(rows) else 0,
        row=columns.row[rows],
        lon_deg=columns.lon_deg[rows],
        lat_deg=columns.lat_deg[rows],
        time_s=columns.time_s[rows],
        time_sigma_s=columns.time_sigma_s[rows],
        scan_m=columns.scan_m[rows],
        track_m=columns.track_m[rows],
        frp_mw=columns.frp_mw[rows],
        confidence=columns.confidence[rows],
        night=columns.night[rows],
        satellite=tuple(columns.satellite[i] for i in rows),
        version=tuple(columns.version[i] for i in rows),
    )


def _check_texts(evidence: Evidence, register: Register) -> Step:
    """Hold the mission's own files against the texts that the last run worked by."""
    recorded = {r.id: str(json.loads(r.payload)["sha256"]) for r in register.current("mission_text")}
    findings = []
    for name in sorted(set(recorded) | set(evidence.texts)):
        was, is_ = recorded.get(name), evidence.texts.get(name)
        if was is None:
            findings.append(Finding(what="unexpected", where=name, why="no run has recorded it"))
        elif is_ is None:
            findings.append(Finding(what="missing", where=name, why=f"the last run recorded it, sha256 {was[:16]}"))
        elif was != is_:
            why = f"sha256 {is_[:16]}, the last run recorded {was[:16]}; a run records a new version"
            findings.append(Finding(what="altered", where=name, why=why))
    return Step(checked="the mission's own files against the texts on record", findings=tuple(findings))


def _check_inputs(evidence: Evidence, register: Register) -> Step:
    """Hold every raw input against its record: its bytes, and those of its sidecar."""
    checked = "every raw input against its record"
    if evidence.inbox is None:
        return Step(checked="", not_checked=("the raw inputs: they are not part of this export",))
    paths = evidence.inbox.paths()
    by_path: dict[str, list[Input]] = {}
    for record in register.current("input"):
        taken = from_bytes(Input, record.payload)
        by_path.setdefault(taken.path, []).append(taken)
    findings = [f for path, taken in by_path.items() for f in _against_input(evidence.inbox, path, paths, taken)]
    return Step(checked=checked, findings=tuple(findings))


def _against_input(inbox: Inbox, path: str, paths: Collection[str], taken: Sequence[Input]) -> Iterator[Finding]:
    where = f"inbox/{path}"
    if path not in paths:
        yield Finding(what="missing", where=where, why=f"it was taken in as {taken[-1].id}")
        return
    sidecar = sidecar_of(path, paths)
    lies = identify(inbox, path, sidecar)
    for t in taken:
        if t.sha256 != lies.sha256:
            why = f"its bytes are not those taken in as {t.id} (sha256 {t.sha256[:16]})"
            yield Finding(what="altered", where=where, why=why)
    # A recording may first have come without its sidecar: both inputs stand, and one of them is what lies there.
    if taken[-1].sha256 == lies.sha256 and lies.id not in {t.id for t in taken}:
        why = f"with its sidecar {sidecar} it is not what was taken in as {taken[-1].id}"
        yield Finding(what="altered", where=where, why=why)
