"""Put every record into the log, and seal the state of the mission's own files.

Each record of the register is one leaf. The leaf carries a salted commitment to the record, never its content, so
that a payload can be erased without breaking a proof (EVIDENCE.md section 1, decision 4).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

from trucewatch.evidence import Leaf, RegisterRow, Signer, Verifier, commitment, open_note, sign_note
from trucewatch.model.instant import rfc3339
from trucewatch.model.register import Record
from trucewatch.service.ports import EvidenceLog, Register

SOFTWARE = "trucewatch-register/1"
"""the form of records and leaves; not the program's version, which a record names itself where it matters"""
MEDIA_TYPE = "application/json"
BATCH = 1000
SALT_BYTES = 32
SEAL_HEADER = "trucewatch-seal/1"
PLAIN = "/ ~"
"""what a seal spells as it is, beside letters, digits and "_.-"; every other byte of a path is %XX"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """One file as it lies there."""

    path: str
    """relative to the mission folder"""
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The state of a mission's own files at the end of a run."""

    origin: str
    log_size: int
    files: tuple[FileState, ...]


def salt_of(secret: bytes, seq: int) -> bytes:
    """Derive the salt of a record from the mission's secret.

    LIMIT: whoever holds the secret can derive every salt, so erasing one payload rests on the mission's word until
    salts are drawn and kept one by one; against everyone else the commitment hides the content.
    """
    return hmac.digest(secret, f"{SOFTWARE}|{seq}".encode(), "sha256")


def leaf_of(record: Record, salt: bytes) -> Leaf:
    """Make the leaf of a record, from nothing but the register's own columns."""
    agreement = json.loads(record.payload).get("agreement_sha256") if record.kind == "assessment" else None
    return Leaf(
        kind=record.kind,
        id=record.id,
        seq=record.seq,
        received_utc=rfc3339(record.received_utc),
        commit=commitment(salt, record.payload),
        size=len(record.payload),
        media_type=MEDIA_TYPE,
        refs=record.refs,
        software=SOFTWARE,
        agreement=agreement,
    )


def log_new(register: Register, log: EvidenceLog, secret: bytes) -> int:
    """Append the leaves of all records that the log does not hold yet; returns how many.

    The register commits first and the log follows, so a run that stops between the two goes on here.
    """
    n, batch = 0, []
    for record in register.records(start=log.size):
        batch.append(leaf_of(record, salt_of(secret, record.seq)).to_bytes())
        if len(batch) == BATCH:
            log.append(batch)
            n, batch = n + len(batch), []
    if batch:
        log.append(batch)
    return n + len(batch)


def rows_of(records: Iterable[Record], salt_at: Callable[[int], bytes]) -> Iterator[RegisterRow]:
    """Say what the register claims stands at each place of the log."""
    for record in records:
        salt = salt_at(record.seq)
        yield RegisterRow(seq=record.seq, leaf=leaf_of(record, salt).to_bytes(), payload=record.payload, salt=salt)


def write_seal(seal: Seal, signer: Signer) -> bytes:
    """Write a seal as a signed note: one line a file, sorted by path.

    Whoever sends an input chooses its name, and a rejected input keeps it: a line break in it must not end the line.
    """
    lines = [SEAL_HEADER, seal.origin, str(seal.log_size)]
    lines += [
        f"{f.sha256} {f.size} {quote(f.path, PLAIN, errors='surrogateescape')}"
        for f in sorted(seal.files, key=lambda f: f.path)
    ]
    return sign_note("\n".join(lines) + "\n", [signer])


def read_seal(content: bytes, verifier: Verifier) -> Seal:
    """Open a seal.

    Raises:
        EvidenceError: where the signature is not the log key's or the text is not a seal's.
    """
    lines = open_note(content, [verifier]).text.removesuffix("\n").split("\n")
    if len(lines) < 3 or lines[0] != SEAL_HEADER:
        raise ValueError(f"the first line is not {SEAL_HEADER}")
    files = []
    for line in lines[3:]:
        sha256, size, path = line.split(" ", 2)
        files.append(FileState(path=unquote(path, errors="surrogateescape"), sha256=sha256, size=int(size)))
    return Seal(origin=lines[1], log_size=int(lines[2]), files=tuple(files))
