"""Runs each demonstration mission once for all pages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from shell import Shell

Ran = Callable[[str], tuple[Path, str]]


@pytest.fixture(scope="session")
def ran(tmp_path_factory) -> Ran:
    """Give the folder of a demonstration mission that was run, and what the run printed, by name."""
    folder = tmp_path_factory.mktemp("missions")
    done: dict[str, tuple[Path, str]] = {}

    def run(name: str) -> tuple[Path, str]:
        if name not in done:
            printed = Shell(folder).type(f"trucewatch demo --only {name}")
            done[name] = folder / "demo" / name, printed
        return done[name]

    return run
