"""A mission's keys and secrets: made before its first record, read from where they lie."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path

from trucewatch.evidence import (
    Checkpoint,
    EvidenceError,
    Signer,
    Verifier,
    demonstration_signer,
    load_key,
    new_signer,
    open_checkpoint,
    save_key,
)
from trucewatch.model.errors import ProofFailure, TrucewatchError
from trucewatch.model.mission import Mission
from trucewatch.service.sealing import SALT_BYTES, salt_of
from trucewatch.wiring.folder import MissionFolder, write_private


def keys_of(folder: MissionFolder, mission: Mission) -> tuple[Signer, bytes]:
    """Return the signer and the secret behind the salts; a mission's own are made before its first record.

    Raises:
        TrucewatchError: where one of them is gone; nothing else may take its place.
    """
    if mission.demonstration:
        return demonstration_signer(mission.id), secret_of(folder, mission)
    begun = (folder.log / "checkpoint").is_file()
    # The secret first: a key without it would go on with salts that anyone can derive.
    if not folder.secret.is_file() and not begun:
        write_private(folder.secret, secrets.token_hex(32).encode() + b"\n")
    if not folder.key.is_file() and not begun:
        write_private(folder.key, save_key(new_signer(f"trucewatch/{mission.id}")).encode())
    for path in (folder.key, folder.secret):
        if not path.is_file():
            raise TrucewatchError(f"{path}: is missing, and the log goes on with no other; put it back from your copy")
    return load_key(folder.key.read_text(encoding="utf-8")), secret_of(folder, mission)


def secret_of(folder: MissionFolder, mission: Mission | None) -> bytes:
    """Return the secret behind the salts; that of a demonstration is none."""
    if folder.secret.is_file():
        return bytes.fromhex(folder.secret.read_text(encoding="utf-8").strip())
    name = mission.id if mission is not None else ""
    return hashlib.sha256(f"trucewatch demonstration salts, not secret: {name}".encode()).digest()


def salts_of(folder: MissionFolder, mission: Mission | None) -> Callable[[int], bytes]:
    """Return where salts come from: an export's list, or the mission's secret."""
    if not folder.salts.is_file():
        secret = secret_of(folder, mission)
        return lambda seq: salt_of(secret, seq)
    lines = folder.salts.read_bytes().split(b"\n")
    return lambda seq: _salt(lines[seq]) if seq < len(lines) else bytes(SALT_BYTES)


def _salt(line: bytes) -> bytes:
    """Read a line of the list; what is no salt gives one that fits no commitment, so that its record is named."""
    try:
        salt = bytes.fromhex(line.decode("ascii"))
    except ValueError:
        return bytes(SALT_BYTES)
    return salt if len(salt) == SALT_BYTES and salt.hex().encode() == line else bytes(SALT_BYTES)


def verifier_of(folder: MissionFolder, key: str | None) -> Verifier:
    """Return by whose key the log is checked: the one given, else the one that lies in the folder.

    Raises:
        ProofFailure: where there is none, or it is no key.
    """
    if key is not None:
        return Verifier.from_vkey(key)
    if not folder.public_key.is_file():
        raise ProofFailure("state/key.pub: is missing; give the log's key with --key")
    try:
        return Verifier.from_vkey(folder.public_key.read_text(encoding="utf-8").strip())
    except (EvidenceError, UnicodeDecodeError) as error:
        raise ProofFailure(f"state/key.pub: is no verifier key ({error}); give the log's key with --key") from error


def pinned_checkpoint(path: Path, verifier: Verifier) -> Checkpoint:
    """Read a checkpoint that the verifier kept.

    Raises:
        TrucewatchError: it cannot be read.
    """
    try:
        return open_checkpoint(path.read_bytes(), verifier)
    except OSError as error:
        raise TrucewatchError(f"{path}: cannot be read: {error.strerror}") from error
