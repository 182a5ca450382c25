"""Shock waves of bullets: kept out of the fix, for they come from the trajectory, and used for what they do say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.apart import squared_sigmas
from trucewatch.fuse.impulse import Impulse, Scene
from trucewatch.fuse.locate import Fix
from trucewatch.fuse.shock import ShockDelays, ShockFix, locate_shot
from trucewatch.model.detection import Detection
from trucewatch.model.vocabulary import Wave

FloatArray = NDArray[np.float64]

_LEAST_SENSORS = 3
_PAIR_S = 0.02
"""how far the blast of a pair may be from the onset that was used as the blast"""
_AGREE = 9.2
"""squared distance of the two fixes beyond which they are not joined (99 per cent)"""
_SURE = 0.8
"""least share of one solution among several for it to be joined"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Shot:
    """What the shock waves add to one round."""

    detections: tuple[Detection, ...]
    """the shock waves that belong to it"""
    xy_m: FloatArray | None
    """joined place in the impulse's frame, shape (2,); None where they do not sharpen it"""
    covariance_m2: FloatArray | None
    sentence: str


def is_shock(detection: Detection) -> bool:
    """Say whether an onset is most probably the shock wave of a bullet."""
    return bool(detection.waves) and detection.waves[0].wave is Wave.SHOCK_WAVE


def shot(scene: Scene, impulse: Impulse, fix: Fix) -> Shot | None:
    """Return what shock waves say of a round; None where none belongs to its blasts."""
    pairs = [(i, d) for i in impulse.members if (d := _shock_of(scene, i)) is not None]
    if not pairs:
        return None
    detections = tuple(d for _, d in pairs)
    if len(pairs) < _LEAST_SENSORS:
        return Shot(detections=detections, xy_m=None, covariance_m2=None, sentence=_heard(len(pairs)))
    speed_m_s = scene.air_of(impulse).speed_m_s
    solutions = locate_shot(_delays(scene, impulse, pairs), speed_m_s, near_m=fix.xy_m)
    return _joined(detections, fix, solutions)


def _shock_of(scene: Scene, onset: int) -> Detection | None:
    """Return the shock wave whose blast an onset is."""
    blast = scene.onsets.detections[onset]
    at_s = blast.time.utc.timestamp()
    for shock in scene.shocks.get(blast.sensor_id, ()):
        delay = shock.blast_after_shock_s
        if delay is not None and abs(shock.time.utc.timestamp() + delay - at_s) <= _PAIR_S:
            return shock
    return None


def _delays(scene: Scene, impulse: Impulse, pairs: Sequence[tuple[int, Detection]]) -> ShockDelays:
    index = np.array([i for i, _ in pairs], dtype=np.int64)
    return ShockDelays(
        xy_m=scene.onsets.plane_of(impulse.frame)[scene.onsets.station[index]],
        delay_s=np.array([d.blast_after_shock_s for _, d in pairs], dtype=np.float64),
        delay_sigma_s=np.array([d.blast_after_shock_sigma_s or 1e-3 for _, d in pairs], dtype=np.float64),
    )


def _joined(detections: tuple[Detection, ...], fix: Fix, solutions: Sequence[ShockFix]) -> Shot:
    n = len(detections)
    if not solutions:
        return Shot(detections=detections, xy_m=None, covariance_m2=None, sentence=_heard(n))
    apart = [squared_sigmas(one.xy_m - fix.xy_m, one.covariance_m2 + fix.covariance_m2) for one in solutions]
    weights = np.array([one.weight for one in solutions]) * np.exp(-0.5 * (np.array(apart) - min(apart)))
    top = int(np.argmax(weights))
    best, far = solutions[top], apart[top]
    off = best.xy_m - fix.xy_m
    toward = f"the line of fire points to {best.aim_deg:.0f} degrees, give or take {2 * best.aim_sigma_deg:.0f}"
    if weights[top] < _SURE * weights.sum():
        several = f"{_heard(n)}; their delays allow {len(solutions)} places, so that they sharpen nothing"
        return Shot(detections=detections, xy_m=None, covariance_m2=None, sentence=several)
    if far > _AGREE:
        elsewhere = f"{_heard(n)}; their delays place the shot {np.hypot(*off):.0f} m off, so that they sharpen nothing"
        return Shot(detections=detections, xy_m=None, covariance_m2=None, sentence=elsewhere)
    one, other = np.linalg.inv(fix.covariance_m2), np.linalg.inv(best.covariance_m2)
    covariance = np.linalg.inv(one + other)
    return Shot(
        detections=detections,
        xy_m=np.asarray(covariance @ (one @ fix.xy_m + other @ best.xy_m), dtype=np.float64),
        covariance_m2=np.asarray(covariance, dtype=np.float64),
        sentence=f"{_heard(n)}; their delays, which need no common clock, agree with the place, and {toward}",
    )


def _heard(n: int) -> str:
    return (
        f"the shock wave of a bullet was heard by {n} sensor{'' if n == 1 else 's'} and took no part in arrival times"
    )
