"""network.yaml: the sensors, where they stand and when they could listen."""

from __future__ import annotations

from trucewatch.agreements.checks import check_apart, check_order, check_unique, ids, interval, rows
from trucewatch.agreements.fields import Field, Group, ListOf, Row
from trucewatch.agreements.loaded import Loaded
from trucewatch.agreements.places import PLACE, place
from trucewatch.agreements.positions import yaml_tree
from trucewatch.agreements.quantities import Time, Zone
from trucewatch.agreements.reading import Reading
from trucewatch.agreements.values import Choice, Flag, Name, Number, Text
from trucewatch.evidence import EvidenceError, Verifier
from trucewatch.model.mission import MissionArea
from trucewatch.model.network import ARRAY_ELEMENTS, Element, Health, Network, Sensor
from trucewatch.model.vocabulary import ObserverKind, SensorState


def _check_sensor(row: Row, reading: Reading) -> None:
    check_apart(rows(row.get("health")), "state", reading)
    check_apart(rows(row.get("watch")), "watch", reading)
    _check_key(row, reading)
    _check_calibration(row, reading)
    elements = row.get("elements")
    if elements is None or len(elements) >= ARRAY_ELEMENTS:
        _check_positions(rows(elements), "element", reading)
        return
    if elements or row.get("kind") is ObserverKind.ACOUSTIC_ARRAY:
        expected = f"at least {ARRAY_ELEMENTS}: fewer cannot tell a direction"
        reading.error(row.at("elements"), f"the array has {len(elements)} elements", expected)


def _check_key(row: Row, reading: Reading) -> None:
    key = row.get("node_key")
    if key is None:
        return
    try:
        Verifier.from_vkey(key)
    except EvidenceError as error:
        reading.error(
            row.at("node_key"), str(error), "a verifier key NAME+HASH+BASE64, as `trucewatch listen` prints it"
        )


def _check_calibration(row: Row, reading: Reading) -> None:
    unit, other = ("calibration_m_s_per_count", "calibration_pa_per_count")
    in_ground = row.get("kind") is ObserverKind.SEISMIC_STATION
    if row.get("kind") is not None and row.get(other if in_ground else unit) is not None:
        expected = (
            "calibration_m_s_per_count for a seismic station, calibration_pa_per_count for what listens in the air"
        )
        wrong = other if in_ground else unit
        reading.error(row.at(wrong), f"{wrong} for one {row['kind'].value}", expected)


def _check_positions(group: tuple[Row, ...], what: str, reading: Reading) -> None:
    first: dict[tuple[object, ...], Row] = {}
    for row in group:
        spot = row.get("place")
        if spot is None or spot.get("lon") is None or spot.get("lat") is None:
            continue
        # Different instruments may share a mast; two of one kind on one spot are one written twice.
        key = (row.get("kind"), spot["lon"], spot["lat"], spot.get("altitude_m"))
        earlier = first.setdefault(key, row)
        if earlier is not row:
            found = f"this {what} stands exactly where the one of line {earlier.node.line} stands"
            reading.error(row.at("place"), found, f"a place of its own for every {what} of a kind")


ELEMENT = Group(
    fields=(
        Field("id", Name(), "id, unique in the network"),
        Field("place", PLACE, "where it stands"),
        Field("channel", Text(), "channel code in the recordings", required=False, default=""),
    )
)
WATCH = Group(
    fields=(
        Field("from", Time(), "first moment"),
        Field("to", Time(), "first moment after; null where open", required=False),
    ),
    check=check_order,
)
HEALTH = Group(
    fields=(
        Field("from", Time(), "first moment"),
        Field("to", Time(), "first moment after; null while it lasts", required=False),
        Field("state", Choice(values=tuple(s.value for s in SensorState), made=SensorState), "state"),
        Field("reason", Text(), "why, in words", required=False, default=""),
    ),
    check=check_order,
)
SENSOR = Group(
    fields=(
        Field("id", Name(), "id, unique in the network"),
        Field("kind", Choice(values=tuple(k.value for k in ObserverKind), made=ObserverKind), "what it is"),
        Field("owner", Text(), "who operates it: sources are independent by owner"),
        Field("place", PLACE, "where it stands"),
        Field("clock_sigma_s", Number(least=0), "standard error of its clock, seconds"),
        Field("calibration_pa_per_count", Number(above=0), "pascals a count", required=False),
        Field("calibration_m_s_per_count", Number(above=0), "ground velocity a count, m/s", required=False),
        Field("noise_level_db", Number(), "usual background, dB re 20 uPa", required=False),
        Field("elements", ListOf(item=ELEMENT), "sensors of an array", required=False, default=()),
        Field("watch", ListOf(item=WATCH), "when it was tasked; left out: always", required=False, default=()),
        Field("health", ListOf(item=HEALTH), "states known beforehand", required=False, default=()),
        Field("sends_clips", Flag(), "listens always, sends short recordings only", required=False, default=False),
        Field("node_key", Text(), "verifier key of the computer that detects beside it", required=False),
    ),
    check=_check_sensor,
)
NETWORK = Group(
    fields=(
        Field("time_zone", Zone(), "IANA zone of local times in this file", required=False),
        Field("sensors", ListOf(item=SENSOR), "every sensor, array, post and camera"),
    )
)


def load_network(text: str | bytes, file: str, area: MissionArea | None) -> Loaded[Network]:
    """Read network.yaml.

    Args:
        text: the file's content.
        file: its path as the user knows it, for the problems.
        area: the mission's area; None where that is itself unreadable, and nothing is compared with it.
    """
    reading = Reading(file, area)
    row = NETWORK.read_whole(yaml_tree(text, reading), reading)
    if isinstance(row, Row):
        sensors = rows(row.get("sensors"))
        elements = tuple(e for s in sensors for e in rows(s.get("elements")))
        # An array is found by the ids of its elements, so both share one set of names.
        written = sorted((*ids(sensors), *ids(elements)), key=lambda w: (w.node.line, w.node.column))
        check_unique(written, "sensor or element", reading)
        _check_positions(sensors, "sensor", reading)
    return reading.loaded(lambda: Network(sensors=tuple(_sensor(s) for s in row["sensors"])))


def _sensor(row: Row) -> Sensor:
    return Sensor(
        id=row["id"].text,
        kind=row["kind"],
        owner=row["owner"],
        place=place(row["place"]),
        clock_sigma_s=row["clock_sigma_s"],
        calibration_pa_per_count=row["calibration_pa_per_count"],
        calibration_m_s_per_count=row["calibration_m_s_per_count"],
        noise_level_db=row["noise_level_db"],
        elements=tuple(
            Element(id=e["id"].text, place=place(e["place"]), channel=e["channel"]) for e in row["elements"]
        ),
        health=tuple(Health(time=interval(h), state=h["state"], reason=h["reason"]) for h in row["health"]),
        watch=tuple(interval(w) for w in row["watch"]),
        node_key=row["node_key"],
        sends_clips=row["sends_clips"],
    )
