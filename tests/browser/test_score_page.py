"""The page of a score in a browser: nothing for axe to find, light and dark, wide and narrow."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).parent.parent / "simulate"))
from scored import made_run

from trucewatch.report.score_page import score_html
from trucewatch.simulate import compare_scores, score

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    events, claims = made_run(np.random.default_rng(4), n=300)
    before, after = score(events, claims[::2]), score(events, claims)
    file = tmp_path_factory.mktemp("score") / "page.html"
    file.write_text(score_html(after, name="a run", comparison=compare_scores(before, after)), encoding="utf-8")
    return file


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(chromium: Browser, page_file: Path, scheme: str) -> None:
    page = chromium.new_page(color_scheme=scheme)
    page.goto(page_file.as_uri())
    page.locator("summary").first.click()
    assert Axe().run(page).response["violations"] == []
    page.close()


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_runs_over_the_side_and_drawings_are_drawn(chromium: Browser, page_file: Path, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.goto(page_file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    boxes = page.locator("svg").evaluate_all("all => all.map(s => s.getBBox().height)")
    assert len(boxes) >= 5
    assert min(boxes) > 40
    outside = page.locator("svg").evaluate_all(
        "all => all.filter(s => { const b = s.getBBox(), v = s.viewBox.baseVal;"
        " return b.x < -1 || b.y < -1 || b.x + b.width > v.width + 1 || b.y + b.height > v.height + 1; }).length"
    )
    assert outside == 0
    page.close()
