"""The shape of an array: which elements share a place, and whether all places lie on one line."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SAME_PLACE_SHARE = 0.005
"""Elements nearer than this share of the array's length are at one place: half a metre in a hundred."""

LEAST_WIDTH = 0.03
"""Width of an array over its length below which its elements count as lying on one line."""


def shared_places(offsets_m: FloatArray) -> tuple[tuple[int, ...], ...]:
    """Group elements that stand at one place; two looks at one point of the field are one for every error.

    Args:
        offsets_m: Element positions, (n_elements, 2 or 3).

    Returns:
        Rows of each place, in order of the first.
    """
    apart = np.linalg.norm(offsets_m[:, None] - offsets_m[None], axis=-1)
    near = apart <= SAME_PLACE_SHARE * apart.max(initial=0.0)
    places: list[tuple[int, ...]] = []
    taken: set[int] = set()
    for row in range(len(offsets_m)):
        if row not in taken:
            members = tuple(int(other) for other in np.flatnonzero(near[row]) if other not in taken)
            taken.update(members)
            places.append(members)
    return tuple(places)


def line_azimuth_deg(offsets_m: FloatArray) -> float | None:
    """Return the azimuth of the line on which all places lie, in [0, 180), or None where they do not.

    Args:
        offsets_m: Places, (n_places, 2).
    """
    _, (length, width), axes = np.linalg.svd(offsets_m - offsets_m.mean(axis=0), full_matrices=False)
    if width >= LEAST_WIDTH * length:
        return None
    return float(np.degrees(np.arctan2(axes[0, 0], axes[0, 1])) % 180.0)
