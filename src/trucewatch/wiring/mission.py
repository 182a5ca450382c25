"""A mission's parts: folders, store, keys, clock, progress."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from trucewatch.evidence import (
    Checkpoint,
    DirectoryDisk,
    EvidenceError,
    Signer,
    TileLog,
    Verifier,
    demonstration_signer,
    load_key,
    new_signer,
    open_checkpoint,
    save_key,
)
from trucewatch.fuse import Classifier, read_classifier, sidecar_name
from trucewatch.model.errors import InvalidMission, Problem, ProofFailure, TrucewatchError
from trucewatch.model.mission import Mission
from trucewatch.report import NamedPlace
from trucewatch.service.audit import Evidence
from trucewatch.service.ports import Progress
from trucewatch.service.sealing import SALT_BYTES, FileState, salt_of
from trucewatch.service.texts import OPTIONAL, REQUIRED, TextFile, Texts, check_texts, read_texts
from trucewatch.service.workshop import Workshop
from trucewatch.store import Inbox, Outbox, SqliteRegister, StoreError

CHUNK_BYTES = 1 << 20
MAX_KEPT_TEXT_BYTES = 1 << 20
"""a gazetteer larger than this is on record by its hash alone"""
PRIVATE = 0o600
OWN_FOLDERS = ("state", "out", "rejected", "inbox")
"""what the program keeps there, keys among it, is no file of the mission's authors"""


class Quiet:
    """Progress that nobody watches."""

    def start(self, step: str, total: int | None) -> None:
        """Say nothing."""

    def advance(self, units: int = 1) -> None:
        """Say nothing."""

    def finish(self) -> None:
        """Say nothing."""


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


def load_texts(folder: MissionFolder) -> Texts:
    """Read and cross-check a mission's own files.

    Raises:
        InvalidMission: with every problem.
    """
    folder.require()
    texts = read_texts(folder.texts())
    read_places(folder, texts.mission)
    own = _names_file(folder, texts.mission) + _classifier_files(folder, texts.mission)
    return replace(texts, files=texts.files + own)


def check_folder(folder: MissionFolder) -> tuple[Texts | None, tuple[Problem, ...]]:
    """Check a mission's own files and return every problem at once."""
    folder.require()
    texts, problems = check_texts(folder.texts())
    if texts is not None:
        try:
            read_places(folder, texts.mission)
            _classifier(folder, texts.mission)
        except InvalidMission as error:
            return None, problems + error.problems
        problems += tuple(
            Problem(file=f"inbox/{path}", message=why, expected="a plain file with a UTF-8 name", severity="warning")
            for path, why in _skipped(folder)
        )
    return texts, problems


def clock(texts: Texts, now: str | None) -> datetime:
    """Return the moment at which work is done: the one given, the mission's replayed clock, or the real clock.

    Raises:
        TrucewatchError: where the text given is no time with a zone.
    """
    if now is None:
        return texts.mission.clock_utc or datetime.now(UTC).replace(microsecond=0)
    return moment(now, "--now")


def moment(text: str, option: str) -> datetime:
    """Read a time that a person gave.

    Raises:
        TrucewatchError: naming the option, where the text is no time with a zone.
    """
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise TrucewatchError(f"{option} {text!r}: expected a time such as 2025-08-13T12:00:00Z") from error
    if given.tzinfo is None:
        raise TrucewatchError(f"{option} {text!r} has no zone; expected a time such as 2025-08-13T12:00:00Z")
    return given.astimezone(UTC)


@contextmanager
def open_workshop(folder: MissionFolder, progress: Progress | None = None) -> Iterator[Workshop]:
    """Open a mission for work, alone; closes register and log at the end.

    Raises:
        InvalidMission: where its files are not in order.
        StoreError, EvidenceError: where store or log cannot be used or another run has them.
    """
    texts = load_texts(folder)
    texts = replace(texts, classifier=_classifier(folder, texts.mission))
    signer, secret = _keys(folder, texts.mission)
    folder.store.parent.mkdir(parents=True, exist_ok=True)
    (folder.root / "inbox").mkdir(exist_ok=True)
    with TileLog(DirectoryDisk(folder.log), signer) as log:
        # Only now: a key that the log does not take must not replace the public key of the one that signed it.
        _replace(folder.public_key, signer.verifier.vkey.encode() + b"\n")
        register = SqliteRegister(folder.store)
        try:
            yield Workshop(
                texts=texts,
                inbox=Inbox(folder.root / "inbox"),
                outbox=Outbox(folder.root / "out", folder.root / "rejected"),
                register=register,
                log=log,
                signer=signer,
                secret=secret,
                places=read_places(folder, texts.mission),
                progress=progress or Quiet(),
                file_states=lambda: tuple(file_states(folder).values()),
                write_seal=lambda content: _replace(folder.seal, content),
            )
        finally:
            register.seal()


@contextmanager
def open_reading(folder: MissionFolder) -> Iterator[tuple[Texts, SqliteRegister]]:
    """Open a mission for reading, also while a run is at work.

    Raises:
        TrucewatchError: where nothing has been run yet.
    """
    texts = load_texts(folder)
    if not folder.store.is_file():
        raise TrucewatchError(f"{folder.root}: nothing was run yet; `trucewatch run {folder.root}` does it")
    register = SqliteRegister(folder.store, read_only=True)
    try:
        yield texts, register
    finally:
        register.seal()


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
    texts = _texts_if_any(folder)
    if not (folder.log / "checkpoint").is_file():
        if folder.store.exists() or folder.seal.exists():
            raise ProofFailure("state/log/checkpoint: is missing, but a store or a seal is here")
        raise TrucewatchError(f"{folder.root}: there is no evidence log here; `trucewatch run` makes one")
    disk = DirectoryDisk(folder.log)
    _require_rest(disk, folder)
    verifier = _verifier(folder, key)
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
            pinned=None if pinned is None else _pinned(pinned, verifier),
            register=register if fault is None else None,
            register_fault=fault,
            salt_at=_salts(folder, None if texts is None else texts.mission),
            inbox=Inbox(inbox) if inbox.is_dir() else None,
            files=states,
            texts=_text_hashes(folder, texts),
            seal=folder.seal.read_bytes() if folder.seal.is_file() else None,
        )
    finally:
        if register is not None:
            register.seal()


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


def read_places(folder: MissionFolder, mission: Mission) -> tuple[NamedPlace, ...]:
    """Read the mission's gazetteer.

    Raises:
        InvalidMission: naming file and line.
    """
    if mission.names_file is None:
        return ()
    places, problems = [], []
    reader = csv.DictReader(io.StringIO(_names_text(folder, mission.names_file)))
    for row in reader:
        try:
            place = NamedPlace(
                name=row["name"],
                lon_deg=float(row["lon"]),
                lat_deg=float(row["lat"]),
                population=int(row["population"] or 0),
                admin=row.get("admin1code") or "",
            )
        except (KeyError, ValueError, TypeError) as error:
            expected = "columns name, lon, lat (degrees) and population (a whole number)"
            problems.append(
                Problem(file=mission.names_file, line=reader.line_num, message=f"bad row: {error}", expected=expected)
            )
            continue
        if mission.area.contains(place.lon_deg, place.lat_deg):
            places.append(place)
    if problems:
        raise InvalidMission(tuple(problems))
    return tuple(places)


def _names_text(folder: MissionFolder, name: str) -> str:
    """Read the gazetteer.

    Raises:
        InvalidMission: where it lies outside the mission folder or among the program's own files, or is no text.
    """
    kind = "a CSV file in UTF-8"
    try:
        return _own_bytes(folder, name, kind).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _cannot_be_read(name, kind) from error


def _own_bytes(folder: MissionFolder, name: str, kind: str) -> bytes:
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
        raise _cannot_be_read(name, kind) from error


def _cannot_be_read(name: str, kind: str) -> InvalidMission:
    expected = f"{kind} in the mission folder, outside {', '.join(OWN_FOLDERS)}"
    return InvalidMission((Problem(file=name, message="cannot be read", expected=expected),))


def _text_hashes(folder: MissionFolder, texts: Texts | None) -> dict[str, str]:
    """Hash the mission's own files as they lie there, also where they can no longer be read as such."""
    if texts is not None:
        return {f.name: f.sha256 for f in texts.files}
    return {name: hashlib.sha256(content).hexdigest() for name, content in folder.texts().items()}


def _names_file(folder: MissionFolder, mission: Mission) -> tuple[TextFile, ...]:
    """Return the gazetteer as one of the mission's own files: place phrases are made from it."""
    if mission.names_file is None:
        return ()
    content = (folder.root / mission.names_file).read_bytes()
    text = content.decode("utf-8-sig") if len(content) <= MAX_KEPT_TEXT_BYTES else ""
    return (TextFile(name=mission.names_file, sha256=hashlib.sha256(content).hexdigest(), text=text),)


def _classifier_contents(folder: MissionFolder, mission: Mission) -> dict[str, bytes]:
    """Read the files of the mission's own model of sounds, by name, the model first; none where it has none.

    Raises:
        InvalidMission: where one of them is not there.
    """
    if mission.classifier_file is None:
        return {}
    names = (mission.classifier_file, sidecar_name(mission.classifier_file))
    return {name: _own_bytes(folder, name, "a classifier and its JSON") for name in names if name is not None}


def _classifier_files(folder: MissionFolder, mission: Mission) -> tuple[TextFile, ...]:
    """Return them as the mission's own files, by their hashes alone: verdicts follow from them."""
    contents = _classifier_contents(folder, mission).items()
    return tuple(TextFile(name=n, sha256=hashlib.sha256(c).hexdigest(), text="") for n, c in contents)


def _classifier(folder: MissionFolder, mission: Mission) -> Classifier | None:
    """Load the mission's own model of sounds.

    Raises:
        InvalidMission: where it is none, or needs an extra that is not installed.
    """
    contents = _classifier_contents(folder, mission)
    if mission.classifier_file is None:
        return None
    name = mission.classifier_file
    try:
        return read_classifier(name, contents[name], contents.get(sidecar_name(name) or ""))
    except TrucewatchError as error:
        expected = "a model as `trucewatch train` writes it, or ONNX with its JSON"
        raise InvalidMission((Problem(file=name, message=str(error), expected=expected),)) from error


def _skipped(folder: MissionFolder) -> tuple[tuple[str, str], ...]:
    inbox = folder.root / "inbox"
    return Inbox(inbox).skipped() if inbox.is_dir() else ()


def _texts_if_any(folder: MissionFolder) -> Texts | None:
    try:
        return load_texts(folder)
    except InvalidMission:
        return None


def _keys(folder: MissionFolder, mission: Mission) -> tuple[Signer, bytes]:
    """Return the signer and the secret behind the salts; a mission's own are made before its first record.

    Raises:
        TrucewatchError: where one of them is gone; nothing else may take its place.
    """
    if mission.demonstration:
        return demonstration_signer(mission.id), _secret(folder, mission)
    begun = (folder.log / "checkpoint").is_file()
    # The secret first: a key without it would go on with salts that anyone can derive.
    if not folder.secret.is_file() and not begun:
        write_private(folder.secret, secrets.token_hex(32).encode() + b"\n")
    if not folder.key.is_file() and not begun:
        write_private(folder.key, save_key(new_signer(f"trucewatch/{mission.id}")).encode())
    for path in (folder.key, folder.secret):
        if not path.is_file():
            raise TrucewatchError(f"{path}: is missing, and the log goes on with no other; put it back from your copy")
    return load_key(folder.key.read_text(encoding="utf-8")), _secret(folder, mission)


def _secret(folder: MissionFolder, mission: Mission | None) -> bytes:
    if folder.secret.is_file():
        return bytes.fromhex(folder.secret.read_text(encoding="utf-8").strip())
    name = mission.id if mission is not None else ""
    return hashlib.sha256(f"trucewatch demonstration salts, not secret: {name}".encode()).digest()


def _salts(folder: MissionFolder, mission: Mission | None) -> Callable[[int], bytes]:
    """Return where salts come from: an export's list, or the mission's secret."""
    if not folder.salts.is_file():
        secret = _secret(folder, mission)
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


def _verifier(folder: MissionFolder, key: str | None) -> Verifier:
    if key is not None:
        return Verifier.from_vkey(key)
    if not folder.public_key.is_file():
        raise ProofFailure("state/key.pub: is missing; give the log's key with --key")
    try:
        return Verifier.from_vkey(folder.public_key.read_text(encoding="utf-8").strip())
    except (EvidenceError, UnicodeDecodeError) as error:
        raise ProofFailure(f"state/key.pub: is no verifier key ({error}); give the log's key with --key") from error


def _pinned(path: Path, verifier: Verifier) -> Checkpoint:
    try:
        return open_checkpoint(path.read_bytes(), verifier)
    except OSError as error:
        raise TrucewatchError(f"{path}: cannot be read: {error.strerror}") from error


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


def _replace(path: Path, content: bytes) -> None:
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
