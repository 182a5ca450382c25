"""What was released: files, their hashes, and what they supersede."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """One file of a publication."""

    path: str
    """relative to out/"""
    media_type: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One change against the version that is superseded."""

    incident_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One release of one product."""

    id: str
    kind: str
    """"daily_report", "open_data", "map" """
    day: str | None
    """reporting day, ISO 8601 local date"""
    version: int
    audience: str
    """public, parties, guarantors, mission"""
    provisional: bool
    """True where the reporting period had not ended"""
    files: tuple[PublishedFile, ...]
    supersedes: str | None
    corrections: tuple[Correction, ...]
