"""One impulse: the onsets that belong to it and the place they agree on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.air import Air
from trucewatch.fuse.ears import Ears
from trucewatch.fuse.locate import Arrivals, Fix, arrival_sigma_s, grid_start, huber_cost, locate_several, predict
from trucewatch.fuse.onsets import FarPaths, Neighbourhood, Onsets, arrivals_of, voting
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.frame import LocalFrame
from trucewatch.model.detection import Detection
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import SensorState
from trucewatch.physics import Weather

FloatArray = NDArray[np.float64]
AirAt = Callable[[float], Air]
"""seconds since 1970 UTC to the air"""
WeatherAt = Callable[[float], Weather]
"""the same to the weather as the sensor model takes it"""

_ABOUT = timedelta(seconds=1)
_SHARP_S = 0.25
"""a moment that a vague place predicts less sharply than this takes no onset: echoes come within it, any would fit"""
ONSET_GAIN = 4.0
"""what one more agreeing sensor is worth in half squared sigmas: e4 = 55 times likelier than a chance onset"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scene:
    """Everything that association looks at."""

    onsets: Onsets
    hoods: tuple[Neighbourhood, ...]
    """by station"""
    air_at: AirAt
    weather_at: WeatherAt
    ears: Ears
    array_times_s: Mapping[str, tuple[float, ...]]
    """when each array and seismic station detected something, in order, seconds since 1970"""
    settings: FuseSettings
    shocks: Mapping[str, tuple[Detection, ...]] = field(default_factory=dict)
    """shock waves of bullets by sensor, in time order: no part of the onsets"""
    aligned: tuple[Impulse, ...] = ()
    """bursts of automatic fire, not settled yet; the onset of each sensor has the moment of the burst's first round"""

    @property
    def size_names(self) -> tuple[str, ...]:
        """The sizes of source that are told apart."""
        return tuple(name for name, _ in self.settings.size_weights)

    def voters(self, onset: int) -> Neighbourhood:
        """Return the nearest sensors around the one that heard an onset, of those that listened then."""
        hood: Neighbourhood = self.hoods[int(self.onsets.station[onset])]
        ears = self.ears.of_station[list(hood.stations)]
        if self.ears.always[ears].all():
            return voting(hood, None)
        at = utc_from_timestamp(self.onsets.epoch_s + float(self.onsets.time_s[onset]))
        during = Interval(start_utc=at - _ABOUT, end_utc=at + _ABOUT)
        listening = (
            self.ears.always[e] or self.ears.sensors[e].state_at(during) is SensorState.OPERATIONAL for e in ears
        )
        return voting(hood, tuple(bool(listens) for listens in listening))

    def air_of(self, impulse: Impulse) -> Air:
        """Return the air that an impulse was placed in."""
        return impulse.air or self.air(impulse.members[0])

    def air(self, onset: int) -> Air:
        """Return the air when an onset was heard."""
        return self.air_at(self.onsets.epoch_s + float(self.onsets.time_s[onset]))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Impulse:
    """Onsets believed to be one impulse."""

    members: tuple[int, ...]
    """onset indices that made the fix, in time order"""
    extra: tuple[int, ...] = ()
    """onsets that belong to it but bent nothing: echoes joined by their network, second picks of the same sound"""
    fix: Fix | None
    """None where fewer than the least number of sensors agree"""
    frame: LocalFrame
    score: float = 0.0
    air: Air | None = None
    """as other impulses of its hour have it, None where it is as reported"""
    rounds_s: tuple[float, ...] = ()
    """of a burst whose sequences were aligned: its rounds, seconds after the one that the fix is of"""
    n_sure: int = 0
    """how many of those more than one sensor heard"""


Located = tuple[Impulse, Fix, Place, float]
"""an impulse, its fix, its place with the full error, its origin time in seconds since 1970"""


def settle(scene: Scene, members: Sequence[int], frame: LocalFrame, start_m: FloatArray | None = None) -> Impulse:
    """Locate from candidate members, leaving out second onsets of a sensor and outliers one at a time."""
    return settle_several(scene, [members], frame, [start_m])[0]


def settle_several(
    scene: Scene,
    sets: Sequence[Sequence[int]],
    frame: LocalFrame,
    starts_m: Sequence[FloatArray | None],
    promises: Callable[[Sequence[int]], bool] | None = None,
) -> list[Impulse]:
    """Settle several sets of members, each by itself, in the same steps.

    Args:
        scene: onsets, air and settings.
        sets: members of each.
        frame: of all.
        starts_m: where each starts.
        promises: says of the members that are left whether to go on; a set that no longer promises gets no fix.
    """
    onsets, settings = scene.onsets, scene.settings
    kept, extra = [sorted(members) for members in sets], [list[int]() for _ in sets]
    fars = [None if start is None else far_paths(settings, start) for start in starts_m]
    airs = [scene.air(members[0]) for members in kept]
    out = [Impulse(members=tuple(members), fix=None, frame=frame) for members in kept]
    open_sets = [k for k, members in enumerate(kept) if _enough(scene, members)]
    while open_sets:
        arrivals = [arrivals_of(onsets, kept[k], frame, fars[k]) for k in open_sets]
        starts = [_start(a, airs[k], settings, starts_m[k]) for k, a in zip(open_sets, arrivals, strict=True)]
        fixes = locate_several(arrivals, [airs[k] for k in open_sets], settings, np.stack(starts))
        still_open = []
        for k, fix in zip(open_sets, fixes, strict=True):
            worst = _worst(onsets, kept[k], fix, settings)
            if worst is not None:
                extra[k].append(kept[k].pop(worst))
                go_on = _enough(scene, kept[k]) and (promises is None or promises(kept[k]))
                still_open += [k] if go_on else []
            elif _within_hearing(scene, kept[k], fix, frame):
                out[k] = _settled(kept[k], extra[k], fix, frame, settings.huber)
        open_sets = still_open
    return out


def _enough(scene: Scene, members: Sequence[int]) -> bool:
    return len(set(scene.onsets.station[list(members)].tolist())) >= scene.settings.min_sensors


def _start(arrivals: Arrivals, air: Air, settings: FuseSettings, start_m: FloatArray | None) -> FloatArray:
    if start_m is not None:
        return start_m
    return grid_start(arrivals, air, arrival_sigma_s(arrivals, air, settings))


def _settled(kept: Sequence[int], extra: Sequence[int], fix: Fix, frame: LocalFrame, huber: float) -> Impulse:
    score = float(np.sum(ONSET_GAIN - huber_cost(fix.residual_s / fix.sigma_s, huber)))
    return Impulse(members=tuple(kept), extra=tuple(sorted(extra)), fix=fix, frame=frame, score=score)


def far_paths(settings: FuseSettings, source_m: FloatArray) -> FarPaths:
    """Return what long paths from a place, (2,) m in the frame of the sensors, add to the error of arrivals."""
    return FarPaths(source_m=source_m, from_m=settings.max_range_m, share=settings.far_path_share)


def _within_hearing(scene: Scene, kept: Sequence[int], fix: Fix, frame: LocalFrame) -> bool:
    """Say whether the sensors can have heard the place: a fix far beyond them is an alignment of chance."""
    away = np.hypot(*(scene.onsets.plane_of(frame)[scene.onsets.station[list(kept)]] - fix.xy_m).T)
    return float(away.min()) <= scene.settings.max_range_m


def _worst(onsets: Onsets, kept: Sequence[int], fix: Fix, settings: FuseSettings) -> int | None:
    """Return which member should go: the worst of a sensor's several, else the worst outlier, else None."""
    z = np.abs(fix.residual_s / fix.sigma_s)
    station = onsets.station[np.asarray(kept)]
    if len(set(station.tolist())) < len(kept):
        repeated = np.count_nonzero(station[:, None] == station, axis=1) > 1
        return int(np.argmax(np.where(repeated, z, -1.0)))
    return int(np.argmax(z)) if z.max() > settings.outlier_sigmas else None


def tells(fix: Fix, sigma_s: FloatArray) -> NDArray[np.bool_]:
    """Say which of the moments that a fix predicts to sigma_s, shape (n,), tell the sound from its echoes."""
    return np.asarray(sigma_s <= (np.inf if fix.is_point else _SHARP_S), dtype=np.bool_)


def extend(scene: Scene, impulse: Impulse, free: set[int], stations: Sequence[int] | None = None) -> Impulse:
    """Add the free onsets at the moments that an impulse's fix predicts.

    Those of sensors that had no part yet sharpen the fix; a second one of a sensor is kept as extra.

    Args:
        scene: onsets, air and settings.
        impulse: located, else nothing is added.
        free: onsets that may be taken.
        stations: that are asked; by default all around the one that heard it first.
    """
    near = _predicted(scene, impulse, free, stations)
    taken = {int(scene.onsets.station[i]) for i in impulse.members}
    fresh = [i for i in near if int(scene.onsets.station[i]) not in taken]
    again = impulse
    if fresh and impulse.fix is not None:
        again = settle(scene, (*impulse.members, *fresh), impulse.frame, impulse.fix.xy_m)
    extra = {*again.extra, *impulse.extra, *near} - set(again.members)
    return replace(again, extra=tuple(sorted(extra)))


def _predicted(scene: Scene, impulse: Impulse, free: set[int], stations: Sequence[int] | None) -> list[int]:
    """Return the free onsets, at most one a sensor, at their predicted moments."""
    if impulse.fix is None or not free:
        return []
    onsets, sigmas = scene.onsets, scene.settings.outlier_sigmas
    hood = scene.hoods[onsets.station[impulse.members[0]]]
    asked = hood.near(2 * scene.settings.max_range_m) if stations is None else stations
    latest = max(hood.away_m) / 300.0 + 1.0
    start = impulse.fix.time_s - 1.0
    candidates = [i for s in asked for i in onsets.between(s, start, start + latest) if i in free]
    if not candidates:
        return []
    far = far_paths(scene.settings, impulse.fix.xy_m)
    arrivals = arrivals_of(onsets, candidates, impulse.frame, far)
    residual, sigma = predict(impulse.fix, arrivals, scene.air_of(impulse), scene.settings)
    best: dict[int, tuple[float, int]] = {}
    z_of = np.where(tells(impulse.fix, sigma), np.abs(residual / sigma), np.inf)
    for i, z in zip(candidates, z_of, strict=True):
        if z <= sigmas:
            best[int(onsets.station[i])] = min(best.get(int(onsets.station[i]), (np.inf, -1)), (float(z), i))
    return sorted(i for _, i in best.values())
