"""`trucewatch tracks MISSION`: what was seen to move, how surely, and which lines it crossed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from trucewatch.cli.output import JsonOption, MissionArgument, folder_of, say, say_json, table
from trucewatch.model.track import Track
from trucewatch.report.track_words import crossing_text, existence_text, kinds_text, period_text
from trucewatch.service.tracking import current_tracks
from trucewatch.wiring import open_reading


def command(mission: MissionArgument, as_json: JsonOption = False) -> None:
    """List the tracks that stand, by their first moment, each with its probability and the lines that it crossed."""
    with open_reading(folder_of(mission)) as (texts, register):
        tracks = current_tracks(register)
    if as_json:
        say_json({"tracks": tracks})
        return
    zone = ZoneInfo(texts.mission.time_zone)
    names = {line.id: line.name for line in texts.agreement.lines}
    table(
        ["track", "local time", "what", "exists", "seen by", "crossed"],
        [_row(t, zone, names) for t in tracks],
    )
    say(f"{len(tracks)} tracks; their states, sightings and reasons: trucewatch tracks {mission} --json")


def _row(track: Track, zone: ZoneInfo, names: dict[str, str]) -> list[str]:
    return [
        track.id,
        period_text(track, zone),
        kinds_text(track),
        existence_text(track),
        ", ".join(track.owners),
        "; ".join(crossing_text(c, names.get(c.line_id, c.line_id), zone) for c in track.crossings) or "no line",
    ]
