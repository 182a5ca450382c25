"""A score as one page that needs nothing else: tables, plots, what was missed and what was false."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from trucewatch.model.instant import rfc3339
from trucewatch.model.score import Score, ScoreComparison
from trucewatch.report import score_plots as plots
from trucewatch.report import score_words as words

_MOST_LISTED = 200


def score_html(score: Score, *, name: str, comparison: ScoreComparison | None = None) -> str:
    """Write the page.

    Args:
        score: what to show.
        name: of what was scored, as the user knows it.
        comparison: with an earlier score.
    """
    rate = score.settings.false_per_day
    changed = None if comparison is None else words.change_rows(comparison, score)
    span = [rfc3339(t.replace(microsecond=0)) for t in (score.start_utc, score.end_utc) if t is not None]
    return _template().render(
        css=Markup(_resource("score.css")),  # noqa: S704 - our own style sheet, not outside text
        score=score,
        name=name,
        span=" to ".join(span) or "no time at all",
        versions=", ".join(f"{program} {version}" for program, version in score.versions),
        summary=words.summary_text(score).split("\n"),
        made=words.made_text(score),
        figure_rows=words.figure_rows(score),
        changes=None if changed is None else [r for r in changed if r[-1].startswith(("WORSE", "BETTER"))],
        unchanged=[r for r in changed or () if not r[-1].startswith(("WORSE", "BETTER"))],
        same_truth=comparison is not None and comparison.same_truth,
        calibration_headers=words.CALIBRATION_HEADERS,
        calibration_rows=words.calibration_rows(score.calibrations),
        reliability=[_drawn(plots.reliability(c)) for c in score.calibrations],
        place=[_drawn(p) for p in (plots.errors(score), plots.coverage(score)) if p is not None],
        operating=[_drawn(p) for p in (plots.operating(score),) if p is not None],
        group_headers=[h.format(rate=rate) for h in words.GROUP_HEADERS],
        groups=_groups(score),
        lists=_lists(score),
        most_listed=_MOST_LISTED,
    )


def _drawn(plot: plots.Plot) -> dict[str, object]:
    return {"title": plot.title, "svg": Markup(plot.svg)}  # noqa: S704 - made by the writer of SVG, which escapes


def _groups(score: Score) -> list[dict[str, object]]:
    out = list[dict[str, object]]()
    for by, title in words.GROUPS.items():
        own = [g for g in score.groups if g.by == by]
        if not own:
            continue
        found = [] if by == "hours" else [plots.group_dots(f"Share found, by {title.lower()}", own)]
        if by == "hours":
            found = [
                plots.group_dots("Share found, by hour of the run", own),
                plots.group_dots("Share true, by hour of the run", own, precision=True),
            ]
        out.append({"title": title, "rows": words.group_rows(own), "plots": [_drawn(p) for p in found]})
    return out


def _lists(score: Score) -> list[tuple[str, tuple[str, ...]]]:
    merged = tuple(f"{event} in {claim}" for event, claim in score.merged)
    every = (
        ("Missed events", score.missed),
        ("False claims", score.false),
        ("Innocent events taken for a violation", score.innocent_as_violation),
        ("Claims of an event that another claim stands for", score.doubled),
        ("Events hidden in a claim of another event", merged),
        ("Claims that name the wrong side", score.wrongly_attributed),
        ("Rows that could not be read", score.rejected),
    )
    return [(title, names) for title, names in every if names]


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    return environment.from_string(_resource("score.html.j2"))


def _resource(name: str) -> str:
    return files("trucewatch.report").joinpath("templates", name).read_text(encoding="utf-8")
