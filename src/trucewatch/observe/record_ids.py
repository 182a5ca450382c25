"""Names of observations, by what they say."""

from __future__ import annotations

import json

from trucewatch.model.ids import content_id


def observation_id(*values: object) -> str:
    """Name an observation by what identifies it: texts, numbers, None, and tuples of these.

    The bytes are those of `model.wire.to_bytes` for the same list, made in one step: a table has 1e5 of them.
    """
    plain = json.dumps(values, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return content_id("obs", plain.encode())
