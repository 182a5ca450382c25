"""Checkpoints: what a log commits to when it signs, namely its name, its size and its root.

References:
    C2SP tlog-checkpoint v1.0.0.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from trucewatch.evidence.errors import MalformedError, ProofError
from trucewatch.evidence.merkle import EMPTY_ROOT, require_hash
from trucewatch.evidence.note import Signer, Verifier, decode_base64, open_note, sign_note

MAX_SIZE = 2**63 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One state of one log."""

    origin: str
    """The log's name, which is also the name of its key."""
    size: int
    """Number of leaves."""
    root: bytes
    """RFC 6962 root over those leaves, 32 bytes."""
    extensions: tuple[str, ...] = ()
    """Further lines, carried and signed but not interpreted."""

    def __post_init__(self) -> None:
        require_hash(self.root, "checkpoint root")
        if not 0 <= self.size <= MAX_SIZE:
            raise MalformedError(f"checkpoint size {self.size} is not in 0 to {MAX_SIZE}")
        if (self.size == 0) != (self.root == EMPTY_ROOT):
            raise MalformedError("exactly the checkpoint of size 0 has the empty tree's root")
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                raise MalformedError("origin and extension lines are one line each and not empty")

    @property
    def text(self) -> str:
        """The body that is signed."""
        root = base64.b64encode(self.root).decode("ascii")
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), root, *self.extensions))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a checkpoint's body.

        Raises:
            MalformedError: when the body is not in its one canonical form.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1]:
            raise MalformedError("a checkpoint is origin, size and root, each on a line of its own")
        if not _DECIMAL.fullmatch(lines[1]):
            raise MalformedError(f"checkpoint size {lines[1][:40]!r} is not a decimal number without leading zeros")
        root, extensions = decode_base64(lines[2]), tuple(lines[3:-1])
        return cls(origin=lines[0], size=int(lines[1]), root=root, extensions=extensions)


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    """Return the checkpoint as a note signed by the log's key, and by others after it where given."""
    return sign_note(checkpoint.text, signers)


def open_checkpoint(note: bytes, log: Verifier) -> Checkpoint:
    """Check the log's own signature and return the checkpoint; countersignatures are not looked at.

    Raises:
        MalformedError: when the bytes are not a signed checkpoint.
        ProofError: when the log did not sign it, or it belongs to another log.
    """
    checkpoint = Checkpoint.from_text(open_note(note, [log]).text)
    if checkpoint.origin != log.name:
        raise ProofError(f"checkpoint is of log {checkpoint.origin!r}, the key is of {log.name!r}")
    return checkpoint
