"""Names of observations, by what they say."""

from __future__ import annotations

import json

from trucewatch.model.ids import content_id

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def observation_id(*values: object) -> str:
    """Name an observation by what identifies it: texts, numbers, None, and tuples of these.

    The bytes are those of `model.wire.to_bytes` for the same list, made in one step: a table has 1e5 of them.
    """
    return content_id("obs", _ENCODER.encode(values).encode())
