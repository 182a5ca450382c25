"""Fire: shots, bursts, salvos, single explosions, launches with their impacts, barrages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo import distance_m
from trucewatch.model.vocabulary import Cause, ObservationType
from trucewatch.simulate.happening import Happening, Said, bangs, size_of, source_of
from trucewatch.simulate.scene import Scene, other

FloatArray = NDArray[np.float64]

_G = 9.81
# How far each weapon fires, how steeply, and what the discharge sounds like; ranges and angles are general knowledge.
_ARMS = {
    "mortar_82": ("mortar_82_launch", 1_000.0, 3_500.0, 62.0),
    "mortar_120": ("mortar_120_launch", 1_500.0, 6_000.0, 60.0),
    "artillery_122": ("artillery_122_launch", 6_000.0, 13_000.0, 38.0),
    "artillery_152": ("artillery_152_launch", 7_000.0, 15_000.0, 40.0),
}
_SALVO_ARMS = ("mortar_82", "mortar_120", "artillery_122", "artillery_152", "rocket_122")
_SINGLES = ("grenade", "mortar_82", "mortar_120", "artillery_152")
_GUNS = ("small_arms", "heavy_machine_gun")


def single_shot(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return one to three shots of small arms."""
    return [_gunfire(scene, name, "single_shot", ObservationType.SHOT, np.sort(at_s + _gaps(rng, 3, 1.0, 6.0)), rng)]


def burst(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return automatic fire: bursts of 3 to 8 rounds at 600 a minute, some seconds apart (TN098)."""
    starts = at_s + _gaps(rng, 5, 1.5, 6.0)
    rounds = np.concatenate([s + np.arange(rng.integers(3, 9)) * 0.1 for s in starts])
    return [_gunfire(scene, name, "burst", ObservationType.BURST, np.sort(rounds), rng)]


def explosion(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return one explosion."""
    weapon = _SINGLES[int(rng.integers(len(_SINGLES)))]
    at, owner = scene.spot(rng, 100.0, 5_000.0)
    return [_impacts(scene, name, "explosion", weapon, at, other(owner), np.array([at_s]), 0.0, rng)]


def salvo(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return 5 to 40 impacts 2 to 15 s apart on one place."""
    weapon = _SALVO_ARMS[int(rng.integers(len(_SALVO_ARMS)))]
    at, owner = scene.spot(rng, 200.0, 6_000.0)
    rounds = at_s + np.cumsum(rng.uniform(2.0, 15.0, rng.integers(5, 41)))
    return [_impacts(scene, name, "salvo", weapon, at, other(owner), rounds, 60.0, rng)]


def launch(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return rounds that are heard twice: where they leave, and across the line where they arrive."""
    rounds = at_s + _gaps(rng, 6, 4.0, 20.0)
    return _fired(scene, name, "launch", tuple(_ARMS)[int(rng.integers(len(_ARMS)))], rounds, 40.0, rng)


def barrage(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return thousands of rounds from one battery position into one area within an hour or two."""
    n = scene.preset.barrage_rounds
    length_s = max(60.0, min(rng.uniform(3_600.0, 7_200.0), 0.9 * (scene.end_s - at_s)))
    # Volleys: a few guns fire together, then load.
    volley = np.sort(rng.uniform(0.0, length_s, max(1, n // 4)))
    rounds = np.sort(np.resize(volley, n) + rng.uniform(0.0, 3.0, n))
    weapon = ("mortar_120", "artillery_122", "artillery_152")[int(rng.integers(3))]
    return _fired(scene, name, "barrage", weapon, at_s + rounds, 150.0, rng)


def _gaps(rng: np.random.Generator, most: int, least_s: float, most_s: float) -> FloatArray:
    """Return moments of 1 to `most` rounds after the first, which is at nought."""
    return np.concatenate(([0.0], np.cumsum(rng.uniform(least_s, most_s, rng.integers(0, most)))))


def _gunfire(
    scene: Scene, name: str, activity: str, kind: ObservationType, rounds_s: FloatArray, rng: np.random.Generator
) -> Happening:
    label = _GUNS[int(rng.uniform() < 0.25)]
    at, owner = scene.spot(rng, 50.0, 3_000.0)
    said = Said(
        id=name,
        activity=activity,
        label=label,
        kind=kind,
        cause=Cause.GUNFIRE,
        size=size_of(source_of(label)),
        side=owner,
        zone=scene.zone(at),
    )
    flash = ObservationType.MUZZLE_FLASH
    return bangs(said, scene.start_utc, at, rounds_s, source=source_of(label), spread_m=1.0, rng=rng, flash=flash)


def _impacts(
    scene: Scene,
    name: str,
    activity: str,
    weapon: str,
    at: FloatArray,
    side: str,
    rounds_s: FloatArray,
    spread_m: float,
    rng: np.random.Generator,
    launch_at: FloatArray | None = None,
) -> Happening:
    said = Said(
        id=name,
        activity=activity,
        label=weapon,
        kind=ObservationType.EXPLOSION,
        cause=Cause.EXPLOSION,
        size=size_of(source_of(weapon)),
        side=side,
        zone=scene.zone(at),
    )
    return bangs(
        said,
        scene.start_utc,
        at,
        rounds_s,
        source=source_of(weapon),
        spread_m=spread_m,
        rng=rng,
        flash=ObservationType.EXPLOSION,
        launch=launch_at,
        impact=True,
    )


def _fired(
    scene: Scene,
    name: str,
    activity: str,
    weapon: str,
    rounds_s: FloatArray,
    spread_m: float,
    rng: np.random.Generator,
) -> list[Happening]:
    """Return both ends of fire across the line; the flight is that of a shot in a vacuum."""
    sound, near_m, far_m, angle_deg = _ARMS[weapon]
    gun, side = scene.spot(rng, 0.3 * near_m, 0.5 * far_m)
    for _ in range(64):
        there, _ = scene.spot(rng, 100.0, 0.5 * far_m, other(side))
        away = float(distance_m(gun[0], gun[1], there[0], there[1]))
        if near_m <= away <= far_m:
            break
    flight_s = float(np.sqrt(2.0 * away * np.tan(np.radians(angle_deg)) / _G))
    said = Said(
        id=f"{name}-launch",
        activity=activity,
        label=sound,
        kind=ObservationType.EXPLOSION,
        cause=Cause.GUNFIRE,
        size=size_of(source_of(weapon)),
        side=side,
        zone=scene.zone(gun),
    )
    flash = ObservationType.MUZZLE_FLASH
    fired = bangs(said, scene.start_utc, gun, rounds_s, source=source_of(sound), spread_m=15.0, rng=rng, flash=flash)
    arrived = np.sort(rounds_s + flight_s + rng.normal(0.0, 0.2, len(rounds_s)))
    left = np.array([fired.truth.lon_deg, fired.truth.lat_deg])
    return [fired, _impacts(scene, name, activity, weapon, there, side, arrived, spread_m, rng, left)]
