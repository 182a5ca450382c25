"""guarantees.yaml: who promised what, and what a finding makes due."""

from __future__ import annotations

from collections.abc import Collection

from trucewatch.agreements.checks import check_refers, check_unique, ids, rows
from trucewatch.agreements.fields import Field, Group, ListOf, Row
from trucewatch.agreements.loaded import Loaded
from trucewatch.agreements.notified import OBSERVATION
from trucewatch.agreements.positions import yaml_tree
from trucewatch.agreements.quantities import Duration
from trucewatch.agreements.reading import Reading
from trucewatch.agreements.tree import ScalarNode
from trucewatch.agreements.values import Choice, Name, Text, texts
from trucewatch.model.commitment import ClockAnchor, Commitment, Trigger
from trucewatch.model.vocabulary import CommitmentStatus, VerificationFinding

COMMITMENT_KINDS = (
    "consult",
    "military",
    "intel_logistics",
    "diplomatic",
    "sanctions",
    "financial",
    "deploy",
    "monitor",
)
_FINDING = Choice(values=tuple(f.value for f in VerificationFinding), made=VerificationFinding)
_ANCHOR = Choice(values=tuple(a.value for a in ClockAnchor), made=ClockAnchor)
_STATUS = Choice(values=tuple(s.value for s in CommitmentStatus), made=CommitmentStatus)
_DISCRETION = Text(
    pattern="automatic|as_deemed_necessary|by_decision_of( .+)?",
    expected='automatic, as_deemed_necessary or "by_decision_of" and whom',
)

TRIGGER = Group(
    fields=(
        Field("terms", ListOf(item=Name()), "ids of terms; empty: any", required=False, default=()),
        Field("findings", ListOf(item=_FINDING, least=1), "findings that start the clock"),
        Field("kinds", ListOf(item=OBSERVATION), "kinds of incident; empty: any", required=False, default=()),
    )
)
COMMITMENT = Group(
    fields=(
        Field("id", Name(), "id, unique in the file"),
        Field("instrument", Text(), "the text it stands in"),
        Field("clause", Text(), "where in that text"),
        Field("text", Text(), "what it says"),
        Field("obligors", ListOf(item=Text(), least=1), "who owes it"),
        Field("beneficiary", Text(), "to whom"),
        Field("kind", Choice(values=COMMITMENT_KINDS), "what is owed"),
        Field("trigger", TRIGGER, "what makes it due"),
        Field("deadline", Duration(), "within what time; null where the text sets none", required=False),
        Field("anchors", ListOf(item=_ANCHOR, least=1), "from when the time runs; all that the text leaves open"),
        Field("discretion", _DISCRETION, "how far the obligor decides"),
        Field("status", _STATUS, "legal or political status"),
        Field("note", Text(), 'such as "reported, unconfirmed"', required=False, default=""),
    )
)
GUARANTEES = Group(fields=(Field("commitments", ListOf(item=COMMITMENT), "promises and their clocks"),))


def load_guarantees(text: str | bytes, file: str, term_ids: Collection[str] | None) -> Loaded[tuple[Commitment, ...]]:
    """Read guarantees.yaml.

    Args:
        text: the file's content.
        file: its path as the user knows it, for the problems.
        term_ids: ids of the agreement's terms; None where the agreement is itself unreadable.
    """
    reading = Reading(file)
    row = GUARANTEES.read_whole(yaml_tree(text, reading), reading)
    if isinstance(row, Row):
        commitments = rows(row.get("commitments"))
        check_unique(ids(commitments), "commitment", reading)
        if term_ids is not None:
            triggers = [c["trigger"] for c in commitments if c.get("trigger") is not None]
            named = [name for trigger in triggers for name in trigger.get("terms") or ()]
            check_refers(named, term_ids, "term", reading)
    return reading.loaded(lambda: tuple(_commitment(c) for c in row["commitments"]))


def _commitment(row: Row) -> Commitment:
    trigger = row["trigger"]
    deadline = row.at("deadline")
    return Commitment(
        id=row["id"].text,
        instrument=row["instrument"],
        clause=row["clause"],
        text=row["text"],
        obligors=row["obligors"],
        beneficiary=row["beneficiary"],
        kind=row["kind"],
        trigger=Trigger(term_ids=texts(trigger["terms"]), findings=trigger["findings"], kinds=trigger["kinds"]),
        deadline_s=row["deadline"],
        deadline_text=deadline.text if row["deadline"] and isinstance(deadline, ScalarNode) else "no deadline is set",
        anchors=row["anchors"],
        discretion=row["discretion"],
        status=row["status"],
        note=row["note"],
    )
