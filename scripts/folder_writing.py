"""How the scripts write the tables and trees of a mission folder."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import yaml

WEATHER_HEADER = [
    "time",
    "temperature_c",
    "relative_humidity_pct",
    "pressure_hpa",
    "wind_m_s",
    "wind_from_deg",
    "source",
]


def write_yaml(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")


def write_csv(path: Path, header: list[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
