"""agreement.yaml: parties, lines, zones and terms of one version of one instrument."""

from __future__ import annotations

import hashlib

from trucewatch.agreements.checks import check_order, check_refers, check_unique, ids, interval, rows
from trucewatch.agreements.fields import Field, Group, ListOf, Row, TextByName
from trucewatch.agreements.loaded import Loaded
from trucewatch.agreements.notified import ACTIVITY_KINDS, OBSERVATION
from trucewatch.agreements.places import Polyline
from trucewatch.agreements.positions import yaml_tree
from trucewatch.agreements.quantities import Duration, Time
from trucewatch.agreements.quantities import Zone as TimeZone
from trucewatch.agreements.reading import Reading
from trucewatch.agreements.tree import ScalarNode
from trucewatch.agreements.values import Choice, Name, Text, texts
from trucewatch.agreements.zones import ZONE, check_zone_references, zone
from trucewatch.model.agreement import Agreement, ExceptionRule, Line, OpenWord, Party, Term
from trucewatch.model.mission import MissionArea
from trucewatch.model.vocabulary import ObservationType, WeaponClass

STATUSES = ("illustrative", "historical", "draft", "signed")
NOTIFIED_ACTIVITY = "notified_activity"
NEEDS_RULING = "needs_ruling"


def _check_exception(row: Row, reading: Reading) -> None:
    kind, activities = row.get("kind"), row.get("activities")
    if kind == NOTIFIED_ACTIVITY and activities == ():
        expected = f"activities: at least one of {', '.join(ACTIVITY_KINDS)}"
        reading.error(row.at("activities"), "the exception names no activity", expected)
    if kind == NEEDS_RULING and (activities or row.get("min_notice")):
        found = "an exception that needs a ruling names an activity or a notice"
        reading.error(row.at("kind"), found, f"only its text, or kind: {NOTIFIED_ACTIVITY}")


def _check_term(row: Row, reading: Reading) -> None:
    check_order(row, reading)
    if ObservationType.THERMAL_ANOMALY in (row.get("prohibits") or ()):
        found = "thermal_anomaly is listed, but a thermal anomaly alone is never assessed as a violation"
        reading.warning(row.at("prohibits"), found, "the acts that the text forbids, such as explosion")


PARTY = Group(
    fields=(
        Field("id", Name(), "id, unique among parties"),
        Field("name", Text(), "name, as the agreement gives it"),
    )
)
LINE = Group(
    fields=(
        Field("id", Name(), "id, unique among lines"),
        Field("name", Text(), "name"),
        Field("coordinates", Polyline(), "points [longitude, latitude] in the line's direction"),
        Field("source", Text(), "where the line comes from"),
    )
)
WHERE = Group(
    fields=(
        Field("inside", ListOf(item=Name()), "inside any of these zones; empty: anywhere", required=False, default=()),
        Field("outside", ListOf(item=Name()), "and in none of these zones", required=False, default=()),
    )
)
EXCEPTION = Group(
    fields=(
        Field("kind", Choice(values=(NOTIFIED_ACTIVITY, NEEDS_RULING)), "how it is decided"),
        Field(
            "activities",
            ListOf(item=Choice(values=ACTIVITY_KINDS)),
            "announced activities that are accepted",
            required=False,
            default=(),
        ),
        Field(
            "min_notice",
            Duration(zero_allowed=True),
            "how long before it must have been announced",
            required=False,
            default=0.0,
        ),
        Field("text", Text(), "what the text says", required=False, default=""),
    ),
    check=_check_exception,
)
OPEN_WORD = Group(
    fields=(
        Field("word", Text(), "the word that the text leaves open"),
        Field("readings", TextByName(), "each party's reading, by party id"),
    )
)
TERM = Group(
    fields=(
        Field("id", Name(), "id, unique among terms"),
        Field("article", Text(), "where in the text"),
        Field("text", Text(), "the clause in full"),
        Field("addressees", ListOf(item=Name(), least=1), "ids of the parties that it binds"),
        Field("prohibits", ListOf(item=OBSERVATION, least=1), "what must not be observed"),
        Field(
            "weapon_classes",
            ListOf(item=Choice(values=tuple(w.value for w in WeaponClass), made=WeaponClass)),
            "only with these weapons; empty: whatever the weapon",
            required=False,
            default=(),
        ),
        Field("where", WHERE, "left out: anywhere", required=False),
        Field("from", Time(), "first moment; null: without beginning", required=False),
        Field("to", Time(), "first moment after; null: without end", required=False),
        Field("exceptions", ListOf(item=EXCEPTION), "what takes an act out of it", required=False, default=()),
        Field("open_words", ListOf(item=OPEN_WORD), "words that the text leaves open", required=False, default=()),
    ),
    check=_check_term,
)
AGREEMENT = Group(
    fields=(
        Field("id", Name(), "id of the instrument"),
        Field("title", Text(), "title, as printed"),
        Field("version", Text(), 'version, such as "1"'),
        Field("status", Choice(values=STATUSES), "what this text is"),
        Field("time_zone", TimeZone(), "IANA zone in which the text gives its times"),
        Field("source", Text(), "where the text comes from"),
        Field("parties", ListOf(item=PARTY, least=1), "the sides, as the agreement names them"),
        Field("lines", ListOf(item=LINE), "named lines", required=False, default=()),
        Field("zones", ListOf(item=ZONE), "named areas", required=False, default=()),
        Field("terms", ListOf(item=TERM, least=1), "the clauses"),
    )
)


def load_agreement(text: str | bytes, file: str, area: MissionArea | None) -> Loaded[Agreement]:
    """Read agreement.yaml.

    Args:
        text: the file's content; its SHA-256 becomes the agreement's own.
        file: its path as the user knows it, for the problems.
        area: the mission's area; None where that is itself unreadable.
    """
    reading = Reading(file, area)
    row = AGREEMENT.read_whole(yaml_tree(text, reading), reading)
    if isinstance(row, Row):
        _check_names(row, reading)
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return reading.loaded(lambda: _agreement(row, hashlib.sha256(content).hexdigest()))


def _check_names(row: Row, reading: Reading) -> None:
    parties, lines, zones, terms = (rows(row.get(key)) for key in ("parties", "lines", "zones", "terms"))
    for group, what in ((parties, "party"), (lines, "line"), (zones, "zone"), (terms, "term")):
        check_unique(ids(group), what, reading)
    check_zone_references(zones, lines, reading)
    for term in terms:
        _check_term_names(term, texts(ids(parties)), texts(ids(zones)), reading)


def _check_term_names(term: Row, parties: tuple[str, ...], zones: tuple[str, ...], reading: Reading) -> None:
    where = term.get("where")
    if where is not None:
        inside, outside = where.get("inside") or (), where.get("outside") or ()
        check_refers((*inside, *outside), zones, "zone", reading)
    check_refers(term.get("addressees") or (), parties, "party", reading)
    for word in rows(term.get("open_words")):
        check_refers((name for name, _ in word.get("readings") or ()), parties, "party", reading)


def _agreement(row: Row, sha256: str) -> Agreement:
    lines = (
        Line(id=x["id"].text, name=x["name"], coordinates=x["coordinates"], source=x["source"]) for x in row["lines"]
    )
    return Agreement(
        id=row["id"].text,
        title=row["title"],
        version=row["version"],
        status=row["status"],
        time_zone=row["time_zone"],
        parties=tuple(Party(id=p["id"].text, name=p["name"]) for p in row["parties"]),
        lines=tuple(lines),
        zones=tuple(zone(z) for z in row["zones"]),
        terms=tuple(_term(t, row["time_zone"]) for t in row["terms"]),
        source=row["source"],
        text_sha256=sha256,
    )


def _term(row: Row, time_zone: str) -> Term:
    where = row["where"]
    return Term(
        id=row["id"].text,
        article=row["article"],
        text=row["text"],
        addressees=texts(row["addressees"]),
        prohibits=row["prohibits"],
        weapon_classes=row["weapon_classes"],
        zone_ids=() if where is None else texts(where["inside"]),
        outside_zone_ids=() if where is None else texts(where["outside"]),
        period=interval(row),
        period_text=_period_text(row, time_zone),
        exceptions=tuple(_exception(e) for e in row["exceptions"]),
        open_words=tuple(_open_word(w) for w in row["open_words"]),
    )


def _period_text(row: Row, time_zone: str) -> str:
    def written(key: str, absent: str) -> str:
        node = row.at(key)
        return node.text if row[key] is not None and isinstance(node, ScalarNode) else absent

    start, end = written("from", ""), written("to", "")
    if not (start or end):
        return "at any time"
    parts = (f"from {start}" if start else "", f"until {end}" if end else "without end")
    return f"{' '.join(p for p in parts if p)} ({time_zone})"


def _exception(row: Row) -> ExceptionRule:
    return ExceptionRule(
        kind=row["kind"], activities=row["activities"], min_notice_s=row["min_notice"], text=row["text"]
    )


def _open_word(row: Row) -> OpenWord:
    return OpenWord(word=row["word"], readings=tuple((name.text, text) for name, text in row["readings"]))
