"""What there is to verify of a mission, laid out and copied: log, register, seal, publications, inputs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trucewatch.evidence import DirectoryDisk, EvidenceError
from trucewatch.model.errors import ProofFailure, TrucewatchError
from trucewatch.service.audit import Evidence
from trucewatch.service.sealing import salt_of
from trucewatch.store import Inbox, SqliteRegister, StoreError
from trucewatch.wiring.folder import MissionFolder
from trucewatch.wiring.keys import pinned_checkpoint, salts_of, verifier_of
from trucewatch.wiring.mission import open_workshop
from trucewatch.wiring.sealed import file_states
from trucewatch.wiring.texts import text_hashes, texts_if_any


def export(folder: MissionFolder, target: Path, *, with_inbox: bool) -> None:
    """Copy what another party needs to check a mission without asking anyone.

    The log, its public key, the register, the seal, publications and rejected inputs, the mission's own files and the
    salts of the records so far; never the private key or the secret.

    Raises:
        TrucewatchError: where the target exists already or nothing was run yet.
    """
    folder.require()
    if target.exists():
        raise TrucewatchError(f"{target}: exists already; give a folder that does not")
    with open_workshop(folder) as shop:
        salts = "".join(salt_of(shop.secret, seq).hex() + "\n" for seq in range(shop.log.size))
        own = [f.name for f in shop.texts.files]
    copy = MissionFolder(target)
    copy.store.parent.mkdir(parents=True)
    copy.salts.write_text(salts, encoding="utf-8")
    for name in own:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder.root / name, target / name)
    for path in (folder.store, folder.seal, folder.public_key):
        shutil.copyfile(path, copy.store.parent / path.name)
    for part in ("state/log", "out", "rejected", *(["inbox"] if with_inbox else [])):
        if (folder.root / part).is_dir():
            shutil.copytree(folder.root / part, target / part, symlinks=True)


@contextmanager
def open_evidence(folder: MissionFolder, *, key: str | None, pinned: Path | None) -> Iterator[Evidence]:
    """Lay out what there is to verify.

    Args:
        folder: a mission or an export of one.
        key: the log's verifier key, known from elsewhere; None: the one that lies in the folder.
        pinned: a checkpoint that the verifier kept.

    Raises:
        TrucewatchError: where nothing was ever logged, a run is at work, or the checkpoint kept cannot be read.
        ProofFailure: where the log's checkpoint or public key is missing or is none.
    """
    texts = texts_if_any(folder)
    if not (folder.log / "checkpoint").is_file():
        if folder.store.exists() or folder.seal.exists():
            raise ProofFailure("state/log/checkpoint: is missing, but a store or a seal is here")
        raise TrucewatchError(f"{folder.root}: there is no evidence log here; `trucewatch run` makes one")
    disk = DirectoryDisk(folder.log)
    _require_rest(disk, folder)
    verifier = verifier_of(folder, key)
    register, fault = None, None
    states = file_states(folder)
    try:
        register = SqliteRegister(folder.store, read_only=True)
        register.check()
    except StoreError as error:
        fault = str(error)
    inbox = folder.root / "inbox"
    try:
        yield Evidence(
            disk=disk,
            verifier=verifier,
            is_key_known=key is not None,
            pinned=None if pinned is None else pinned_checkpoint(pinned, verifier),
            register=register if fault is None else None,
            register_fault=fault,
            salt_at=salts_of(folder, None if texts is None else texts.mission),
            inbox=Inbox(inbox) if inbox.is_dir() else None,
            files=states,
            texts=text_hashes(folder, texts),
            seal=folder.seal.read_bytes() if folder.seal.is_file() else None,
        )
    finally:
        if register is not None:
            register.seal()


def _require_rest(disk: DirectoryDisk, folder: MissionFolder) -> None:
    """Refuse to judge files that a run is changing: between two of its steps they do not agree, and nobody lied.

    Raises:
        TrucewatchError: saying when to verify.
    """
    try:
        disk.claim()
    except EvidenceError as error:
        raise TrucewatchError(f"{folder.root}: a run is at work here; verify when it has ended") from error
    disk.release()
