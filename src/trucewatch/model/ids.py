"""Identifiers that anyone can recompute: a prefix and the start of a SHA-256."""

from __future__ import annotations

import hashlib

ID_HEX_DIGITS = 16
"""64 bits: for 1e6 records the chance of any collision is below 3e-8 (birthday bound n^2 / 2^65)."""


def content_id(prefix: str, content: bytes) -> str:
    """Name a record by what it says.

    Args:
        prefix: kind of record, such as "inp", "obs", "det", "inc".
        content: canonical bytes of what identifies it.
    """
    return f"{prefix}-{hashlib.sha256(content).hexdigest()[:ID_HEX_DIGITS]}"
