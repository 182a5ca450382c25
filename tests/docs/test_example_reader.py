"""The reader that the how-to shows reads, refuses, and plugs in by its entry point."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT, blocks

GOOD = "SHOT AC-01 2025-08-13T18:10:28.073Z 0.002\n"
BAD = "SHOT AC-99 2025-08-13T18:10:28.073Z 0.002\nSHOT AC-01 2025-08-13T18:10:28 0.002\nSHOT AC-01\n"


@pytest.fixture
def plugged_in(tmp_path) -> Path:
    """Lay the how-to's module beside an installed package's metadata that declares the entry point."""
    page = ROOT / "docs" / "how-to" / "add-a-format.md"
    by_language = {b.language: b.content for b in blocks(page)}
    site = tmp_path / "site"
    metadata = site / "shotlines-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "shotlines.py").write_text(by_language["python"])
    _, line = by_language["toml"].strip().splitlines()
    name, value = (part.strip().strip('"') for part in line.split("="))
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: shotlines\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[trucewatch.readers]\n{name} = {value}\n")
    return site


def test_it_is_found_and_reads(plugged_in, tmp_path):
    program = Path(sys.executable).with_name("trucewatch")

    def trucewatch(*arguments: str) -> str:
        done = subprocess.run(
            [program, *arguments],
            cwd=tmp_path,
            env={"PYTHONPATH": str(plugged_in), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    trucewatch("init", "mine")
    (tmp_path / "mine" / "inbox" / "night.txt").write_text(GOOD + BAD)
    assert "1 observation, 3 rejected" in trucewatch("run", "mine")
    reasons = (tmp_path / "mine" / "rejected" / "night.txt.rows.reason.txt").read_text()
    assert "AC-99 is in no network" in reasons
