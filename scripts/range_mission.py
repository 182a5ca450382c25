"""Make a mission of the range test's four infrasound arrays, from the recordings that you have.

The recordings carry no licence, so they are never part of the checkout; this copies them into a mission folder on your
machine and writes the network from their headers:

    python scripts/range_mission.py DATA_FOLDER MISSION_FOLDER

DATA_FOLDER holds sound/range_test with one folder an array.
"""

from __future__ import annotations

import shutil
import struct
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from folder_writing import write_yaml

from trucewatch.observe.sac import read_header

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ROOT / "scripts" / "missions" / "range"
ARRAYS = ("N300", "W220", "W340", "W420")
_STLA, _STLO = 31, 32
"""header words of a station's latitude and longitude (SAC Users Guide)"""
_SURVEY_SIGMA_M = 5.0


def main() -> None:
    """Write the mission folder."""
    source, folder = Path(sys.argv[1]) / "sound" / "range_test", Path(sys.argv[2])
    write(source, folder)


def write(source: Path, folder: Path) -> None:
    """Copy recordings and texts into a new mission folder and write the network.

    Args:
        source: one folder an array, of SAC files.
        folder: must not hold a mission yet.
    """
    (folder / "inbox").mkdir(parents=True)
    for name in ("mission.toml", "agreement.yaml", "SOURCE.txt"):
        shutil.copy(TEXTS / name, folder / name)
    write_yaml(folder / "network.yaml", {"sensors": [_array(source / name, folder / "inbox") for name in ARRAYS]})


def _array(source: Path, inbox: Path) -> dict[str, Any]:
    elements, spans, target = [], [], inbox / source.name
    target.mkdir()
    for path in sorted(source.glob("*.sac")):
        content = path.read_bytes()
        header = read_header(content)
        lat, lon = (_word(content, header.byte_order, n) for n in (_STLA, _STLO))
        elements.append({"id": header.station, "place": _place(lon, lat), "channel": header.channel})
        spans.append((header.start_utc, header.start_utc + timedelta(seconds=header.n_samples / header.rate_hz)))
        shutil.copyfile(path, target / path.name)
    middle = np.mean([[e["place"]["lon"], e["place"]["lat"]] for e in elements], axis=0)
    return {
        "id": source.name,
        "kind": "infrasound_array",
        "owner": f"team {source.name}",
        "place": _place(*middle.tolist()),
        "clock_sigma_s": 0.01,
        "watch": [{"from": _stamp(min(s for s, _ in spans)), "to": _stamp(max(e for _, e in spans))}],
        "elements": elements,
    }


def _word(content: bytes, byte_order: str, number: int) -> float:
    return float(struct.unpack_from(f"{byte_order}f", content, 4 * number)[0])


def _place(lon: float, lat: float) -> dict[str, float]:
    return {"lon": round(lon, 7), "lat": round(lat, 7), "sigma_m": _SURVEY_SIGMA_M}


def _stamp(when: Any) -> str:
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


if __name__ == "__main__":
    main()
