"""The files that a seal covers, hashed as they lie."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from trucewatch.service.sealing import FileState
from trucewatch.wiring.folder import MissionFolder

CHUNK_BYTES = 1 << 20


def file_states(folder: MissionFolder) -> dict[str, FileState]:
    """Hash everything that a seal covers: the store, the public key, publications, rejected inputs; by path."""
    paths = [p for p in (folder.store, folder.public_key) if p.is_file()]
    # Only the write-ahead log can hold records; the index beside it (-shm) comes and goes with every reader.
    paths += [p for p in folder.store.parent.glob("store.sqlite-*") if p.stat().st_size and p.suffix != ".sqlite-shm"]
    for part in ("out", "rejected"):
        top = folder.root / part
        paths += [top] if top.is_symlink() else []
        paths += [p for p in top.rglob("*") if p.is_symlink() or not p.is_dir()]
    states = {}
    for path in sorted(paths):
        relative = path.relative_to(folder.root).as_posix()
        digest, size = _hash(path)
        states[relative] = FileState(path=relative, sha256=digest, size=size)
    return states


def _hash(path: Path) -> tuple[str, int]:
    if path.is_symlink():
        return "link-to-" + hashlib.sha256(os.fsencode(path.readlink())).hexdigest(), 0
    if not path.is_file():
        return "not-a-plain-file", 0
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
