"""`trucewatch version`: which version this is."""

from trucewatch import __version__
from trucewatch.cli.output import say


def command() -> None:
    """Print the version."""
    say(f"trucewatch {__version__}")
