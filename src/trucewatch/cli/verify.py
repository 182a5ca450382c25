"""`trucewatch verify MISSION`: check the evidence of a mission or an export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trucewatch.cli.output import Bars, JsonOption, MissionArgument, folder_of, say, say_json
from trucewatch.evidence import Finding, Outcome, Verdict
from trucewatch.model.errors import ProofFailure, TrucewatchError
from trucewatch.service.audit import audit
from trucewatch.wiring import MissionFolder, open_evidence

WORDS = {
    Outcome.VERIFIED: "everything holds, and witnesses have signed",
    Outcome.CONSISTENT_UNWITNESSED: "everything holds and extends the checkpoint you kept; no witness was asked",
    Outcome.UNANCHORED: "everything holds within itself; keep the checkpoint below and give it next time",
    Outcome.DIVERGED: "the log contradicts the checkpoint you kept",
    Outcome.INVALID: "something was altered, removed or added",
}
FAILED = (Outcome.DIVERGED, Outcome.INVALID)


def command(
    mission: MissionArgument,
    as_json: JsonOption = False,
    key: Annotated[str | None, typer.Option(help="the log's verifier key, known to you from elsewhere")] = None,
    pinned: Annotated[Path | None, typer.Option(help="a checkpoint that you kept from an earlier time")] = None,
    keep: Annotated[Path | None, typer.Option(help="write the checkpoint here, to pin it next time")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="exit with the verdict's own code (10, 20) too")] = False,
) -> None:
    """Check the evidence of a mission or an export: the log, every record, every published file.

    Needs nothing but the folder, no network and no trust in who made it beyond the key you give.
    """
    folder = folder_of(mission)
    bars = Bars()
    bars.start("verifying", None)
    try:
        with open_evidence(folder, key=key, pinned=pinned) as evidence:
            verdict = audit(evidence)
    except ProofFailure as error:
        verdict = _nothing_holds(str(error))
    bars.finish()
    if keep is not None and verdict.outcome not in FAILED:
        keep.write_bytes(_verified_checkpoint(folder, verdict))
    if as_json:
        say_json(_plain(verdict))
    else:
        _say(verdict)
    if verdict.outcome in FAILED or strict:
        raise SystemExit(int(verdict.outcome))


def _verified_checkpoint(folder: MissionFolder, verdict: Verdict) -> bytes:
    """Return the signed checkpoint that was verified, not one that a run has put there since."""
    content = (folder.log / "checkpoint").read_bytes()
    if verdict.checkpoint is None or not content.startswith(verdict.checkpoint.text.encode() + b"\n"):
        raise TrucewatchError(
            f"{folder.root}: a run has moved the log on meanwhile; verify again to keep its checkpoint"
        )
    return content


def _nothing_holds(why: str) -> Verdict:
    """Give the verdict where not even the log can be opened."""
    where, _, rest = why.partition(": ")
    return Verdict(
        outcome=Outcome.INVALID,
        checkpoint=None,
        findings=(Finding(what="altered", where=where, why=rest),),
        checked=(),
        not_checked=("everything else: without this nothing can be held against the log",),
    )


def _say(verdict: Verdict) -> None:
    say(f"{verdict.outcome.name}: {WORDS[verdict.outcome]}")
    for f in verdict.findings:
        say(f"  {_visible(str(f))}")
    if verdict.checkpoint is not None:
        c = verdict.checkpoint
        say(f"log {c.origin}, {c.size} records, root {c.root.hex()}")
    say("checked:")
    for text in verdict.checked:
        if text:
            say(f"  - {text}")
    say("not checked:")
    for text in verdict.not_checked:
        say(f"  - {_visible(text)}")


def _visible(text: str) -> str:
    """Spell out what does not print: whoever named a file must not write lines of the verdict or to the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def _plain(verdict: Verdict) -> dict[str, object]:
    c = verdict.checkpoint
    return {
        "outcome": verdict.outcome.name,
        "code": int(verdict.outcome),
        "findings": verdict.findings,
        "checked": [t for t in verdict.checked if t],
        "not_checked": verdict.not_checked,
        "log": None if c is None else {"origin": c.origin, "size": c.size, "root": c.root.hex()},
    }
