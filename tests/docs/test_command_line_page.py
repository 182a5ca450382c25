"""The page of the command line says what the program says of itself: commands, arguments, options, defaults, codes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer
from pages import ROOT

from trucewatch.cli.app import COMMANDS, build

PAGE = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## `trucewatch ([a-z -]+)`\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
ROW = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


def commands() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in COMMANDS:
        group = typer.main.get_command(build([name]))
        command = group.commands[name]
        for sub in getattr(command, "commands", {}).values():
            found[f"{name} {sub.name}"] = sub
        if not hasattr(command, "commands"):
            found[name] = command
    return found


REAL = commands()


def spelled(command: Any) -> set[str]:
    names = set()
    for p in command.params:
        if p.param_type_name == "argument":
            names.add(p.metavar or p.name.upper())
        else:
            names.add(p.opts[-1])
    return names


def test_every_command_has_its_section_in_order():
    assert list(SECTIONS) == list(REAL)


@pytest.mark.parametrize("name", REAL)
def test_arguments_and_options_are_those_of_the_program(name):
    listed = {row.split(" ")[0] for row in ROW.findall(SECTIONS[name])}
    assert listed == spelled(REAL[name])


@pytest.mark.parametrize("name", REAL)
def test_what_it_does_is_said_as_the_program_says_it(name):
    summary = (REAL[name].help or "").split("\n\n")[0].replace("\n", " ").strip()
    assert summary in SECTIONS[name].replace("\n", " ")


@pytest.mark.parametrize("name", REAL)
def test_defaults_are_named(name):
    section = SECTIONS[name]
    wanted = [p for p in REAL[name].params if p.default not in (None, False, "", ()) and not p.required]
    assert [p.name for p in wanted if f"`{p.default}`" not in section] == []


def test_every_exit_code_is_named():
    for code in (0, 1, 2, 3, 10, 20, 30, 40, 130):
        assert re.search(rf"^\| {code} \|", PAGE, flags=re.MULTILINE), code
