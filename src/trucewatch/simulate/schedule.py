"""When what happens: each activity at its rate and its time of day, hour by hour, from one seed."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from trucewatch.simulate import peaceful, silent, warlike
from trucewatch.simulate.happening import Happening
from trucewatch.simulate.scene import Scene
from trucewatch.simulate.streams import stream

Make = Callable[[Scene, str, float, np.random.Generator], list[Happening]]

MAKERS: dict[str, Make] = {
    "single_shot": warlike.single_shot,
    "burst": warlike.burst,
    "salvo": warlike.salvo,
    "explosion": warlike.explosion,
    "launch": warlike.launch,
    "barrage": warlike.barrage,
    "uav": silent.uav,
    "aircraft": silent.aircraft,
    "convoy": silent.convoy,
    "fire": silent.fire,
    "demolition": peaceful.demolition,
    "mine_clearance": peaceful.mine_clearance,
    "exercise": peaceful.exercise,
    "thunder": peaceful.thunder,
    "quarry": peaceful.quarry,
    "harvest_fire": silent.harvest_fire,
    "fireworks": peaceful.fireworks,
    "traffic": peaceful.traffic,
}
FIRES = ("fire", "harvest_fire")
LONGEST_FIRE_H = 10
NOTIFIED = ("demolition", "mine_clearance", "exercise")
# Local hours in which each happens; whatever is not named happens at any time.
_BETWEEN = {
    "demolition": (8, 17),
    "mine_clearance": (8, 17),
    "exercise": (8, 17),
    "quarry": (10, 16),
    "harvest_fire": (10, 19),
    "fireworks": (19, 24),
    "thunder": (12, 24),
    "convoy": (5, 22),
    "traffic": (5, 23),
}
_CERTAIN = frozenset({"barrage", "exercise"})
"""A preset that plans one of these has as many as it says, not a random number."""


def happenings(
    scene: Scene, seed: int, hour: int, activities: Collection[str] = tuple(MAKERS)
) -> tuple[Happening, ...]:
    """Draw what begins in an hour of a theatre, in order of time.

    Args:
        scene: the theatre.
        seed: of the theatre.
        hour: after the start, from 0.
        activities: that are asked for; each is drawn by itself.
    """
    out: list[Happening] = []
    for activity in activities:
        rng = stream(seed, "schedule", activity, hour)
        moments = np.sort(rng.uniform(hour * 3600.0, (hour + 1) * 3600.0, _number(scene, seed, activity, hour, rng)))
        for n, at_s in enumerate(moments):
            name = f"{activity}-{hour:02d}-{n + 1:02d}"
            out += MAKERS[activity](scene, name, float(at_s), stream(seed, "happening", name))
    return tuple(sorted(out, key=lambda h: (h.start_s, h.truth.id)))


def burning(scene: Scene, seed: int, hour: int) -> tuple[Happening, ...]:
    """Return the fires that began up to an hour, for the satellite that passes then."""
    hours = range(max(0, hour - LONGEST_FIRE_H), hour + 1)
    return tuple(f for before in hours for f in happenings(scene, seed, before, FIRES))


def _number(scene: Scene, seed: int, activity: str, hour: int, rng: np.random.Generator) -> int:
    expected = scene.preset.expected(activity)
    if expected == 0.0:
        return 0
    hours = _hours(scene, activity)
    if hour not in hours:
        return 0
    if activity in _CERTAIN:
        wanted = max(1, round(expected * 24.0))
        chosen = stream(seed, "certain", activity).choice(hours[: max(1, int(0.8 * len(hours)))], wanted)
        return int(np.count_nonzero(chosen == hour))
    # The hours in which it happens carry the whole day's number.
    first, last = _BETWEEN.get(activity, (0, 24))
    return int(rng.poisson(expected * 24.0 / (last - first)))


def _hours(scene: Scene, activity: str) -> list[int]:
    """Return the hours of the theatre in which an activity happens; all of them where the theatre has none of those."""
    first, last = _BETWEEN.get(activity, (0, 24))
    start, lon = scene.preset.start_utc, scene.preset.lon_deg
    local = [(start.hour + start.minute / 60.0 + h + 0.5 + lon / 15.0) % 24.0 for h in range(scene.preset.hours)]
    found = [h for h, at in enumerate(local) if first <= at < last]
    return found or (list(range(scene.preset.hours)) if activity in _CERTAIN else [])
