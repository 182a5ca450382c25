"""Blasts whose charge is known, as sensors measure them: drawn from the forward model and its stated spreads."""

from __future__ import annotations

import numpy as np

from trucewatch.fuse.witness import Quiet, Witness
from trucewatch.physics import (
    Source,
    Weather,
    positive_duration_s,
    probability_of_detection,
    reference_listener,
)
from trucewatch.physics.pressure import pulse_level_db, pulse_spread_db

MICROPHONE = reference_listener("microphone")
CLIP_DB = 128.0


def blast(
    rng: np.random.Generator, charge_kg: float, *, shared_db: float = 3.0, own: float = 1.0
) -> tuple[list[Witness], list[Quiet], Weather]:
    """Draw one event: how it burst, what the day took from all paths, and what each path took for itself."""
    weather = Weather(
        temperature_c=15.0,
        relative_humidity_pct=70.0,
        pressure_pa=101_325.0,
        wind_m_s=float(rng.uniform(0.0, 8.0)),
        wind_from_deg=float(rng.uniform(0.0, 360.0)),
    )
    burst = rng.choice(3, p=[0.60, 0.30, 0.10])
    factor = (1.8, 1.0, 1.0)[burst]
    lost_db = (0.0, 0.0, float(rng.choice([4.0, 10.0, 16.0], p=[0.5, 0.3, 0.2])))[burst]
    free_kg, shift_db = charge_kg * factor, float(rng.normal(0.0, shared_db)) - lost_db
    length_bias = float(rng.normal(0.0, 0.4))
    heard, quiet = list[Witness](), list[Quiet]()
    for n in range(int(rng.integers(3, 9))):
        away, toward = float(np.exp(rng.uniform(np.log(200.0), np.log(12_000.0)))), float(rng.uniform(0.0, 360.0))
        spread = float(pulse_spread_db(away, weather, toward)) * own
        level = float(pulse_level_db(free_kg, away, weather, toward)) + shift_db + float(rng.normal(0.0, spread))
        seems = Source(kind="x", charge_kg=free_kg * 10 ** (0.15 * shift_db), spread_db=0.0)
        if rng.uniform() > float(probability_of_detection(seems, away, MICROPHONE, weather, toward)):
            quiet.append(Quiet(sensor_id=f"S{n}", range_m=away, bearing_deg=toward, listener=MICROPHONE))
            continue
        length = float(positive_duration_s(free_kg, away)) * np.exp(length_bias + rng.normal(0.0, 0.5))
        heard.append(
            Witness(
                sensor_id=f"S{n}",
                sense="microphone",
                range_m=away,
                bearing_deg=toward,
                range_sigma_m=5.0,
                listener=MICROPHONE,
                level_db=None if rng.uniform() < 0.2 else min(level, CLIP_DB),
                is_clipped=level > CLIP_DB,
                duration_s=float(length) if rng.uniform() < 0.5 else None,
            )
        )
    return heard, quiet, weather
