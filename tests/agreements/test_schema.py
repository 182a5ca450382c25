"""What the published schemas accept, loading accepts, and the other way round for what one value can tell."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml

from trucewatch.agreements import schemas
from trucewatch.model.wire import to_plain

FILES = ["mission.toml", "network.yaml", "agreement.yaml", "notified.yaml", "guarantees.yaml", "truth.yaml"]
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


def flaws(schema: dict[str, Any], value: Any, path: str = "") -> list[str]:
    """Check the part of JSON Schema that the published ones use; an unknown keyword is an error of this test."""
    known = {"$schema", "title", "description", "type", "properties", "required", "additionalProperties", "items",
             "minItems", "maxItems", "prefixItems", "enum", "pattern", "minLength", "minimum", "maximum",
             "exclusiveMinimum", "anyOf"}  # fmt: skip
    assert set(schema) <= known
    if "anyOf" in schema:
        options = [flaws(option, value, path) for option in schema["anyOf"]]
        return min(options, key=len)
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{path}: {value!r}"]
    right = isinstance(value, TYPES[schema["type"]]) and not (schema["type"] != "boolean" and isinstance(value, bool))
    if not right:
        return [f"{path}: {value!r} is no {schema['type']}"]
    return [*_of_text(schema, value, path), *_of_object(schema, value, path), *_of_list(schema, value, path)]


def _of_text(schema: dict[str, Any], value: Any, path: str) -> list[str]:
    if isinstance(value, str):
        sound = len(value) >= schema.get("minLength", 0) and re.search(schema.get("pattern", ""), value)
    elif isinstance(value, int | float):
        sound = schema.get("minimum", value) <= value <= schema.get("maximum", value)
        sound = sound and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
    else:
        sound = True
    return [] if sound else [f"{path}: {value!r}"]


def _of_object(schema: dict[str, Any], value: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    missing = [f"{path}: {key} is missing" for key in schema.get("required", []) if key not in value]
    properties, others = schema.get("properties", {}), schema["additionalProperties"]
    unknown = [f"{path}: {key} is unknown" for key in value if key not in properties and others is False]
    inner = [f for k, v in value.items() if k in properties for f in flaws(properties[k], v, f"{path}/{k}")]
    return [*missing, *unknown, *inner]


def _of_list(schema: dict[str, Any], value: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        return []
    length = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
    kinds = schema.get("prefixItems") or [schema["items"]] * len(value)
    inner = [f for i, (kind, v) in enumerate(zip(kinds, value, strict=False)) for f in flaws(kind, v, f"{path}/{i}")]
    return inner if length else [*inner, f"{path}: {len(value)} items"]


def parsed(file: str, text: str) -> Any:
    return tomllib.loads(text) if file.endswith(".toml") else yaml.safe_load(text)


@pytest.mark.parametrize("file", FILES)
def test_a_sound_file_satisfies_its_schema(samples, file):
    assert flaws(schemas()[file], parsed(file, samples[file])) == []


@pytest.mark.parametrize("file", FILES)
def test_a_key_that_no_table_knows_is_refused_by_both(samples, load, file):
    text = re.sub(r"\b(id|lon|state|kind)\b(?=\s?[:=])", r"\1_", samples[file])
    assert load(file, text).value is None
    assert flaws(schemas()[file], parsed(file, text))


WRONG = [
    ("network.yaml", "clock_sigma_s: 0.005", "clock_sigma_s: -1"),
    ("network.yaml", "acoustic_sensor", "ear"),
    ("agreement.yaml", "7.5 km", "7.5 leagues"),
    ("agreement.yaml", "[[38.0, 47.5], [38.0, 49.0]]", "[[38.0, 47.5]]"),
    ("agreement.yaml", '"2025-08-01T00:00"', '"1 August"'),
    ("notified.yaml", "max_count: 6", "max_count: 0"),
    ("guarantees.yaml", "obligors: [\"State X\"]", "obligors: []"),
    ("truth.yaml", "lat: 48.2", "lat: 98.2"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new"), WRONG)
def test_a_wrong_value_is_refused_by_both(samples, spoil, file, old, new):
    assert spoil(file, old, new).value is None
    assert flaws(schemas()[file], parsed(file, samples[file].replace(old, new, 1)))


def test_every_key_is_described():
    def described(schema: dict[str, Any]) -> bool:
        parts = [*schema.get("properties", {}).values()]
        inner = [*parts, *schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]
        return all(p.get("description") for p in parts) and all(described(p) for p in inner)

    assert list(schemas()) == FILES
    assert all(described(schema) for schema in schemas().values())
    assert to_plain(schemas()) == schemas()
