"""Whether batches of detections came from computers whose signature nobody can check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import PurePosixPath

from trucewatch.model.errors import Problem
from trucewatch.model.network import Network
from trucewatch.observe.edge import MAX_BATCH_BYTES
from trucewatch.store import Inbox
from trucewatch.wiring.folder import MissionFolder

LATEST = 200
"""batches of a folder that are looked at: three hours of a node that sends each minute"""
_NAMED = re.compile(rb'"sensor_id":"([^"\\]{1,200})"')


def unsigned_batches(folder: MissionFolder, network: Network) -> tuple[Problem, ...]:
    """Warn of the sensors in the latest batches for which the network names no key: their batches count as unsigned."""
    root = folder.root / "inbox"
    if not root.is_dir():
        return ()
    inbox = Inbox(root)
    named = {name for path in _latest(inbox.paths()) for name in _sensors(inbox, path)}
    found = [network.sensor(name) for name in named]
    without = sorted({s.id for s in found if s is not None and s.node_key is None})
    if not without:
        return ()
    more = f" and {len(without) - 5} more" if len(without) > 5 else ""
    said = f"batches of {', '.join(without[:5])}{more} are taken unsigned: anyone could have written them"
    expected = "node_key of each of them, as `trucewatch listen --key` prints it"
    return (Problem(file="network.yaml", message=said, expected=expected, severity="warning"),)


def _latest(paths: Iterable[str]) -> Iterator[str]:
    """Yield the last batches of each folder of days, which is one node's."""
    batches = sorted(p for p in paths if p.endswith(".edge"))
    for _, of_node in groupby(batches, key=lambda p: PurePosixPath(p).parent.parent):
        yield from list(of_node)[-LATEST:]


def _sensors(inbox: Inbox, path: str) -> set[str]:
    with inbox.open(path) as stream:
        return {m.decode("utf-8", "replace") for m in _NAMED.findall(stream.read(MAX_BATCH_BYTES))}
