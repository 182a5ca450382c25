"""Signed notes: a text that anyone can read, and signature lines below it that anyone can check.

References:
    C2SP signed-note v1.0.0 (Ed25519, type 0x01); golang.org/x/mod/sumdb/note for the private key's text form.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trucewatch.evidence.ed25519 import is_strict_point, is_strictly_signed
from trucewatch.evidence.errors import MalformedError, ProofError

MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
_ED25519 = b"\x01"
_SIGNATURE_LINE = re.compile(r"— (\S+) ([A-Za-z0-9+/]+={0,2})")
_KEY_HASH = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """A name and the Ed25519 public key it signs with."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        require_key_name(self.name)
        if not is_strict_point(self.public_key):
            raise MalformedError(f"public key of {self.name!r} is not a canonical Ed25519 point of large order")

    @property
    def key_hash(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()[:4]

    @property
    def vkey(self) -> str:
        """The text form, `<name>+<hash>+<base64>`, that is handed to those who verify."""
        return f"{self.name}+{self.key_hash.hex()}+{_encode(_ED25519 + self.public_key)}"

    @classmethod
    def from_vkey(cls, vkey: str) -> Self:
        """Read a verifier key.

        Raises:
            MalformedError: when the text is not an Ed25519 verifier key in its one canonical form.
        """
        name, key_hash, key = _split_key(vkey, "verifier key")
        verifier = cls(name=name, public_key=key)
        if verifier.key_hash.hex() != key_hash:
            raise MalformedError(
                f"verifier key of {name!r} says hash {key_hash}, its key has {verifier.key_hash.hex()}"
            )
        return verifier

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Say whether `signature` (64 bytes) is this key's, over exactly `text`."""
        return is_strictly_signed(self.public_key, signature, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A name and the 32 secret bytes it signs with."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        require_key_name(self.name)
        if len(self.seed) != 32:
            raise MalformedError(f"an Ed25519 seed has 32 bytes, this one {len(self.seed)}")

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(name=self.name, public_key=self._private_key().public_key().public_bytes_raw())

    @property
    def skey(self) -> str:
        """The text form `PRIVATE+KEY+<name>+<hash>+<base64>`: a secret."""
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_hash.hex()}+{_encode(_ED25519 + self.seed)}"

    @classmethod
    def from_skey(cls, skey: str) -> Self:
        """Read a private key's text form; what is wrong is said without repeating the secret.

        Raises:
            MalformedError: when the text is not an Ed25519 private key in its one canonical form.
        """
        if not skey.startswith("PRIVATE+KEY+"):
            raise MalformedError("a private key starts with PRIVATE+KEY+")
        name, key_hash, seed = _split_key(skey.removeprefix("PRIVATE+KEY+"), "private key")
        signer = cls(name=name, seed=seed)
        if signer.verifier.key_hash.hex() != key_hash:
            raise MalformedError(f"private key of {name!r} does not belong to the hash {key_hash} it states")
        return signer

    def sign(self, text: bytes) -> bytes:
        """Return the 64-byte signature over `text`; the same text always gives the same bytes."""
        return self._private_key().sign(text)

    def _private_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """An opened note: its text, who signed it validly, and the lines nobody asked to check."""

    text: str
    signers: tuple[Verifier, ...]
    unknown: tuple[str, ...]


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """Return the signed note over `text`, with one signature line a signer, in the order given.

    Raises:
        MalformedError: when the text cannot be a note's text.
    """
    body = text.encode()
    _require_text(text)
    lines = [f"— {s.name} {_encode(s.verifier.key_hash + s.sign(body))}\n" for s in signers]
    return body + b"\n" + "".join(lines).encode()


def open_note(note: bytes, verifiers: Sequence[Verifier]) -> Note:
    """Check every signature by a known key and return the text with those who signed.

    Signatures by unknown keys are kept unread, as the specification asks: others may have countersigned.

    Raises:
        MalformedError: when the bytes are not a signed note.
        ProofError: when a known key's signature fails, or no known key signed.
    """
    text, lines = _split_note(note)
    known = {(v.name, v.key_hash): v for v in verifiers}
    signed: list[Verifier] = []
    unknown: list[str] = []
    for line in lines:
        name, raw = _read_signature(line)
        verifier = known.get((name, raw[:4]))
        if verifier is None:
            unknown.append(line)
        elif not verifier.verify(text.encode(), raw[4:]):
            raise ProofError(f"the signature of {name!r} does not belong to this text")
        elif verifier not in signed:
            signed.append(verifier)
    if not signed:
        raise ProofError(f"no signature by {sorted(v.vkey for v in verifiers)}; signature lines: {len(lines)}")
    return Note(text=text, signers=tuple(signed), unknown=tuple(unknown))


def require_key_name(name: str) -> None:
    """Refuse names that a note could not carry: empty, with a plus sign, or with white space or control characters."""
    if not name or "+" in name or any(c.isspace() or not c.isprintable() for c in name):
        raise MalformedError(f"key name {name!r} must be printable, without spaces and plus signs")


def decode_base64(text: str) -> bytes:
    """Decode standard base64 in its one canonical form.

    Raises:
        MalformedError: when another text stands for the same bytes, or the text is not base64.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError(f"not base64: {error}") from error
    if _encode(raw) != text:
        raise MalformedError("base64 is not in its canonical form")
    return raw


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _split_key(text: str, what: str) -> tuple[str, str, bytes]:
    name, _, rest = text.partition("+")
    key_hash, _, encoded = rest.partition("+")
    require_key_name(name)
    if not _KEY_HASH.fullmatch(key_hash):
        raise MalformedError(f"{what} of {name!r} has no hash of eight lower-case hexadecimal digits")
    raw = decode_base64(encoded)
    if raw[:1] != _ED25519 or len(raw) != 33:
        raise MalformedError(f"{what} of {name!r} is not of type Ed25519 with 32 bytes")
    return name, key_hash, raw[1:]


def _split_note(note: bytes) -> tuple[str, list[str]]:
    if len(note) > MAX_NOTE_BYTES:
        raise MalformedError(f"a note of {len(note)} bytes is longer than {MAX_NOTE_BYTES}")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(f"note is not UTF-8: {error}") from error
    text, blank, tail = whole.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise MalformedError("a note is text, a blank line, and signature lines that end with a newline")
    _require_text(text + "\n")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise MalformedError(f"{len(lines)} signature lines are more than {MAX_SIGNATURES}")
    return text + "\n", lines


def _require_text(text: str) -> None:
    if not text.endswith("\n"):
        raise MalformedError("a note's text ends with a newline")
    if any(c < " " and c != "\n" for c in text):
        raise MalformedError("a note's text has no control characters but newline")


def _read_signature(line: str) -> tuple[str, bytes]:
    found = _SIGNATURE_LINE.fullmatch(line)
    if found is None:
        raise MalformedError(f"not a signature line: {line[:80]!r}")
    name, encoded = found.groups()
    require_key_name(name)
    raw = decode_base64(encoded)
    if len(raw) < 5:
        raise MalformedError(f"signature of {name!r} is shorter than its key hash and one byte")
    return name, raw
