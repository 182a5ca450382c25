"""Which handgun was it (.45, .40, 9 mm)? Live fire (TN098) from the recordings, each position scored by the others.

Every figure is of the shipped training code with its default settings; nothing was fitted on what is scored. Lines:
`position` leaves one firing position out (the honest figure), `test` one test of three rounds, so that the echoes
of the position are known (what a model learns by heart).

    firearm_class.py [LIVE_FIRE_FOLDER]
"""

from __future__ import annotations

import json
import math
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "fuse"))

from live_fire import FRAME, POSITIONS, Firing, firings, recorded  # noqa: E402

from trucewatch.detect.acoustic import impulses  # noqa: E402
from trucewatch.fuse.sounding import Pulse, measure  # noqa: E402
from trucewatch.fuse.training import Example, Scores, train  # noqa: E402
from trucewatch.fuse.witness import figures  # noqa: E402
from trucewatch.model.detection import Detection  # noqa: E402

NEAR_S = 0.02
"""an onset this close to a released pulse of the same sensor is that pulse"""
SAID_P = 0.6
"""from which a label would be named alone"""


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data" / "sound" / "live_fire"
    started = time.perf_counter()
    by_position, by_test = [], []
    for position in POSITIONS:
        for firing in firings(folder, position):
            label = _label(folder, firing)
            for features in _shots(folder, firing):
                by_position.append(Example(label=label, site=position, features=features))
                by_test.append(Example(label=label, site=f"{position}/{firing.name}", features=features))
    took = time.perf_counter() - started
    for name, examples in (("position", by_position), ("test", by_test)):
        _, scores = train(examples, provenance={"data": "TN098, ShotSpotter Inc.", "licence": "CC BY 4.0"})
        print(json.dumps({"left_out": name, "shots": len(examples), "features_s": round(took, 1)} | _plain(scores)))
    return 0


def _label(folder: Path, firing: Firing) -> str:
    survey = json.loads((folder / firing.position / firing.name / f"{firing.name}.survey.json").read_text())
    return str(survey["firearm"]).split(" ")[0]


def _shots(folder: Path, firing: Firing) -> list[dict[str, float]]:
    """Return the features of each shot from the onsets that our own detector found near its released pulses."""
    network, waveforms = recorded(folder, firing)
    onsets: dict[str, list[Detection]] = {}
    for w in waveforms:
        sensor = network.sensor(w.recording.sensor_id)
        onsets.setdefault(sensor.id, []).extend(impulses(w, sensor).detections)
    pulses = {d.id: d for d in firing.detections}
    out = []
    for shot in firing.shots:
        heard = {}
        for uuid in shot:
            found = _nearest(onsets.get(pulses[uuid].sensor_id, []), pulses[uuid])
            if found is not None:
                heard.setdefault(found.sensor_id, found)
        if heard:
            out.append(measure([_pulse(d, firing) for _, d in sorted(heard.items())]))
    return out


def _nearest(onsets: list[Detection], pulse: Detection) -> Detection | None:
    apart = [(abs((d.time.utc - pulse.time.utc).total_seconds()), d) for d in onsets if "pressure_peak" in figures(d)]
    best = min(apart, key=lambda a: a[0], default=(math.inf, None))
    return best[1] if best[0] <= NEAR_S else None


def _pulse(d: Detection, firing: Firing) -> Pulse:
    x, y = FRAME.to_enu(d.origin.lon_deg, d.origin.lat_deg)[:2]
    return Pulse(range_m=float(math.hypot(x - firing.survey_m[0], y - firing.survey_m[1])), named=figures(d))


def _plain(scores: Scores) -> dict[str, object]:
    named = sum(n for stated, _, n in scores.calibration if stated >= SAID_P)
    judged = sum(n for _, _, n in scores.calibration)
    return asdict(replace(scores)) | {"skill": round(scores.skill, 3), "named_share": named / max(judged, 1)}


if __name__ == "__main__":
    raise SystemExit(main())
