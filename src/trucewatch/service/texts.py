"""The mission's own files, read together so that each can be checked against the others."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from trucewatch.agreements import (
    load_agreement,
    load_guarantees,
    load_mission,
    load_network,
    load_notified,
    load_truth,
)
from trucewatch.model.agreement import Agreement, NotifiedActivity
from trucewatch.model.commitment import Commitment
from trucewatch.model.errors import InvalidMission, Problem
from trucewatch.model.mission import Mission, Truth
from trucewatch.model.network import Health, Network
from trucewatch.model.observation import HealthReport

REQUIRED = ("mission.toml", "agreement.yaml", "network.yaml")
OPTIONAL = ("notified.yaml", "guarantees.yaml", "truth.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """One file as it was read."""

    name: str
    sha256: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Everything that people wrote for a mission."""

    mission: Mission
    agreement: Agreement
    network: Network
    notified: tuple[NotifiedActivity, ...]
    commitments: tuple[Commitment, ...]
    truth: tuple[Truth, ...]
    files: tuple[TextFile, ...]


def read_texts(files: Mapping[str, bytes]) -> Texts:
    """Read and cross-check a mission's files.

    Args:
        files: bytes by file name, for the names in REQUIRED and OPTIONAL that exist.

    Raises:
        InvalidMission: with every error found.
    """
    texts, problems = check_texts(files)
    if texts is None:
        raise InvalidMission(tuple(p for p in problems if p.severity == "error"))
    return texts


def check_texts(files: Mapping[str, bytes]) -> tuple[Texts | None, tuple[Problem, ...]]:
    """Read a mission's files and return what they say, if anything, and every problem at once."""
    decoded, problems = _decode(files)
    if "mission.toml" not in decoded:
        return None, tuple(problems)
    mission = load_mission(decoded["mission.toml"], "mission.toml")
    problems += mission.problems
    if mission.value is None:
        return None, tuple(problems)
    area = mission.value.area
    network = load_network(decoded.get("network.yaml", ""), "network.yaml", area)
    agreement = load_agreement(decoded.get("agreement.yaml", ""), "agreement.yaml", area)
    parties = () if agreement.value is None else tuple(p.id for p in agreement.value.parties)
    terms = () if agreement.value is None else tuple(t.id for t in agreement.value.terms)
    notified = load_notified(decoded.get("notified.yaml", "activities: []\n"), "notified.yaml", area, parties)
    guarantees = load_guarantees(decoded.get("guarantees.yaml", "commitments: []\n"), "guarantees.yaml", terms)
    truth = load_truth(decoded.get("truth.yaml", "events: []\n"), "truth.yaml", area)
    for name, loaded in (("network.yaml", network), ("agreement.yaml", agreement)):
        if name in decoded:
            problems += loaded.problems
    problems += notified.problems + guarantees.problems + truth.problems
    if any(p.severity == "error" for p in problems):
        return None, tuple(problems)
    assert network.value is not None and agreement.value is not None  # noqa: S101 - no error, so there is a value
    texts = Texts(
        mission=mission.value,
        agreement=agreement.value,
        network=network.value,
        notified=notified.value or (),
        commitments=guarantees.value or (),
        truth=truth.value or (),
        files=tuple(
            TextFile(name=n, sha256=hashlib.sha256(files[n]).hexdigest(), text=decoded[n]) for n in sorted(decoded)
        ),
    )
    return texts, tuple(problems)


def with_health(network: Network, reports: tuple[HealthReport, ...]) -> Network:
    """Add what the sensors reported about themselves to what the network file says."""
    by_sensor: dict[str, list[Health]] = {}
    for r in sorted(reports, key=lambda r: (r.sensor_id, str(r.time.start_utc), r.id)):
        by_sensor.setdefault(r.sensor_id, []).append(Health(time=r.time, state=r.state, reason=r.reason))
    return Network(sensors=tuple(replace(s, health=s.health + tuple(by_sensor.get(s.id, ()))) for s in network.sensors))


def _decode(files: Mapping[str, bytes]) -> tuple[dict[str, str], list[Problem]]:
    decoded: dict[str, str] = {}
    problems: list[Problem] = []
    for name in REQUIRED:
        if name not in files:
            problems.append(Problem(file=name, message="the file is missing", expected="a file of this name"))
    for name in REQUIRED + OPTIONAL:
        if name not in files:
            continue
        try:
            decoded[name] = files[name].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = files[name][: error.start].count(b"\n") + 1
            problems.append(
                Problem(
                    file=name,
                    line=line,
                    message=f"byte {files[name][error.start]:#04x} is not UTF-8",
                    expected="text in UTF-8",
                )
            )
    return decoded, problems
