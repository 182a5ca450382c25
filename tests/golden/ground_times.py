"""Makes ground_times.json: when the waves of a surface event pass, in the reference ground.

Run it only when the model changes on purpose, and compare with TauP first (tests/physics/test_layers.py):
    .venv/bin/python -m tests.golden.ground_times
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from trucewatch.physics import phase_times

DISTANCES_KM = (1, 5, 20, 60, 99, 100, 140, 160, 250, 400, 600, 800, 1000)


def main() -> None:
    """Write the file beside this one."""
    times = {
        t.wave.value: [None if np.isnan(v) else round(float(v), 3) for v in t.time_s]
        for t in phase_times(1e3 * np.array(DISTANCES_KM))
    }
    text = json.dumps({"distance_km": DISTANCES_KM, "time_s": times}, indent=1)
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
