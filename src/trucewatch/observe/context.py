"""What a reader may know besides the bytes: who sent them, which mission, which network, what time it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trucewatch.model.mission import MissionArea
from trucewatch.model.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadContext:
    """Everything outside the file that reading depends on; the same context and bytes give the same observations."""

    source: str
    """path as shown to the user"""
    input_id: str
    area: MissionArea
    network: Network
    now_utc: datetime
    """moments after this (and a day's grace) are refused"""
    time_zone: str
    """IANA name of the mission's zone, used only where a file says "local time" """
    sidecar: bytes | None = None
    """bytes of the file's companion, where it has one"""
