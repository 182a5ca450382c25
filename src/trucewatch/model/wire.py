"""Canonical bytes of a noun, and back: sorted compact JSON, RFC 3339 times, no NaN."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

from pydantic import TypeAdapter

from trucewatch.model.instant import rfc3339

T = TypeVar("T")
_adapters: dict[type, TypeAdapter[Any]] = {}


def to_plain(value: Any) -> Any:  # noqa: ANN401, PLR0911 - the border between typed nouns and JSON
    """Turn a noun into what JSON can hold; fields in their declared order, None kept."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [to_plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): to_plain(v) for k, v in value.items()}
    return value


def to_bytes(value: Any) -> bytes:  # noqa: ANN401
    """Write canonical bytes: UTF-8 JSON, sorted keys, no spaces, shortest round-trip floats.

    Raises:
        ValueError: where a float is NaN or infinite.
    """
    return json.dumps(
        to_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def from_bytes(kind: type[T], content: bytes) -> T:
    """Read a noun back; validates types and the noun's own rules.

    Raises:
        pydantic.ValidationError: naming the field.
    """
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    adapter: TypeAdapter[T] = _adapters[kind]
    return adapter.validate_json(content)
