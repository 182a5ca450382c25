"""The operations page in a browser: map, window, list and keys say the same."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
LAND, ZONE_EDGE, LINE = (0xF6, 0xF3, 0xEC), (0x6B, 0x4F, 0xA0), (0x6B, 0x4F, 0xA0)
PATIENCE_MS = 60_000
"""how long a machine under load may take to draw"""
VIOLATION, SENSOR = (0xB3, 0x26, 0x1E), (0x1B, 0x6B, 0x52)


def counted(page: Page) -> tuple[int, int]:
    found = re.fullmatch(r"showing (\d+) of (\d+)", page.locator("#count").inner_text())
    assert found
    return int(found[1]), int(found[2])


def visible_rows(page: Page) -> list[str]:
    return page.locator("#table tbody tr:not([hidden])").evaluate_all("rows => rows.map(r => r.id)")


def pixels_near(png: bytes, colour: tuple[int, int, int], within: int = 6) -> int:
    image = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    return int((np.abs(image - np.array(colour)).max(axis=2) <= within).sum())


def drawn(page: Page) -> bytes:
    """The map as a picture once it rests: nothing is loading, moving or waiting to be drawn."""
    page.wait_for_selector("#map[data-ready][aria-busy=false]", timeout=PATIENCE_MS)
    return page.locator("#map").screenshot()


def drawn_when(page: Page, is_there: Callable[[bytes], bool]) -> bytes:
    """The map once it shows what is waited for: data are prepared in another thread, in their own time."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not is_there(picture := drawn(page)) and time.monotonic() < deadline:
        page.evaluate("() => new Promise(requestAnimationFrame)")
    return picture


def n_changed(one: bytes, other: bytes) -> int:
    pictures = [np.asarray(Image.open(io.BytesIO(png))).astype(int) for png in (one, other)]
    return int((np.abs(pictures[0] - pictures[1]).max(axis=2) > 20).sum())


def test_map_shows_land_agreement_sensors_and_incidents(open_page: OpenPage) -> None:
    least = {LAND: 20_000, LINE: 200, VIOLATION: 60, SENSOR: 60}
    picture = drawn_when(open_page(), lambda png: all(pixels_near(png, c) > n for c, n in least.items()))
    assert {c: pixels_near(picture, c) > n for c, n in least.items()} == dict.fromkeys(least, True)


def test_not_observed_has_a_look_of_its_own_and_follows_the_size_of_event(open_page: OpenPage) -> None:
    page = open_page()
    dark = drawn_when(page, lambda png: pixels_near(png, SENSOR) > 60)
    with page.expect_response(lambda r: "/api/coverage" in r.url and "artillery_152" in r.url):
        page.locator("#source").select_option("artillery_152")
    light = drawn_when(page, lambda png: n_changed(dark, png) > 2_000)
    assert n_changed(dark, light) > 2_000
    assert "source=artillery_152" in page.url


def test_window_narrows_list_and_count_alike(open_page: OpenPage) -> None:
    page = open_page()
    shown, every = counted(page)
    assert shown == every == len(visible_rows(page)) > 5
    handle = page.get_by_role("slider", name="start of the window")
    handle.focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    narrowed, still_every = counted(page)
    assert narrowed == len(visible_rows(page))
    assert 0 < narrowed < every == still_every
    assert "from=" in page.url
    kept = visible_rows(page)
    page.reload()
    assert visible_rows(page) == kept


def test_the_window_is_told_in_the_missions_time_wherever_the_browser_is(open_page: OpenPage) -> None:
    page = open_page(timezone_id="America/Los_Angeles")
    work = page.locator("#work")
    start = datetime.fromisoformat(str(work.get_attribute("data-from")))
    local = start.astimezone(ZoneInfo(str(work.get_attribute("data-zone"))))
    assert local.utcoffset()
    assert page.locator(".ends span").first.inner_text() == f"{local.day} {local:%b %H:%M}"
    handle = page.get_by_role("slider", name="start of the window")
    assert handle.get_attribute("aria-valuetext") == f"{local.day} {local:%b %H:%M}"
    handle.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".window-text").inner_text().endswith(" local")


def test_the_list_shows_every_column_beside_the_map(open_page: OpenPage) -> None:
    page = open_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.wait_for_function("document.documentElement.clientWidth === 1280")
    over = page.locator(".list .scroll").evaluate("e => e.scrollWidth - e.clientWidth")
    assert over <= 0


def test_window_by_mouse(open_page: OpenPage) -> None:
    page = open_page()
    box = page.locator(".strip").bounding_box()
    assert box
    handle = page.get_by_role("slider", name="end of the window").bounding_box()
    assert handle
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, handle["y"] + 20, steps=5)
    page.mouse.up()
    shown, every = counted(page)
    assert shown == len(visible_rows(page)) < every
    page.get_by_role("button", name="all", exact=True).click()
    assert counted(page) == (every, every)


def test_effort_follows_the_window(open_page: OpenPage) -> None:
    page = open_page()
    before = page.locator("#effort .lead").inner_text()
    with page.expect_response(lambda r: "/effort?from=" in r.url):
        page.get_by_role("button", name="24 h").click()
    expect(page.locator("#effort .lead")).not_to_have_text(before)


def test_filters_by_result(open_page: OpenPage) -> None:
    page = open_page()
    box = page.locator("input[name=result][value=violation]")
    box.check()
    results = page.locator("#table tbody tr:not([hidden])").evaluate_all("rows => rows.map(r => r.dataset.result)")
    assert set(results) == {"violation"}
    assert counted(page)[0] == len(results)
    box.uncheck()
    shown, every = counted(page)
    assert shown == every


def test_keyboard_alone_leads_to_an_incident(open_page: OpenPage) -> None:
    page = open_page()
    listed = visible_rows(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('tr').id") == listed[1]
    assert page.locator("tr.chosen").get_attribute("id") == listed[1]
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert float(outline.removesuffix("px")) >= 2
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/incidents/{listed[1]}")
    page.keyboard.press("j")
    page.wait_for_url(lambda url: "/incidents/" in url and listed[1] not in url)


def test_help_opens_with_a_question_mark_and_keys_can_be_turned_off(open_page: OpenPage) -> None:
    page = open_page()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.locator("#keys-on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.locator("tr.chosen").count() == 0


def test_click_on_the_map_chooses_in_the_list(open_page: OpenPage) -> None:
    page = open_page()
    located = page.evaluate(
        "fetch('/api/incidents.geojson').then(r => r.json())"
        ".then(c => c.features.find(f => f.properties.outcome === 'violation').id)"
    )
    page.locator(f"#{located} td").first.click()
    page.keyboard.press("m")
    drawn(page)
    page.evaluate("document.querySelectorAll('tr.chosen').forEach(r => r.classList.remove('chosen'))")
    box = page.locator("#map").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("tr.chosen")).to_have_count(1)


def test_without_scripts_everything_is_there(open_page: OpenPage) -> None:
    page = open_page(ready=False, java_script_enabled=False)
    assert page.locator("#table tbody tr").count() == counted(page)[1]
    image = page.locator("img.still")
    expect(image).to_be_visible()
    page.locator("input[name=result][value=violation]").check()
    page.get_by_role("button", name="Apply").click()
    shown, every = counted(page)
    assert 0 < shown < every
    assert page.locator("#table tbody tr:visible").count() == shown
    page.locator("#table tbody tr:visible a").first.click()
    assert "/incidents/" in page.url
    assert page.locator("h1").count() == 1


def test_without_webgl_the_drawn_map_stands_in(chromium: Any, site: str) -> None:
    context = chromium.new_context()
    context.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page = context.new_page()
    page.goto(site)
    expect(page.locator("img.still")).to_be_visible(timeout=20_000)
    assert counted(page)[0] > 0
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(open_page: OpenPage, scheme: str, tmp_path: Path) -> None:
    page = open_page(color_scheme=scheme)
    page.screenshot(path=tmp_path / f"operations-{scheme}.png", full_page=True)
    first = visible_rows(page)[-1]
    found = {"operations": Axe().run(page).response["violations"]}
    for name, address in (("incident", f"/incidents/{first}"), ("reports", "/reports")):
        other = open_page(address, ready=False, color_scheme=scheme)
        other.screenshot(path=tmp_path / f"{name}-{scheme}.png", full_page=True)
        found[name] = Axe().run(other).response["violations"]
    assert {name: [(v["id"], v["nodes"][0]["html"]) for v in vs] for name, vs in found.items() if vs} == {}


def test_phone(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_function("document.documentElement.clientWidth === 360")
    drawn(page)
    page.screenshot(path=tmp_path / "phone.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("#table tbody tr").first.is_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_an_incident_fits_its_window_and_prints_on_few_sheets(open_page: OpenPage, width: int, tmp_path: Path) -> None:
    listed = open_page(ready=False).locator("#table tbody tr").evaluate_all("rows => rows.map(r => r.id)")
    page = open_page(f"/incidents/{listed[-1]}", ready=False)
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_function(f"document.documentElement.clientWidth === {width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(media="print")
    assert not page.locator("nav:visible").count()
    assert page.get_by_text("What is folded on the page is not printed").is_visible()
    file = tmp_path / "incident.pdf"
    page.pdf(path=file, format="A4")
    assert 0 < file.read_bytes().count(b"/Type /Page\n") <= 8


def test_folded_tables_open_by_keyboard_without_scripts(open_page: OpenPage) -> None:
    page = open_page(ready=False, java_script_enabled=False)
    page.locator("#table tbody tr:visible a").first.click()
    summary = page.locator("details:not(.sub) > summary").first
    table = page.locator("details:not(.sub)").first
    assert table.get_attribute("open") is None
    summary.focus()
    page.keyboard.press("Enter")
    assert table.get_attribute("open") is not None
