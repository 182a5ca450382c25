"""The application: commands in the order in which a user meets them, and what happens to errors."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from trucewatch.cli.output import fail
from trucewatch.evidence import EvidenceError
from trucewatch.model.errors import TrucewatchError

EXIT_TEXT = """
Exit codes: 0 done; 1 something is wrong with what was given (said on standard error); 2 wrong usage;
3 a score got worse by more than was allowed; 30 the log contradicts an earlier checkpoint;
40 evidence was altered, removed or added; 130 interrupted.
With --strict, verify also exits 10 (consistent, no witness) and 20 (nothing to hold it against).
"""

COMMANDS = {
    "init": "Make a new mission folder from a template, ready to be edited.",
    "check": "Check a mission's own files: every problem at once.",
    "run": "Take in everything new, process it, publish what changed.",
    "incidents": "List the incidents that stand.",
    "tracks": "List what was seen to move, and the lines that it crossed.",
    "listening": "Say how well each sensor listened, hour by hour.",
    "explain": "Say why an incident is believed, with every number.",
    "recompute": "Work an incident out again from the evidence, and say whether it is equal.",
    "case": "Human verification: open, claim, review by two people, comment.",
    "report": "List the published daily reports.",
    "serve": "Show the map and the incidents' pages on this machine.",
    "verify": "Check the evidence of a mission or an export.",
    "export": "Copy what another party needs to check a mission offline.",
    "listen": "Detect beside the sensor and send what was found, never what was heard.",
    "receive": "Take batches that nodes send into a mission's inbox.",
    "guarantees": "List what signed findings make due.",
    "train": "Train a classifier of sounds from labelled examples.",
    "score": "Score what a mission or any other system claims against a known truth.",
    "simulate": "Make a simulated day with known truth, at once or live.",
    "schema": "Write JSON Schemas of a mission's files, for editors.",
    "demo": "Run the demonstration missions on real input.",
    "version": "Print the version.",
}
"""name and what the list of commands says of it; a module of the same name is loaded only when it is used"""
INTERRUPTED = 130
"""the exit code with which typer answers Ctrl-C, without a word"""


def build(arguments: Sequence[str]) -> typer.Typer:
    """Make the application, loading only the command that is asked for: `verify` should not wait for the PDF engine."""
    app = typer.Typer(
        name="trucewatch",
        help="Ceasefire monitoring and verification: from raw recordings to a report that every party can check.",
        epilog=EXIT_TEXT,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    wanted = next((a for a in arguments if not a.startswith("-")), "")
    for name, summary in COMMANDS.items():
        if name != wanted:
            app.command(name=name, help=summary)(_listed_only)
            continue
        module = import_module(f"trucewatch.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name=name)(module.command)
    return app


def _listed_only() -> None:
    """Stand in the list of commands; the command that is asked for is always the real one."""


def main() -> None:
    """Run the command line; errors that a person can mend are one paragraph on standard error, not a traceback."""
    try:
        build(sys.argv[1:])(prog_name="trucewatch")
    except SystemExit as end:
        if end.code != INTERRUPTED:
            raise
        fail("interrupted; run again to go on where it stopped", code=INTERRUPTED)
    except (TrucewatchError, EvidenceError) as error:
        fail(str(error), code=1)
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
