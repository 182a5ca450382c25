"""The mission's own texts of a theatre: mission.toml, agreement.yaml, network.yaml, notified.yaml, truth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import yaml

from trucewatch.model.agreement import NotifiedActivity
from trucewatch.model.instant import rfc3339
from trucewatch.model.network import Sensor
from trucewatch.model.place import Place
from trucewatch.model.truth import TrueEvent
from trucewatch.simulate.contact import AREA, BUFFER, SIDES
from trucewatch.simulate.score_files import write_truth
from trucewatch.simulate.theatre_nouns import Theatre

_MARGIN_DEG = (0.6, 0.4)
"""of the mission's area about the line, longitude and latitude"""
_CLOCK_AFTER = timedelta(hours=16)
"""when the last image has arrived"""
_BANGS = ["explosion", "airburst", "shot", "burst", "projectile_in_flight", "tracer_round", "muzzle_flash"]
_HEAD = "# SIMULATED. Everything here is made up by `trucewatch simulate`; no line, place or event is real.\n"


def mission_texts(theatre: Theatre, node_key: str | None = None) -> dict[str, bytes]:
    """Return the texts that are there before the day begins, by name.

    Args:
        theatre: as it was opened.
        node_key: verifier key with which acoustic nodes sign what they send live; None: they send files.
    """
    return {
        "mission.toml": _mission(theatre),
        "agreement.yaml": _yaml(_agreement(theatre)),
        "network.yaml": _yaml({"sensors": [_sensor(s, node_key) for s in theatre.said.sensors]}),
    }


def notified_text(notified: Sequence[NotifiedActivity]) -> bytes:
    """Return notified.yaml."""
    return _yaml({"activities": [_activity(n) for n in notified]})


def truth_texts(theatre: Theatre, truth: Sequence[TrueEvent]) -> dict[str, bytes]:
    """Return truth.json with everything, and truth.yaml with the bangs that a mission's own comparison takes."""
    bangs = [t for t in truth if not t.innocent and not t.path and t.kind.value in _BANGS]
    return {"truth.json": write_truth(truth), "truth.yaml": _yaml({"events": [_truth(t) for t in bangs]})}


def _mission(theatre: Theatre) -> bytes:
    preset, line = theatre.preset, theatre.contact.line
    west, south = line.min(axis=0) - np.array(_MARGIN_DEG)
    east, north = line.max(axis=0) + np.array(_MARGIN_DEG)
    clock = preset.start_utc + timedelta(hours=preset.hours) + _CLOCK_AFTER
    name = preset.name.replace("_", "-")
    text = f"""{_HEAD}id = "{name}"
name = "Simulated: {name}, seed {theatre.seed}"
purpose = "A simulated day: {preset.summary}."
time_zone = "{preset.time_zone}"
reporting_time = "19:30"
languages = ["en"]
demonstration = true
clock = "{rfc3339(clock)}"
disclaimer = "Simulated. The line, the zones and everything that happens are made up."

[area]
west = {west:.4f}
south = {south:.4f}
east = {east:.4f}
north = {north:.4f}

[weather]
temperature_c = {preset.sky.temperature_c:.1f}
temperature_sigma_c = 6.0
"""
    return text.encode()


def _agreement(theatre: Theatre) -> dict[str, Any]:
    preset, contact = theatre.preset, theatre.contact
    source = "made up for a simulation; not any agreed or claimed line"
    since = (preset.start_utc - timedelta(days=30)).strftime("%Y-%m-%dT00:00")
    notified = {
        "kind": "notified_activity",
        "activities": ["demolition", "mine_clearance", "live_fire"],
        "min_notice": "24 h",
        "text": "Activities notified at least 24 hours before are exempt.",
    }
    return {
        "id": "simulated-line",
        "title": "Illustrative agreement of a simulated theatre",
        "version": "1",
        "status": "illustrative",
        "time_zone": preset.time_zone,
        "source": source,
        "parties": [{"id": side, "name": f"Party {side}"} for side in SIDES],
        "lines": [{"id": "contact", "name": "Line of contact", "coordinates": contact.line.tolist(), "source": source}],
        "zones": [
            {
                "id": BUFFER,
                "name": "Buffer zone",
                "within": {"line": "contact", "distance": f"{preset.buffer_m:.0f} m"},
            },
            {"id": AREA, "name": "Disengagement area 1", "polygon": contact.area.tolist()},
        ],
        "terms": [
            _term("T1", "No fire in the buffer zone.", _BANGS, BUFFER, since, [notified]),
            _term("T2", "No vehicles in the disengagement area.", ["vehicle_movement"], AREA, since, []),
            _term("T3", "No flights over the buffer zone.", ["uav_sighting", "aircraft_sighting"], BUFFER, since, []),
        ],
    }


def _term(
    name: str, text: str, kinds: list[str], zone: str, since: str, exceptions: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": name,
        "article": f"Art. {name[1:]}",
        "text": text,
        "addressees": list(SIDES),
        "prohibits": kinds,
        "where": {"inside": [zone]},
        "from": since,
        "to": None,
        "exceptions": exceptions,
    }


def _sensor(sensor: Sensor, node_key: str | None) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": sensor.id,
        "kind": sensor.kind.value,
        "owner": sensor.owner,
        "place": _place(sensor.place),
        "clock_sigma_s": sensor.clock_sigma_s,
    }
    if sensor.noise_level_db is not None:
        plain["noise_level_db"] = sensor.noise_level_db
    if sensor.elements:
        plain["elements"] = [{"id": e.id, "place": _place(e.place)} for e in sensor.elements]
    if sensor.sends_clips:
        plain["sends_clips"] = True
    if sensor.health:
        plain["health"] = [
            {"from": _moment(h.time.start_utc), "to": _moment(h.time.end_utc), "state": h.state.value}
            for h in sensor.health
        ]
    key = sensor.node_key or (node_key if sensor.kind.value == "acoustic_sensor" else None)
    return plain if key is None else plain | {"node_key": key}


def _place(place: Place) -> dict[str, float]:
    return {"lon": place.lon_deg, "lat": place.lat_deg, "sigma_m": float(place.var_east_m2**0.5)}


def _activity(notice: NotifiedActivity) -> dict[str, Any]:
    return {
        "id": notice.id,
        "kind": notice.kind,
        "notifier": notice.notifier,
        "notified": notice.notified_utc,
        "place": _place(notice.place),
        "radius": f"{notice.radius_m:.0f} m",
        "from": _moment(notice.time.start_utc),
        "to": _moment(notice.time.end_utc),
        "margin": f"{notice.margin_s / 60.0:.0f} min",
        "looks_like": [k.value for k in notice.observation_types],
        "max_count": notice.max_count,
        "charge_kg": notice.charge_kg,
        "acknowledgements": [{"recipient": a.recipient, "at": a.at} for a in notice.acknowledgements],
    }


def _truth(event: TrueEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "lon": event.lon_deg,
        "lat": event.lat_deg,
        "sigma_m": event.sigma_m,
        "time": rfc3339(event.start_utc),
        "window": f"{5.0 + (event.end_utc - event.start_utc).total_seconds():.0f} s",
        "count": event.count,
        "label": event.label,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)


def _yaml(value: dict[str, Any]) -> bytes:
    return _HEAD.encode() + yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120).encode()
