"""`trucewatch demo`: the demonstration missions, run on real input, with an honest summary."""

from __future__ import annotations

import shutil
import time
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from trucewatch.cli.output import Bars, say
from trucewatch.cli.run import in_words
from trucewatch.evidence import Outcome
from trucewatch.model.assessment import Assessment
from trucewatch.model.errors import TrucewatchError
from trucewatch.model.incident import Incident
from trucewatch.model.vocabulary import Compliance
from trucewatch.report import words
from trucewatch.service.audit import audit
from trucewatch.service.compare import Comparison, compare
from trucewatch.service.run import run
from trucewatch.service.texts import Texts
from trucewatch.service.understanding import current_assessments, current_incidents
from trucewatch.wiring import MissionFolder, clock, open_evidence, open_reading, open_workshop

MISSIONS = ("live-fire", "live-fire-pulses", "array", "line")
HOLDS = (Outcome.UNANCHORED, Outcome.CONSISTENT_UNWITNESSED)


def command(
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="where the missions are run")] = Path("demo"),
    only: Annotated[list[str] | None, typer.Option("--only", metavar="NAME", help="only this mission")] = None,
) -> None:
    """Run the demonstration missions on real input and say what was found and how far it is from the truth."""
    source = missions_folder()
    began = time.monotonic()
    chosen, outcomes = only or list(MISSIONS), list[Outcome]()
    for name in chosen:
        if not (source / name / "mission.toml").is_file():
            raise TrucewatchError(f"there is no demonstration mission {name!r}; there are {', '.join(MISSIONS)}")
        outcomes.append(_one(source / name, to / name))
    say(f"All of it took {time.monotonic() - began:.0f} s. Next:")
    last = to / chosen[-1]
    say(f"  trucewatch serve {last}           the map" + ("; or: make serve" if chosen[-1] == "line" else ""))
    say(f"  trucewatch incidents {last}       the list; then trucewatch explain {last} INCIDENT")
    say(f"  trucewatch verify {last}          check it yourself")
    if max(outcomes) not in HOLDS:
        raise SystemExit(int(max(outcomes)))


def missions_folder() -> Path:
    """Find the demonstration missions: in the checkout, or packed with an installed package.

    Raises:
        TrucewatchError: where they are in neither place.
    """
    package = Path(str(files("trucewatch")))
    for folder in (package.parent.parent / "missions", package / "missions"):
        if folder.is_dir():
            return folder
    raise TrucewatchError("the demonstration missions were not installed; they are in the source repository, missions/")


def _one(source: Path, target: Path) -> Outcome:
    if not target.exists():
        shutil.copytree(source, target)
    folder = MissionFolder(target)
    with open_workshop(folder, Bars()) as shop:
        summary = run(shop, now_utc=clock(shop.texts, None))
        say(shop.texts.mission.name)
    for line in in_words(summary):
        say(f"  {line}")
    with open_reading(folder) as (texts, register):
        incidents, assessments = current_incidents(register), current_assessments(register)
    for line in (*_findings(incidents, assessments), *_truth(texts, incidents)):
        say(f"  {line}")
    with open_evidence(folder, key=None, pinned=None) as evidence:
        verdict = audit(evidence)
    word = "holds" if verdict.outcome in HOLDS else "DOES NOT HOLD"
    say(f"  evidence  {word} ({verdict.outcome.name}); demonstration key, so it proves integrity only")
    say(f"  files     {target / 'out' / 'index.html'}")
    say()
    return verdict.outcome


def _findings(incidents: tuple[Incident, ...], assessments: tuple[Assessment, ...]) -> list[str]:
    """Count incidents by their gravest result."""
    order = (Compliance.VIOLATED, Compliance.INDETERMINATE, Compliance.COMPLIED, Compliance.NOT_APPLICABLE)
    exempted = {a.incident_id for a in assessments if a.exempted_by}
    gravest: dict[Compliance, int] = dict.fromkeys(order, 0)
    for i in incidents:
        results = {a.result for a in assessments if a.incident_id == i.id}
        gravest[next((r for r in order if r in results), Compliance.NOT_APPLICABLE)] += 1
    counts = ", ".join(f"{n} {r.value.replace('_', ' ')}" for r, n in gravest.items())
    more = f" ({len(exempted)} explained by notified activity)" if exempted else ""
    return [f"assessed  {counts}{more}; none is a finding before two people have reviewed it"]


def _truth(texts: Texts, incidents: tuple[Incident, ...]) -> list[str]:
    """Say how far the located incidents are from the truth, where it is known."""
    if not texts.truth:
        return []
    pairs = compare(texts.truth, incidents)
    errors = np.array([p.error_m for p in pairs if p.error_m is not None])
    missed = sum(p.incident is None for p in pairs)
    if not len(errors):
        return [f"truth     {len(pairs)} known events, {missed} missed, none located"]
    held = sum(bool(p.within_95) for p in pairs)
    lines = [
        f"truth     {len(pairs)} known events, {missed} missed; error of place: median {np.median(errors):.1f} m, "
        f"largest {errors.max():.1f} m; {held} of {len(errors)} lie in their 95 % region"
    ]
    return lines + ([_pair(p) for p in pairs] if len(pairs) <= 12 else [])


def _pair(p: Comparison) -> str:
    if p.incident is None:
        return f"          {p.truth.id:<14} {p.truth.label}: missed"
    error = "no place" if p.error_m is None else f"{p.error_m:6.1f} m"
    counted = f"counted {words.count_text(p.incident.count)}, truth {p.truth.count}"
    return f"          {p.truth.id:<14} {error}  {counted} ({p.truth.label})"
