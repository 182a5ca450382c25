"""An input as it came in: the first record of every chain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One file that was taken in, whole."""

    id: str
    """content id of its bytes: the same file under another name is the same input"""
    path: str
    """relative to the inbox, as first seen"""
    sha256: str
    size: int
    reader: str
    """name of the reader that took it, "" where none did"""
    n_observations: int
    n_rejected: int
    duplicate_paths: tuple[str, ...] = ()
    """other names under which the same bytes lie in the inbox"""
