"""No sequence of commands gets round the rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.model.case import Case, CaseEvent, CaseStep
from trucewatch.model.errors import RuleViolation
from trucewatch.model.vocabulary import VerificationFinding as F
from trucewatch.verify import Claim, Comment, Open, Release, Reopen, Review, Role, decide, evolve, replay

T0 = datetime(2025, 8, 12, tzinfo=UTC)
PEOPLE = ["ann", "Ann ", "bo", "cy", "dee"]
PAIRS = {"actor": st.sampled_from(PEOPLE), "role": st.sampled_from(list(Role))}
revisions = st.integers(1, 3)
reasons = st.sampled_from(["", "because"])
reviews = st.builds(
    Review,
    **PAIRS,
    incident_revision=revisions,
    finding=st.sampled_from([F.CONFIRMED, F.REFUTED, F.PLAUSIBLE_UNCORROBORATED]),
    reason=reasons,
    n_owners=st.sampled_from([1, 2]),
    n_sources=st.sampled_from([1, 2]),
)
commands = st.one_of(
    st.builds(Open, case_id=st.just("inc-1"), incident_revision=st.just(1), **PAIRS),
    reviews,
    reviews,
    st.builds(Claim, **PAIRS, break_lock=st.booleans(), reason=reasons),
    st.builds(Release, **PAIRS),
    st.builds(Comment, **PAIRS, reason=reasons),
    st.builds(Reopen, **PAIRS, incident_revision=revisions, reason=reasons),
)


def person(actor: str) -> str:
    return actor.strip().casefold()


def play(sequence) -> tuple[Case | None, list[CaseEvent], list[Case]]:
    case: Case | None = None
    events: list[CaseEvent] = []
    states: list[Case] = []
    for minute, command in enumerate(sequence):
        try:
            made = decide(case, command, T0 + timedelta(minutes=minute))
        except RuleViolation:
            continue
        assert made
        for event in made:
            case = evolve(case, event)
            events.append(event)
            states.append(case)
    return case, events, states


sequences = st.lists(commands, max_size=40)


@settings(max_examples=300, deadline=None)
@given(sequences)
def test_every_finding_is_signed_by_two_who_are_not_the_author(sequence) -> None:
    _, events, states = play(sequence)
    for case in states:
        if case.finding is not None:
            signers = {person(a) for a in case.finding.reviewers}
            assert len(signers) == len(case.finding.reviewers) >= 2
            assert person(case.author) not in signers
            assert not signers & {person(c.actor) for c in case.comments}
            assert case.finding.incident_revision == case.incident_revision
    found = [e for e in events if e.step == CaseStep.FOUND]
    assert all(e.finding is not None for e in found)


@settings(max_examples=200, deadline=None)
@given(sequences)
def test_one_person_alone_never_makes_a_finding(sequence) -> None:
    alone = [c for c in sequence if person(c.actor) in {"ann"}]
    case, _, _ = play(alone)
    assert case is None or (case.finding is None and case.reviews == ())


@settings(max_examples=200, deadline=None)
@given(sequences)
def test_replaying_the_events_gives_the_same_state(sequence) -> None:
    case, events, _ = play(sequence)
    assert replay(events) == case
    assert [e.number for e in events] == list(range(1, len(events) + 1))
    assert [e.at_utc for e in events] == sorted(e.at_utc for e in events)


@settings(max_examples=200, deadline=None)
@given(sequences)
def test_nothing_weak_is_confirmed(sequence) -> None:
    weak = [c for c in sequence if not isinstance(c, Review) or c.n_sources < 2]
    case, _, _ = play([Open(case_id="inc-1", incident_revision=1, actor="eve", role=Role.DUTY_OFFICER), *weak])
    assert case.finding is None or case.finding.finding != F.CONFIRMED
    assert all(r.finding != F.CONFIRMED for r in case.reviews)


@settings(max_examples=200, deadline=None)
@given(sequences)
def test_reviews_and_comments_are_only_ever_added_until_a_revision_reopens(sequence) -> None:
    _, events, states = play(sequence)
    for before, after, event in zip(states, states[1:], events[1:], strict=False):
        assert after.comments[: len(before.comments)] == before.comments
        if event.step != CaseStep.REOPENED:
            assert after.reviews[: len(before.reviews)] == before.reviews
        assert after.incident_revision >= before.incident_revision
