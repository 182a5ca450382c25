"""Numbers in the words of a trace."""

from __future__ import annotations

from collections.abc import Sequence


def probability(p: float) -> str:
    """Return a probability that is never rounded to a certainty: "0.83", "over 0.99", "under 0.01"."""
    if p in (0.0, 1.0):
        return f"{p:.0f}"
    if p > 0.99:
        return "over 0.99"
    return "under 0.01" if p < 0.01 else f"{p:.2f}"


def metres(distance_m: float) -> str:
    """Return a distance: metres below 1 km, else kilometres with one decimal."""
    return f"{distance_m:.0f} m" if abs(distance_m) < 999.5 else f"{distance_m / 1000:.1f} km"


def seconds(duration_s: float) -> str:
    """Return a duration in the unit in which a person would say it."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if abs(duration_s) >= 2 * size:
            return f"{duration_s / size:.3g} {unit}"
    return f"{duration_s:.3g} s"


def plain(value: str) -> str:
    """Return a controlled value as words."""
    return value.replace("_", " ")


def listed(words: Sequence[str], last: str) -> str:
    """Return "a, b or c"."""
    return words[-1] if len(words) < 2 else f"{', '.join(words[:-1])} {last} {words[-1]}"
