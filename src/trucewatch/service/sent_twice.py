"""What a node heard twice, because it was cut off and went on a little before: it counts once."""

from __future__ import annotations

from collections.abc import Sequence

from trucewatch.model.detection import Detection
from trucewatch.model.observation import EdgeDetection

EACH_ONCE = "each-once/1"
SAME_S = 0.02
"""how far a pick may move when the sound is cut elsewhere; of an arrival or a swelling onset its own error is more"""
SAME_DEG = 10.0
"""apart by more than this and by more than their errors, two arrivals of one moment are two"""


def each_once(sent: Sequence[EdgeDetection]) -> tuple[EdgeDetection, ...]:
    """Leave out what a later batch says again of the same sensor, moment and direction.

    What stands in one batch was heard in one go and is never the same twice. Which batch came first makes no
    difference: of two that say the same, the one with the earlier pick stays.

    Args:
        sent: detections of nodes, in any order.
    """
    by_ear: dict[tuple[str, str, str], list[EdgeDetection]] = {}
    for one in sorted(sent, key=lambda e: (e.detection.time.utc, e.id)):
        d = one.detection
        by_ear.setdefault((one.sensor_id, d.kind.value, d.method), []).append(one)
    kept: list[EdgeDetection] = []
    for of_ear in by_ear.values():
        longest = max(SAME_S, *(e.detection.time.sigma_s for e in of_ear))
        stays: list[EdgeDetection] = []
        for one in of_ear:
            near = _near(stays, one, longest)
            if not any(_same(one, other) for other in near):
                stays.append(one)
        kept += stays
    return tuple(sorted(kept, key=lambda e: (e.detection.time.utc, e.id)))


def _near(stays: Sequence[EdgeDetection], one: EdgeDetection, within_s: float) -> list[EdgeDetection]:
    near = []
    for other in reversed(stays):
        if (one.detection.time.utc - other.detection.time.utc).total_seconds() > within_s:
            break
        near.append(other)
    return near


def _same(one: EdgeDetection, other: EdgeDetection) -> bool:
    a, b = one.detection, other.detection
    apart_s = abs((a.time.utc - b.time.utc).total_seconds())
    return (
        one.input_id != other.input_id
        and apart_s <= max(SAME_S, a.time.sigma_s, b.time.sigma_s)
        and _turn_deg(a, b) <= max(SAME_DEG, a.bearing_sigma_deg or 0.0, b.bearing_sigma_deg or 0.0)
    )


def _turn_deg(a: Detection, b: Detection) -> float:
    if a.bearing_deg is None or b.bearing_deg is None:
        return 0.0
    return abs((a.bearing_deg - b.bearing_deg + 180.0) % 360.0 - 180.0)
