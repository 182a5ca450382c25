"""A mission's own files as nouns, each problem at once: texts, gazetteer, classifier."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace

from trucewatch.fuse import Classifier, read_classifier, sidecar_name
from trucewatch.model.errors import InvalidMission, Problem, TrucewatchError
from trucewatch.model.mission import Mission
from trucewatch.report import NamedPlace
from trucewatch.service.texts import TextFile, Texts, check_texts, read_texts
from trucewatch.store import Inbox
from trucewatch.wiring.folder import MissionFolder, cannot_be_read, own_bytes
from trucewatch.wiring.unsigned import unsigned_batches

MAX_KEPT_TEXT_BYTES = 1 << 20
"""a gazetteer larger than this is on record by its hash alone"""


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
            classifier_of(folder, texts.mission)
        except InvalidMission as error:
            return None, problems + error.problems
        problems += tuple(
            Problem(file=f"inbox/{path}", message=why, expected="a plain file with a UTF-8 name", severity="warning")
            for path, why in _skipped(folder)
        )
        problems += unsigned_batches(folder, texts.network)
    return texts, problems


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
        return own_bytes(folder, name, kind).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise cannot_be_read(name, kind) from error


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
    return {name: own_bytes(folder, name, "a classifier and its JSON") for name in names if name is not None}


def _classifier_files(folder: MissionFolder, mission: Mission) -> tuple[TextFile, ...]:
    """Return them as the mission's own files, by their hashes alone: verdicts follow from them."""
    contents = _classifier_contents(folder, mission).items()
    return tuple(TextFile(name=n, sha256=hashlib.sha256(c).hexdigest(), text="") for n, c in contents)


def classifier_of(folder: MissionFolder, mission: Mission) -> Classifier | None:
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


def texts_if_any(folder: MissionFolder) -> Texts | None:
    """Return the mission's own files as nouns, None where they are not in order."""
    try:
        return load_texts(folder)
    except InvalidMission:
        return None


def text_hashes(folder: MissionFolder, texts: Texts | None) -> dict[str, str]:
    """Hash the mission's own files as they lie there, also where they can no longer be read as such."""
    if texts is not None:
        return {f.name: f.sha256 for f in texts.files}
    return {name: hashlib.sha256(content).hexdigest() for name, content in folder.texts().items()}
