"""The reference page is true: its examples load, and it names every key and every value."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from trucewatch.agreements import schemas

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "mission-folder.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## `([a-z]+\.(?:toml|yaml))`\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))


def names(schema: dict[str, Any], *, values: bool) -> set[str]:
    found = set() if values else set(schema.get("properties", {}))
    if values and "enum" in schema:
        found |= set(schema["enum"])
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    inner += [schema["items"]] if "items" in schema else []
    return found.union(*(names(s, values=values) for s in inner)) if inner else found


@pytest.mark.parametrize("file", list(schemas()))
def test_the_example_loads_without_a_problem(load, file):
    (example,) = re.findall(r"```(?:toml|yaml)\n(.*?)```", SECTIONS[file], flags=re.DOTALL)
    assert load(file, example).problems == ()


@pytest.mark.parametrize("file", list(schemas()))
def test_every_key_is_named_in_its_section(file):
    keys = names(schemas()[file], values=False)
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", SECTIONS[file])] == []


@pytest.mark.parametrize("file", list(schemas()))
def test_every_value_is_named(file):
    assert [value for value in sorted(names(schemas()[file], values=True)) if f"`{value}`" not in PAGE] == []
