from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from trucewatch.agreements import load_agreement
from trucewatch.assess import AssessSettings, assess
from trucewatch.model.instant import Instant
from trucewatch.model.vocabulary import Compliance, ObservationType, WeaponClass

START = datetime(2025, 7, 31, 21, tzinfo=UTC)
END = datetime(2025, 9, 30, 21, tzinfo=UTC)
MICRO = timedelta(microseconds=1)


def named(result, name):
    return next(p for p in result.trace if p.name == name)


@pytest.mark.parametrize(
    ("moment", "p", "expected"),
    [
        (START - MICRO, 0.0, Compliance.NOT_APPLICABLE),
        (START, 1.0, Compliance.VIOLATED),
        (END - MICRO, 1.0, Compliance.VIOLATED),
        (END, 0.0, Compliance.NOT_APPLICABLE),
    ],
)
def test_the_first_moment_counts_and_the_last_does_not(incident, agree, moment, p, expected):
    (result,) = assess(incident(time=Instant(utc=moment, sigma_s=0.0)), agree(), ())
    assert named(result, "in force").p == p
    assert result.result is expected


@pytest.mark.parametrize(("offset_s", "p"), [(0.0, 0.5), (10.0, 0.8413447), (-10.0, 0.1586553), (60.0, 1.0)])
def test_the_error_of_the_time_is_integrated(incident, agree, offset_s, p):
    time = Instant(utc=START + timedelta(seconds=offset_s), sigma_s=10.0)
    (result,) = assess(incident(time=time), agree(), ())
    assert named(result, "in force").p == pytest.approx(p, abs=1e-6)
    assert result.result is (Compliance.VIOLATED if p > 0.95 else Compliance.INDETERMINATE)


@pytest.mark.parametrize(
    ("local", "utc_hour"),
    [("2025-01-15T03:30", 1), ("2025-07-15T03:30", 0), ("2025-03-30T04:30", 1), ("2025-10-26T04:30", 2)],
)
def test_a_start_in_local_time_follows_summer_time(incident, local, utc_hour):
    text = f"""
id: dst
title: t
version: "1"
status: illustrative
time_zone: Europe/Kyiv
source: s
parties: [{{id: A, name: A}}]
terms:
  - {{id: T, article: a, text: t, addressees: [A], prohibits: [explosion], from: "{local}"}}
"""
    agreement = load_agreement(text, "agreement.yaml", None).value
    start = datetime.fromisoformat(local).replace(hour=utc_hour, tzinfo=UTC)
    assert start.astimezone(ZoneInfo("Europe/Kyiv")).replace(tzinfo=None) == datetime.fromisoformat(local)
    for moment, expected in ((start - MICRO, Compliance.NOT_APPLICABLE), (start, Compliance.VIOLATED)):
        (result,) = assess(incident(time=Instant(utc=moment, sigma_s=0.0)), agreement, ())
        assert result.result is expected


@pytest.mark.parametrize(
    ("kinds", "p", "expected"),
    [
        ({"explosion": 0.8, "thermal_anomaly": 0.2}, 0.8, Compliance.VIOLATED),
        ({"explosion": 0.79, "thermal_anomaly": 0.21}, 0.79, Compliance.INDETERMINATE),
        ({"burst": 0.79, "shot": 0.21}, 0.21, Compliance.INDETERMINATE),
        ({"burst": 0.8, "shot": 0.2}, 0.2, Compliance.NOT_APPLICABLE),
        ({"shot": 0.5, "explosion": 0.5}, 1.0, Compliance.VIOLATED),
    ],
)
def test_the_kind_decides_from_80_percent(incident, agree, kinds, p, expected):
    (result,) = assess(incident(kinds=kinds), agree(), ())
    assert named(result, "kind is prohibited").p == pytest.approx(p)
    assert result.result is expected


@pytest.mark.parametrize("prohibits", [("explosion",), ("explosion", "thermal_anomaly"), ("thermal_anomaly",)])
def test_a_thermal_anomaly_alone_is_never_a_violation(incident, agree, prohibits):
    agreement = agree(prohibits=tuple(ObservationType(p) for p in prohibits))
    (result,) = assess(incident(kinds={"thermal_anomaly": 1.0}), agreement, ())
    assert (result.result, result.p_violated) == (Compliance.NOT_APPLICABLE, 0.0)
    assert "not explained by ordinary burning is not decided here" in named(result, "kind is prohibited").text


@pytest.mark.parametrize(
    ("weapon", "p", "expected"),
    [
        (WeaponClass.MORTAR, 1.0, Compliance.VIOLATED),
        (WeaponClass.HOWITZER_TOWED, 1.0, Compliance.VIOLATED),
        (WeaponClass.ARTILLERY_TYPE_NK, None, Compliance.INDETERMINATE),
        (WeaponClass.NOT_KNOWN, None, Compliance.INDETERMINATE),
        (WeaponClass.SMALL_ARMS, 0.0, Compliance.NOT_APPLICABLE),
    ],
)
def test_the_weapon_class(incident, agree, weapon, p, expected):
    agreement = agree(weapon_classes=(WeaponClass.MORTAR, WeaponClass.HOWITZER_TOWED))
    (result,) = assess(incident(weapon_class=weapon), agreement, ())
    assert named(result, "weapon class").p == p
    assert result.result is expected


@pytest.mark.parametrize(("p_exists", "expected"), [(0.89, Compliance.INDETERMINATE), (0.9, Compliance.VIOLATED)])
def test_what_hardly_happened_is_not_a_violation(incident, agree, p_exists, expected):
    (result,) = assess(incident(p_exists=p_exists), agree(), ())
    assert result.result is expected
    assert result.p_violated == pytest.approx(p_exists, abs=1e-9)


def test_settings_that_make_no_sense_are_refused():
    for wrong in ({"p_no": 0.95}, {"p_yes": 1.1}, {"p_kind": 0.5}, {"p_match": 0.0}, {"p_exists": 2.0}):
        with pytest.raises(ValueError, match="p_"):
            AssessSettings(**wrong)
