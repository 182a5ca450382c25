"""`trucewatch train SOURCE`: a classifier of sounds from labelled examples, with an honest score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trucewatch.cli.output import JsonOption, say, say_json, table
from trucewatch.fuse.linear_model import write_model
from trucewatch.fuse.training import Scores, train
from trucewatch.model.errors import TrucewatchError, UnreadableInput
from trucewatch.report.words import how_many
from trucewatch.service.examples import LABELS, Labelled, examples_of_recordings, examples_of_table

_MODEST_SKILL = 0.3


def command(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE", help="a CSV of labelled features, or a folder of WAV files", show_default=False
        ),
    ],
    data: Annotated[str, typer.Option("--data", metavar="TEXT", help="what the examples are and from whom")],
    licence: Annotated[str, typer.Option("--licence", metavar="TEXT", help="under which licence they are used")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="where the model is written")] = Path("model.json"),
    ridge: Annotated[float, typer.Option("--ridge", metavar="X", help="penalty on the weights, in examples")] = 3.0,
    as_json: JsonOption = False,
) -> None:
    """Train a classifier of sounds from labelled examples, score it on sites it has not seen, and write it down."""
    labelled = _examples(source)
    if ridge <= 0.0:
        raise TrucewatchError(f"--ridge {ridge:g}: expected a number above 0")
    try:
        file, scores = train(labelled.examples, provenance={"data": data, "licence": licence}, ridge=ridge)
    except ValueError as error:
        raise TrucewatchError(f"{source}: {error}") from error
    out.write_bytes(write_model(file))
    if as_json:
        say_json(scores)
        return
    for reason in labelled.left_out:
        say(f"left out: {reason}")
    _report(scores, len(labelled.examples), file.features)
    say(f"written: {out}")


def _examples(source: Path) -> Labelled:
    """Read what was given.

    Raises:
        UnreadableInput: it cannot be read.
    """
    folder = source if source.is_dir() else source.parent
    listed = source / LABELS if source.is_dir() else source
    try:
        text = listed.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(source=str(listed), expected="a CSV file in UTF-8") from error
    if not source.is_dir():
        return examples_of_table(text, str(listed))
    return examples_of_recordings(text, str(listed), lambda name: _bytes(folder, name))


def _bytes(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise OSError(name)
        return path.read_bytes()
    except OSError as error:
        raise UnreadableInput(source=str(path), expected="a WAV file inside the folder") from error


def _report(scores: Scores, n_examples: int, features: tuple[str, ...]) -> None:
    say(
        f"{how_many(n_examples, 'example')}, {how_many(len(scores.labels), 'label')}, "
        f"{how_many(scores.n_sites, 'site')}; each site scored by the others"
    )
    say(f"features: {', '.join(features)}")
    say(f"accuracy {scores.accuracy:.1%}; always naming the most frequent label would give {scores.chance:.1%}")
    say(f"log loss {scores.log_loss:.3f}; the labels' own shares would give {scores.chance_log_loss:.3f}")
    say(f"stated and observed probability differ by {scores.calibration_error:.1%} on average")
    say(f"not like the training, so left undetermined: {scores.undetermined:.1%}")
    say(f"skill {scores.skill:.2f}: how far it is trusted beside the rules, from 0 (not at all) to 1")
    if scores.skill < _MODEST_SKILL:
        say("These labels are hardly told apart by sound at a site that was not trained on.")
    rows = [[name, *(str(n) for n in row)] for name, row in zip(scores.labels, scores.confusion, strict=True)]
    table(["true, by row", *scores.labels], rows)
    table(
        ["stated", "observed", "examples"],
        [[f"{stated:.0%}", f"{observed:.0%}", str(n)] for stated, observed, n in scores.calibration],
    )
