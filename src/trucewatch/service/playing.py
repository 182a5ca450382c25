"""A simulated day as it would arrive: files into an inbox at their hour, and what nodes heard as signed batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from trucewatch.detect import from_pulse
from trucewatch.evidence import Signer
from trucewatch.model.network import Network, Sensor
from trucewatch.model.observation import Pulse
from trucewatch.observe import Batch, batch_bytes
from trucewatch.service.listening_post import batch_name
from trucewatch.simulate import TimedFile

INBOX = "inbox/"
ROWS_A_BATCH = 1_000
"""a batch has at most 1 MB, a row of an onset some 600 bytes"""

Write = Callable[[str, bytes], None]
WaitUntil = Callable[[float], None]
"""returns once so many seconds have passed since playing began"""


@dataclass(slots=True, kw_only=True)
class PlaySummary:
    """What was played."""

    n_files: int = 0
    n_bytes: int = 0
    n_batches: int = 0
    n_sent: int = 0
    """onsets in batches"""
    by_folder: dict[str, int] = field(default_factory=dict)
    """files by the folder of the inbox"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveNodes:
    """How nodes send instead of leaving files: each operator has a gateway that signs for its nodes."""

    network: Network
    signer: Signer
    write: Write
    """keeps a batch until it is carried"""


def play(
    files: Iterable[TimedFile],
    *,
    start_utc: datetime,
    speed: float | None,
    write: Write,
    wait_until: WaitUntil,
    live: LiveNodes | None = None,
) -> PlaySummary:
    """Let a day's files arrive in order.

    Args:
        files: in the order of arrival.
        start_utc: moment of the day at which playing begins.
        speed: seconds of the day in a second; None: all at once.
        write: takes a file's path in the mission folder and its bytes.
        wait_until: the clock, an argument as everywhere.
        live: where nodes' onsets are sent as batches; None: as files.
    """
    summary = PlaySummary()
    sensors = {} if live is None else {s.id: s for s in live.network.sensors}
    for one in files:
        if speed is not None:
            wait_until(max(0.0, (one.arrives_utc - start_utc).total_seconds()) / speed)
        if live is not None and one.pulses:
            for name, content, n in batches_of(one.pulses, sensors, live.signer):
                live.write(name, content)
                summary.n_batches += 1
                summary.n_sent += n
            continue
        write(one.path, one.content)
        folder = one.path.removeprefix(INBOX).split("/", maxsplit=1)[0]
        summary.n_files += 1
        summary.n_bytes += len(one.content)
        summary.by_folder[folder] = summary.by_folder.get(folder, 0) + 1
    return summary


def batches_of(pulses: Sequence[Pulse], sensors: dict[str, Sensor], signer: Signer) -> Iterator[tuple[str, bytes, int]]:
    """Yield name, bytes and number of onsets of the batches in which each operator's gateway sends its nodes' onsets.

    Args:
        pulses: of a short time.
        sensors: of the network, by id.
        signer: whose key the network names for the nodes.
    """

    def owner(pulse: Pulse) -> str:
        return sensors[pulse.sensor_id].owner

    for name, group in groupby(sorted(pulses, key=lambda p: (owner(p), p.time.utc, p.id)), key=owner):
        own = list(group)
        for first in range(0, len(own), ROWS_A_BATCH):
            part = own[first : first + ROWS_A_BATCH]
            batch = Batch(
                node=f"gateway-{name}",
                from_utc=part[0].time.utc,
                to_utc=part[-1].time.utc + timedelta(milliseconds=1),
                detections=tuple(from_pulse(p, sensors[p.sensor_id]) for p in part),
                listening=(),
            )
            content = batch_bytes(batch, signer)
            yield batch_name(batch, content), content, len(part)
