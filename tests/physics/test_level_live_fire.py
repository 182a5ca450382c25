"""The level model against recorded handgun shots in a town (TN098 live fire, CC BY 4.0, ShotSpotter Inc.)."""

import json

import numpy as np
import pytest

from trucewatch.physics import Weather, level_spread_db, received_level_db, reference_source

HANDGUN = reference_source("small_arms")
# The sensors clip at 93 dB (Technical Note 098), and within 300 m most shots do.
CLIPPED_DB = 92.0
NEAR_M, FAR_M = 300.0, 800.0


def tagged_levels(folder):
    """Return range, bearing, measured level and weather of every pulse that was tagged to a shot."""
    rows = []
    for tuples in sorted(folder.glob("FP*/test_*/*.nlos-tuples.json")):
        stem = tuples.name.removesuffix(".nlos-tuples.json")
        survey, weather, pulses = (
            json.loads((tuples.parent / f"{stem}.{part}.json").read_text())
            for part in ("survey", "weather", "allpulses")
        )
        by_id = {pulse["pulse_uuid"]: pulse for pulse in pulses}
        source = survey["survey_location"]
        for shot in json.loads(tuples.read_text()):
            for pulse in (by_id[name] for name in shot["pulse_uuids"] if name in by_id):
                east, north = (pulse["location"][axis] - source[axis] for axis in "xy")
                bearing = np.degrees(np.arctan2(east, north)) % 360.0
                rows.append((np.hypot(east, north), bearing, pulse["power_dB_SPL"], weather))
    return rows


@pytest.mark.shared
def test_levels_of_real_handgun_shots_lie_within_the_stated_spread(shared_data):
    residual, spread = [], []
    for range_m, bearing, measured_db, now in tagged_levels(shared_data / "sound" / "live_fire"):
        if not NEAR_M <= range_m < FAR_M or measured_db > CLIPPED_DB:
            continue
        weather = Weather(
            temperature_c=now["temperature"],
            relative_humidity_pct=70.0,
            pressure_pa=98_000.0,
            wind_m_s=now["speed"],
            wind_from_deg=now["direction"],
        )
        residual.append(measured_db - received_level_db(HANDGUN, range_m, weather, bearing))
        spread.append(level_spread_db(HANDGUN, range_m))
    assert len(residual) > 1000
    # Walls and roofs between make a town quieter than the open country of the model, by less than one spread.
    assert -8.0 < np.median(residual) < 0.0
    assert np.std(residual) == pytest.approx(np.mean(spread), rel=0.15)
