from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.agreements import load_agreement, load_mission, load_truth

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def only(loaded):
    assert loaded.value is None
    (problem,) = loaded.problems
    return problem


def test_a_yaml_bomb_is_refused_at_its_first_anchor_without_being_expanded():
    started = time.perf_counter()
    problem = only(load_truth(BOMB, "truth.yaml", None))
    assert time.perf_counter() - started < 1.0
    assert (problem.line, problem.column) == (1, 4)
    assert "anchor &a" in problem.message


def test_an_alias_is_refused():
    problem = only(load_truth("events:\n  - *x\n", "truth.yaml", None))
    assert (problem.line, problem.column, problem.message) == (2, 5, "alias *x")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['true']", "!include x", "!!binary aGk="])
def test_a_tag_is_refused(tag):
    problem = only(load_truth(f"events: {tag}\n", "truth.yaml", None))
    assert problem.line == 1
    assert "tag" in problem.message


def test_deep_nesting_is_refused():
    problem = only(load_truth("events: " + "[" * 100_000, "truth.yaml", None))
    assert (problem.line, "nested more than 20 deep" in problem.message) == (1, True)


def test_deep_toml_is_refused():
    problem = only(load_mission("a = " + "[" * 100_000, "mission.toml"))
    assert problem.line is not None


def test_a_huge_file_is_refused_unread():
    problem = only(load_truth("# " + "x" * 5_000_000, "truth.yaml", None))
    assert "5,000,002 bytes" in problem.message


def test_a_key_that_comes_twice_is_refused():
    loaded = load_truth("events: []\nevents: []\n", "truth.yaml", None)
    problem = only(loaded)
    assert (problem.line, problem.message) == (2, "key 'events' comes again (first in line 1)")


def test_a_second_document_is_refused():
    assert only(load_truth("events: []\n---\nevents: []\n", "truth.yaml", None)).line == 2


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n...\n", "- 1\n", "word\n", "? [a]\n: b\n"])
def test_a_file_that_is_no_group_of_keys_is_refused(text):
    assert load_truth(text, "truth.yaml", None).value is None


def test_broken_syntax_is_named_with_its_line():
    problem = only(load_truth("events:\n  - {id: x\n  lat: 3\n", "truth.yaml", None))
    assert problem.line == 3
    assert "not YAML" in problem.message
    problem = only(load_mission('id = "x"\nname = \n', "mission.toml"))
    assert problem.line == 2
    assert "not TOML" in problem.message


def test_bytes_that_are_no_text_are_named_with_their_place():
    problem = only(load_truth(b"events: []\nx: \xff\n", "truth.yaml", None))
    assert (problem.line, problem.column) == (2, 4)
    assert "0xff" in problem.message


def test_control_characters_are_refused():
    problem = only(load_truth("events: []\nx: \x00\n", "truth.yaml", None))
    assert (problem.line, problem.column) == (2, 4)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_to_a_file_escapes_as_an_exception(samples, data):
    text = samples["agreement.yaml"]
    start = data.draw(st.integers(0, len(text) - 1))
    stop = data.draw(st.integers(start, min(len(text), start + 30)))
    new = data.draw(st.text(max_size=10))
    loaded = load_agreement(text[:start] + new + text[stop:], "agreement.yaml", None)
    assert (loaded.value is None) == any(p.severity == "error" for p in loaded.problems)
    assert all(p.line and p.column for p in loaded.problems)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_escape_as_an_exception(content):
    for loaded in (load_truth(content, "truth.yaml", None), load_mission(content, "mission.toml")):
        assert all(p.line and p.column for p in loaded.problems)


def test_the_parser_without_libyaml_gives_the_same(samples, load, monkeypatch):
    import yaml

    from trucewatch.agreements import positions

    texts = {file: text for file, text in samples.items() if file.endswith(".yaml")}
    broken = [
        BOMB,
        "events:\n  - *x\n",
        "events: !include x\n",
        "a: [1\n",
        "a: b: c\n",
        "- - -\n",
        "events: []\n--- 1\n",
    ]
    fast = [load(file, text) for file, text in texts.items()], [load_truth(text, "t", None) for text in broken]
    monkeypatch.setattr(positions, "_Loader", yaml.SafeLoader)
    slow = [load(file, text) for file, text in texts.items()], [load_truth(text, "t", None) for text in broken]
    assert fast[0] == slow[0]
    for one, other in zip(fast[1], slow[1], strict=True):
        assert [(p.line, p.severity) for p in one.problems] == [(p.line, p.severity) for p in other.problems]
