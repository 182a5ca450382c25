from importlib.resources import files

import pytest

from trucewatch.report import daily_html, day_maps, lint, visible_text
from trucewatch.report.charts import sensor_timeline, violations_chart
from trucewatch.report.digest import Digest
from trucewatch.report.open_data import DICTIONARY_FILE, open_data


@pytest.mark.parametrize(
    "text",
    [
        "The enemy was near.",
        "Enemies were seen",
        "a TARGETED\n strike",
        "two were killed",
        "hostile forces",
        "friendly positions",
        "the party fired twelve rounds",
        "in government-controlled Avdiivka",
        "in occupied territory",
        "a war fire",
        "the photograph shows that it happened at noon",
        "the probability is 93 %",
        "a likelihood of 0.93",
        "Probability: > 99 %",
        "separatists",
    ],
)
def test_what_may_not_be_said_is_found(text):
    assert lint(text)


@pytest.mark.parametrize(
    "text",
    [
        "The SMM heard 12 explosions assessed as outgoing mortar rounds 5-7km SE of its position.",
        "a live-fire exercise outside the security zone",
        "with a probability of 93 % (very likely)",
        "could not be verified",
        "the skills of the assessor",
        "71 % of sensor-hours",
    ],
)
def test_controlled_phrases_pass(text):
    assert lint(text) == ()


def test_a_fault_is_shown_with_its_surroundings():
    (fault,) = lint("heard near the bridge, the enemy withdrew at dusk")
    assert "near the bridge, the enemy withdrew" in fault and "party" in fault


def test_a_full_report_is_clean_though_a_quoted_submission_is_not(book):
    page = daily_html(book)
    assert "The enemy fired first" in page
    assert lint(visible_text(page)) == ()


def test_alternative_texts_are_read_too():
    assert lint(visible_text('<img alt="a target">'))


def test_maps_charts_and_data_dictionary_are_clean(book):
    digest = Digest.of(book)
    pictures = [*day_maps(digest), violations_chart(digest), sensor_timeline(book)]
    assert [p for m in pictures for p in lint(visible_text(m.svg) + m.alt)] == []
    assert lint(open_data(book)[DICTIONARY_FILE].decode()) == ()


def test_templates_and_standing_sentences_are_clean():
    folder = files("trucewatch.report")
    template = folder.joinpath("templates", "daily.html.j2").read_text(encoding="utf-8")
    prose = folder.joinpath("prose.py").read_text(encoding="utf-8")
    labels = folder.joinpath("labels.py").read_text(encoding="utf-8")
    assert lint(visible_text(template)) + lint(prose) + lint(labels) == ()
