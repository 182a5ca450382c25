"""Which findings start which clocks, and when they run out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.guarantees import Running, activate, owed, state
from trucewatch.guarantees.clocks import in_words
from trucewatch.model.assessment import Assessment
from trucewatch.model.case import Finding
from trucewatch.model.commitment import ClockAnchor, Commitment, Trigger
from trucewatch.model.count import Count
from trucewatch.model.errors import RuleViolation
from trucewatch.model.incident import Incident, KindProbability
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.vocabulary import CommitmentStatus, Compliance, Description, ObservationType, WeaponClass
from trucewatch.model.vocabulary import VerificationFinding as F

OCCURRED = datetime(2025, 8, 12, 22, 10, 30, tzinfo=UTC)
DETECTED = datetime(2025, 8, 12, 22, 11, tzinfo=UTC)
FOUND = datetime(2025, 8, 13, 9, 0, tzinfo=UTC)


def an_incident(revision: int = 1, sigma_s: float = 0.1, kind: ObservationType = ObservationType.EXPLOSION) -> Incident:
    return Incident(
        id="inc-1",
        revision=revision,
        kinds=(KindProbability(kind=kind, p=1.0),),
        description=Description.UNDETERMINED,
        place=None,
        place_method="not located",
        time=Instant(utc=OCCURRED, sigma_s=sigma_s),
        interval=Interval(start_utc=OCCURRED, end_utc=OCCURRED + timedelta(seconds=1)),
        count=Count.exactly(1),
        weapon_class=WeaponClass.NOT_KNOWN,
        weapon_text="N/K",
        p_exists=0.99,
        owners=("mission", "network"),
        supports=(),
        silences=(),
        rationale=(),
        method="by hand",
    )


def a_finding(**more) -> Finding:
    stated = {
        "case_id": "inc-1",
        "incident_revision": 1,
        "finding": F.CONFIRMED,
        "reviewers": ("officer-1", "officer-2"),
        "found_utc": FOUND,
        "reasons": ("one", "two"),
    }
    return Finding(**(stated | more))


def an_assessment(term_id: str = "T1", result: Compliance = Compliance.VIOLATED, **more) -> Assessment:
    stated = {
        "id": f"ass-{term_id}",
        "incident_id": "inc-1",
        "incident_revision": 1,
        "agreement_id": "line",
        "agreement_version": "1",
        "agreement_sha256": "00",
        "p_violated": 0.99,
        "p_inside": 0.99,
        "distance_to_line_m": 100.0,
        "distance_sigma_m": 10.0,
        "exempted_by": None,
        "needs_ruling": None,
        "trace": (),
        "method": "by hand",
    }
    return Assessment(term_id=term_id, result=result, **(stated | more))


def a_commitment(commitment_id: str = "G1", **more) -> Commitment:
    trigger = Trigger(term_ids=("T1",), findings=(F.CONFIRMED,), kinds=())
    stated = {
        "instrument": "Illustrative ladder",
        "clause": "step 1",
        "text": "the parties consult",
        "obligors": ("Guarantor 1", "Guarantor 2"),
        "beneficiary": "Party A",
        "kind": "consult",
        "trigger": trigger,
        "deadline_s": 86400.0,
        "deadline_text": "24 h",
        "anchors": tuple(ClockAnchor),
        "discretion": "as_deemed_necessary",
        "status": CommitmentStatus.SIGNED,
        "note": "reported, unconfirmed",
    }
    return Commitment(id=commitment_id, **(stated | more))


def act(finding=None, assessments=None, incident=None, commitments=None):
    return activate(
        finding or a_finding(),
        (an_assessment(),) if assessments is None else assessments,
        incident or an_incident(),
        DETECTED,
        (a_commitment(),) if commitments is None else commitments,
    )


def trigger(**more) -> Trigger:
    return Trigger(**({"term_ids": ("T1",), "findings": (F.CONFIRMED,), "kinds": ()} | more))


# Golden deadlines


def test_the_ladder_of_24_and_72_hours_from_every_anchor() -> None:
    day, three = act(commitments=(a_commitment(), a_commitment("G2", deadline_s=72 * 3600.0)))
    assert [(d.anchor, d.starts_utc, d.due_utc) for d in day.dues] == [
        (ClockAnchor.OCCURRENCE, OCCURRED, datetime(2025, 8, 13, 22, 10, 30, tzinfo=UTC)),
        (ClockAnchor.DETECTION, DETECTED, datetime(2025, 8, 13, 22, 11, tzinfo=UTC)),
        (ClockAnchor.VERIFICATION, FOUND, datetime(2025, 8, 14, 9, 0, tzinfo=UTC)),
        (ClockAnchor.NOTIFICATION, None, None),
    ]
    assert [d.due_utc for d in three.dues] == [
        datetime(2025, 8, 15, 22, 10, 30, tzinfo=UTC),
        datetime(2025, 8, 15, 22, 11, tzinfo=UTC),
        datetime(2025, 8, 16, 9, 0, tzinfo=UTC),
        None,
    ]


def test_a_deadline_over_the_change_of_clocks_is_in_elapsed_hours() -> None:
    """Kyiv goes back an hour on 26 October 2025: 24 elapsed hours end at 23 local, not at midnight."""
    found = a_finding(found_utc=datetime(2025, 10, 25, 21, 0, tzinfo=UTC))
    (one,) = act(found, commitments=(a_commitment(anchors=(ClockAnchor.VERIFICATION,)),))
    assert one.dues[0].due_utc == datetime(2025, 10, 26, 21, 0, tzinfo=UTC)


def test_a_text_that_fixes_one_anchor_gets_one_and_a_silent_one_gets_all() -> None:
    fixed, silent = act(commitments=(a_commitment(anchors=(ClockAnchor.NOTIFICATION,)), a_commitment("G2", anchors=())))
    assert [d.anchor for d in fixed.dues] == [ClockAnchor.NOTIFICATION]
    assert [d.anchor for d in silent.dues] == list(ClockAnchor)


def test_no_deadline_in_the_text_is_no_due_time() -> None:
    (one,) = act(commitments=(a_commitment(deadline_s=None),))
    assert [d.due_utc for d in one.dues] == [None] * 4
    assert one.dues[0].starts_utc == OCCURRED


# What starts a clock


@pytest.mark.parametrize("reviewers", [(), ("officer-1",), ("officer-1", " Officer-1")])
def test_a_finding_of_one_person_starts_nothing(reviewers) -> None:
    assert act(a_finding(reviewers=reviewers)) == ()


@pytest.mark.parametrize("result", [r for r in Compliance if r != Compliance.VIOLATED])
def test_only_a_violated_term_starts_a_clock(result) -> None:
    assert act(assessments=(an_assessment(result=result),)) == ()


def test_assessments_of_another_incident_or_revision_do_not_count() -> None:
    assert act(assessments=(an_assessment(incident_id="inc-2"), an_assessment(incident_revision=2))) == ()


def test_a_finding_on_another_revision_is_refused() -> None:
    with pytest.raises(RuleViolation, match="inc-1 at revision 1, not on inc-1 at revision 2"):
        act(incident=an_incident(revision=2))


@pytest.mark.parametrize(
    ("made", "starts"),
    [
        (trigger(), True),
        (trigger(term_ids=()), True),
        (trigger(term_ids=("T2",)), False),
        (trigger(findings=()), False),
        (trigger(findings=(F.CORROBORATED,)), False),
        (trigger(kinds=(ObservationType.EXPLOSION,)), True),
        (trigger(kinds=(ObservationType.SHOT,)), False),
    ],
)
def test_the_trigger_decides(made, starts) -> None:
    assert bool(act(commitments=(a_commitment(trigger=made),))) == starts


@pytest.mark.parametrize("status", list(CommitmentStatus))
def test_an_ended_commitment_starts_nothing_and_one_not_in_force_says_so(status) -> None:
    made = act(commitments=(a_commitment(status=status),))
    ended = {"expired", "withdrawn", "suspended", "fulfilled"}
    assert bool(made) == (status not in ended)
    if made:
        binding = {"ratified", "in_force", "triggered", "breached"}
        assert ("not in force" in made[0].note) == (status not in binding)


def test_each_violated_term_once_in_a_stable_order() -> None:
    every = a_commitment(trigger=trigger(term_ids=()))
    given = (
        an_assessment("T2"),
        an_assessment("T1"),
        an_assessment("T2"),
        an_assessment("T3", Compliance.INDETERMINATE),
    )
    made = act(assessments=given, commitments=(every, replace(every, id="G0")))
    assert [(a.commitment_id, a.term_id) for a in made] == [("G1", "T1"), ("G1", "T2"), ("G0", "T1"), ("G0", "T2")]
    assert act(assessments=given[::-1], commitments=(every, replace(every, id="G0"))) == made
    assert len({a.id for a in made}) == 4


def test_the_same_promise_on_a_later_revision_keeps_its_id() -> None:
    (one,) = act()
    (two,) = act(a_finding(incident_revision=2), (an_assessment(incident_revision=2),), an_incident(revision=2))
    assert one.id == two.id


def test_discretion_and_notes_are_always_carried() -> None:
    (one,) = act()
    assert one.what == "consult: the parties consult (Illustrative ladder, step 1)"
    assert one.note == (
        "each obligor takes the action that it deems necessary; not in force: signed; reported, unconfirmed"
    )
    (unsure,) = act(incident=an_incident(sigma_s=1800.0))
    assert unsure.note.endswith("the time of occurrence is known to within 1 h (95 per cent)")


# Clocks


def test_clocks_run_run_out_or_are_not_known() -> None:
    (one,) = act()
    clocks = state(one, datetime(2025, 8, 14, 0, 0, tzinfo=UTC))
    assert [c.state for c in clocks] == [Running.OVERDUE, Running.OVERDUE, Running.RUNNING, Running.UNKNOWN]
    assert [c.text for c in clocks] == [
        "from occurrence: was due 1 h 49 min ago",
        "from detection: was due 1 h 49 min ago",
        "from verification: 9 h left",
        "from notification: the moment it runs from is not known",
    ]
    assert clocks[2].remaining_s == 9 * 3600


def test_a_clock_is_overdue_from_its_very_moment() -> None:
    (one,) = act(commitments=(a_commitment(anchors=(ClockAnchor.VERIFICATION,)),))
    moment = FOUND + timedelta(hours=24)
    assert state(one, moment)[0].state == Running.OVERDUE
    just_before = state(one, moment - timedelta(microseconds=1))[0]
    assert (just_before.state, just_before.text) == (Running.RUNNING, "from verification: less than 1 min left")


def test_no_deadline_is_unknown_and_says_why() -> None:
    (one,) = act(commitments=(a_commitment(deadline_s=None, anchors=(ClockAnchor.OCCURRENCE,)),))
    (clock,) = state(one, FOUND)
    assert (clock.state, clock.text) == (Running.UNKNOWN, "from occurrence: the text sets no deadline")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than 1 min"),
        (59.9, "less than 1 min"),
        (60, "1 min"),
        (3600, "1 h"),
        (3660, "1 h 1 min"),
        (86400 + 7200 + 300, "1 d 2 h"),
        (86400 + 300, "1 d"),
        (3 * 86400, "3 d"),
        (-7500, "2 h 5 min"),
    ],
)
def test_lengths_of_time_in_words(seconds, words) -> None:
    assert in_words(seconds) == words


# The list


def test_the_list_goes_by_the_earliest_due_time() -> None:
    made = act(
        commitments=(
            a_commitment("never", deadline_s=None),
            a_commitment("later", deadline_s=72 * 3600.0),
            a_commitment("soon"),
        )
    )
    rows = owed(made, (a_commitment("soon"), a_commitment("later")), FOUND)
    assert [r.activation.commitment_id for r in rows] == ["soon", "later", "never"]
    assert rows[0].earliest_due_utc == OCCURRED + timedelta(hours=24)
    assert rows[2].earliest_due_utc is None
    assert owed(made[::-1], (), FOUND)[0].activation == rows[0].activation


def test_the_text_says_who_what_to_whom_by_when_and_every_caveat() -> None:
    (row,) = owed(act(), (a_commitment(),), FOUND)
    assert row.text == (
        "Guarantor 1, Guarantor 2 to Party A: consult: the parties consult (Illustrative ladder, step 1). "
        "Incident inc-1, term T1. "
        "Due from occurrence: 13 h 10 min left (2025-08-13T22:10:30Z); "
        "from detection: 13 h 11 min left (2025-08-13T22:11:00Z); "
        "from verification: 1 d left (2025-08-14T09:00:00Z); "
        "from notification: the moment it runs from is not known. "
        "Note: each obligor takes the action that it deems necessary; not in force: signed; reported, unconfirmed."
    )


def test_a_commitment_that_is_gone_is_still_listed() -> None:
    (row,) = owed(act(), (), FOUND)
    assert row.commitment is None
    assert "no longer hold this commitment" in row.text
    assert "reported, unconfirmed" in row.text


@given(st.lists(st.integers(0, 10**7), max_size=6), st.integers(0, 10**7))
def test_every_activation_is_listed_once_in_order(deadlines, later) -> None:
    commitments = tuple(a_commitment(f"G{i}", deadline_s=float(d)) for i, d in enumerate(deadlines))
    made = act(commitments=commitments)
    rows = owed(made, commitments, FOUND + timedelta(seconds=later))
    assert sorted(r.activation.id for r in rows) == sorted(a.id for a in made)
    assert [r.earliest_due_utc for r in rows] == sorted(r.earliest_due_utc for r in rows)
    now = FOUND + timedelta(seconds=later)
    for row in rows:
        assert all((c.state == Running.OVERDUE) == (c.due_utc <= now) for c in row.clocks[:3])
