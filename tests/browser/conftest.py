"""A served mission and a headless Chromium that reaches nothing but this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from trucewatch.service.run import run
from trucewatch.wiring import MissionFolder, clock, open_workshop

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
]
SERVE = """
from pathlib import Path
import sys
from trucewatch.web import serve
from trucewatch.wiring import MissionFolder
serve(MissionFolder(Path(sys.argv[1])), host="127.0.0.1", port=0, say=lambda text: print(text, flush=True))
"""


@pytest.fixture(scope="session")
def site(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a demonstration mission that was run and is served in a process of its own."""
    root = tmp_path_factory.mktemp("browser") / "line"
    shutil.copytree(repository / "missions" / "line", root)
    for past in ("firms_2012.csv", "firms_2016.csv", "firms_2019.csv"):
        (root / "inbox" / "firms" / past).unlink()
    folder = MissionFolder(root)
    with open_workshop(folder) as shop:
        run(shop, now_utc=clock(shop.texts, None))
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout as said:
        yield said.readline().strip()
        process.terminate()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.is_file():
        pytest.skip(f"there is no {CHROMIUM}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Open a page; at the end no script may have complained and no request may have left this machine."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def open_at(path: str = "/", *, ready: bool = True, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith((site, "blob:", "data:")) else complaints.append(r.url))
        page.on(
            "requestfailed",
            lambda r: complaints.append(f"{r.url}: {r.failure}") if "ABORTED" not in str(r.failure) else None,
        )
        page.goto(site + path)
        if ready:
            page.wait_for_selector("#map[data-ready]", timeout=60_000)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert complaints == []
