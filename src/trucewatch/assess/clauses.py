"""One incident against one term: the answers, the result and its reason."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trucewatch.assess.notified import Cover, Match, matches
from trucewatch.assess.phrases import probability
from trucewatch.assess.predicates import exists, in_force, inside_zone, kind_prohibited, weapon_covered
from trucewatch.assess.settings import AssessSettings
from trucewatch.assess.whereabouts import Whereabouts, nearest_line
from trucewatch.assess.zones import TermPlace
from trucewatch.model.agreement import Agreement, NotifiedActivity, Term
from trucewatch.model.assessment import Assessment, Predicate
from trucewatch.model.ids import content_id
from trucewatch.model.incident import Incident
from trucewatch.model.vocabulary import Compliance
from trucewatch.model.wire import to_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """Everything that was asked."""

    exists: Predicate
    kind: Predicate
    weapon: Predicate
    in_force: Predicate
    inside: Predicate
    has_notified_rule: bool
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    result: Compliance
    reason: str
    exempted_by: str | None = None
    needs_ruling: str | None = None


def assess_term(
    incident: Incident,
    term: Term,
    agreement: Agreement,
    notified: tuple[NotifiedActivity, ...],
    settings: AssessSettings,
    where: Whereabouts | None,
    place: TermPlace,
) -> Assessment:
    """Assess one incident against one term; the arguments are those of ``assess``, prepared."""
    answers = _ask(incident, term, notified, settings, where, place)
    outcome = _decide(answers, term, agreement, settings)
    p_violated = _p_violated(answers)
    line = None if incident.place is None else nearest_line(incident.place, place)
    has_zone = place.inside is not None or place.outside is not None
    return Assessment(
        id=content_id("ass", to_bytes([incident.id, agreement.id, term.id])),
        incident_id=incident.id,
        incident_revision=incident.revision,
        agreement_id=agreement.id,
        agreement_version=agreement.version,
        agreement_sha256=agreement.text_sha256,
        term_id=term.id,
        result=outcome.result,
        p_violated=p_violated,
        p_inside=answers.inside.p if has_zone else None,
        distance_to_line_m=None if line is None else line[1],
        distance_sigma_m=None if line is None else line[2],
        exempted_by=outcome.exempted_by,
        needs_ruling=outcome.needs_ruling,
        trace=_trace(answers, term, agreement, outcome, p_violated),
        method=settings.method,
    )


def _ask(
    incident: Incident,
    term: Term,
    notified: tuple[NotifiedActivity, ...],
    settings: AssessSettings,
    where: Whereabouts | None,
    place: TermPlace,
) -> _Answers:
    rules = [rule for rule in term.exceptions if rule.kind == "notified_activity"]
    return _Answers(
        exists=exists(incident),
        kind=kind_prohibited(incident, term),
        weapon=weapon_covered(incident, term),
        in_force=in_force(incident, term),
        inside=inside_zone(incident, where, place),
        has_notified_rule=bool(rules),
        matches=tuple(m for rule in rules for m in matches(incident, rule, notified, settings.p_match)),
    )


def _p_violated(answers: _Answers) -> float | None:
    """Multiply the answers; None where one cannot be said, unless another makes it nought whatever that one is."""
    asked = [p.p for p in (answers.exists, answers.kind, answers.weapon, answers.in_force, answers.inside)]
    known = [p for p in asked if p is not None]
    p_exempt = max((m.p or 0.0 for m in answers.matches), default=0.0)
    product = math.prod(known, start=1.0 - p_exempt)
    return product if len(known) == len(asked) or product == 0.0 else None


def _decide(answers: _Answers, term: Term, agreement: Agreement, settings: AssessSettings) -> _Outcome:
    """Apply the rules in their order: the first that says something decides."""
    outcome = (
        _excluded(answers, settings)
        or _undecided(answers, settings)
        or _explained(answers.matches)
        or _open(term, agreement)
    )
    if outcome is not None:
        return outcome
    return _Outcome(result=Compliance.VIOLATED, reason="Every condition of the term is met and nothing exempts it.")


def _excluded(answers: _Answers, settings: AssessSettings) -> _Outcome | None:
    """Where the term does not reach, nothing else matters."""
    reasons = (
        (answers.kind, 1.0 - settings.p_kind, "It is not of a kind that the term prohibits."),
        (answers.weapon, settings.p_no, "The weapon is not one that the term names."),
        (answers.in_force, settings.p_no, "The term was not in force."),
        (answers.inside, settings.p_no, "It lies outside the place where the term applies."),
    )
    for predicate, most, reason in reasons:
        if predicate.p is not None and predicate.p <= most + 1e-12:
            return _Outcome(result=Compliance.NOT_APPLICABLE, reason=reason)
    return None


def _undecided(answers: _Answers, settings: AssessSettings) -> _Outcome | None:
    place_unknown = "Place not determined, and the term applies only in certain places."
    reasons = (
        (answers.exists, settings.p_exists, "", "That it happened at all is not sure enough."),
        (answers.kind, settings.p_kind, "", "Whether it is of a prohibited kind is not decided."),
        (answers.weapon, settings.p_yes, "Whether the weapon is one that the term names is not known.", ""),
        (answers.in_force, settings.p_yes, "", "Whether the term was already or still in force is not decided."),
        (answers.inside, settings.p_yes, place_unknown, "Whether it lies where the term applies is not decided."),
    )
    for predicate, least, unknown, unsure in reasons:
        if predicate.p is None:
            return _Outcome(result=Compliance.INDETERMINATE, reason=unknown)
        if predicate.p < least - 1e-12:
            return _Outcome(result=Compliance.INDETERMINATE, reason=unsure)
    return None


def _explained(found: tuple[Match, ...]) -> _Outcome | None:
    for match in found:
        if match.cover is Cover.EXPLAINS:
            reason = f"The announced activity {match.activity_id} explains it."
            return _Outcome(result=Compliance.COMPLIED, reason=reason, exempted_by=match.activity_id)
    for match in found:
        if match.cover is Cover.MAY_EXPLAIN:
            return _Outcome(
                result=Compliance.INDETERMINATE,
                reason=f"The announced activity {match.activity_id} may explain it, but not all of it fits.",
                needs_ruling=f"Whether {match.activity_id} covers this incident. {match.text}",
            )
    return None


def _open(term: Term, agreement: Agreement) -> _Outcome | None:
    """Where everything else is decided, a word or an exception that the text leaves open decides."""
    questions = [*_open_words(term, agreement), *_open_exceptions(term)]
    if not questions:
        return None
    return _Outcome(
        result=Compliance.INDETERMINATE,
        reason="Needs ruling: the text leaves open what decides here.",
        needs_ruling=" ".join(questions),
    )


def _open_words(term: Term, agreement: Agreement) -> list[str]:
    names = {p.id: p.name for p in agreement.parties}
    found = []
    for word in term.open_words:
        readings = "; ".join(f"{names.get(party, party)} reads it as “{reading}”" for party, reading in word.readings)
        found.append(f"What “{word.word}” means{f': {readings}' if readings else ''}.")
    return found


def _open_exceptions(term: Term) -> list[str]:
    said = (rule.text.rstrip(".") for rule in term.exceptions if rule.kind == "needs_ruling")
    return [f"Whether an exception applies{f': {text}' if text else ''}." for text in said]


def _trace(
    answers: _Answers, term: Term, agreement: Agreement, outcome: _Outcome, p_violated: float | None
) -> tuple[Predicate, ...]:
    asked = [answers.exists, answers.kind, answers.weapon, answers.in_force, answers.inside]
    claim = "cannot be said" if p_violated is None else probability(p_violated)
    text = f"{outcome.reason} Probability of a violation: {claim}."
    return (
        *asked,
        *_notified(answers),
        *(Predicate(name="open word", p=None, text=question) for question in _open_words(term, agreement)),
        *(Predicate(name="open exception", p=None, text=question) for question in _open_exceptions(term)),
        Predicate(name="result", p=p_violated, text=f"{outcome.result.value.replace('_', ' ').capitalize()}. {text}"),
    )


def _notified(answers: _Answers) -> list[Predicate]:
    if not answers.has_notified_rule:
        return []
    if not answers.matches:
        nothing = "No announced activity that the term accepts was near in place and time."
        return [Predicate(name="notified", p=0.0, text=nothing)]
    return [Predicate(name="notified", p=m.p, text=m.text) for m in answers.matches]
