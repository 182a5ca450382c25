"""trucewatch-claims/1 and trucewatch-truth/1: what any system claims, and what was true, as files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from trucewatch.model.errors import UnreadableInput
from trucewatch.model.score import Score
from trucewatch.model.truth import Claim, TrueEvent
from trucewatch.model.wire import from_bytes, to_bytes, to_plain
from trucewatch.simulate.score_rows import COLUMNS, BadCell, claim_of_row

CLAIMS_FORMAT = "trucewatch-claims/1"
TRUTH_FORMAT = "trucewatch-truth/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadClaims:
    """Claims of a file, and the rows that could not be read, each with its row and what would be right."""

    claims: tuple[Claim, ...]
    rejected: tuple[UnreadableInput, ...]


def read_claims(content: bytes, source: str) -> ReadClaims:
    """Read claims from CSV with a header, or from JSON lines with one object each.

    A row that cannot be read is named and left out; the others are read.

    Args:
        content: of the file.
        source: its name as the user knows it.

    Raises:
        UnreadableInput: where the whole cannot be read: not UTF-8, no header, a needed column missing.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableInput(source=source, row=f"byte {error.start}", expected="UTF-8 text") from None
    rows = _json_rows(text, source) if text.lstrip().startswith("{") else _csv_rows(text, source)
    claims, rejected, seen = list[Claim](), list[UnreadableInput](), set[str]()
    for where, row in rows:
        try:
            claim = claim_of_row(_objected(row))
            if claim.id in seen:
                raise BadCell("id", claim.id, "an id that no row before has")
        except BadCell as bad:
            rejected.append(
                UnreadableInput(source=source, row=f"{where}, {bad.column}", value=bad.value, expected=bad.expected)
            )
            continue
        seen.add(claim.id)
        claims.append(claim)
    return ReadClaims(claims=tuple(claims), rejected=tuple(rejected))


def _objected(row: object) -> Mapping[str, Any]:
    if isinstance(row, BadCell):
        raise row
    if not isinstance(row, dict):
        raise BadCell("row", json.dumps(row), 'an object such as {"id": ..., "time": ...}')
    return row


def _csv_rows(text: str, source: str) -> Iterable[tuple[str, object]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip() for name in next(reader, [])]
    missing = [c for c in ("id", "time") if c not in header]
    if missing:
        raise UnreadableInput(
            source=source, row="row 1", value=",".join(header), expected=f"a header with {' and '.join(missing)}"
        )
    unknown = [c for c in header if c not in COLUMNS]
    if unknown:
        raise UnreadableInput(source=source, row="row 1", value=unknown[0], expected=f"one of {', '.join(COLUMNS)}")
    for cells in reader:
        if not any(c.strip() for c in cells):
            continue
        where = f"row {reader.line_num}"
        if len(cells) > len(header):
            yield where, BadCell("row", ",".join(cells), f"at most {len(header)} cells")
        else:
            yield where, {name: c.strip() for name, c in zip(header, cells, strict=False) if c.strip()}


def _json_rows(text: str, source: str) -> Iterable[tuple[str, object]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield f"line {number}", BadCell("row", line, "one JSON object")
            continue
        if isinstance(row, dict) and "format" in row:
            if row["format"] != CLAIMS_FORMAT:
                raise UnreadableInput(
                    source=source, row=f"line {number}", value=str(row["format"]), expected=CLAIMS_FORMAT
                )
            continue
        yield f"line {number}", row


def write_claims(claims: Sequence[Claim]) -> bytes:
    """Write claims as JSON lines, so that they can be kept and scored elsewhere."""
    lines = [json.dumps({"format": CLAIMS_FORMAT}), *(json.dumps(_row(c), ensure_ascii=False) for c in claims)]
    return ("\n".join(lines) + "\n").encode()


def _row(claim: Claim) -> dict[str, Any]:
    place, count = claim.place, claim.count
    row: dict[str, Any] = {"id": claim.id, "time": to_plain(claim.time.utc), "sigma_s": claim.time.sigma_s}
    if place is not None:
        row |= {"lon": place.lon_deg, "lat": place.lat_deg, "var_east_m2": place.var_east_m2}
        row |= {"var_north_m2": place.var_north_m2, "cov_east_north_m2": place.cov_east_north_m2}
    row["p"] = claim.p_exists
    if claim.kinds:
        row["kinds"] = {k.kind.value: k.p for k in claim.kinds}
    if count is not None:
        row |= {"count_low": count.low, "count": count.best, "count_high": count.high}
    row |= {k: dict(v) for k, v in (("zones", claim.zones), ("sides", claim.sides)) if v}
    row |= {"attributed": claim.attributed} if claim.attributed else {}
    row |= {"p_innocent": claim.p_innocent} if claim.p_innocent is not None else {}
    row |= {"first_claimed": to_plain(claim.first_claimed_utc)} if claim.first_claimed_utc else {}
    return row


def read_truth(content: bytes, source: str) -> tuple[TrueEvent, ...]:
    """Read truth.json: an object with `format` and `events`.

    Raises:
        UnreadableInput: naming the event and the field; a truth with a hole in it is no truth.
    """
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnreadableInput(source=source, value=str(error), expected="JSON") from None
    if not isinstance(whole, dict) or whole.get("format") != TRUTH_FORMAT or not isinstance(whole.get("events"), list):
        raise UnreadableInput(source=source, expected=f'an object with "format": "{TRUTH_FORMAT}" and "events"')
    events = tuple(_event(row, n, source) for n, row in enumerate(whole["events"], start=1))
    twice = sorted({e.id for e in events if sum(o.id == e.id for o in events) > 1}) if _repeats(events) else []
    if twice:
        raise UnreadableInput(source=source, value=twice[0], expected="an id that comes once")
    return events


def _repeats(events: Sequence[TrueEvent]) -> bool:
    return len({e.id for e in events}) < len(events)


def _event(row: object, n: int, source: str) -> TrueEvent:
    try:
        return from_bytes(TrueEvent, json.dumps(row).encode())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        raise UnreadableInput(
            source=source, row=f"event {n}, {where}", value=str(first.get("input")), expected=first["msg"]
        ) from None


def write_truth(events: Sequence[TrueEvent]) -> bytes:
    """Write truth.json, an event a line."""
    rows = ",\n".join(to_bytes(e).decode() for e in events)
    return f'{{"format":"{TRUTH_FORMAT}","events":[\n{rows}\n]}}\n'.encode()


def read_score(content: bytes, source: str) -> Score:
    """Read a score that was kept.

    Raises:
        UnreadableInput: it is none.
    """
    try:
        return from_bytes(Score, content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"]) or "the whole"
        raise UnreadableInput(source=source, row=where, expected=f"a trucewatch-score/1: {first['msg']}") from None
