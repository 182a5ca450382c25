"""What the detections of a run are placed in, and the parts that each way of placing makes of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from trucewatch.fuse.air import airs
from trucewatch.fuse.associate import associate
from trucewatch.fuse.bearings import array_parts
from trucewatch.fuse.claims import Claims
from trucewatch.fuse.ears import ears_of, physics_weather
from trucewatch.fuse.far_reading import is_far
from trucewatch.fuse.flash import flash_parts
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.lesson import taught
from trucewatch.fuse.onsets import gather, neighbourhoods
from trucewatch.fuse.part import Part
from trucewatch.fuse.phase_parts import parts_in_ground
from trucewatch.fuse.rounds_seen import gather_rounds
from trucewatch.fuse.salvo import lone_onsets, salvos
from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.single import single_parts
from trucewatch.fuse.supersonic import is_shock
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.instant import utc_from_timestamp
from trucewatch.model.network import Network
from trucewatch.model.observation import Weather
from trucewatch.physics import Weather as PhysicsWeather


def scene_of(
    detections: Sequence[Detection], network: Network, weather: tuple[Weather, ...], settings: FuseSettings
) -> Scene:
    """Return onsets, air and ears of a run.

    Args:
        detections: by id.
        network: sensors.
        weather: by time.
        settings: priors and limits.
    """
    heard = [d for d in detections if d.kind is DetectionKind.ONSET and not is_far(d)]
    onsets = gather([d for d in heard if not is_shock(d)], network)
    shocks: dict[str, list[Detection]] = {}
    for d in sorted((d for d in heard if is_shock(d)), key=lambda d: (d.time.utc, d.id)):
        shocks.setdefault(d.sensor_id, []).append(d)
    arrays: dict[str, list[float]] = {}
    for d in detections:
        if d.kind is DetectionKind.ARRIVAL or is_far(d):
            arrays.setdefault(d.sensor_id, []).append(d.time.utc.timestamp())
    air_at, times = airs(weather, settings), [w.time_utc for w in weather]
    skies = [physics_weather(w, settings) for w in weather] or [physics_weather(None, settings)]

    def weather_at(seconds: float) -> PhysicsWeather:
        return skies[max(0, bisect_right(times, utc_from_timestamp(seconds)) - 1)]

    return Scene(
        onsets=onsets,
        hoods=neighbourhoods(onsets, settings.max_range_m, settings.far_range_m),
        air_at=lambda seconds: air_at(utc_from_timestamp(seconds)),
        weather_at=weather_at,
        ears=ears_of(onsets, network),
        array_times_s={name: tuple(sorted(at)) for name, at in arrays.items()},
        settings=settings,
        shocks={name: tuple(found) for name, found in shocks.items()},
    )


def parts_in(detections: Sequence[Detection], network: Network, scene: Scene, claims: Claims) -> list[Part]:
    """Return what arrival times, bearings, phases, flashes and claims by themselves make, each onset in one at most."""
    impulses, rest, background = associate(scene)
    located = salvos(scene, taught(scene, impulses), background)
    in_ground = parts_in_ground(detections, network, scene.settings)
    far = array_parts(
        [d for d in detections if is_far(d) and d.id not in in_ground.explained],
        network,
        scene.settings,
        [scene.onsets.detections[i] for i in rest],
        scene.weather_at(scene.onsets.epoch_s),
    )
    joined = {d.id for part in far for d in part.detections}
    free = tuple(i for i in rest if scene.onsets.detections[i].id not in joined)
    seen = flash_parts(claims, scene, background, [*located, *in_ground.parts, *far], free)
    placed = {d.id for part in seen.parts for d in part.detections}
    gathered = gather_rounds(scene, located, seen.parts)
    return [
        *gathered.located,
        *lone_onsets(scene, located, tuple(i for i in free if i not in seen.onsets)),
        *in_ground.parts,
        *far,
        *gathered.seen,
        *single_parts([d for d in claims.told if d.id not in placed], network),
    ]
