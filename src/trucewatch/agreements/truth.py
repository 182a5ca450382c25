"""truth.yaml: known events of a replayed test, never used by the processing."""

from __future__ import annotations

from trucewatch.agreements.checks import check_unique, ids, rows
from trucewatch.agreements.fields import Field, Group, ListOf, Row
from trucewatch.agreements.loaded import Loaded
from trucewatch.agreements.places import LATITUDE, LONGITUDE, SIGMA, check_in_area
from trucewatch.agreements.positions import yaml_tree
from trucewatch.agreements.quantities import Duration, Time, Zone
from trucewatch.agreements.reading import Reading
from trucewatch.agreements.values import Name, Text, Whole
from trucewatch.model.mission import MissionArea, Truth


def _check_event(row: Row, reading: Reading) -> None:
    check_in_area(row, reading)
    if row.get("time") is not None and row.get("window") is None and "window" in row.values:
        reading.error(row.at("time"), "a time without a window", 'window: how far from it still counts, such as "90 s"')


EVENT = Group(
    fields=(
        Field("id", Name(), "id, unique in the file"),
        Field("lon", LONGITUDE, "longitude, degrees east"),
        Field("lat", LATITUDE, "latitude, degrees north"),
        Field("sigma_m", SIGMA, "standard error of the known place, metres"),
        Field("time", Time(), "when it happened; null where not known", required=False),
        Field("window", Duration(), "how far from its time an incident may lie", required=False),
        Field("count", Whole(least=1), "how many", required=False, default=1),
        Field("label", Text(), "what it was", required=False, default=""),
    ),
    check=_check_event,
)
TRUTH = Group(
    fields=(
        Field("time_zone", Zone(), "IANA zone of local times in this file", required=False),
        Field("events", ListOf(item=EVENT), "known events"),
    )
)


def load_truth(text: str | bytes, file: str, area: MissionArea | None) -> Loaded[tuple[Truth, ...]]:
    """Read truth.yaml.

    Args:
        text: the file's content.
        file: its path as the user knows it, for the problems.
        area: the mission's area; None where that is itself unreadable.
    """
    reading = Reading(file, area)
    row = TRUTH.read_whole(yaml_tree(text, reading), reading)
    if isinstance(row, Row):
        check_unique(ids(rows(row.get("events"))), "event", reading)
    return reading.loaded(lambda: tuple(_truth(e) for e in row["events"]))


def _truth(row: Row) -> Truth:
    return Truth(
        id=row["id"].text,
        lon_deg=row["lon"],
        lat_deg=row["lat"],
        sigma_m=row["sigma_m"],
        time_utc=row["time"],
        window_s=row["window"] or 0.0,
        count=row["count"],
        label=row["label"],
    )
