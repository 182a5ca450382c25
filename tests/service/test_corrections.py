"""What a new version of a report owns up to."""

from __future__ import annotations

from typing import Any

import pytest

from trucewatch.service.corrections import corrections

BASE: dict[str, Any] = {
    "said": "explosion; count 3-3-3; T1 violated",
    "weapon": "N/K",
    "place": [37.9, 48.1],
    "time": "2021-08-25T19:12:40Z",
    "p_exists": 0.95,
}


def changed(**now: Any) -> str:
    made = corrections({"inc-1": BASE}, {"inc-1": BASE | now})
    return made[0].text if made else ""


def test_nothing_changed_is_no_correction() -> None:
    assert corrections({"inc-1": BASE}, {"inc-1": dict(BASE)}) == ()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (
            {"said": "explosion; count 3-3-3; T1 indeterminate"},
            "was: explosion; count 3-3-3; T1 violated; is now: explosion; count 3-3-3; T1 indeterminate",
        ),
        ({"weapon": "82 mm mortar"}, "weapon was N/K, is now 82 mm mortar"),
        ({"place": [37.9, 48.101]}, "its place moved by 110 m"),
        ({"place": None}, "its place is no longer determined"),
        ({"time": "2021-08-25T19:12:52Z"}, "its time moved by 12 s"),
        ({"p_exists": 0.6}, "that it happened was 95 % (very likely), is now 60 % (about as likely as not)"),
        ({"place": [37.9, 48.100001], "p_exists": 0.951, "time": "2021-08-25T19:12:40.05Z"}, ""),
    ],
)
def test_each_change_is_said_and_no_position_is_given_away(now: dict[str, Any], expected: str) -> None:
    assert changed(**now) == expected
    assert "37.9" not in changed(**now)


def test_what_is_added_or_withdrawn_is_named() -> None:
    made = corrections({"inc-1": BASE}, {"inc-2": BASE})
    assert [(c.incident_id, c.text.split(":")[0].split(";")[0]) for c in made] == [
        ("inc-1", "withdrawn"),
        ("inc-2", "added"),
    ]
