"""Every figure that detectors and fusion put on record has words, a unit, and no more digits than it means."""

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

import trucewatch
from trucewatch.fuse.burst import BURSTS
from trucewatch.fuse.classifier import WhyNot
from trucewatch.fuse.weapon_table import SOUNDS
from trucewatch.report.figures import FIGURES, figure_text, known
from trucewatch.report.lint import lint

SOURCE = Path(trucewatch.__file__).parent
HOLES = {
    "step_{}_{}_hz_db": [("20", "60")],
    "band_{}_{}_hz": [("20", "80"), ("2000", "5000")],
    "back_azimuth_{}_{}_hz": [("0.5", "1.25")],
    "sensors_with_{}": [("pressure",), ("infrasound",), ("ground",)],
    "loudest_{}": [("pressure",), ("infrasound",), ("ground",)],
    "loudest_{}_range": [("pressure",), ("infrasound",), ("ground",)],
    "p_{}": [(b.name,) for b in BURSTS],
    "reported_{}": [(w.value,) for w in SOUNDS],
    "classifier_p_{}": [("small_arms",), ("9 mm",)],
}
"""what stands in names that are put together; a new one must be added here and to the table"""
NAMED_ELSEWHERE = {"name", "self.why_not.value"}
"""expressions whose values are the figures of an onset, of a burst, and the reasons of a classifier"""


def emitted() -> set[str]:
    """Names of all figures, as the source of the two rooms gives them."""
    names = {w.value for w in WhyNot}
    for room in ("detect", "fuse"):
        for module in sorted((SOURCE / room).glob("*.py")):
            tree = ast.parse(module.read_text(encoding="utf-8"))
            for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
                if isinstance(call.func, ast.Name) and call.func.id == "Feature":
                    names |= set(_names(next(k.value for k in call.keywords if k.arg == "name")))
    for module in ("onset_describe", "onset_merge", "hearing", "sightings"):
        tree = ast.parse((SOURCE / "detect" / f"{module}.py").read_text(encoding="utf-8"))
        for pair in (n for n in ast.walk(tree) if isinstance(n, ast.Tuple) and 2 <= len(n.elts) <= 3):
            first = pair.elts[0]
            if isinstance(first, ast.JoinedStr) or (isinstance(first, ast.Constant) and isinstance(first.value, str)):
                names |= set(_names(first))
    return names


def _names(expression: ast.expr) -> Iterator[str]:
    if isinstance(expression, ast.Constant):
        yield str(expression.value)
    elif isinstance(expression, ast.JoinedStr):
        form = "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in expression.values)
        yield from (form.format(*words) for words in HOLES[form])
    else:
        assert ast.unparse(expression) in NAMED_ELSEWHERE


NAMES = sorted(emitted())


def test_the_source_was_read():
    assert {"p_gun_size", "burst_rounds", "score_db", "n_merged", "f_statistic", "wood_anderson"} <= set(NAMES)
    assert len(NAMES) > 90


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_words(name):
    figure = known(name)
    assert figure is not None
    assert "_" not in figure.name
    assert lint(figure_text(name, 0.4, "1")) == ()


def test_no_word_is_kept_for_a_figure_that_nobody_gives():
    assert set(FIGURES) <= set(NAMES)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("p_gun_size", 0.8412, "1"), "no louder than a gun, by who heard it 84 %"),
        (("p_shock_wave", 1.0, "1"), "shock wave of a bullet heard > 99 %"),
        (("largest_frp", 35.21234, "MW"), "largest radiative power 35.2 MW"),
        (("pixels", 7.0, "1"), "pixels 7"),
        (("false_alarms", 0.0123, "1/day"), "noise alone does so 0.012 times a day"),
        (("positive_phase", 0.001234, "s"), "positive phase 1.2 ms"),
        (("median_gap", 0.0996, "s"), "middle time between rounds 0.0996 s"),
        (("loudest_pressure_range", 1234.5, "m"), "at 1.23 km"),
        (("loudest_pressure", 104.26, "dB re 20 uPa"), "loudest of them 104 dB re 20 µPa"),
        (("charge_low", 0.021, "kg"), "charge at least 21 g"),
        (("peak", 2.6712, "Pa"), "peak 2.67 Pa"),
        (("peak", 1234.5, "counts"), "peak 1,234 counts"),
        (("clipped", 1.0, "1"), "clipped yes"),
        (("burst_quality", 0.5, "1"), "how they were counted: at least so many"),
        (("back_azimuth_0.5_1.25_hz", 359.97, "deg"), "bearing at 0.5 to 1.25 Hz 0.0°"),
        (("band_2000_5000_hz", -17.3, "dB"), "share of 2000 to 5000 Hz -17 dB"),
        (("reported_artillery_type_nk", 2.0, "1"), "monitors who named it artillery (type N/K): 2"),
        (("classifier_p_small_arms", 0.3, "1"), "small arms 30 %"),
        (("classifier_too_few_figures", 1.0, "1"), "gave no class: too few figures were measured"),
        (("some_new_figure", 3.14159, "m"), "some new figure 3.142 m"),
    ],
)
def test_figures_are_rounded_to_what_they_mean(given, said):
    assert figure_text(*given) == said


def test_two_figures_of_one_kind_do_not_look_alike():
    told = [known(n) for n in NAMES]
    both = itertools.combinations([f.name for f in told if f is not None], 2)
    alike = {a for a, b in both if a == b}
    assert alike <= {"loudest of them", "at", "small arms", "its error ±"}, (
        "each of them stands beside what it belongs to"
    )
