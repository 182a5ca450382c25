"""The sixteen winds, in which patrols give directions."""

from __future__ import annotations

import re

WIND_NAMES = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
WIND_STEP_DEG = 22.5
WIND_HALF_WIDTH_DEG = 11.25
"""A wind names the sector this far to either side of its middle."""

_WORDS = {"N": "north", "E": "east", "S": "south", "W": "west"}
_SEPARATORS = re.compile(r"[\s_\-\u2010-\u2015]+")


def wind_degrees(name: str) -> float:
    """Return the middle of a wind, degrees clockwise from north.

    Args:
        name: "NNW", "north-north-west", "North northwest"; case, spaces and hyphens do not matter.

    Returns:
        Degrees in [0, 360); the sector reaches WIND_HALF_WIDTH_DEG to either side.

    Raises:
        ValueError: The text is none of the sixteen winds.
    """
    letters = _SEPARATORS.sub("", name.strip().lower())
    for letter, word in _WORDS.items():
        letters = letters.replace(word, letter)
    if letters.upper() not in WIND_NAMES:
        raise ValueError(f"unknown wind {name!r}: expected one of {', '.join(WIND_NAMES)} or its spelled-out form")
    return WIND_NAMES.index(letters.upper()) * WIND_STEP_DEG


def wind_name(bearing_deg: float) -> str:
    """Return the wind, such as "NNW", whose sector holds a bearing; a border belongs to the clockwise sector.

    Raises:
        ValueError: The bearing is not a finite number.
    """
    if not -float("inf") < bearing_deg < float("inf"):
        raise ValueError(f"bearing {bearing_deg!r} is not a finite number of degrees")
    return WIND_NAMES[int((bearing_deg + WIND_HALF_WIDTH_DEG) % 360.0 // WIND_STEP_DEG) % 16]


def spelled_out(name: str) -> str:
    """Return a wind in full, "NNW" as "north-north-west".

    Raises:
        ValueError: The text is none of the sixteen winds.
    """
    return "-".join(_WORDS[letter] for letter in wind_name(wind_degrees(name)))
