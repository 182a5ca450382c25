from __future__ import annotations

import pytest

from trucewatch.agreements import explain_term


def test_a_term_in_plain_english(samples, load):
    agreement = load("agreement.yaml", samples["agreement.yaml"]).value
    assert explain_term(agreement, "T1") == (
        "Art. 1 of Illustrative agreement, version 1 (illustrative): No fire in the buffer zone.",
        "It binds Party A and Party B.",
        "It prohibits explosion, shot and burst, whatever the weapon.",
        "It applies inside “Buffer zone” (within 7.5 km on each side of “Line of contact”), "
        "but not inside “Disengagement area 1”.",
        "It applies from 2025-08-01T00:00 without end (Europe/Kyiv); the first moment counts, the last does not.",
        "It does not cover demolition or mine clearance that was announced at least 24 h before. "
        "The text says: Announced work.",
        "An exception that only a ruling can decide may apply. The text says: Return fire.",
        "The text leaves “around” open: Party A reads it as “within 2 km”; Party B reads it as “within 5 km”. "
        "Where that decides, a ruling is needed.",
    )


def test_a_term_without_a_place_or_a_period(samples, load):
    agreement = load("agreement.yaml", samples["agreement.yaml"]).value
    assert explain_term(agreement, "T2")[2:] == (
        "It prohibits explosion, with mortar or mlrs only.",
        "It applies everywhere.",
        "It applies at any time.",
    )


def test_an_unknown_term_is_a_key_error(samples, load):
    with pytest.raises(KeyError):
        explain_term(load("agreement.yaml", samples["agreement.yaml"]).value, "T9")
