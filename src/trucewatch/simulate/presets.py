"""The days that can be had by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from trucewatch.model.errors import TrucewatchError
from trucewatch.simulate.preset import NetworkPlan, Preset, SkyPlan
from trucewatch.simulate.terrain import Terrain

# Expected numbers on 40 km of line in a day. The SMM's daily reports of 2016 to 2021 name from under ten to over a
# thousand explosions for a front of 400 km; a busy day here is a busy sector of a bad day. Quarry blasts, field fires
# and feasts are orders of magnitude for rural country in summer (our choice).
_INNOCENT = {"traffic": 60.0, "quarry": 0.7, "harvest_fire": 5.0, "fireworks": 0.4, "thunder": 0.3}
_QUIET = _INNOCENT | {
    "single_shot": 5.0,
    "burst": 3.0,
    "explosion": 2.0,
    "launch": 0.5,
    "uav": 1.5,
    "convoy": 1.0,
    "fire": 0.5,
    "demolition": 0.5,
    "mine_clearance": 0.3,
}
_BUSY = _INNOCENT | {
    "single_shot": 40.0,
    "burst": 35.0,
    "explosion": 30.0,
    "salvo": 12.0,
    "launch": 10.0,
    "uav": 8.0,
    "aircraft": 0.5,
    "convoy": 4.0,
    "fire": 4.0,
    "demolition": 0.7,
    "mine_clearance": 0.7,
}

_QUIET_DAY = Preset(name="quiet_day", summary="a calm summer day: few shots, field fires, lorries", per_day=_QUIET)
_BUSY_DAY = Preset(
    name="busy_day",
    summary="shots, bursts, salvos, fire across the line, drones, convoys",
    per_day=_BUSY,
    terrain=Terrain(kind="hills", relief_m=25.0, seed=1),
)

PRESETS: dict[str, Preset] = {
    p.name: p
    for p in (
        _QUIET_DAY,
        _BUSY_DAY,
        Preset(
            name="barrage",
            summary="3,000 rounds on one area within two hours, on a day that is busy anyway",
            per_day={k: 0.5 * v for k, v in _BUSY.items()} | {"barrage": 1.0},
        ),
        Preset(
            name="winter_storm",
            summary="14 m/s of wind, frost, power cuts and noise; little is heard",
            start_utc=datetime(2026, 1, 20, 0, 0, tzinfo=UTC),
            sky=SkyPlan(
                temperature_c=-8.0,
                temperature_swing_c=2.0,
                wind_m_s=14.0,
                wind_from_deg=50.0,
                humidity_pct=88.0,
                cloud=0.95,
                visibility_m=1_500.0,
            ),
            network=NetworkPlan(outage_share=0.35, dead_share=0.05, false_per_hour=6.0, noise_level_db=60.0),
            per_day={k: 0.5 * v for k, v in _BUSY.items()}
            | {"thunder": 0.0, "harvest_fire": 0.0, "fireworks": 0.0, "traffic": 20.0, "quarry": 0.3},
        ),
        replace(
            _BUSY_DAY,
            name="jammed_sector",
            summary="a quarter of the line loses its links for six hours and its satellite time elsewhere",
            terrain=Terrain(),
            faults=("jam", "gnss_jam"),
        ),
        replace(
            _QUIET_DAY,
            name="spoofed_sensor",
            summary="one operator's nodes report bangs that never were, an hour twice, and clocks that jump",
            per_day=_QUIET | {"single_shot": 12.0, "explosion": 8.0},
            faults=("spoof", "replay", "clock_jump"),
        ),
        replace(
            _QUIET_DAY,
            name="exercise_misread",
            summary="an announced exercise with live rounds, demolitions and mine clearance on a quiet day",
            per_day=_QUIET | {"exercise": 1.0, "demolition": 3.0, "mine_clearance": 2.0, "burst": 6.0},
        ),
        Preset(
            name="line_1200km",
            summary="1,200 km of line with 10,000 nodes; events and detections are made hour by hour",
            lon_deg=34.5,
            lat_deg=49.0,
            bearing_deg=40.0,
            length_m=1_200_000.0,
            network=NetworkPlan(
                n_rows=6,
                spacing_m=720.0,
                row_m=2_000.0,
                jitter_m=200.0,
                arrays_every_m=60_000.0,
                stations_every_m=100_000.0,
                cameras_every_m=20_000.0,
                radars_every_m=50_000.0,
                posts_every_m=25_000.0,
                patrols_every_m=40_000.0,
                false_per_hour=1.0,
            ),
            per_day=_BUSY,
        ),
    )
}
"""by name, in the order in which they are listed"""


def preset_of(name: str) -> Preset:
    """Return a preset by its name.

    Raises:
        TrucewatchError: there is none; the message lists those there are.
    """
    if name not in PRESETS:
        raise TrucewatchError(f"no preset is called {name!r}; there are {', '.join(PRESETS)}")
    return PRESETS[name]
