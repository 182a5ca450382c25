"""A grid of heights as an ASCII grid, which every program for maps writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from trucewatch.model.errors import TrucewatchError, UnreadableInput
from trucewatch.simulate import HeightGrid

MAX_CELLS = 25_000_000
_NEEDED = ("ncols", "nrows", "xllcorner", "yllcorner", "cellsize")
_EXPECTED = "an ASCII grid in degrees: ncols, nrows, xllcorner, yllcorner, cellsize, then rows from north to south"


def read_heights(path: Path) -> HeightGrid:
    """Read an ASCII grid of heights in metres over longitude and latitude.

    Raises:
        TrucewatchError: the file cannot be opened.
        UnreadableInput: it is no such grid, or has cells without a height.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError as error:
        raise TrucewatchError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise UnreadableInput(source=str(path), expected=_EXPECTED) from None
    head: dict[str, float] = {}
    first = 0
    while first < len(lines) and lines[first].split()[:1] and lines[first].split()[0][0].isalpha():
        name, _, value = lines[first].strip().partition(" ")
        head[name.casefold()] = _number(value, path, first + 1)
        first += 1
    missing = [n for n in _NEEDED if n not in head]
    if missing:
        raise UnreadableInput(source=str(path), value=f"no {', '.join(missing)}", expected=_EXPECTED)
    n_rows, n_columns = int(head["nrows"]), int(head["ncols"])
    if not (n_rows >= 2 and n_columns >= 2 and n_rows * n_columns <= MAX_CELLS and 0.0 < head["cellsize"] < 1.0):
        raise UnreadableInput(source=str(path), value=f"{n_rows} x {n_columns} cells", expected=_EXPECTED)
    values = [_number(word, path, first + 1 + n) for n, line in enumerate(lines[first:]) for word in line.split()]
    if len(values) != n_rows * n_columns:
        found = f"{len(values)} heights"
        raise UnreadableInput(source=str(path), value=found, expected=f"{n_rows * n_columns} as the head says")
    height = np.array(values).reshape(n_rows, n_columns)[::-1]
    if np.any(height == head.get("nodata_value", -9999.0)):
        raise UnreadableInput(source=str(path), value="a cell without height", expected="a height in every cell")
    half = head["cellsize"] / 2.0
    return HeightGrid(
        west_deg=head["xllcorner"] + half,
        south_deg=head["yllcorner"] + half,
        step_deg=head["cellsize"],
        height_m=height,
    )


def _number(text: str, path: Path, line: int) -> float:
    try:
        number = float(text)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise UnreadableInput(source=str(path), row=f"line {line}", value=text[:40], expected="a number")
    return number
