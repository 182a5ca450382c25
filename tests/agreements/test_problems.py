"""Each way of getting a file wrong: where it is said to be wrong, what stands there and what would be right."""

from __future__ import annotations

import pytest


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


CASES = [
    # file, what is replaced, by what, part of the message, part of what is expected
    ("mission.toml", 'id = "line"', 'id = "Line 1"', "'Line 1'", "small letters"),
    ("mission.toml", '"Europe/Kyiv"', '"Europe/Kyjiv"', "'Europe/Kyjiv'", 'did you mean "Europe/Kyiv"?'),
    ("mission.toml", '"19:30"', '"24:30"', "'24:30'", "time of day"),
    ("mission.toml", "west = 36.0", "west = 41.0", "west 41 is not below east 40.2", "west < east"),
    ("mission.toml", "west = 36.0", "west = nan", "'NaN'", "a number"),
    ("mission.toml", "[0.5, 5.0]", "[5.0, 0.5]", "band", "[low, high]"),
    ("mission.toml", '"places.csv"', '"../places.csv"', "'../places.csv'", "inside the mission folder"),
    ("mission.toml", '"places.csv"', '"/etc/places.csv"', "'/etc/places.csv'", "inside the mission folder"),
    ("mission.toml", "demonstration = true", "demonstration = 1", "'1'", "true or false"),
    ("mission.toml", "top_m = 0,", "top_m = 10,", "starts at 10 m", "top_m = 0"),
    ("mission.toml", "top_m = 42000", "top_m = 0", "top_m 0 is not below 0", "from the surface down"),
    ("mission.toml", "s_m_s = 3400", "s_m_s = 5950", "s_m_s 5950 is not below p_m_s 5900", "s_m_s < p_m_s"),
    ("mission.toml", "[5, 6, 7, 8]", "[5, 13]", "'13'", "at most 12"),
    ("mission.toml", "celerity_m_s = 300", "celerity_m_s = 0.3", "'0.3'", "at least 150"),
    ("mission.toml", "from_m = 200000", "from_m = 5\nto_m = 4", "to_m 4 is not above from_m 5", "from_m < to_m"),
    ("mission.toml", "toward_deg = [300, 60]", "toward_deg = [300]", "1 items", "at least 2 and at most 2"),
    ("network.yaml", "kind: acoustic_sensor", "kind: seismic_station", "for one seismic_station", "m_s_per_count"),
    ("network.yaml", "acoustic_sensor", "acoustic_senzor", "'acoustic_senzor'", 'did you mean "acoustic_sensor"?'),
    ("network.yaml", "clock_sigma_s: 0.005", "clock_sigma: 0.005", "unknown key 'clock_sigma'", '"clock_sigma_s"?'),
    ("network.yaml", "lon: 37.7, lat: 48.1", "lon: 48.1, lat: 37.7", "outside the mission's area", "swapped"),
    ("network.yaml", "lon: 37.7, lat: 48.1", "lon: 35.0, lat: 48.1", "longitude 35", "longitude 36 to 40.2"),
    ("network.yaml", "sigma_m: 2.5", "sigma_m: -1", "'-1'", "at least 0"),
    ("network.yaml", "sigma_m: 2.5", "sigma_m: .inf", "'.inf'", "a number"),
    ("network.yaml", "sigma_m: 2.5", "sigma_m: 1e999", "'1e999'", "a number"),
    ("network.yaml", "id: IS-01", "id: AC-01", "'AC-01' comes again (first in line 3)", "once"),
    ("network.yaml", "id: BRP2", "id: AC-01", "'AC-01' comes again", "once"),
    ("network.yaml", "lon: 37.001, lat: 48.000", "lon: 37.000, lat: 48.000", "exactly where", "place of its own"),
    ("network.yaml", "      - {id: BRP3, place: {lon: 37.000, lat: 48.001, sigma_m: 1}}\n", "", "2 elements", "3"),
    ("network.yaml", '"2025-08-13T04:00+03:00"', '"2025-08-13T05:00+03:00"', "overlaps", "after the one before"),
    ("network.yaml", '"2025-08-13T04:00+03:00"', '"2025-08-13T01:00+03:00"', "before or as it starts", "later"),
    ("network.yaml", '"2025-08-13T04:00+03:00"', "null", "without end", "after the one before"),
    ("network.yaml", "degraded", "broken", "'broken'", "one of operational, degraded"),
    ("agreement.yaml", "7.5 km", "7.5", "'7.5'", "with its unit"),
    ("agreement.yaml", "7.5 km", "0 km", "'0 km'", "above 0"),
    ("agreement.yaml", "7.5 km", "7.5 miles", "'7.5 miles'", "500 m"),
    ("agreement.yaml", "line: contact", "line: contakt", "unknown line 'contakt'", 'did you mean "contact"?'),
    ("agreement.yaml", "inside: [buffer]", "inside: [bufer]", "unknown zone 'bufer'", 'did you mean "buffer"?'),
    ("agreement.yaml", "addressees: [A, B]", "addressees: [A, C]", "unknown party 'C'", "A, B"),
    ("agreement.yaml", 'B: "within 5 km"', 'C: "within 5 km"', "unknown party 'C'", "A, B"),
    ("agreement.yaml", "[38.0, 48.1], [38.0, 48.0]]", "[38.0, 48.1]]", "not closed", "last equal to the first"),
    ("agreement.yaml", "[38.1, 48.1], [38.0, 48.1],", "[38.0, 48.1], [38.1, 48.1],", "crosses", "not cross itself"),
    ("agreement.yaml", "[[38.0, 48.0], [38.1, 48.0]", "[[48.0, 38.0], [38.1, 48.0]", "longitude 48", "swapped"),
    ("agreement.yaml", "[[38.04, 48.04]", "[[38.04]", "a list of 1", "[longitude, latitude]"),
    ("agreement.yaml", "[[[38.04, 48.04], [38.06, 48.04], [38.06, 48.06], [38.04, 48.04]]]",
     "[[[38.24, 48.04], [38.26, 48.04], [38.26, 48.06], [38.24, 48.04]]]", "hole 1 lies outside", "inside"),
    ("agreement.yaml", "within: {line: contact, distance: 7.5 km}", "source: x", "no geometry", "exactly one of"),
    ("agreement.yaml", "    polygon:", "    within: {line: contact, distance: 1 m}\n    polygon:", "within and", "one"),
    ("agreement.yaml", "[[38.0, 47.5], [38.0, 49.0]]", "[[38.0, 47.5], [38.0, 47.5]]", "a list of 2", "two different"),
    ("agreement.yaml", "to: null", 'to: "2025-07-31T00:00"', "before or as it starts", "later"),
    ("agreement.yaml", '"2025-08-01T00:00"', '"2025-03-30T03:30"', "'2025-03-30T03:30'", "put forward"),
    ("agreement.yaml", '"2025-08-01T00:00"', '"2025-10-26T03:30"', "'2025-10-26T03:30'", "03:30:00+03:00 or"),
    ("agreement.yaml", '"2025-08-01T00:00"', '"2025-02-30T00:00"', "'2025-02-30T00:00'", "does not exist"),
    ("agreement.yaml", "id: T2", "id: T1", "term 'T1' comes again", "once"),
    ("agreement.yaml", "min_notice: 24 h", "min_notice: 24", "'24'", "with its unit"),
    ("agreement.yaml", "activities: [demolition, mine_clearance], ", "", "names no activity", "demolition"),
    ("agreement.yaml", "kind: needs_ruling,", "kind: needs_ruling, min_notice: 1 h,", "names an activity", "only its"),
    ("agreement.yaml", "[explosion, shot, burst]", "[]", "0 items", "at least 1"),
    ("agreement.yaml", 'version: "1"', "version:", "'version' has no value", "version"),
    ("agreement.yaml", "status: illustrative\n", "", "'status' is missing", "what this text is"),
    ("notified.yaml", "notifier: A", "notifier: X", "unknown party 'X'", "A, B"),
    ("notified.yaml", '"2025-08-12T10:00:00Z"', '"2025-08-12T08:00:00Z"', "before it was notified", "at or after"),
    ("notified.yaml", '"2025-08-13T09:00:00Z"', '"2025-08-13T07:00:00Z"', "before or as it starts", "later"),
    ("notified.yaml", '"2025-08-12T09:00:00Z"', '"2025-08-12T09:00:00"', "'2025-08-12T09:00:00'", "no offset"),
    ("notified.yaml", "max_count: 6", "max_count: 6.5", "'6.5'", "whole number"),
    ("notified.yaml", "looks_like: [explosion]", "looks_like: explosion", "'explosion'", "a list"),
    ("guarantees.yaml", "terms: [T1]", "terms: [T9]", "unknown term 'T9'", "T1, T2"),
    ("guarantees.yaml", "discretion: as_deemed_necessary", "discretion: maybe", "'maybe'", "automatic"),
    ("guarantees.yaml", "24 h\n", "soon\n", "'soon'", "with its unit"),
    ("truth.yaml", "id: shot-2, lon: 37.5", "id: shot-2, lon: 30.5", "longitude 30.5", "longitude 36 to 40.2"),
    ("truth.yaml", "window: 90 s, ", "", "without a window", "90 s"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "found", "expected"), CASES, ids=[f"{c[0]}-{c[2][:40]}" for c in CASES])
def test_it_is_refused_where_it_stands(samples, spoil, file, old, new, found, expected):
    loaded = spoil(file, old, new)
    assert loaded.value is None
    hits = [p for p in loaded.problems if found in p.message and expected in p.expected]
    assert hits, [str(p) for p in loaded.problems]
    assert all(p.file == file and p.line and p.column and p.severity == "error" for p in loaded.problems)


def test_a_toml_time_without_offset_is_read_in_the_missions_own_zone(spoil):
    mission = spoil("mission.toml", "12:00:00Z", "12:00:00").value
    assert mission.clock_utc.hour == 9


def test_the_line_and_column_are_those_of_the_value(samples, spoil):
    (problem,) = spoil("network.yaml", "noise_level_db: 45", "noise_level_db: loud").problems
    assert problem.line == line_of(samples["network.yaml"], "noise_level_db")
    assert problem.column == len("    noise_level_db: ") + 1
    (problem,) = spoil("mission.toml", "temperature_c = 18.0", 'temperature_c = "warm"').problems
    assert (problem.line, problem.column) == (line_of(samples["mission.toml"], "temperature_c"), 17)


def test_every_problem_is_given_at_once_in_the_order_of_the_file(samples, load):
    text = samples["agreement.yaml"]
    for old, new in (("7.5 km", "7.5"), ("[explosion, shot, burst]", "[explosin]"), ("id: T2", "id: T1")):
        text = text.replace(old, new, 1)
    loaded = load("agreement.yaml", text)
    wrong = ("distance: 7.5}", "[explosin]", 'id: T1\n    article: "Art. 2')
    assert [p.line for p in loaded.problems] == [line_of(text, part) for part in wrong]


def test_two_instruments_of_different_kinds_may_share_a_mast(samples, load):
    text = samples["network.yaml"].replace("lon: 37.0, lat: 48.0", "lon: 37.7, lat: 48.1, altitude_m: 120")
    assert load("network.yaml", text).value is not None


def test_two_sensors_of_one_kind_on_one_spot_are_refused(samples, load):
    first = samples["network.yaml"].split("    calibration")[0].split("sensors:\n")[1]
    text = samples["network.yaml"] + first.replace("AC-01", "AC-02")
    (problem,) = load("network.yaml", text).problems
    assert "line 3 stands" in problem.message


def test_a_thermal_anomaly_among_the_prohibited_is_a_warning_that_stops_nothing(spoil):
    loaded = spoil("agreement.yaml", "[explosion, shot, burst]", "[explosion, thermal_anomaly]")
    assert loaded.value is not None
    assert [p.severity for p in loaded.problems] == ["warning"]


def test_without_an_agreement_its_names_are_not_missed(samples):
    from trucewatch.agreements import load_guarantees, load_notified

    assert load_notified(samples["notified.yaml"], "notified.yaml", None, None).problems == ()
    assert load_guarantees(samples["guarantees.yaml"], "guarantees.yaml", None).problems == ()


def test_no_is_a_word_and_a_time_of_day_not_a_number(samples, spoil):
    assert spoil("agreement.yaml", 'name: "Party A"', "name: no").value.parties[0].name == "no"
    assert spoil("agreement.yaml", 'article: "Art. 1"', "article: 19:30").value.terms[0].article == "19:30"
