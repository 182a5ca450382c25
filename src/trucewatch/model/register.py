"""What the register keeps and gives: records, search boxes and fire pixels as columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.instant import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of the register: append-only, one leaf of the log each."""

    seq: int
    """0, 1, 2 ... without a gap"""
    kind: str
    """mission_text, input, duplicate, rejection, recording, monitor_report, pulse, sighting, image_change,
    health_report, weather, fire_block, detection, incident, suspicion, track, assessment, case_event, retirement,
    publication"""
    id: str
    """the noun's own id; the same id may come again as a later revision"""
    revision: int
    """1 for the first record of an id"""
    received_utc: datetime
    payload: bytes
    """canonical bytes of the noun"""
    refs: tuple[str, ...]
    """ids of the records it was made from"""
    current: bool
    """False once a later revision supersedes it or it was retired"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """A record about to be appended."""

    kind: str
    id: str
    payload: bytes
    refs: tuple[str, ...] = ()
    time: Interval | None = None
    """when the thing happened, for the time index"""
    lon_deg: float | None = None
    lat_deg: float | None = None
    type: str = ""
    """what it is of its kind (observation type, term result), for the kind/time index"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A search box; None where open. Edges count as inside; time is half-open."""

    west_deg: float | None = None
    south_deg: float | None = None
    east_deg: float | None = None
    north_deg: float | None = None
    time: Interval | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FireColumns:
    """Fire pixels as columns, each of shape (n,); input_id and satellite as tuples of n strings."""

    input_id: tuple[str, ...]
    row: NDArray[np.int64]
    lon_deg: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    time_s: NDArray[np.float64]
    time_sigma_s: NDArray[np.float64]
    scan_m: NDArray[np.float64]
    track_m: NDArray[np.float64]
    frp_mw: NDArray[np.float64]
    confidence: NDArray[np.float64]
    night: NDArray[np.bool_]
    satellite: tuple[str, ...]
    version: tuple[str, ...]
