"""Plots of a score as SVG that takes its colours from the page, light or dark."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from trucewatch.model.score import Calibration, Group, Score
from trucewatch.report.score_words import NAMES, percent
from trucewatch.report.svg import FONT, element, points, px

Scale = Callable[[float], float]

_EDGE_P = 0.001
"""probabilities beyond are drawn at the edge of a reliability diagram"""
_P_TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
_ROW = 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A drawing with its title and what it says in words."""

    title: str
    alt: str
    svg: str


def reliability(c: Calibration) -> Plot:
    """Draw how often forecasts came true against how sure they were, on a log-odds scale."""
    left, top, side = 66.0, 10.0, 262.0
    x, y = _odds(left, side), _odds(top + side, -side)
    parts = [_frame(left, top, side, side)]
    for p in _P_TICKS:
        parts += [_grid(x(p), top, x(p), top + side), _grid(left, y(p), left + side, y(p))]
        parts += [_label(x(p), top + side + 16, f"{p:g}", "middle"), _label(left - 6, y(p) + 4, f"{p:g}", "end")]
    parts.append(_line(((left, top + side), (left + side, top)), "rule"))
    most = max(b.n for b in c.bins)
    for b in c.bins:
        parts.append(_line(((x(b.mean_p), y(b.low)), (x(b.mean_p), y(b.high))), "bar"))
        radius = 1.5 + 3 * math.sqrt(b.n / most)
        parts.append(element("circle", cx=x(b.mean_p), cy=y(b.share), r=radius, class_="dot"))
    parts += [_label(left + side / 2, top + side + 34, f"probability of {c.of} that was stated", "middle")]
    parts.append(_upright(12, top + side / 2, "share that came true"))
    said = "; ".join(f"{b.mean_p:.3f} stated, {b.share:.3f} came true of {b.n}" for b in c.bins)
    return _plot(f"Probability of {c.of}", said, 350, 330, parts)


def errors(score: Score) -> Plot | None:
    """Draw the distribution of location errors; None where nothing was found."""
    if not score.errors_m:
        return None
    left, top, wide, high = 66.0, 10.0, 380.0, 230.0
    least = max(min(e for _, e in score.errors_m if e > 0) if any(e > 0 for _, e in score.errors_m) else 1.0, 0.1)
    low, top_m = math.floor(math.log10(least)), math.ceil(math.log10(max(score.errors_m[-1][1], least * 10)))
    x, y = _decades(left, wide, low, top_m), _linear(top + high, -high)
    parts = [_frame(left, top, wide, high)]
    for k in range(low, top_m + 1):
        parts += [
            _grid(x(10**k), top, x(10**k), top + high),
            _label(x(10**k), top + high + 16, _metres(10**k), "middle"),
        ]
    for s in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [_grid(left, y(s), left + wide, y(s)), _label(left - 6, y(s) + 4, f"{100 * s:.0f} %", "end")]
    parts.append(_line([(x(m), y(s)) for s, m in score.errors_m], "curve"))
    parts += [_label(left + wide / 2, top + high + 34, "distance from the true place", "middle")]
    parts.append(_upright(12, top + high / 2, "share of found events within it"))
    said = "; ".join(
        f"{100 * s:.0f} % within {_metres(m)}" for s, m in score.errors_m if s in {0.1, 0.5, 0.9, 0.98, 0.99}
    )
    return _plot("Location error", said, 470, 290, parts)


def operating(score: Score) -> Plot | None:
    """Draw what is found against false incidents a day, over all probabilities from which claims might be made."""
    if not score.operating:
        return None
    left, top, wide, high = 66.0, 10.0, 380.0, 230.0
    floor = min(0.01, score.settings.false_per_day / 10)
    low = math.floor(math.log10(floor))
    last = math.ceil(math.log10(max(1.0, *(o.false_per_day for o in score.operating))))
    x, y = _decades(left, wide, low, last), _linear(top + high, -high)
    parts = [_frame(left, top, wide, high)]
    for k in range(low, last + 1):
        name = f"{10.0**k:g}" if k > low else f"{10.0**k:g} or none"
        parts += [_grid(x(10**k), top, x(10**k), top + high), _label(x(10**k), top + high + 16, name, "middle")]
    for s in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [_grid(left, y(s), left + wide, y(s)), _label(left - 6, y(s) + 4, f"{100 * s:.0f} %", "end")]
    rate = score.settings.false_per_day
    parts.append(_line(((x(rate), top), (x(rate), top + high)), "rule"))
    parts.append(_line([(x(o.false_per_day), y(o.recall)) for o in score.operating], "curve"))
    parts += [_label(left + wide / 2, top + high + 34, "false incidents a day", "middle")]
    parts.append(_upright(12, top + high / 2, "share of true events found"))
    ends = (score.operating[0], score.operating[-1])
    said = "; ".join(
        f"from probability {o.p_least:.3g}: {percent(o.recall)} found, {o.false_per_day:.2g} false a day" for o in ends
    )
    return _plot("Found against false", said, 470, 290, parts)


def group_dots(title: str, groups: Sequence[Group], *, precision: bool = False) -> Plot:
    """Draw the share found (or the share true) of each group with its interval."""
    left, wide = 160.0, 230.0
    shown = [(g, *_values(g, precision=precision)) for g in groups]
    x = _linear(left, wide)
    end = 8 + len(shown) * _ROW
    parts = [_grid(x(s), 4, x(s), end) for s in (0, 0.25, 0.5, 0.75, 1)]
    parts += [_label(x(s), end + 14, f"{100 * s:.0f} %", "middle") for s in (0, 0.5, 1)]
    said = []
    for k, (g, value, low, high) in enumerate(shown):
        y, name = 8 + (k + 0.5) * _ROW, g.name.replace("_", " ")
        parts.append(_label(left - 10, y + 4, name if len(name) <= 24 else name[:23] + "…", "end"))
        if value is None or low is None or high is None:
            parts.append(_label(left + 6, y + 4, "nothing to judge by", "start"))
            continue
        parts += [_line(((x(low), y), (x(high), y)), "bar"), element("circle", cx=x(value), cy=y, r=4.2, class_="dot")]
        parts.append(_label(left + wide + 12, y + 4, percent(value), "start"))
        said.append(f"{name} {percent(value)}")
    return _plot(title, "; ".join(said), 500, end + 22, parts)


def _values(g: Group, *, precision: bool) -> tuple[float | None, float | None, float | None]:
    return (g.precision, g.precision_low, g.precision_high) if precision else (g.recall, g.recall_low, g.recall_high)


def coverage(score: Score) -> Plot | None:
    """Draw how often regions hold the true place beside how often they should."""
    shown = [f for f in score.figures if f.name.startswith("region_") and f.value is not None]
    if not shown:
        return None
    left, wide = 214.0, 170.0
    x = _linear(left, wide)
    end = 8 + len(shown) * _ROW
    parts = [_grid(x(s), 4, x(s), end) for s in (0, 0.25, 0.5, 0.75, 1)]
    parts += [_label(x(s), end + 14, f"{100 * s:.0f} %", "middle") for s in (0, 0.5, 1)]
    for k, f in enumerate(shown):
        y = 8 + (k + 0.5) * _ROW
        level, value = f.level or 0.0, f.value or 0.0
        parts.append(_label(left - 10, y + 4, NAMES[f.name], "end"))
        parts.append(_line(((x(level), y - 8), (x(level), y + 8)), "rule"))
        parts.append(_line(((x(f.low or 0.0), y), (x(f.high or 0.0), y)), "bar"))
        parts.append(element("circle", cx=x(value), cy=y, r=4.2, class_="dot"))
        parts.append(_label(left + wide + 12, y + 4, percent(value), "start"))
    said = "; ".join(f"{NAMES[f.name]}: {percent(f.value or 0.0)}" for f in shown)
    return _plot("Do regions hold what they say?", said, 460, end + 22, parts)


def _linear(start: float, length: float) -> Scale:
    return lambda share: start + length * share


def _decades(start: float, length: float, low: int, high: int) -> Scale:
    """Return a scale from 10 ** low to 10 ** high; what lies below is drawn at its start."""
    return lambda value: start + length * (math.log10(max(value, 10.0**low)) - low) / (high - low)


def _odds(start: float, length: float) -> Scale:
    """Return a scale of log-odds, from the least probability drawn to the largest."""
    edge = math.log(1 / _EDGE_P - 1)

    def at(p: float) -> float:
        held = min(max(p, _EDGE_P), 1 - _EDGE_P)
        return start + length * (math.log(held / (1 - held)) + edge) / (2 * edge)

    return at


def _metres(value: float) -> str:
    return f"{value / 1000:g} km" if value >= 1000 else f"{value:.3g} m"


def _frame(x: float, y: float, wide: float, high: float) -> str:
    return element("rect", x=x, y=y, width=wide, height=high, class_="frame")


def _grid(x1: float, y1: float, x2: float, y2: float) -> str:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_="grid")


def _line(at: Sequence[tuple[float, float]], look: str) -> str:
    return element("polyline", points=points(at), class_=look)


def _label(x: float, y: float, words: str, anchor: str) -> str:
    return element("text", escape(words), x=x, y=y, text_anchor=anchor, class_="label")


def _upright(x: float, y: float, words: str) -> str:
    turn = f"rotate(-90 {px(x)} {px(y)})"
    return element("text", escape(words), x=x, y=y, text_anchor="middle", class_="label", transform=turn)


def _plot(title: str, said: str, width: float, height: float, parts: Sequence[str]) -> Plot:
    alt = f"{title}. {said}." if said else f"{title}."
    svg = element(
        "svg",
        f"<title>{escape(alt)}</title>" + "".join(parts),
        viewBox=f"0 0 {px(width)} {px(height)}",
        width=width,
        height=height,
        role="img",
        font_family=FONT,
        font_size=12.0,
    )
    return Plot(title=title, alt=alt, svg=svg)
