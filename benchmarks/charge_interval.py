"""How often the stated interval of a charge holds, on simulated blasts: paths as stated, then worse. JSON lines.

charge_interval.py [N]      N blasts of which a charge is stated, default 300
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fuse"))

from blasts import blast

from trucewatch.fuse.charge import charge

SEED = 5
LEAST_KG, MOST_KG = 0.1, 2000.0
CASES = {"as stated": (1.0, 3.0), "worse than stated": (1.3, 4.0)}
"""paths scatter by this much of what is stated, and share a loss of this many decibels"""


def main() -> int:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for name, (own, shared_db) in CASES.items():
        print(json.dumps({"paths": name} | _measure(n, own, shared_db)))
    return 0


def _measure(n: int, own: float, shared_db: float) -> dict[str, object]:
    rng = np.random.default_rng(SEED)
    held, factor, error, silent = [], [], [], 0
    while len(held) < n:
        kg = float(np.exp(rng.uniform(np.log(LEAST_KG), np.log(MOST_KG))))
        found = charge(*blast(rng, kg, shared_db=shared_db, own=own))
        if found is None:
            silent += 1
            continue
        held.append(found.low_kg <= kg <= found.high_kg)
        factor.append(found.high_kg / found.low_kg)
        error.append(abs(np.log10(found.best_kg / kg)))
    low, middle, high = np.quantile(factor, [0.1, 0.5, 0.9])
    return {
        "held": float(np.mean(held)),
        "upper_over_lower": [round(float(v)) for v in (low, middle, high)],
        "median_error_factor": round(float(10 ** np.median(error)), 2),
        "not_stated": silent,
    }


if __name__ == "__main__":
    raise SystemExit(main())
