"""notified.yaml: activities that were announced or authorised beforehand."""

from __future__ import annotations

from collections.abc import Collection

from trucewatch.agreements.checks import check_order, check_refers, check_unique, ids, interval, rows
from trucewatch.agreements.fields import Field, Group, ListOf, Row
from trucewatch.agreements.loaded import Loaded
from trucewatch.agreements.places import PLACE, place
from trucewatch.agreements.positions import yaml_tree
from trucewatch.agreements.quantities import Distance, Duration, Time, Zone
from trucewatch.agreements.reading import Reading
from trucewatch.agreements.values import Choice, Name, Number, Text, Whole
from trucewatch.model.agreement import Acknowledgement, NotifiedActivity
from trucewatch.model.instant import rfc3339
from trucewatch.model.mission import MissionArea
from trucewatch.model.vocabulary import ObservationType

ACTIVITY_KINDS = (
    "demolition",
    "mine_clearance",
    "live_fire",
    "convoy",
    "overflight",
    "repair",
    "window_of_silence",
)
OBSERVATION = Choice(values=tuple(o.value for o in ObservationType), made=ObservationType)


def _check_activity(row: Row, reading: Reading) -> None:
    check_order(row, reading)
    notified = row.get("notified")
    for received in rows(row.get("acknowledgements")):
        at = received.get("at")
        if at is not None and notified is not None and at < notified:
            found = f"acknowledged ({rfc3339(at)}) before it was notified ({rfc3339(notified)})"
            reading.error(received.at("at"), found, "an acknowledgement at or after the notification")


ACKNOWLEDGEMENT = Group(
    fields=(
        Field("recipient", Text(), "who should have received it"),
        Field("at", Time(), "when they said so; null where they did not", required=False),
    )
)
ACTIVITY = Group(
    fields=(
        Field("id", Name(), "id, unique in the file"),
        Field("kind", Choice(values=ACTIVITY_KINDS), "what was announced"),
        Field("notifier", Name(), "id of the party that announced it"),
        Field("notified", Time(), "when it was announced"),
        Field("place", PLACE, "middle of the announced place"),
        Field("radius", Distance(), "extent around the place"),
        Field("from", Time(), "announced start"),
        Field("to", Time(), "announced end"),
        Field(
            "margin",
            Duration(zero_allowed=True),
            "how much earlier or later is still it",
            required=False,
            default=0.0,
        ),
        Field("looks_like", ListOf(item=OBSERVATION, least=1), "what it is expected to look and sound like"),
        Field("max_count", Whole(least=1), "at most this many", required=False),
        Field("charge_kg", Number(above=0), "largest single charge, kilograms", required=False),
        Field(
            "acknowledgements",
            ListOf(item=ACKNOWLEDGEMENT),
            "who received the announcement",
            required=False,
            default=(),
        ),
    ),
    check=_check_activity,
)
NOTIFIED = Group(
    fields=(
        Field("time_zone", Zone(), "IANA zone of local times in this file", required=False),
        Field("activities", ListOf(item=ACTIVITY), "announced or authorised activities"),
    )
)


def load_notified(
    text: str | bytes, file: str, area: MissionArea | None, party_ids: Collection[str] | None
) -> Loaded[tuple[NotifiedActivity, ...]]:
    """Read notified.yaml.

    Args:
        text: the file's content.
        file: its path as the user knows it, for the problems.
        area: the mission's area; None where that is itself unreadable.
        party_ids: who may notify; None where the agreement is itself unreadable.
    """
    reading = Reading(file, area)
    row = NOTIFIED.read_whole(yaml_tree(text, reading), reading)
    if isinstance(row, Row):
        activities = rows(row.get("activities"))
        check_unique(ids(activities), "activity", reading)
        if party_ids is not None:
            notifiers = [a["notifier"] for a in activities if a.get("notifier") is not None]
            check_refers(notifiers, party_ids, "party", reading)
    return reading.loaded(lambda: tuple(_activity(a) for a in row["activities"]))


def _activity(row: Row) -> NotifiedActivity:
    return NotifiedActivity(
        id=row["id"].text,
        kind=row["kind"],
        notifier=row["notifier"].text,
        notified_utc=rfc3339(row["notified"]),
        place=place(row["place"]),
        radius_m=row["radius"],
        time=interval(row),
        margin_s=row["margin"],
        observation_types=row["looks_like"],
        max_count=row["max_count"],
        charge_kg=row["charge_kg"],
        acknowledgements=tuple(_acknowledgement(a) for a in row["acknowledgements"]),
    )


def _acknowledgement(row: Row) -> Acknowledgement:
    return Acknowledgement(recipient=row["recipient"], at="" if row["at"] is None else rfc3339(row["at"]))
