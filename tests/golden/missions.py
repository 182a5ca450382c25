"""What the demonstration missions say, as plain values; run it to write the reference anew:

    python tests/golden/missions.py

Write it anew only where a change is meant to change results, and say in the CHANGELOG what it does to accuracy.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trucewatch.model.assessment import Assessment
from trucewatch.model.incident import Incident
from trucewatch.model.instant import rfc3339
from trucewatch.service.ingest import ingest
from trucewatch.service.sensing import sense
from trucewatch.service.texts import REQUIRED, read_texts
from trucewatch.service.understanding import current_assessments, current_incidents, understand
from trucewatch.store import Inbox, MemoryOutbox, MemoryRegister
from trucewatch.wiring import MissionFolder, Quiet

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = Path(__file__).with_name("missions.json")
MISSIONS = ("array", "line", "live-fire")


def results(name: str) -> list[dict[str, Any]]:
    """Process a demonstration mission in memory and say what stands, by time."""
    folder = MissionFolder(ROOT / "missions" / name)
    assert set(REQUIRED) <= set(folder.texts())
    texts, register = read_texts(folder.texts()), MemoryRegister()
    now, inbox = texts.mission.clock_utc, Inbox(folder.root / "inbox")
    assert now is not None
    ingest(texts, inbox, MemoryOutbox(), register, Quiet(), now_utc=now)
    sense(texts, inbox, register, Quiet(), now_utc=now)
    understand(texts, register, Quiet(), now_utc=now)
    assessments = current_assessments(register)
    return [plain(i, [a for a in assessments if a.incident_id == i.id]) for i in current_incidents(register)]


def plain(incident: Incident, assessments: list[Assessment]) -> dict[str, Any]:
    """Say of an incident what a reader of the report is told."""
    place, sector, count = incident.place, incident.sector, incident.count
    return {
        "time": rfc3339(incident.time.utc),
        "time_sigma_s": incident.time.sigma_s,
        "kind": incident.kind.value,
        "count": [count.low, count.best, count.high],
        "place": None if place is None else [place.lon_deg, place.lat_deg],
        "sigma_m": None if place is None else [place.var_east_m2**0.5, place.var_north_m2**0.5],
        "bearing_deg": None if sector is None else sector.bearing_deg,
        "p_exists": incident.p_exists,
        "n_supports": len(incident.supports),
        "terms": {a.term_id: [a.result.value, a.p_violated, a.exempted_by] for a in assessments},
    }


def main() -> None:
    """Write the reference."""
    reference = {name: results(name) for name in MISSIONS}
    REFERENCE.write_text(json.dumps(reference, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
