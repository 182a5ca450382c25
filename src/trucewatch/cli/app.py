"""The application: commands in the order in which a user meets them, and what happens to errors."""

from __future__ import annotations

import sys

import typer

from trucewatch.cli import (
    case,
    check,
    demo,
    explain,
    export,
    guarantees,
    incidents,
    init,
    report,
    run,
    schema,
    serve,
    verify,
    version,
)
from trucewatch.cli.output import fail
from trucewatch.evidence import EvidenceError
from trucewatch.model.errors import TrucewatchError

EXIT_TEXT = """
Exit codes: 0 done; 1 something is wrong with what was given (said on standard error); 2 wrong usage;
30 the log contradicts an earlier checkpoint; 40 evidence was altered, removed or added; 130 interrupted.
With --strict, verify also exits 10 (consistent, no witness) and 20 (nothing to hold it against).
"""

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

for command in (init, check, run, incidents, explain, report, serve, verify, export, guarantees, schema, demo, version):
    app.command(name=command.__name__.rsplit(".", 1)[1])(command.command)
app.add_typer(case.app, name="case")


def main() -> None:
    """Run the command line; errors that a person can mend are one paragraph on standard error, not a traceback."""
    try:
        app()
    except (TrucewatchError, EvidenceError) as error:
        fail(str(error), code=1)
    except KeyboardInterrupt:
        fail("interrupted; run again to go on where it stopped", code=130)
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
