"""Random streams by name: what one part of a day draws never moves what another part draws."""

from __future__ import annotations

from hashlib import sha256

import numpy as np


def stream(seed: int, *names: object) -> np.random.Generator:
    """Return the random stream of a part of a simulated day.

    Args:
        seed: of the whole theatre, 0 or more.
        names: which part, such as "hearing", 17; the same names give the same numbers.
    """
    text = "/".join(str(name) for name in names)
    return np.random.default_rng([seed, int.from_bytes(sha256(text.encode()).digest()[:16], "little")])
