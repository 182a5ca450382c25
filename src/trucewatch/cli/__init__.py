"""The command line: one module a command.

Takes: arguments. Gives: words for people, JSON where a program reads it, and documented exit codes.
Never: decides anything; the corridor does.
"""

from trucewatch.cli.app import main

__all__ = ["main"]
