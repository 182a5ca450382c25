"""mission.toml, [ground], [[celerity]] and [[bearing_turn]]: how waves travel where the mission watches."""

from __future__ import annotations

import math
from itertools import pairwise

from trucewatch.agreements.fields import Field, Group, ListOf, Row
from trucewatch.agreements.reading import Reading
from trucewatch.agreements.values import Number, Text, Whole
from trucewatch.model.mission import BearingTurn, CelerityPrior, GroundLayer


def _check_layer(row: Row, reading: Reading) -> None:
    p, s = row.get("p_m_s"), row.get("s_m_s")
    if p is not None and s is not None and s >= p:
        reading.error(row.at("s_m_s"), f"s_m_s {s:g} is not below p_m_s {p:g}", "s_m_s < p_m_s")


def _check_ground(row: Row, reading: Reading) -> None:
    tops = [(layer.get("top_m"), layer) for layer in row.get("layers") or ()]
    if tops and tops[0][0] not in (0.0, None):
        reading.error(tops[0][1].at("top_m"), f"the first layer starts at {tops[0][0]:g} m", "top_m = 0")
    for (above, _), (below, layer) in pairwise(tops):
        if above is not None and below is not None and below <= above:
            reading.error(layer.at("top_m"), f"top_m {below:g} is not below {above:g}", "layers from the surface down")


LAYER = Group(
    fields=(
        Field("top_m", Number(least=0, most=1e6), "depth of its top, metres; the last layer has no bottom"),
        Field("p_m_s", Number(above=0, most=15_000), "speed of P waves, metres per second"),
        Field("s_m_s", Number(above=0, most=9_000), "speed of S waves, metres per second"),
    ),
    check=_check_layer,
)
GROUND = Group(
    fields=(
        Field("layers", ListOf(item=LAYER, least=1), "layers of the ground, from the surface down"),
        Field(
            "time_error_share",
            Number(above=0, most=0.5),
            "standard error of travel times in these layers, as a share of the time",
            required=False,
        ),
    ),
    check=_check_ground,
)
REACH = (
    Field(
        "months",
        ListOf(item=Whole(least=1, most=12), least=1, most=12),
        "months in which it holds, 1 to 12; left out: all year",
        required=False,
        default=(),
    ),
    Field(
        "toward_deg",
        ListOf(item=Number(least=0, most=360), least=2, most=2),
        "first and last direction in which the sound travels, clockwise from north; left out: all",
        required=False,
        default=(),
    ),
    Field("from_m", Number(least=0, most=2e7), "distance from which it holds", required=False, default=0.0),
    Field("to_m", Number(above=0, most=2e7), "distance below which it holds", required=False, default=math.inf),
)


def _check_reach(row: Row, reading: Reading) -> None:
    first, last = row.get("from_m"), row.get("to_m")
    if first is not None and last is not None and last <= first:
        reading.error(row.at("to_m"), f"to_m {last:g} is not above from_m {first:g}", "from_m < to_m")


CELERITY = Group(
    fields=(
        Field("label", Text(), 'name of the path; "direct" takes the place of the built-in wave near the source'),
        Field("celerity_m_s", Number(least=150, most=450), "distance over travel time, metres per second"),
        Field("sigma_m_s", Number(above=0, most=100), "its standard deviation, metres per second"),
        Field("weight", Number(above=0), "how common the path is, relative to the others"),
        *REACH,
    ),
    check=_check_reach,
)
BEARING_TURN = Group(
    fields=(
        Field("turn_deg", Number(least=-45, most=45), "bearing heard minus true bearing, clockwise"),
        Field("sigma_deg", Number(above=0, most=45), "its standard deviation, degrees"),
        *REACH,
    ),
    check=_check_reach,
)


def ground_layers(row: Row | None) -> tuple[GroundLayer, ...]:
    """Return the layers of a [ground] table, none where there is no table."""
    return () if row is None else tuple(GroundLayer(**layer.values) for layer in row["layers"])


def celerity_priors(rows: tuple[Row, ...]) -> tuple[CelerityPrior, ...]:
    """Return the parts that [[celerity]] tables state."""
    return tuple(CelerityPrior(**row.values) for row in rows)


def bearing_turns(rows: tuple[Row, ...]) -> tuple[BearingTurn, ...]:
    """Return what [[bearing_turn]] tables state."""
    return tuple(BearingTurn(**row.values) for row in rows)
