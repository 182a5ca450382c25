"""From what was taken in to detections, each step once for each set of inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from trucewatch.detect import Listened
from trucewatch.model.detection import Detection
from trucewatch.model.observation import Recording
from trucewatch.model.wire import from_bytes
from trucewatch.service.claim_steps import claim_steps
from trucewatch.service.listening import listening_record
from trucewatch.service.ports import Inbox, Progress, Register
from trucewatch.service.records import detection_record, refusal, rejection_record, trouble_record
from trucewatch.service.retirement import retire
from trucewatch.service.sound_steps import sound_steps
from trucewatch.service.step import Step
from trucewatch.service.texts import Texts

LABELS = "sensing-labels"
"""mark that lists every step that was ever done"""
NOTHING = "nothing"
"""key of a step that gives nothing any more"""


def sense(texts: Texts, inbox: Inbox, register: Register, progress: Progress, *, now_utc: datetime) -> int:
    """Do the detection work that is not done yet; returns how many steps that was.

    A step's old detections are retired when it is done again under another key (a new method, more fire data), so
    the current detections are always those of the present inputs and methods.
    """
    steps = list(_steps(texts, inbox, register, now_utc))
    todo = [s for s in (*steps, *_gone(register, steps)) if register.marked(f"sensed:{s.label}") != s.key]
    progress.start("listening and looking", len(todo))
    for step in todo:
        _do(register, step, now_utc)
        progress.advance()
    progress.finish()
    return len(todo)


def _gone(register: Register, steps: Sequence[Step]) -> list[Step]:
    """Return the steps that were done once and are no longer asked for: a sensor left the network, say."""
    known = (register.marked(LABELS) or "").split("\n")
    asked = {s.label for s in steps}
    return [Step(key=NOTHING, label=label, work=Listened) for label in known if label and label not in asked]


def current_detections(register: Register) -> tuple[Detection, ...]:
    """Return every detection that stands, by time."""
    found = (from_bytes(Detection, r.payload) for r in register.current("detection"))
    return tuple(sorted(found, key=lambda d: (d.time.utc, d.id)))


def _steps(texts: Texts, inbox: Inbox, register: Register, now_utc: datetime) -> Iterator[Step]:
    recordings = [from_bytes(Recording, r.payload) for r in register.current("recording")]
    yield from sound_steps(texts, inbox, register, recordings, now_utc)
    yield from claim_steps(texts, register, recordings)


def _do(register: Register, step: Step, now_utc: datetime) -> None:
    """Replace what the step gave: append what is new, retire what no longer stands, remember the key."""
    listened = step.work()
    made = {
        "detection": [detection_record(d) for d in listened.detections],
        "listening": [listening_record(one) for one in listened.listening],
        "trouble": [trouble_record(t) for t in listened.unheard],
        "rejection": [rejection_record(refusal(u), n) for n, u in enumerate(listened.unreadable, start=1)],
    }
    labels = (register.marked(LABELS) or "").split("\n")
    with register.transaction() as tx:
        for kind, records in made.items():
            mark = f"{kind}s:{step.label}"
            old = set((register.marked(mark) or "").split())
            for r in records:
                tx.append(r, at_utc=now_utc)
            for gone in sorted(old - {r.id for r in records}):
                retire(tx, kind, gone, why=f"{step.label} was done again and no longer gives it", at_utc=now_utc)
            tx.mark(mark, " ".join(sorted(r.id for r in records)))
        tx.mark(f"sensed:{step.label}", step.key)
        if step.label not in labels:
            tx.mark(LABELS, "\n".join(sorted({*labels, step.label} - {""})))
