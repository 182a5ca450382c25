"""A mission that was run: two firing positions of the live-fire recordings, with every step done for real."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from trucewatch.service.lookup import Overview
from trucewatch.service.run import run
from trucewatch.web import create_app
from trucewatch.web.reading import MissionReader
from trucewatch.wiring import MissionFolder, clock, open_workshop


@pytest.fixture(scope="session")
def folder(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> MissionFolder:
    """A run mission; tests that change it take a copy."""
    root = tmp_path_factory.mktemp("web") / "live-fire"
    shutil.copytree(repository / "missions" / "live-fire", root)
    for part in ("FP3", "FP5", "FP9"):
        shutil.rmtree(root / "inbox" / part)
    found = MissionFolder(root)
    with open_workshop(found) as shop:
        run(shop, now_utc=clock(shop.texts, None))
    return found


@pytest.fixture
def copied(folder: MissionFolder, tmp_path: Path) -> MissionFolder:
    """A copy of the mission that a test may change."""
    root = tmp_path / "mission"
    shutil.copytree(folder.root, root)
    return MissionFolder(root)


class Client:
    """Asks an application without a socket."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def request(self, method: str, address: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, address, **more)

        # A thread of its own: a browser test on the same worker leaves its event loop running in this one.
        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(lambda: asyncio.run(ask())).result()

    def get(self, address: str, **more: Any) -> httpx.Response:
        return self.request("GET", address, **more)


@pytest.fixture(scope="session")
def app_client() -> Callable[[FastAPI], Client]:
    """Make a client for an application."""
    return Client


@pytest.fixture(scope="session")
def client_of() -> Callable[[MissionFolder], Client]:
    """Make a client for a mission."""
    return lambda found: Client(create_app(found))


@pytest.fixture(scope="session")
def client(folder: MissionFolder) -> Client:
    return Client(create_app(folder))


@pytest.fixture(scope="session")
def reader(folder: MissionFolder) -> MissionReader:
    return MissionReader(folder)


@pytest.fixture(scope="session")
def view(reader: MissionReader) -> Overview:
    with reader.open() as reading:
        return reading.view
