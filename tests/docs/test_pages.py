"""What every page holds to: its links lead somewhere, its words are impartial, it names no machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import ROOT, all_pages, name_of, prose

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
ANCHOR = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
OUTSIDE = ("https://", "http://", "mailto:")
NEVER = (r"\benem(?:y|ies)\b", r"\btargets?\b(?! (?:figure|day))", r"\bkill(?:s|ed|ing)?\b", r"\bwar fires?\b")
MACHINE = (r"/work/", r"/tmp/", r"/home/\w", r"/root/", r"\blocalhost:\d+/(?!$)", r"[A-Z]:\\\\")
PAGES = all_pages()


def anchors(page: Path) -> set[str]:
    heads = (re.sub(r"[`*]", "", h).lower() for h in ANCHOR.findall(page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", h).replace(" ", "-") for h in heads}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    broken = []
    for link in LINK.findall(prose(page)):
        if link.startswith(OUTSIDE):
            continue
        path, _, anchor = link.partition("#")
        place = (page.parent / path).resolve() if path else page
        is_there = place.is_relative_to(ROOT) and place.exists()
        if not is_there or (anchor and place.suffix == ".md" and anchor not in anchors(place)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_words_are_impartial(page):
    # What stands in quotation marks or code is spoken of, not said.
    said = re.sub(r"`[^`]*`|\"[^\"]*\"|“[^”]*”", "", page.read_text(encoding="utf-8"))
    assert [m[0] for pattern in NEVER for m in re.finditer(pattern, said, re.IGNORECASE)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_machine_is_named(page):
    text = page.read_text(encoding="utf-8")
    assert [m[0] for pattern in MACHINE for m in re.finditer(pattern, text)] == []


def test_every_page_is_on_the_map():
    """docs/README.md leads to every page below docs/."""
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(prose(index))}
    assert [name_of(p) for p in sorted((ROOT / "docs").rglob("*.md")) if p != index and p not in linked] == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
