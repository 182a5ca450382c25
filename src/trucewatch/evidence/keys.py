"""Where a log's key comes from: secret bytes, a saved text, fresh randomness, or, for demonstrations, a public name."""

import secrets
from collections.abc import Callable
from hashlib import sha256

from trucewatch.evidence.errors import MalformedError
from trucewatch.evidence.note import Signer

DEMONSTRATION_PREFIX = "trucewatch demonstration key, not secret: "


def signer_from_seed(name: str, seed: bytes) -> Signer:
    """Return the signer with this name and these 32 secret bytes."""
    return Signer(name=name, seed=seed)


def new_signer(name: str, entropy: Callable[[int], bytes] = secrets.token_bytes) -> Signer:
    """Return a signer with a fresh random key.

    This is the one place of the room that draws randomness itself when not told otherwise: a key whose bytes a caller
    could forget to make unpredictable would be worth nothing.
    """
    return Signer(name=name, seed=entropy(32))


def demonstration_signer(mission_name: str) -> Signer:
    """Return the signer that anyone can derive from the mission's name, so that demonstrations give the same bytes.

    Anyone can sign with it. Its signatures prove nothing about who signed; the log proves integrity only to those who
    kept an earlier checkpoint. The key's name says so.
    """
    seed = sha256((DEMONSTRATION_PREFIX + mission_name).encode()).digest()
    words = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in mission_name.lower()).split())
    return Signer(name=f"demonstration.invalid/{words or 'mission'}", seed=seed)


def is_demonstration(name: str) -> bool:
    """Say whether a key or log name marks a demonstration key, whose signatures identify nobody."""
    return name.startswith("demonstration.invalid/")


def save_key(signer: Signer) -> str:
    """Return the text of a private key file: one line, a secret, for a file only its owner may read."""
    return signer.skey + "\n"


def load_key(text: str) -> Signer:
    """Read the text of a private key file.

    Raises:
        MalformedError: when it is not exactly one line with a private key.
    """
    if text.count("\n") != 1 or not text.endswith("\n"):
        raise MalformedError("a private key file is one line")
    return Signer.from_skey(text[:-1])
