"""`trucewatch guarantees MISSION`: what is owed, by whom, by when."""

from __future__ import annotations

from trucewatch.cli.output import JsonOption, MissionArgument, NowOption, folder_of, say, say_json
from trucewatch.guarantees import owed
from trucewatch.report import words
from trucewatch.service.publish import activations_of, read_picture
from trucewatch.wiring import clock, open_reading


def command(mission: MissionArgument, as_json: JsonOption = False, now: NowOption = None) -> None:
    """List what signed findings have set going: who owes what by when, with every clock anchor side by side."""
    with open_reading(folder_of(mission)) as (texts, register):
        picture = read_picture(texts, register)
        activations = activations_of(texts, register, picture, (i.id for i in picture.incidents))
        listed = owed(activations, texts.commitments, clock(texts, now))
    if as_json:
        say_json(listed)
        return
    if not texts.commitments:
        say("no commitments: there is no guarantees.yaml in this mission")
    elif not listed:
        say(f"nothing is owed: no finding signed by two has triggered any of {len(texts.commitments)} commitments")
    for o in listed:
        say(o.text)
        for c in o.clocks:
            say(f"  from {c.anchor.value:<13} due {words.utc_text(c.due_utc)}  {c.text}")
