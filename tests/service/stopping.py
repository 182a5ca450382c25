"""Stop a run at any of the moments at which something becomes durable, or is said to be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mission_files import run_mission
from trucewatch.evidence import TileLog
from trucewatch.service.run import RunSummary
from trucewatch.store import Outbox, SqliteRegister


class StoppedError(Exception):
    """The power went."""


class Moments:
    """Counts moments; raises at one of them, and at every later one, as a process that is gone does nothing more."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.stop_at = stop_at
        self.names: list[str] = []

    def pass_(self, name: str) -> None:
        self.names.append(name)
        if self.stop_at is not None and len(self.names) > self.stop_at:
            raise StoppedError(name)


class StoppingProgress:
    """Progress that is a moment itself."""

    def __init__(self, moments: Moments) -> None:
        self._moments = moments
        self._step = ""

    def start(self, step: str, total: int | None) -> None:
        self._step = step
        self._moments.pass_(f"progress start {step}")

    def advance(self, units: int = 1) -> None:
        self._moments.pass_(f"progress advance {self._step}")

    def finish(self) -> None:
        self._moments.pass_(f"progress finish {self._step}")


def _around(moments: Moments, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        moments.pass_(f"before {name}")
        result = original(*args, **kwargs)
        moments.pass_(f"after {name}")
        return result

    return wrapped


def watch(monkeypatch: pytest.MonkeyPatch, moments: Moments) -> None:
    """Make every durable step of the ports two moments: just before, and just after."""
    begin = SqliteRegister.transaction

    @contextmanager
    def transaction(self: SqliteRegister) -> Iterator[Any]:
        with begin(self) as tx:
            yield tx
            moments.pass_("before commit")
        moments.pass_("after commit")

    monkeypatch.setattr(SqliteRegister, "transaction", transaction)
    monkeypatch.setattr(TileLog, "append", _around(moments, "log append", TileLog.append))
    monkeypatch.setattr(Outbox, "write", _around(moments, "outbox write", Outbox.write))
    monkeypatch.setattr(Outbox, "reject", _around(moments, "reject", Outbox.reject))
    wiring = "trucewatch.wiring.mission.replace_file"
    from trucewatch.wiring import mission as module

    monkeypatch.setattr(wiring, _around(moments, "seal", module.replace_file))


def run_watched(folder: Path, moments: Moments) -> RunSummary:
    """Run a mission, counting moments."""
    with pytest.MonkeyPatch.context() as patch:
        watch(patch, moments)
        return run_mission(folder, progress=StoppingProgress(moments))
