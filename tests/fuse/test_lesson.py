"""What the hour around an impulse teaches of its errors, and what it does not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from made import SQUARE, heard, network, onset, still

from trucewatch.fuse import FuseSettings
from trucewatch.fuse.air import air_at
from trucewatch.fuse.ears import ears_of, physics_weather
from trucewatch.fuse.impulse import Impulse, Scene, settle
from trucewatch.fuse.lesson import taught
from trucewatch.fuse.onsets import frame_at, gather, neighbourhoods
from trucewatch.model.detection import Detection
from trucewatch.model.instant import utc_from_timestamp

SETTINGS = FuseSettings()
NETWORK = network()


def scene_of(detections: Sequence[Detection]) -> Scene:
    onsets = gather(detections, NETWORK)
    return Scene(
        onsets=onsets,
        hoods=neighbourhoods(onsets, SETTINGS.max_range_m, SETTINGS.far_range_m),
        air_at=lambda s: air_at(utc_from_timestamp(s), (still(),), SETTINGS),
        weather_at=lambda s: physics_weather(still(), SETTINGS),
        ears=ears_of(onsets, NETWORK),
        array_times_s={},
        settings=SETTINGS,
    )


def impulse(scene: Scene, tag: str) -> Impulse:
    members = [i for i, d in enumerate(scene.onsets.detections) if d.id.startswith(f"{tag}-")]
    return settle(scene, members, frame_at(scene.onsets.stations[scene.onsets.station[members[0]]]))


def area_m2(one: Impulse) -> float:
    assert one.fix is not None
    return float(np.sqrt(np.linalg.det(one.fix.covariance_m2)))


def again(lags_s: Sequence[float]) -> list[Detection]:
    first = heard(100.0, 50.0, 10.0)
    after = [
        onset(f"b-{n + 1}", d.sensor_id, (d.time.utc - still().time_utc).total_seconds() - 3600.0 + lag)
        for n, (d, lag) in enumerate(zip(first, lags_s, strict=True))
    ]
    return [*first, *after]


def test_rounds_that_follow_at_once_leave_open_which_one_a_sensor_heard() -> None:
    scene = scene_of(again([0.12] * len(SQUARE)))
    alone = impulse(scene, "a")
    assert area_m2(taught(scene, (alone,))[0]) > 1.5 * area_m2(alone)


def test_echoes_whose_lag_is_another_at_each_sensor_are_no_fast_fire() -> None:
    scene = scene_of(again([0.02, 0.21, 0.07, 0.16, 0.11, 0.24]))
    alone = impulse(scene, "a")
    assert taught(scene, (alone,)) == (alone,)


def scattered(error_m: float) -> list[Detection]:
    rng = np.random.default_rng(5)
    out = heard(100.0, 50.0, 10.0)
    for k in range(20):
        made = heard(float(rng.normal(0.0, 300.0)), float(rng.normal(0.0, 300.0)), 60.0 + 40.0 * k, tag=f"t{k}")
        for n, d in enumerate(made):
            late_s = float(rng.normal(0.0, error_m)) / 340.0
            out.append(onset(d.id, f"AC-{n + 1}", (d.time.utc - still().time_utc).total_seconds() - 3600.0 + late_s))
    return out


def test_an_hour_of_long_detours_widens_a_clean_one_and_a_usual_hour_leaves_its_detours_as_stated() -> None:
    for error_m, least, most in ((0.5, 0.999, 1.001), (10.0, 1.3, np.inf)):
        scene = scene_of(scattered(error_m))
        clean, *others = (impulse(scene, t) for t in ("a", *(f"t{k}" for k in range(20))))
        after = taught(scene, (clean, *others))[0]
        assert after.fix is not None
        assert clean.fix is not None
        assert least <= float(np.mean(after.fix.sigma_s / clean.fix.sigma_s)) <= most
