"""Runs each demonstration mission once for all pages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from shell import Shell  # noqa: E402


@pytest.fixture(scope="session")
def ran(tmp_path_factory) -> Callable[[str], Path]:
    """Give the folder of a demonstration mission that was run, by name."""
    folder = tmp_path_factory.mktemp("missions")
    done: dict[str, Path] = {}

    def run(name: str) -> Path:
        if name not in done:
            Shell(folder).trucewatch(["demo", "--only", name, "--to", str(folder)])
            done[name] = folder / name
        return done[name]

    return run
