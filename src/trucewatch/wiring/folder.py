"""Where the parts of a mission lie, and files of it that are written whole or not at all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from trucewatch.model.errors import InvalidMission, Problem
from trucewatch.service.texts import OPTIONAL, REQUIRED

PRIVATE = 0o600
OWN_FOLDERS = ("state", "out", "rejected", "inbox")
"""what the program keeps there, keys among it, is no file of the mission's authors"""


@dataclass(frozen=True, slots=True)
class MissionFolder:
    """Where the parts of a mission lie."""

    root: Path

    @property
    def store(self) -> Path:
        """The register."""
        return self.root / "state" / "store.sqlite"

    @property
    def log(self) -> Path:
        """The evidence log."""
        return self.root / "state" / "log"

    @property
    def seal(self) -> Path:
        """The seal of the last run."""
        return self.root / "state" / "seal"

    @property
    def key(self) -> Path:
        """The log's private key; a demonstration has none."""
        return self.root / "state" / "key"

    @property
    def public_key(self) -> Path:
        """The log's public key."""
        return self.root / "state" / "key.pub"

    @property
    def secret(self) -> Path:
        """From which the salts of the commitments are derived; a demonstration has none."""
        return self.root / "state" / "secret"

    @property
    def salts(self) -> Path:
        """The salts of all records, one a line, in an export."""
        return self.root / "state" / "salts"

    def texts(self) -> dict[str, bytes]:
        """Read the mission's own files that are there."""
        return {n: (self.root / n).read_bytes() for n in REQUIRED + OPTIONAL if (self.root / n).is_file()}

    def require(self) -> None:
        """Refuse a folder that is no mission.

        Raises:
            InvalidMission: saying what would be one.
        """
        if not (self.root / "mission.toml").is_file():
            raise InvalidMission(
                (
                    Problem(
                        file=str(self.root),
                        message="is not a mission folder: there is no mission.toml in it",
                        expected="a mission folder; `trucewatch init FOLDER` makes one",
                    ),
                )
            )


def own_bytes(folder: MissionFolder, name: str, kind: str) -> bytes:
    """Read a file that the mission names; it goes on record and into exports, so it is none that the program makes.

    Raises:
        InvalidMission: where it lies outside the mission folder or among the program's own files.
    """
    path, root = folder.root / name, folder.root.resolve()
    try:
        if path.resolve().relative_to(root).parts[0] in OWN_FOLDERS or not path.is_file():
            raise ValueError(name)
        return path.read_bytes()
    except (OSError, ValueError, IndexError) as error:
        raise cannot_be_read(name, kind) from error


def cannot_be_read(name: str, kind: str) -> InvalidMission:
    """Say of a file that the mission names that it is not there, or not where it may be."""
    expected = f"{kind} in the mission folder, outside {', '.join(OWN_FOLDERS)}"
    return InvalidMission((Problem(file=name, message="cannot be read", expected=expected),))


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole and durable or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file in one step; nothing happens where the bytes are the same."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    with draft.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
