"""Who reported an incident and who did not, summed up: how many, the closest, and what speaks most for and against."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trucewatch.model.incident import Silence, Support
from trucewatch.physics import LISTENING
from trucewatch.report.labels import STATE
from trucewatch.report.words import how_many, length_text, listed, probability_text

MOST_NAMED = 3
"""sensors that a sentence names"""
EVEN_P = 0.5
_LEAST_TOLD = 0.005
"""log-odds below this print as nought"""
Ranges = Mapping[str, float | None]
"""metres from the incident's place to each sensor, by its id; None where one of the two is not known"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorRow:
    """One sensor or person that reported an incident, all its detections together."""

    sensor_id: str
    range_m: float | None
    n_detections: int
    n_used: int
    log_odds: float
    """what its detections added together"""
    reason: str
    """of the detection that added most"""


def sensor_rows(supports: Sequence[Support], range_m: Ranges) -> tuple[SensorRow, ...]:
    """Sum up detections by sensor, the nearest sensor first."""
    by_sensor: dict[str, list[Support]] = {}
    for s in supports:
        by_sensor.setdefault(s.sensor_id, []).append(s)
    rows = [_row(name, of_sensor, range_m.get(name)) for name, of_sensor in by_sensor.items()]
    return tuple(sorted(rows, key=lambda r: (math.inf if r.range_m is None else r.range_m, r.sensor_id)))


def _row(name: str, of_sensor: Sequence[Support], range_m: float | None) -> SensorRow:
    strongest = max(of_sensor, key=lambda s: (s.used, abs(s.log_odds), s.detection_id))
    return SensorRow(
        sensor_id=name,
        range_m=range_m,
        n_detections=len(of_sensor),
        n_used=sum(s.used for s in of_sensor),
        log_odds=math.fsum(s.log_odds for s in of_sensor),
        reason=strongest.reason,
    )


def heard_lines(rows: Sequence[SensorRow]) -> tuple[str, ...]:
    """Sum up who reported an incident, in sentences; empty where nobody did.

    Args:
        rows: by sensor, the nearest first.
    """
    if not rows:
        return ()
    n, used = sum(r.n_detections for r in rows), sum(r.n_used for r in rows)
    aside = "" if used == n else f", of which {used} {'was' if used == 1 else 'were'} used"
    each = {r.sensor_id: r.log_odds for r in rows}
    who = "1 sensor or post" if len(rows) == 1 else f"{len(rows)} sensors and posts"
    return (
        f"{who} reported it, with {how_many(n, 'detection')}{aside}",
        *_distances(rows),
        *(_strongest("most for it", each, sign=1.0) if len(rows) > 1 else ()),
        *_strongest("against it", each, sign=-1.0),
        f"all detections together: {math.fsum(each.values()):+.2f} of the log-odds",
    )


def silent_lines(silences: Sequence[Silence], range_m: Ranges) -> tuple[str, ...]:
    """Sum up who reported nothing, in sentences; empty where nobody was asked."""
    if not silences:
        return ()
    able = sorted((s for s in silences if s.p_detect > 0.0), key=lambda s: _near(s, range_m))
    each = {s.sensor_id: s.log_odds for s in able}
    return (
        f"{how_many(len(silences), 'sensor')} reported nothing: {_listening(silences)}",
        *_expected(able),
        *_closest(able, range_m),
        *_strongest("most against it", each, sign=-1.0),
        *([f"all silences together: {math.fsum(each.values()):+.2f} of the log-odds"] if able else []),
    )


def _distances(rows: Sequence[SensorRow]) -> list[str]:
    placed = [(r.sensor_id, r.range_m) for r in rows if r.range_m is not None]
    said = [f"{name}, {length_text(away)} away" for name, away in placed]
    return [] if not said else [f"closest: {said[0]}" + (f"; farthest: {said[-1]}" if len(said) > 1 else "")]


def _strongest(what: str, each: Mapping[str, float], *, sign: float) -> list[str]:
    """Name those whose log-odds have a sign and are largest."""
    speaking = sorted((n for n, v in each.items() if sign * v > _LEAST_TOLD), key=lambda n: (-sign * each[n], n))
    named = [f"{n} ({each[n]:+.2f})" for n in speaking[:MOST_NAMED]]
    return [f"speaking {what}: {', '.join(named)}"] if named else []


def _listening(silences: Sequence[Silence]) -> str:
    """Say how many could have noticed it, and why the others could not."""
    unable = [s for s in silences if s.p_detect <= 0.0]
    why = Counter("not able to notice it" if s.state in LISTENING else STATE[s.state] for s in unable)
    reasons = listed([f"{n} {text}" for text, n in sorted(why.items())])
    able = len(silences) - len(unable)
    return f"{able} {'was' if able == 1 else 'were'} listening" + (f", {len(unable)} not ({reasons})" if unable else "")


def _expected(able: Sequence[Silence]) -> list[str]:
    """Say how many of those would more likely than not have noticed it."""
    likely = [s.sensor_id for s in able if s.p_detect >= EVEN_P]
    if not able:
        return []
    if not likely:
        return ["none of them would more likely than not have noticed it"]
    more = f" and {len(likely) - MOST_NAMED} more" if len(likely) > MOST_NAMED else ""
    return [f"{len(likely)} of them would more likely than not have noticed it: {', '.join(likely[:MOST_NAMED])}{more}"]


def _closest(able: Sequence[Silence], range_m: Ranges) -> list[str]:
    away = None if not able else range_m.get(able[0].sensor_id)
    if away is None:
        return []
    first = able[0]
    return [
        f"closest of those: {first.sensor_id}, {length_text(away)} away, "
        f"which would have noticed it with {probability_text(first.p_detect)}"
    ]


def _near(silence: Silence, range_m: Ranges) -> tuple[float, str]:
    away = range_m.get(silence.sensor_id)
    return (math.inf if away is None else away), silence.sensor_id
