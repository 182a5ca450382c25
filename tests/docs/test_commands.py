"""Every command that a page shows works, and prints what the page says that it prints."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from pages import ROOT, all_pages, blocks, name_of, needs_the_data
from shell import Shell

MISSIONS = re.compile(r"(?:demo/|--only )(live-fire-pulses|live-fire|array|line)\b")
WITH_COMMANDS = [p for p in all_pages() if any(b.language == "console" for b in blocks(p))]


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_the_commands_of_a_page_work(page: Path, ran, tmp_path, request, monkeypatch):
    if needs_the_data(page):
        # Skips where the folder is not there.
        monkeypatch.setenv("TRUCEWATCH_DATA", str(request.getfixturevalue("shared_data")))
        monkeypatch.setenv("TRUCEWATCH_CHECKOUT", str(ROOT))
    shown = "\n".join(b.content for b in blocks(page) if b.language == "console")
    already = {}
    for name in sorted(set(MISSIONS.findall(shown))):
        folder, already[f"trucewatch demo --only {name}"] = ran(name)
        shutil.copytree(folder, tmp_path / "demo" / name)
    shell = Shell(tmp_path, already)
    for block in blocks(page):
        if block.file is not None:
            place = tmp_path / block.file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.content, encoding="utf-8")
        elif block.language == "console":
            printed = "".join(shell.type(command) for command in block.commands)
            for text in block.shows:
                assert text in printed, f"{name_of(page)}, line {block.line}: not printed: {text}\n{printed}"


def test_the_tutorials_show_commands():
    names = {name_of(p) for p in WITH_COMMANDS}
    expected = {
        "README.md",
        *(f"docs/tutorials/{n}.md" for n in ("first-mission", "live-fire", "array", "range", "line")),
    }
    assert expected <= names


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_every_console_block_has_a_command(page):
    assert [b.line for b in blocks(page) if b.language == "console" and not b.commands] == []
