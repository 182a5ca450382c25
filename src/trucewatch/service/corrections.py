"""What a new version of a report changes against the one before, incident by incident."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trucewatch.geo import distance_m
from trucewatch.model.incident import Incident
from trucewatch.model.instant import rfc3339
from trucewatch.model.publication import Correction
from trucewatch.model.vocabulary import Compliance
from trucewatch.report import DayBook, words

MOVED_M = 1.0
SHIFTED_S = 0.1
P_CHANGED = 0.01
"""smaller changes of place, time and probability are no correction"""

Statement = Mapping[str, Any]
"""what was published of one incident, in plain values"""


def statements(book: DayBook) -> dict[str, Statement]:
    """Say what a report states of each incident."""
    results: dict[str, list[str]] = {}
    for a in book.assessments:
        if a.result is not Compliance.NOT_APPLICABLE:
            results.setdefault(a.incident_id, []).append(f"{a.term_id} {a.result.value}")
    found = {f.case_id: f.finding.value for f in book.findings}
    return {i.id: _statement(i, sorted(results.get(i.id, [])), found.get(i.id)) for i in book.incidents}


def corrections(before: Mapping[str, Statement], now: Mapping[str, Statement]) -> tuple[Correction, ...]:
    """Say what changed, in words; what is the same is not named.

    Places are compared as they were held, and only how far one moved is said: a correction gives no position away.
    """
    made = []
    for incident_id in sorted(set(before) | set(now)):
        was, is_ = before.get(incident_id), now.get(incident_id)
        if was is None and is_ is not None:
            text = f"added: {is_['said']}"
        elif is_ is None and was is not None:
            text = f"withdrawn; it was published as: {was['said']}"
        else:
            assert was is not None and is_ is not None  # noqa: S101 - one of the two names the incident
            text = "; ".join(_changes(was, is_))
        if text:
            made.append(Correction(incident_id=incident_id, text=text))
    return tuple(made)


def _statement(incident: Incident, results: list[str], finding: str | None) -> Statement:
    c, place = incident.count, incident.place
    said = [
        incident.kind.value,
        f"count {c.low}-{c.best}-{c.high}",
        *results,
        *([f"finding {finding}"] if finding else []),
    ]
    return {
        "said": "; ".join(said),
        "weapon": words.weapon_text(incident.weapon_class, incident.weapon_text),
        "place": None if place is None else [place.lon_deg, place.lat_deg],
        "time": rfc3339(incident.time.utc),
        "p_exists": incident.p_exists,
    }


def _changes(was: Statement, is_: Statement) -> list[str]:
    said = []
    if was["said"] != is_["said"]:
        said.append(f"was: {was['said']}; is now: {is_['said']}")
    if was["weapon"] != is_["weapon"]:
        said.append(f"weapon was {was['weapon']}, is now {is_['weapon']}")
    if (was["place"] is None) != (is_["place"] is None):
        said.append(
            "its place was not determined before" if was["place"] is None else "its place is no longer determined"
        )
    elif was["place"] is not None and (moved := float(distance_m(*was["place"], *is_["place"]))) >= MOVED_M:
        said.append(f"its place moved by {words.length_text(moved)}")
    shift = abs((datetime.fromisoformat(is_["time"]) - datetime.fromisoformat(was["time"])).total_seconds())
    if shift >= SHIFTED_S:
        said.append(f"its time moved by {words.duration_text(shift)}")
    if abs(is_["p_exists"] - was["p_exists"]) >= P_CHANGED:
        then, now = words.probability_text(was["p_exists"]), words.probability_text(is_["p_exists"])
        said.append(f"that it happened was {then}, is now {now}")
    return said
