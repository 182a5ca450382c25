"""A score in words and rounded numbers: the same on the terminal and on its page."""

from __future__ import annotations

import math

from trucewatch.model.score import Calibration, Change, Figure, Group, Score, ScoreComparison
from trucewatch.report.words import number

NAMES = {
    "recall": "found, of true events",
    "recall_at_rate": "found at {rate:g} false a day",
    "precision": "true, of claims that count",
    "false_per_day": "false incidents a day",
    "innocent_claimed": "innocent events taken for a violation",
    "doubled": "claims of an event that another claim stands for",
    "merged": "events hidden in a claim of another event",
    "gospa": "GOSPA, root of its square per event",
    "gospa_localisation": "GOSPA: of misplaced ones",
    "gospa_missed": "GOSPA: of missed ones",
    "gospa_false": "GOSPA: of false ones",
    "location_error_median": "location error, median",
    "location_error_p90": "location error, 90 % within",
    "location_error_rms": "location error, root mean square",
    "region_50": "50 % regions that hold the event",
    "region_90": "90 % regions that hold the event",
    "region_95": "95 % regions that hold the event",
    "time_error_p90": "time outside the event's own, 90 % within",
    "delay_median": "first claimed after its end, median",
    "delay_p90": "first claimed after its end, 90 % within",
    "count_held": "counts whose bounds hold the true one",
    "count_right": "counts that are right",
    "count_error": "error of counts, mean",
    "existence_brier": "existence: Brier score",
    "existence_ece": "existence: calibration error, debiased",
    "presence_brier": "that something was there: Brier score",
    "presence_ece": "that something was there: calibration error, debiased",
    "kind_brier": "kind: Brier score",
    "kind_ece": "kind: calibration error, debiased",
    "zone_brier": "zone: Brier score",
    "zone_ece": "zone: calibration error, debiased",
    "side_brier": "side: Brier score",
    "side_ece": "side: calibration error, debiased",
    "wrongly_attributed": "attributed to the wrong side",
}
GROUPS = {
    "kind": "Kind",
    "size": "Size",
    "source": "Source",
    "sensors": "Sensors that had it",
    "hours": "Hours since the start",
}
GROUP_HEADERS = ("", "true", "found", "share found", "found at {rate:g} false a day", "false", "share true")
_SHARES = {"recall", "recall_at_rate", "precision", "innocent_claimed", "doubled", "merged", "wrongly_attributed"}
_SHARES |= {"region_50", "region_90", "region_95", "count_held", "count_right"}
NOTHING = "-"
MADE_BY = {"wilson": "Wilson", "poisson": "Poisson", "bootstrap": "bootstrap"}


def figure_name(name: str, score: Score) -> str:
    """Return what a figure is called."""
    return NAMES.get(name, name.replace("_", " ")).format(rate=score.settings.false_per_day)


def value_text(name: str, value: float | None, unit: str) -> str:
    """Write a value of a figure with its unit."""
    if value is None:
        return NOTHING
    if name in _SHARES:
        return percent(value)
    if unit == "m":
        return f"{_digits(value / 1000)} km" if value >= 10_000 else f"{_digits(value)} m"
    return f"{_digits(value)} {unit}".strip()


def percent(share: float) -> str:
    """Write a share in per cent, with as many decimals as tell it from 0 and from 1."""
    away = min(share, 1 - share)
    decimals = 0 if away < 1e-6 else max(1, min(4, -math.floor(math.log10(away)) - 2))
    return f"{100 * share:.{decimals}f} %"


def _digits(value: float) -> str:
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return number(round(value))
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.1e}"


def interval_text(figure: Figure) -> str:
    """Write a figure's 95 per cent interval."""
    if figure.low is None or figure.high is None:
        return NOTHING
    low, high = (value_text(figure.name, v, figure.unit) for v in (figure.low, figure.high))
    if low.split(" ")[1:] == high.split(" ")[1:]:
        low = low.split(" ")[0]
    return f"{low} to {high}"


def figure_rows(score: Score) -> list[list[str]]:
    """Return name, value, interval, of how many, and how the interval was made; figures of nothing are left out."""
    return [
        [
            figure_name(f.name, score),
            value_text(f.name, f.value, f.unit),
            interval_text(f),
            number(f.n),
            MADE_BY.get(f.interval, NOTHING),
        ]
        for f in score.figures
        if f.value is not None
    ]


def group_rows(groups: list[Group]) -> list[list[str]]:
    """Return the rows of groups of one sort, in the columns of GROUP_HEADERS."""
    return [
        [
            g.name.replace("_", " "),
            number(g.n_truth),
            number(g.n_found),
            _share(g.recall, g.recall_low, g.recall_high),
            NOTHING if g.recall_at_rate is None else percent(g.recall_at_rate),
            NOTHING if g.n_false is None else number(g.n_false),
            _share(g.precision, g.precision_low, g.precision_high),
        ]
        for g in groups
    ]


def _share(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return NOTHING
    return f"{percent(value)} ({percent(low).removesuffix(' %')} to {percent(high)})"


CALIBRATION_HEADERS = (
    "",
    "forecasts",
    "Brier",
    "reliability",
    "resolution",
    "uncertainty",
    "log score",
    "error",
    "debiased",
    "if all were right",
)


def calibration_rows(calibrations: tuple[Calibration, ...]) -> list[list[str]]:
    """Return the rows of calibrations, in the columns of CALIBRATION_HEADERS."""
    return [
        [
            c.of,
            number(c.n),
            *(f"{v:.4f}" for v in (c.brier, c.reliability, c.resolution, c.uncertainty, c.log_score)),
            *(f"{v:.4f}" for v in (c.ece, c.ece_debiased, c.ece_if_calibrated)),
        ]
        for c in calibrations
    ]


def change_rows(comparison: ScoreComparison, score: Score) -> list[list[str]]:
    """Return name, before, after and verdict of the figures that both scores have; those that changed first.

    Args:
        comparison: of both scores.
        score: the later one.
    """
    rank = {"worse": 0, "better": 1, "same": 2, "unknown": 3}
    shown = [c for c in comparison.changes if c.before is not None and c.after is not None]
    return [
        [
            figure_name(c.name, score),
            value_text(c.name, c.before, c.unit),
            value_text(c.name, c.after, c.unit),
            verdict_text(c),
        ]
        for c in sorted(shown, key=lambda c: rank[c.verdict])
    ]


def verdict_text(change: Change) -> str:
    """Say whether a figure changed, and by which test."""
    test = {"paired": "paired by blocks of time", "intervals": "by intervals", "": ""}[change.how]
    if change.verdict == "unknown":
        return "cannot be said"
    said = "no more than chance" if change.verdict == "same" else change.verdict.upper()
    return f"{said}, {test}"


def summary_text(score: Score) -> str:
    """Say in a line or two what was scored."""
    found = score.n_truth - len(score.missed)
    lines = [
        f"{number(score.n_truth)} true events ({number(score.n_innocent)} more were innocent) over "
        f"{score.days:.3g} days: {number(found)} found, {number(len(score.missed))} missed; of "
        f"{number(score.n_claims)} claims {number(score.n_made)} were made, {number(len(score.false))} of them false"
    ]
    if score.n_unplaced:
        lines.append(f"claims without a place, left out: {number(score.n_unplaced)}")
    if score.rejected:
        lines.append(f"rows that could not be read, left out: {number(len(score.rejected))}")
    return "\n".join(lines)


def made_text(score: Score) -> str:
    """Say how the score was made."""
    s = score.settings
    lengths = {86_400.0: "a day", 21_600.0: "six hours", 3_600.0: "an hour", 600.0: "ten minutes", 60.0: "a minute"}
    return (
        f"A claim may stand for an event within {s.match_m:g} m or in its own {100 * s.level:g} % region, and within "
        f"{s.match_s:g} s beyond the event's time; it is made from probability {s.claimed:g} on. Intervals are 95 %; "
        f"those by bootstrap draw blocks of {lengths.get(score.block_s, f'{score.block_s:g} s')}. "
        f"Calibration: {s.n_bins} bins of equal mass."
    )
