"""mission.toml: what a mission says about itself."""

from __future__ import annotations

from typing import get_args

from trucewatch.agreements.fields import Field, Group, ListOf, Row
from trucewatch.agreements.loaded import Loaded
from trucewatch.agreements.places import LATITUDE, LONGITUDE
from trucewatch.agreements.propagation import (
    BEARING_TURN,
    CELERITY,
    GROUND,
    bearing_turns,
    celerity_priors,
    ground_layers,
)
from trucewatch.agreements.quantities import Time, Zone
from trucewatch.agreements.reading import Reading
from trucewatch.agreements.toml_positions import toml_tree
from trucewatch.agreements.values import Choice, Flag, Number, Text
from trucewatch.model.mission import BeamMethod, DetectSettings, Mission, MissionArea

# The nouns' own defaults, so that a file that leaves a key out and a test that does mean the same.
_DETECT = DetectSettings()
_TEMPERATURE_C = 10.0
_TEMPERATURE_SIGMA_C = 8.0


def _check_area(row: Row, reading: Reading) -> None:
    for low, high in (("west", "east"), ("south", "north")):
        if row.get(low) is not None and row.get(high) is not None and row[low] >= row[high]:
            reading.error(row.at(low), f"{low} {row[low]:g} is not below {high} {row[high]:g}", f"{low} < {high}")


def _check_detect(row: Row, reading: Reading) -> None:
    band = row.get("array_band_hz")
    if band is not None and len(band) == 2 and band[0] >= band[1]:
        reading.error(row.at("array_band_hz"), f"the band {band[0]:g} to {band[1]:g} Hz is empty", "[low, high]")


AREA = Group(
    fields=(
        Field("west", LONGITUDE, "western edge, degrees east"),
        Field("south", LATITUDE, "southern edge, degrees north"),
        Field("east", LONGITUDE, "eastern edge, degrees east"),
        Field("north", LATITUDE, "northern edge, degrees north"),
    ),
    check=_check_area,
)
WEATHER = Group(
    fields=(
        Field("temperature_c", Number(least=-90, most=60), "air temperature where none was taken in, Celsius"),
        Field("temperature_sigma_c", Number(above=0), "its standard error, Celsius"),
    )
)
DETECT = Group(
    fields=(
        Field(
            "array_band_hz",
            ListOf(item=Number(above=0), least=2, most=2),
            "band that arrays listen in, [low, high] hertz",
            required=False,
            default=_DETECT.array_band_hz,
        ),
        Field(
            "array_window_s",
            Number(above=0),
            "length of an array's window, seconds",
            required=False,
            default=_DETECT.array_window_s,
        ),
        Field(
            "array_step_s",
            Number(above=0),
            "step between windows, seconds",
            required=False,
            default=_DETECT.array_step_s,
        ),
        Field(
            "use_edge_pulses",
            Flag(),
            "take pulses that sensors detected themselves",
            required=False,
            default=_DETECT.use_edge_pulses,
        ),
        Field(
            "array_method",
            Choice(values=get_args(BeamMethod)),
            "how arrays find directions",
            required=False,
            default=_DETECT.array_method,
        ),
        Field(
            "array_clock_sigma_s",
            Number(least=0, most=1),
            "error of an element's clock against the others', seconds",
            required=False,
            default=_DETECT.array_clock_sigma_s,
        ),
        Field(
            "array_false_alarms_per_day",
            Number(above=0, most=10),
            "arrivals that noise may make at one array in a day",
            required=False,
            default=_DETECT.array_false_alarms_per_day,
        ),
    ),
    check=_check_detect,
)
_INSIDE = Text(
    pattern=r"(?!/|.*\\|(.*/)?\.\.(/|$)).+", expected="a path inside the mission folder, with forward slashes"
)
CLASSIFY = Group(fields=(Field("model", _INSIDE, "JSON of `trucewatch train`, or ONNX with a JSON beside it"),))
MISSION = Group(
    fields=(
        Field("id", Text(pattern="[a-z0-9-]+", expected="small letters, digits and dashes"), "short name"),
        Field("name", Text(), "name, as printed"),
        Field("purpose", Text(), "what the mission watches and why, one paragraph"),
        Field("time_zone", Zone(), "IANA time zone of the mission"),
        Field(
            "reporting_time",
            Text(pattern="([01][0-9]|2[0-3]):[0-5][0-9]", expected='a quoted time of day such as "19:30"'),
            "local time at which a reporting day ends",
        ),
        Field(
            "languages",
            ListOf(item=Text(pattern="[a-z]{2,3}", expected='a language code such as "en"'), least=1),
            "languages of the publications",
        ),
        Field(
            "names_file",
            _INSIDE,
            "CSV of places for place phrases",
            required=False,
        ),
        Field("demonstration", Flag(), "signed with a key that anyone can make", required=False, default=False),
        Field("clock", Time(), "a replayed mission's now", required=False),
        Field("disclaimer", Text(), "printed on every publication", required=False, default=""),
        Field("attribution", ListOf(item=Text()), "sources that must be named", required=False, default=()),
        Field("area", AREA, "box that every place of the mission lies in"),
        Field("weather", WEATHER, "usual weather, where none was taken in", required=False),
        Field("detect", DETECT, "which listening is done", required=False),
        Field("ground", GROUND, "speeds of waves in the ground", required=False),
        Field(
            "celerity",
            ListOf(item=CELERITY),
            "speeds of infrasound by path and season",
            required=False,
            default=(),
        ),
        Field(
            "bearing_turn",
            ListOf(item=BEARING_TURN),
            "how winds turn the bearings of infrasound, by path and season",
            required=False,
            default=(),
        ),
        Field("classify", CLASSIFY, "the mission's own model of sounds", required=False),
    )
)


def load_mission(text: str | bytes, file: str) -> Loaded[Mission]:
    """Read mission.toml.

    Args:
        text: the file's content.
        file: its path as the user knows it, for the problems.
    """
    reading = Reading(file)
    row = MISSION.read_whole(toml_tree(text, reading), reading)
    return reading.loaded(lambda: _mission(row))


def _mission(row: Row) -> Mission:
    area, weather, ground = row["area"], row["weather"], row["ground"]
    return Mission(
        id=row["id"],
        name=row["name"],
        purpose=row["purpose"],
        area=MissionArea(
            west_deg=area["west"], south_deg=area["south"], east_deg=area["east"], north_deg=area["north"]
        ),
        time_zone=row["time_zone"],
        reporting_time=row["reporting_time"],
        languages=row["languages"],
        names_file=row["names_file"],
        demonstration=row["demonstration"],
        clock_utc=row["clock"],
        temperature_c=_TEMPERATURE_C if weather is None else weather["temperature_c"],
        temperature_sigma_c=_TEMPERATURE_SIGMA_C if weather is None else weather["temperature_sigma_c"],
        disclaimer=row["disclaimer"],
        attribution=row["attribution"],
        detect=_DETECT if row["detect"] is None else DetectSettings(**row["detect"].values),
        ground_layers=ground_layers(ground),
        ground_share=None if ground is None else ground["time_error_share"],
        celerities=celerity_priors(row["celerity"]),
        bearing_turns=bearing_turns(row["bearing_turn"]),
        classifier_file=None if row["classify"] is None else row["classify"]["model"],
    )
