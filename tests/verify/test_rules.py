"""Every rule of casework, each by the step that it forbids or the event that it makes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from trucewatch.model.case import Case, CaseEvent, CaseStep
from trucewatch.model.errors import RuleViolation
from trucewatch.model.vocabulary import VerificationFinding as F
from trucewatch.verify import (
    MAY,
    Claim,
    Comment,
    Open,
    Release,
    Reopen,
    Review,
    Role,
    decide,
    evolve,
    replay,
    visible_reviews,
)

T0 = datetime(2025, 8, 12, 8, tzinfo=UTC)
OPEN = Open(case_id="inc-1", incident_revision=1, actor="duty-1", role="duty_officer")


def review(actor: str = "officer-1", finding: F = F.CONFIRMED, **more) -> Review:
    stated = {
        "role": "verification_officer",
        "incident_revision": 1,
        "reason": "heard by three, seen by one",
        "n_owners": 2,
        "n_sources": 4,
    }
    return Review(actor=actor, finding=finding, **(stated | more))


def reopen(revision: int = 2, **more) -> Reopen:
    stated = {"actor": "duty-1", "role": "duty_officer", "reason": "a late recording came in"}
    return Reopen(incident_revision=revision, **(stated | more))


def claim(actor: str = "officer-1", **more) -> Claim:
    return Claim(actor=actor, role="verification_officer", **more)


class Desk:
    """A case that is worked on, a minute a step."""

    def __init__(self, *commands) -> None:
        self.case: Case | None = None
        self.events: list[CaseEvent] = []
        self.now = T0
        for command in (OPEN, *commands):
            self.do(command)

    def do(self, command) -> list[CaseStep]:
        self.now += timedelta(minutes=1)
        events = decide(self.case, command, self.now)
        for event in events:
            self.case = evolve(self.case, event)
        self.events += events
        return [e.step for e in events]

    def refuses(self, command, match: str) -> None:
        before = self.case
        with pytest.raises(RuleViolation, match=match):
            self.do(command)
        assert self.case == before


def test_a_case_opens_once_with_its_author() -> None:
    desk = Desk()
    assert (desk.case.author, desk.case.incident_revision, desk.case.n_events) == ("duty-1", 1, 1)
    desk.refuses(OPEN, "already open, by duty-1")


@pytest.mark.parametrize("command", [review(), claim(), reopen()])
def test_nothing_happens_to_a_case_that_is_not_open(command) -> None:
    with pytest.raises(RuleViolation, match="open it first"):
        decide(None, command, T0)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    "command", [OPEN, claim(), Release(actor="x", role=""), review(), Comment(actor="x", role="", reason="y"), reopen()]
)
def test_each_step_needs_a_role_that_allows_it(command, role) -> None:
    case = None if isinstance(command, Open) else evolve(None, decide(None, OPEN, T0)[0])
    case = case and replace(case, holder="x")
    command = replace(command, role=role, actor="x")
    if role in MAY[type(command)]:
        if isinstance(command, Claim):
            command = replace(command, actor="z", break_lock=True, reason="night shift")
        assert decide(case, command, T0)
    else:
        with pytest.raises(RuleViolation, match=f"a {role.replace('_', ' ')} may not"):
            decide(case, command, T0)


def test_the_table_of_roles() -> None:
    may = {role: {c.__name__ for c, roles in MAY.items() if role in roles} for role in Role}
    assert may == {
        Role.DUTY_OFFICER: {"Open", "Reopen", "Claim", "Release"},
        Role.ANALYST: {"Open", "Reopen", "Claim", "Release", "Review"},
        Role.VERIFICATION_OFFICER: {"Claim", "Release", "Review"},
        Role.PARTY_LIAISON: {"Comment"},
    }


def test_a_role_that_is_not_known_may_do_nothing() -> None:
    Desk().refuses(review(role="minister"), "a minister may not review")


def test_a_step_without_a_name_is_refused() -> None:
    Desk().refuses(review(actor="  "), "needs the name")


def test_times_do_not_go_backwards() -> None:
    desk = Desk(review())
    with pytest.raises(RuleViolation, match="2025-08-12T08:01:00Z is before the last step"):
        decide(desk.case, review("officer-2"), T0 + timedelta(minutes=1))
    with pytest.raises(ValueError, match="UTC"):
        decide(desk.case, review("officer-2"), datetime(2025, 8, 13))  # noqa: DTZ001


def test_one_person_holds_a_case() -> None:
    desk = Desk(claim())
    assert desk.case.holder == "officer-1"
    desk.refuses(claim(), "holds case inc-1 already")
    desk.refuses(claim("officer-2"), "held by officer-1")
    desk.refuses(review("officer-2"), "held by officer-1; claim it before reviewing")
    desk.refuses(Release(actor="officer-2", role="analyst"), "does not hold")
    desk.do(Release(actor="officer-1", role="verification_officer", reason="end of shift"))
    assert desk.case.holder is None


def test_a_lock_is_broken_with_a_reason_and_both_steps_are_kept() -> None:
    desk = Desk(claim())
    desk.refuses(claim("officer-2", break_lock=True), "taking case inc-1 from officer-1 needs a reason")
    steps = desk.do(claim("officer-2", break_lock=True, reason="off duty since six"))
    assert steps == [CaseStep.RELEASED, CaseStep.CLAIMED]
    assert desk.case.holder == "officer-2"
    assert desk.events[-2].reason == "taken from officer-1: off duty since six"


def test_reviewing_lets_go_of_the_case() -> None:
    assert Desk(claim(), review()).case.holder is None


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (review(reason=" "), "a review"),
        (Comment(actor="liaison-a", role="party_liaison", reason=""), "a comment"),
        (reopen(reason="\n"), "reopening"),
    ],
)
def test_a_reason_is_required(command, what) -> None:
    Desk().refuses(command, f"{what}.* needs a reason")


def test_the_author_may_not_review() -> None:
    opened = replace(OPEN, actor="analyst-1", role="analyst")
    case = evolve(None, decide(None, opened, T0)[0])
    for name in ("analyst-1", " Analyst-1 "):
        with pytest.raises(RuleViolation, match="its author may not review"):
            decide(case, review(name), T0)


def test_who_spoke_for_a_party_may_not_review() -> None:
    desk = Desk(Comment(actor="liaison-a", role="party_liaison", reason="our demolition"))
    desk.refuses(review("Liaison-A"), "commented on case inc-1 for a party")


def test_who_has_reviewed_may_not_speak_for_a_party() -> None:
    desk = Desk(review("officer-1"))
    desk.refuses(Comment(actor="officer-1", role="party_liaison", reason="ours"), "has reviewed case inc-1")


def test_nobody_reviews_twice() -> None:
    desk = Desk(review())
    desk.refuses(review("OFFICER-1", F.REFUTED), "another person must review")


def test_two_who_agree_make_a_finding() -> None:
    desk = Desk(review("officer-1", reason="one"))
    assert desk.case.finding is None
    assert desk.do(review("officer-2", reason="two")) == [CaseStep.REVIEWED, CaseStep.FOUND]
    finding = desk.case.finding
    assert (finding.finding, finding.reviewers) == (F.CONFIRMED, ("officer-1", "officer-2"))
    assert (finding.reasons, finding.dissents, finding.found_utc) == (("one", "two"), (), desk.now)
    desk.refuses(review("officer-3"), "has a finding .confirmed.; only a later revision")


@pytest.mark.parametrize("finding", [F.UNVERIFIABLE, F.REFUTED, F.NOT_CONFIRMED])
def test_findings_off_the_ladder_need_no_sources(finding) -> None:
    desk = Desk(*(review(f"officer-{i}", finding, n_sources=0, n_owners=0) for i in (1, 2)))
    assert desk.case.finding.finding == finding


def test_two_who_differ_need_a_third_and_the_dissent_is_kept() -> None:
    desk = Desk(review("officer-1", F.CONFIRMED, reason="clear"))
    assert desk.do(review("officer-2", F.UNVERIFIABLE, reason="no access")) == [CaseStep.REVIEWED, CaseStep.DISSENTED]
    assert desk.case.finding is None
    assert desk.events[-1].reason == "the reviews differ (officer-1: confirmed; officer-2: unverifiable)"
    desk.refuses(review("officer-2", F.CONFIRMED), "another person")
    assert desk.do(review("officer-3", F.UNVERIFIABLE, reason="nor have I")) == [CaseStep.REVIEWED, CaseStep.FOUND]
    finding = desk.case.finding
    assert (finding.finding, finding.reviewers) == (F.UNVERIFIABLE, ("officer-2", "officer-3"))
    assert finding.dissents == ("officer-1: confirmed: clear",)
    assert len(desk.case.reviews) == 3


def test_three_who_differ_need_a_fourth() -> None:
    desk = Desk(review("officer-1", F.CONFIRMED), review("officer-2", F.REFUTED))
    assert desk.do(review("officer-3", F.UNVERIFIABLE)) == [CaseStep.REVIEWED, CaseStep.DISSENTED]
    assert desk.do(review("officer-4", F.REFUTED)) == [CaseStep.REVIEWED, CaseStep.FOUND]
    assert (desk.case.finding.finding, len(desk.case.finding.dissents)) == (F.REFUTED, 2)


@pytest.mark.parametrize(("n_sources", "n_owners"), [(1, 1), (1, 2), (0, 0)])
@pytest.mark.parametrize("finding", [F.CONFIRMED, F.REASONABLE_GROUNDS, F.CORROBORATED])
def test_one_source_is_never_corroborated(n_sources, n_owners, finding) -> None:
    best = "plausible uncorroborated" if n_sources else "not confirmed"
    Desk().refuses(review(finding=finding, n_sources=n_sources, n_owners=n_owners), f"the best is {best}")


@pytest.mark.parametrize("finding", [F.CONFIRMED, F.REASONABLE_GROUNDS, F.CORROBORATED])
def test_one_owner_never_lifts_above_an_indication(finding) -> None:
    Desk().refuses(
        review(finding=finding, n_sources=5, n_owners=1),
        f"{finding.replace('_', ' ')} needs two independent sources of two different owners; "
        "this incident has 5 sources of 1 owner, the best is plausible uncorroborated",
    )


def test_one_source_may_be_plausible() -> None:
    case = Desk(*(review(f"o{i}", F.PLAUSIBLE_UNCORROBORATED, n_sources=1, n_owners=1) for i in (1, 2))).case
    assert case.finding.finding == F.PLAUSIBLE_UNCORROBORATED


def test_a_later_revision_reopens_and_earlier_reviews_do_not_count() -> None:
    desk = Desk(review("officer-1"), claim("officer-2"))
    desk.do(reopen())
    assert (desk.case.reviews, desk.case.incident_revision, desk.case.holder) == ((), 2, None)
    desk.refuses(review("officer-2"), "is at revision 2 of the incident, the review looked at revision 1")
    assert desk.do(review("officer-2", incident_revision=2)) == [CaseStep.REVIEWED]
    assert desk.do(review("officer-1", incident_revision=2)) == [CaseStep.REVIEWED, CaseStep.FOUND]
    assert desk.case.finding.incident_revision == 2
    assert [e.step for e in desk.events].count(CaseStep.REVIEWED) == 3


def test_a_finding_is_reopened_by_a_later_revision_only() -> None:
    desk = Desk(review("officer-1"), review("officer-2"))
    desk.refuses(reopen(1), "only a later one reopens it")
    desk.do(reopen(3))
    assert desk.case.finding is None


def test_the_author_stays_the_author_after_reopening() -> None:
    desk = Desk(reopen(actor="analyst-9", role="analyst"))
    assert desk.case.author == "duty-1"


def test_a_partys_comment_is_kept_through_everything() -> None:
    desk = Desk(Comment(actor="liaison-a", role="party_liaison", reason="our demolition"))
    desk.do(review("officer-1"))
    desk.do(review("officer-2"))
    desk.do(Comment(actor="liaison-b", role="party_liaison", reason="we do not agree"))
    desk.do(reopen())
    assert [c.reason for c in desk.case.comments] == ["our demolition", "we do not agree"]


def test_the_second_review_is_blind() -> None:
    desk = Desk(review("officer-1"))
    assert visible_reviews(desk.case, "officer-2") == ()
    assert visible_reviews(desk.case, "duty-1") == ()
    assert visible_reviews(desk.case, "Officer-1") == desk.case.reviews
    desk.do(review("officer-2", F.REFUTED))
    assert len(visible_reviews(desk.case, "officer-2")) == 2
    assert visible_reviews(desk.case, "officer-3") == ()
    desk.do(review("officer-3", F.REFUTED))
    assert len(visible_reviews(desk.case, "anyone")) == 3


def test_events_out_of_order_are_refused() -> None:
    desk = Desk(review("officer-1"), review("officer-2"))
    assert replay(desk.events) == desk.case
    assert replay(()) is None
    for broken in (
        desk.events[1:],
        [desk.events[0], *desk.events[2:]],
        [desk.events[0], desk.events[0]],
        [desk.events[0], replace(desk.events[1], case_id="inc-2")],
    ):
        with pytest.raises(RuleViolation):
            replay(broken)


def test_a_finding_that_nobody_signed_is_refused() -> None:
    desk = Desk(review("officer-1"))
    forged = replace(desk.events[-1], number=3, step=CaseStep.FOUND)
    with pytest.raises(RuleViolation, match="no two people have signed"):
        evolve(desk.case, forged)
    again = evolve(desk.case, replace(desk.events[-1], number=3, actor=" OFFICER-1"))
    with pytest.raises(RuleViolation, match="no two people have signed"):
        evolve(again, replace(forged, number=4))
    full = Desk(review("officer-1"), review("officer-2"))
    with pytest.raises(RuleViolation, match="no two people have signed"):
        replay([*full.events[:-1], replace(full.events[-1], finding=F.REFUTED)])
