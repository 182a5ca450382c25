"""Sound files of every kind, to be loaded as they are and to be spoilt one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trucewatch.agreements import (
    Loaded,
    load_agreement,
    load_guarantees,
    load_mission,
    load_network,
    load_notified,
    load_truth,
)
from trucewatch.model.mission import MissionArea

AREA = MissionArea(west_deg=36.0, south_deg=46.8, east_deg=40.2, north_deg=50.2)

MISSION = """\
id = "line"
name = "Demonstration line"
purpose = "Shows the whole job."
time_zone = "Europe/Kyiv"
reporting_time = "19:30"
languages = ["en", "uk"]
names_file = "places.csv"
demonstration = true
clock = "2025-08-15T12:00:00Z"
disclaimer = "A demonstration."
attribution = ["NASA FIRMS"]
[area]
west = 36.0
south = 46.8
east = 40.2
north = 50.2
[weather]
temperature_c = 18.0
temperature_sigma_c = 6.0
[detect]
array_band_hz = [0.5, 5.0]
array_window_s = 10.0
array_step_s = 5.0
use_edge_pulses = false
array_method = "capon"
array_clock_sigma_s = 0.01
array_false_alarms_per_day = 0.5
[ground]
time_error_share = 0.02
layers = [
  {top_m = 0, p_m_s = 5900, s_m_s = 3400},
  {top_m = 42000, p_m_s = 8100, s_m_s = 4600},
]
[[celerity]]
label = "stratospheric"
celerity_m_s = 300
sigma_m_s = 10
weight = 2
months = [5, 6, 7, 8]
[[celerity]]
label = "thermospheric"
celerity_m_s = 255
sigma_m_s = 20
weight = 1
toward_deg = [300, 60]
from_m = 200000
[[bearing_turn]]
turn_deg = -2.5
sigma_deg = 1.5
months = [6]
toward_deg = [45, 135]
"""

NETWORK = """\
time_zone: Europe/Kyiv
sensors:
  - id: AC-01
    kind: acoustic_sensor
    owner: mission
    place: {lon: 37.7, lat: 48.1, altitude_m: 120, sigma_m: 2.5}
    clock_sigma_s: 0.005
    calibration_pa_per_count: 0.0021
    noise_level_db: 45
    watch:
      - {from: "2025-08-12T00:00Z", to: "2025-08-14T00:00Z"}
    health:
      - {from: "2025-08-13T02:10", to: "2025-08-13T04:00+03:00", state: degraded}
      - {from: "2025-08-13T04:00", to: null, state: power_cut, reason: "mains lost"}
  - id: IS-01
    kind: infrasound_array
    owner: mission
    place: {lon: 37.0, lat: 48.0, sigma_m: 5}
    clock_sigma_s: 0.001
    elements:
      - {id: BRP1, place: {lon: 37.000, lat: 48.000, sigma_m: 1}, channel: EDF}
      - {id: BRP2, place: {lon: 37.001, lat: 48.000, sigma_m: 1}, channel: EDF}
      - {id: BRP3, place: {lon: 37.000, lat: 48.001, sigma_m: 1}}
"""

AGREEMENT = """\
id: illustrative-line-2025
title: "Illustrative agreement"
version: "1"
status: illustrative
time_zone: Europe/Kyiv
source: "Written for this demonstration; not an agreed text"
parties: [{id: A, name: "Party A"}, {id: B, name: "Party B"}]
lines:
  - {id: contact, name: "Line of contact", coordinates: [[38.0, 47.5], [38.0, 49.0]], source: "drawn"}
zones:
  - {id: buffer, name: "Buffer zone", within: {line: contact, distance: 7.5 km}}
  - id: area-1
    name: "Disengagement area 1"
    polygon: [[38.0, 48.0], [38.1, 48.0], [38.1, 48.1], [38.0, 48.1], [38.0, 48.0]]
    holes: [[[38.04, 48.04], [38.06, 48.04], [38.06, 48.06], [38.04, 48.04]]]
  - id: two
    name: "Two parts"
    polygons:
      - [[37.0, 48.0], [37.1, 48.0], [37.1, 48.1], [37.0, 48.0]]
      - [[37.3, 48.0], [37.4, 48.0], [37.4, 48.1], [37.3, 48.0]]
terms:
  - id: T1
    article: "Art. 1"
    text: "No fire in the buffer zone."
    addressees: [A, B]
    prohibits: [explosion, shot, burst]
    where: {inside: [buffer], outside: [area-1]}
    from: "2025-08-01T00:00"
    to: null
    exceptions:
      - {kind: notified_activity, activities: [demolition, mine_clearance], min_notice: 24 h, text: "Announced work."}
      - {kind: needs_ruling, text: "Return fire."}
    open_words:
      - {word: "around", readings: {A: "within 2 km", B: "within 5 km"}}
  - id: T2
    article: "Art. 2"
    text: "No mortars."
    addressees: [A]
    prohibits: [explosion]
    weapon_classes: [mortar, mlrs]
"""

NOTIFIED = """\
activities:
  - id: N-17
    kind: demolition
    notifier: A
    notified: "2025-08-12T09:00:00Z"
    place: {lon: 37.9, lat: 48.3, sigma_m: 100}
    radius: 500 m
    from: "2025-08-13T07:00:00Z"
    to: "2025-08-13T09:00:00Z"
    margin: 15 min
    looks_like: [explosion]
    max_count: 6
    charge_kg: 100
    acknowledgements:
      - {recipient: "JCCC", at: "2025-08-12T10:00:00Z"}
      - {recipient: "Unit 3"}
"""

GUARANTEES = """\
commitments:
  - id: G1
    instrument: "Declaration"
    clause: "3"
    text: "They consult within 24 hours."
    obligors: ["State X"]
    beneficiary: "Party A"
    kind: consult
    trigger: {terms: [T1], findings: [confirmed, reasonable_grounds], kinds: []}
    deadline: 24 h
    anchors: [occurrence, detection, verification]
    discretion: as_deemed_necessary
    status: signed
    note: "reported, unconfirmed"
"""

TRUTH = """\
events:
  - {id: shot-1, lon: 37.5, lat: 48.2, sigma_m: 2.5, time: "2018-12-19T05:23:15Z", window: 90 s, count: 3, label: "x"}
  - {id: shot-2, lon: 37.5, lat: 48.2, sigma_m: 2.5}
"""

SAMPLES = {
    "mission.toml": MISSION,
    "network.yaml": NETWORK,
    "agreement.yaml": AGREEMENT,
    "notified.yaml": NOTIFIED,
    "guarantees.yaml": GUARANTEES,
    "truth.yaml": TRUTH,
}
LOADERS: dict[str, Callable[[str | bytes, str], Loaded[Any]]] = {
    "mission.toml": load_mission,
    "network.yaml": lambda text, file: load_network(text, file, AREA),
    "agreement.yaml": lambda text, file: load_agreement(text, file, AREA),
    "notified.yaml": lambda text, file: load_notified(text, file, AREA, ("A", "B")),
    "guarantees.yaml": lambda text, file: load_guarantees(text, file, ("T1", "T2")),
    "truth.yaml": lambda text, file: load_truth(text, file, AREA),
}


@pytest.fixture(scope="session")
def samples() -> dict[str, str]:
    return SAMPLES


@pytest.fixture(scope="session")
def load() -> Callable[[str, str | bytes], Loaded[Any]]:
    return lambda file, text: LOADERS[file](text, file)


@pytest.fixture(scope="session")
def spoil() -> Callable[[str, str, str], Loaded[Any]]:
    """Load a sample after one replacement, which must have changed something."""

    def spoilt(file: str, old: str, new: str) -> Loaded[Any]:
        text = SAMPLES[file].replace(old, new, 1)
        assert text != SAMPLES[file]
        return LOADERS[file](text, file)

    return spoilt
