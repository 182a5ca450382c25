"""The leaf: the canonical header of one record, which commits to its payload without revealing it.

A payload's commitment is HMAC-SHA256 under a salt that is kept beside the payload; when the salt is destroyed the log
still proves that a record was there, and nobody can test guesses of what it said.
"""

import hmac
import json
import re
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self

from trucewatch.evidence.errors import MalformedError

MAX_LEAF_BYTES = 4_096
SALT_BYTES = 32
_HEX_HASH = re.compile(r"[0-9a-f]{64}")
_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")


def commitment(salt: bytes, payload: bytes) -> str:
    """Return the hexadecimal HMAC-SHA256 of a payload under its own 32-byte random salt.

    Raises:
        MalformedError: when the salt does not have 32 bytes.
    """
    if len(salt) != SALT_BYTES:
        raise MalformedError(f"a salt has {SALT_BYTES} bytes, this one {len(salt)}")
    return hmac.digest(salt, payload, "sha256").hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What the log says about one record."""

    kind: str
    """What the record is: observation, detection, incident, assessment, review, publication, erasure and so on."""
    id: str
    """The record's identifier; a later version of a record may carry the same one."""
    seq: int
    """The leaf's place in the log, from 0, so that a leaf cannot be moved unseen."""
    received_utc: str
    """When the record was received or made: RFC 3339, UTC, ending in Z, at most microseconds."""
    commit: str
    """Hexadecimal HMAC-SHA256 of the payload under its salt, from `commitment`."""
    size: int
    """Length of the payload in bytes."""
    media_type: str
    """Form of the payload, as in RFC 6838."""
    refs: tuple[str, ...] = ()
    """Identifiers of the records it judges or derives from."""
    software: str
    """Name and version of what made the record."""
    agreement: str | None = None
    """Hexadecimal SHA-256 of the agreement version in force, where one was used."""

    def __post_init__(self) -> None:
        texts = {"kind": self.kind, "id": self.id, "media_type": self.media_type, "software": self.software}
        for name, value in (*texts.items(), *(("refs", ref) for ref in self.refs)):
            _require_text(name, value)
        for name, number in (("seq", self.seq), ("size", self.size)):
            if type(number) is not int or not 0 <= number < 2**63:
                raise MalformedError(f"leaf field {name} is {number!r}, not a whole number from 0")
        for name, digits in (("commit", self.commit), ("agreement", self.agreement)):
            if not (digits is None and name == "agreement") and not _matches(_HEX_HASH, digits):
                raise MalformedError(f"leaf field {name} is {digits!r}, not 64 lower-case hexadecimal digits")
        _require_utc(self.received_utc)

    def to_bytes(self) -> bytes:
        """Return the one canonical form: JSON, keys sorted, no spaces, ASCII.

        Raises:
            MalformedError: when it is longer than 4,096 bytes.
        """
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        encoded = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")
        if len(encoded) > MAX_LEAF_BYTES:
            raise MalformedError(f"leaf {self.id!r} has {len(encoded)} bytes, more than {MAX_LEAF_BYTES}")
        return encoded

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a leaf; only its canonical bytes are accepted.

        Raises:
            MalformedError: when the bytes are no leaf, or another spelling of one.
        """
        if len(data) > MAX_LEAF_BYTES:
            raise MalformedError(f"{len(data)} bytes are more than a leaf's {MAX_LEAF_BYTES}")
        try:
            values = json.loads(data.decode("ascii"))
        except (ValueError, RecursionError) as error:
            raise MalformedError(f"not a leaf: {error}") from error
        leaf = cls(**_leaf_fields(values, {f.name for f in fields(cls)}))
        if leaf.to_bytes() != data:
            raise MalformedError(f"leaf {leaf.id!r} is not in its canonical form")
        return leaf

    @property
    def received_at_utc(self) -> datetime:
        """The time of receipt as an aware datetime."""
        return datetime.fromisoformat(self.received_utc)

    @property
    def label(self) -> str:
        """How findings name the record."""
        return f"{self.kind} {self.id} (seq {self.seq})"


def _leaf_fields(values: object, names: set[str]) -> dict[str, Any]:
    if not isinstance(values, dict) or set(values) != names:
        raise MalformedError(f"a leaf is an object with exactly the fields {sorted(names)}")
    if not isinstance(values["refs"], list):
        raise MalformedError("leaf field refs is not a list")
    return {**values, "refs": tuple(values["refs"])}


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _require_text(name: str, value: object) -> None:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise MalformedError(f"leaf field {name} is {value!r}, not a printable text")


def _require_utc(value: object) -> None:
    if not _matches(_UTC, value):
        raise MalformedError(f"leaf field received_utc is {value!r}, not RFC 3339 in UTC ending with Z")
    try:
        datetime.fromisoformat(str(value))
    except ValueError as error:
        raise MalformedError(f"leaf field received_utc is {value!r}: {error}") from error
