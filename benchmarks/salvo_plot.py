"""Draw what `salvo_day.py` printed: CPU seconds and quality against the number of detections.

python benchmarks/salvo_day.py > rows.jsonl
python benchmarks/salvo_plot.py rows.jsonl docs/images/salvo-day.svg
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

WIDTH, HEIGHT, SIDE, RIGHT, TOP, BOTTOM = 320, 250, 48, 30, 30, 42
DECADES = (4, 6)
"""detections, 1e4 to 1e6"""
BEYOND = 0.1
"""decades at each end"""
LINES = (("precision_place", "precision", "#1b6ca8"), ("recall_place", "recall", "#c2571a"))
REGION = ("held_95", "in the 95 % region", "#4b7f52")

Row = dict[str, float]


def main() -> None:
    """Read rows and write the drawing."""
    rows = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    rows = sorted((r for r in rows if r["piece"].endswith(" h")), key=lambda r: r["detections"])
    body = [*speed(rows), *quality(rows)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="11" role="img">'
        "<title>CPU seconds, precision, recall and coverage of a day of salvos against detections</title>"
    )
    Path(sys.argv[2]).write_text("\n".join([head, *body, "</svg>", ""]), encoding="utf-8")


def speed(rows: Sequence[Row]) -> list[str]:
    """Return the left half: seconds on logarithmic scales, beside a line of slope one."""
    low, high = 0.0, 2.2

    def y(seconds: float) -> float:
        return down((math.log10(seconds) - low) / (high - low))

    last = rows[-1]["cpu_s_each_of_two"] / rows[-1]["detections"]
    ends = (1.02 / last, 10 ** (DECADES[1] + BEYOND))
    out = frame("CPU s, each of two processes", 0, [(f"{10**k:g}", y(10**k)) for k in (0, 1, 2)])
    out += [path([(n, y(n * last)) for n in ends], 0, "#999", dashed=True), text(120, y(1.6), "in proportion", "#777")]
    return [*out, *curve(rows, "cpu_s_each_of_two", y, 0, "#1b6ca8")]


def quality(rows: Sequence[Row]) -> list[str]:
    """Return the right half: shares from 0.92 to 1."""
    low, high = 0.92, 1.0

    def y(share: float) -> float:
        return down((share - low) / (high - low))

    out = frame("share", WIDTH, [(f"{low + 0.02 * k:.2f}", y(low + 0.02 * k)) for k in range(5)])
    names = [*LINES, REGION]
    for n, (key, name, colour) in enumerate(names):
        out += curve(rows, key, y, WIDTH, colour)
        out.append(text(WIDTH + SIDE + 14, y(0.976) + 13 * n, name, colour))
    return out


def curve(rows: Sequence[Row], key: str, y: Callable[[float], float], left: float, colour: str) -> list[str]:
    """Return a line with a dot at each row."""
    points = [(r["detections"], y(r[key])) for r in rows]
    dots = [f'<circle cx="{across(n) + left:.1f}" cy="{v:.1f}" r="3" fill="{colour}"/>' for n, v in points]
    return [path(points, left, colour), *dots]


def path(points: Sequence[tuple[float, float]], left: float, colour: str, *, dashed: bool = False) -> str:
    """Return a line through (detections, y)."""
    said = " ".join(f"{across(n) + left:.1f},{v:.1f}" for n, v in points)
    dashes = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{said}" fill="none" stroke="{colour}" stroke-width="1.5"{dashes}/>'


def frame(title: str, left: float, ticks: Sequence[tuple[str, float]]) -> list[str]:
    """Return axes with a title; ticks are (label, y)."""
    x0, x1, y0, y1 = left + SIDE, left + WIDTH - RIGHT, down(0.0), down(1.0)
    out = [
        f'<rect x="{x0}" y="{y1}" width="{x1 - x0}" height="{y0 - y1}" fill="none" stroke="#333"/>',
        text(x0, TOP - 10, title),
    ]
    out += [
        f'<path d="M{x0} {y:.1f}H{x1}" stroke="#ddd"/>' + text(x0 - 5, y + 4, name, "#333", "end") for name, y in ticks
    ]
    for k in range(DECADES[0], DECADES[1] + 1):
        x = across(10**k) + left
        out.append(f'<path d="M{x:.1f} {y0}v4" stroke="#333"/>' + text(x, y0 + 17, f"{10**k:,}", "#333", "middle"))
    return [*out, text((x0 + x1) / 2, y0 + 33, "detections", "#333", "middle")]


def text(x: float, y: float, said: str, colour: str = "#333", anchor: str = "start") -> str:
    """Return words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{said}</text>'


def across(detections: float) -> float:
    """Return x in its half."""
    share = (math.log10(detections) - DECADES[0] + BEYOND) / (DECADES[1] - DECADES[0] + 2 * BEYOND)
    return SIDE + share * (WIDTH - RIGHT - SIDE)


def down(share: float) -> float:
    """Return y of a share of the height, 0 at the bottom."""
    return TOP + (1.0 - share) * (HEIGHT - TOP - BOTTOM)


if __name__ == "__main__":
    main()
