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
from trucewatch.fuse import Classifier
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
    classifier: Classifier | None = None
    """the mission's own model of sounds; loaded only for work, not for reading"""


def read_texts(files: Mapping[str, bytes]) -> Texts:
    """Read and cross-check a mission's files.

    Args:
        files: bytes by file name, for the names in REQUIRED and OPTIONAL that exist.

    Raises:
        InvalidMission: with every error found.
    """
    texts, problems = check_texts(files)
    if texts is None:
        raise InvalidMission(tuple(filter(_is_error, problems)))
    return texts


def check_texts(files: Mapping[str, bytes]) -> tuple[Texts | None, tuple[Problem, ...]]:
    """Read a mission's files and return what they say, if anything, and every problem at once.

    What another file would have said is not compared with where that file cannot be read.
    """
    problems = [
        Problem(file=name, message="the file is missing", expected="a file of this name")
        for name in REQUIRED
        if name not in files
    ]
    mission = load_mission(files.get("mission.toml", b""), "mission.toml")
    area = None if mission.value is None else mission.value.area
    network = load_network(files.get("network.yaml", b""), "network.yaml", area)
    agreement = load_agreement(files.get("agreement.yaml", b""), "agreement.yaml", area)
    parties = terms = None
    if agreement.value is not None:
        parties = tuple(p.id for p in agreement.value.parties)
        terms = tuple(t.id for t in agreement.value.terms)
    notified = load_notified(files.get("notified.yaml", b"activities: []"), "notified.yaml", area, parties)
    guarantees = load_guarantees(files.get("guarantees.yaml", b"commitments: []"), "guarantees.yaml", terms)
    truth = load_truth(files.get("truth.yaml", b"events: []"), "truth.yaml", area)
    loaded = (mission, network, agreement, notified, guarantees, truth)
    problems += [p for found in loaded for p in found.problems if p.file in files]
    if mission.value is None or network.value is None or agreement.value is None or any(map(_is_error, problems)):
        return None, tuple(problems)
    texts = Texts(
        mission=mission.value,
        agreement=agreement.value,
        network=network.value,
        notified=notified.value or (),
        commitments=guarantees.value or (),
        truth=truth.value or (),
        files=tuple(
            TextFile(name=n, sha256=hashlib.sha256(files[n]).hexdigest(), text=files[n].decode("utf-8"))
            for n in sorted(files)
        ),
    )
    return texts, tuple(problems)


def with_health(network: Network, reports: tuple[HealthReport, ...]) -> Network:
    """Add what the sensors reported about themselves to what the network file says."""
    by_sensor: dict[str, list[Health]] = {}
    for r in sorted(reports, key=lambda r: (r.sensor_id, str(r.time.start_utc), r.id)):
        by_sensor.setdefault(r.sensor_id, []).append(Health(time=r.time, state=r.state, reason=r.reason))
    return Network(sensors=tuple(replace(s, health=s.health + tuple(by_sensor.get(s.id, ()))) for s in network.sensors))


def _is_error(problem: Problem) -> bool:
    return problem.severity == "error"
