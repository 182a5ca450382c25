"""Recordings around a pick and residuals, drawn as SVG that takes its colours from the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from trucewatch.report import words
from trucewatch.report.svg import element, points, px, text
from trucewatch.service.dossier import Heard, Trace

WIDTH, HEIGHT = 420.0, 104.0
LEFT, RIGHT, TOP, BOTTOM = 8.0, 8.0, 6.0, 22.0
COLUMNS = 400
"""most columns of an envelope: about one a pixel"""
ROW_PX = 24.0
CHART_PX = 720.0
NAME_PX, VALUE_PX = 190.0, 130.0
_TICK_STEPS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


def waveform_svg(trace: Trace) -> str:
    """Draw the smallest and largest sample of each column, the pick with its error, and the predicted arrival."""
    end_s = trace.start_s + len(trace.samples) / trace.rate_hz
    half_s = max(abs(trace.start_s), abs(end_s))
    inner = HEIGHT - TOP - BOTTOM

    def x(s: float) -> float:
        return LEFT + (s + half_s) / (2 * half_s) * (WIDTH - LEFT - RIGHT)

    low, high, seconds = envelope(trace)
    largest = max(float(np.abs(low).max()), float(np.abs(high).max()), 1e-30)
    mid, scale = TOP + inner / 2, inner / 2 / largest
    upper = [(x(s), mid - h * scale) for s, h in zip(seconds, high, strict=True)]
    lower = [(x(s), mid - v * scale) for s, v in zip(seconds, low, strict=True)]
    sigma = trace.detection.time.sigma_s
    parts = [
        element("path", d=f"M{px(LEFT)} {px(mid)}H{px(WIDTH - RIGHT)}", class_="wave-zero"),
        _band(x(-sigma), x(sigma), inner, "wave-error"),
        element("polygon", points=points([*upper, *lower[::-1]]), class_="wave-trace"),
        _upright(x(0.0), inner, "wave-pick"),
        *_prediction(trace, x, half_s, inner),
        *_axis(x, half_s),
    ]
    described = describe(trace, largest)
    return _svg(WIDTH, HEIGHT, described, "".join(parts))


def describe(trace: Trace, largest: float) -> str:
    """Say in words what a trace shows, for those who do not see it."""
    d = trace.detection
    said = f"Recording of {d.sensor_id} {trace.channel}".strip()
    said += (
        f", largest sample {largest:.3g} {trace.unit}; pick with standard error {words.duration_text(d.time.sigma_s)}"
    )
    if trace.predicted_s is None:
        return said + "; no predicted arrival"
    early = "before" if trace.predicted_s < 0 else "after"
    return said + f"; predicted arrival {words.duration_text(abs(trace.predicted_s))} {early} the pick"


def envelope(trace: Trace) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return smallest and largest sample a column about their mean, and the seconds of the columns, (n,) each."""
    samples = trace.samples - trace.samples.mean()
    n = min(COLUMNS, len(samples))
    starts = np.linspace(0, len(samples), n, endpoint=False).astype(np.int64)
    seconds = trace.start_s + starts / trace.rate_hz
    return np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts), seconds


def residuals_svg(heard: Sequence[Heard]) -> str | None:
    """Draw observed minus predicted arrival of each sensor with twice its error; None where nothing was timed."""
    timed = [h for h in heard if h.support.residual_s is not None]
    if not timed:
        return None
    reach = max(abs(h.support.residual_s or 0.0) + 2 * (h.support.residual_sigma_s or 0.0) for h in timed) or 1e-3
    half = (CHART_PX - NAME_PX - VALUE_PX) / 2
    middle = NAME_PX + half
    height = ROW_PX * len(timed) + 30
    rows = [_residual_row(h, ROW_PX * n + 14, middle, half / reach) for n, h in enumerate(timed)]
    zero = element("path", d=f"M{px(middle)} 2V{px(height - 26)}", class_="wave-zero")
    label = _label(middle, height - 10, "observed minus predicted arrival; bars are two standard errors", "middle")
    described = "Residuals: " + "; ".join(f"{h.support.sensor_id} {residual_text(h)}" for h in timed)
    return _svg(CHART_PX, height, described, zero + "".join(rows) + label)


def residuals_said(heard: Sequence[Heard]) -> str:
    """Sum up residuals in a sentence; "" where nothing that was used was timed."""
    used = [h.support for h in heard if h.support.used and h.support.residual_s is not None]
    sizes = np.array([abs(s.residual_s or 0.0) for s in used])
    if not len(sizes):
        return ""
    inside = sum(abs(s.residual_s or 0.0) <= 2 * (s.residual_sigma_s or 0.0) for s in used)
    typical = f"half of them are off by {_short(float(np.median(sizes)))} or less, the worst by {_short(sizes.max())}"
    return f"{inside} of {len(used)} arrivals lie within two standard errors of what place and time predict; {typical}."


def residual_text(heard: Heard) -> str:
    """Write what an arrival or a bearing leaves over, with its error."""
    s = heard.support
    if s.residual_s is not None:
        error = "" if s.residual_sigma_s is None else f" ± {_short(s.residual_sigma_s)}"
        return f"{'-' if s.residual_s < 0 else '+'}{_short(abs(s.residual_s))}{error}"
    return "" if s.residual_deg is None else f"{s.residual_deg:+.1f}°"


def _short(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds:.2f} s"


def _residual_row(heard: Heard, y: float, middle: float, px_a_s: float) -> str:
    s = heard.support
    x = middle + (s.residual_s or 0.0) * px_a_s
    bar = 2 * (s.residual_sigma_s or 0.0) * px_a_s
    used = "residual-used" if s.used else "residual-unused"
    mark = (
        element("circle", cx=x, cy=y, r=4, class_=used)
        if s.used
        else element("path", d=f"M{px(x - 4)} {px(y - 4)}l8 8m0 -8l-8 8", class_=used)
    )
    name = s.sensor_id if len(s.sensor_id) <= 26 else s.sensor_id[:25] + "…"
    return (
        _label(NAME_PX - 12, y + 4, name, "end")
        + element("path", d=f"M{px(x - bar)} {px(y)}H{px(x + bar)}", class_="residual-bar")
        + mark
        + _label(CHART_PX - 4, y + 4, residual_text(heard), "end")
    )


def _prediction(trace: Trace, x: Callable[[float], float], half_s: float, inner: float) -> list[str]:
    if trace.predicted_s is None or abs(trace.predicted_s) > half_s:
        return []
    return [_upright(x(trace.predicted_s), inner, "wave-predicted")]


def _axis(x: Callable[[float], float], half_s: float) -> list[str]:
    step = next((s for s in _TICK_STEPS if half_s / s <= 4), _TICK_STEPS[-1])
    ticks = np.arange(-np.floor(half_s / step), np.floor(half_s / step) + 1) * step
    y = HEIGHT - BOTTOM
    return [
        element("path", d=f"M{px(x(t))} {px(y)}v4", class_="wave-tick") + _label(x(t), y + 16, f"{t:+g} s", "middle")
        for t in ticks
        if LEFT + 14 <= x(t) <= WIDTH - RIGHT - 14
    ]


def _band(left: float, right: float, inner: float, name: str) -> str:
    return element("rect", x=left, y=TOP, width=max(1.0, right - left), height=inner, class_=name)


def _upright(x: float, inner: float, name: str) -> str:
    return element("path", d=f"M{px(x)} {px(TOP)}v{px(inner)}", class_=name)


def _label(x: float, y: float, said: str, anchor: str) -> str:
    return text(x, y, said, size=11, text_anchor=anchor, fill="currentColor")


def _svg(width: float, height: float, described: str, content: str) -> str:
    view = f"0 0 {px(width)} {px(height)}"
    return element("svg", content, viewBox=view, role="img", class_="chart", aria_label=described)
