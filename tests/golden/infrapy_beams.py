"""Beams of InfraPy on the array recording of `missions/array`, kept as reference values; run it to write them anew:

    PYTHON benchmarks/infrapy_peer.py SOURCE RECORDING.npz bartlett.npz bartlett
    PYTHON benchmarks/infrapy_peer.py SOURCE RECORDING.npz capon.npz capon 5 200
    python tests/golden/infrapy_beams.py bartlett.npz capon.npz

`infrapy_peer.py` says what PYTHON and SOURCE are; `benchmarks/beamforming.py --recording RECORDING.npz` writes the
recording. Written with InfraPy at commit 9fc48482 (MIT-type licence of Los Alamos National Laboratory).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

REFERENCE = Path(__file__).with_name("infrapy_beams.json")


def beams(path: Path) -> dict[str, Any]:
    """Read what the peer wrote: back azimuth (degrees), trace velocity (m/s), coherence of every window."""
    written = np.load(path)
    azimuth, velocity, f_statistic = written["peaks"].T
    coherence = f_statistic / (f_statistic + len(written["offsets_m"]) - 1)
    return {
        "offsets_m": written["offsets_m"].round(6).tolist(),
        "back_azimuth_deg": azimuth.round(5).tolist(),
        "trace_velocity_m_s": velocity.round(4).tolist(),
        "coherence": coherence.round(9).tolist(),
    }


def main() -> None:
    """Write the reference values."""
    bartlett, capon = (beams(Path(name)) for name in sys.argv[1:3])
    text = json.dumps({"bartlett": bartlett, "capon": capon}, separators=(",", ":"))
    REFERENCE.write_text(text.replace('],"', '],\n"') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
