"""A simulated theatre's parts: what a person gives to it, the mission folder that it fills, and the hours it keeps."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from trucewatch.agreements import load_network
from trucewatch.evidence import Signer
from trucewatch.model.errors import InvalidMission, TrucewatchError, UnreadableInput
from trucewatch.model.network import Network
from trucewatch.model.truth import TrueEvent
from trucewatch.observe.refusal import BadValue
from trucewatch.observe.wav import decode, read_layout
from trucewatch.service.playing import LiveNodes, PlaySummary, play
from trucewatch.simulate import (
    Noise,
    Terrain,
    Theatre,
    TheatreHour,
    about_network,
    announced,
    mission_texts,
    notified_text,
    open_theatre,
    preset_of,
    theatre_hours,
    timed_files,
    truth_texts,
)
from trucewatch.store import Outbox
from trucewatch.store.courier import Courier
from trucewatch.wiring.folder import MissionFolder
from trucewatch.wiring.height_file import read_heights

LIVE_PULSES_S = 60
"""live, what nodes heard comes minute by minute"""
SPOOL = "spool"
_BLOCK_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What day is wanted."""

    preset: str
    seed: int
    perturb: float = 0.0
    hours: int | None = None
    """None: all of the preset's"""
    network: Path | None = None
    """network.yaml of the sensors that watch; None: made"""
    noise: Path | None = None
    """WAV file that is mixed into recordings"""
    terrain: Path | None = None
    """ASCII grid of heights; None: the preset's own ground"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What was made of a wish."""

    summary: PlaySummary
    truth: tuple[TrueEvent, ...]
    n_sensors: int
    n_refused: int
    """batches that the receiver refused"""


def prepare(wish: Wish) -> tuple[Theatre, Noise | None]:
    """Set a theatre up with what a person gives.

    Raises:
        TrucewatchError: no such preset; a file cannot be read.
        InvalidMission: the network is not in order.
    """
    preset = preset_of(wish.preset)
    if wish.hours is not None:
        preset = replace(preset, hours=wish.hours)
    if wish.terrain is not None:
        preset = replace(preset, terrain=Terrain(kind="grid", grid=read_heights(wish.terrain)))
    network = None if wish.network is None else _network(wish.network)
    if network is not None:
        preset = about_network(preset, network)
    noise = None if wish.noise is None else _noise(wish.noise)
    return open_theatre(preset, wish.seed, wish.perturb, network), noise


def make(
    folder: MissionFolder,
    wish: Wish,
    *,
    speed: float | None = None,
    url: str | None = None,
    say: Callable[[str], None],
    wait_until: Callable[[float], None] | None = None,
) -> Played:
    """Fill a new mission folder, at once or at a pace.

    Args:
        folder: new or empty.
        wish: the day.
        speed: seconds of the day in a second; None: all at once.
        url: of `trucewatch receive`, where nodes' onsets go as signed batches; None: as files.
        say: takes a line when something goes wrong on the way to the receiver.
        wait_until: the clock; the real one when absent.

    Raises:
        TrucewatchError: the folder is not empty, or as `prepare`.
    """
    if folder.root.exists() and any(folder.root.iterdir()):
        raise TrucewatchError(f"{folder.root}: is not empty; give a new folder, nothing is overwritten")
    theatre, noise = prepare(wish)
    signer = demonstration_signer(wish.seed)
    out = Outbox(folder.root, folder.root / "rejected")
    texts = mission_texts(theatre, None if url is None else signer.verifier.vkey)
    if wish.network is not None and url is None:
        texts["network.yaml"] = wish.network.read_bytes()
    for name, content in {**texts, "notified.yaml": notified_text(announced(theatre))}.items():
        out.write(name, content)
    (folder.root / "inbox").mkdir(exist_ok=True)
    truth: list[TrueEvent] = []
    files = timed_files(
        theatre,
        _remembering(theatre_hours(theatre), truth),
        noise=noise,
        **({} if speed is None else {"pulses_every_s": LIVE_PULSES_S}),
    )
    spool = folder.root / SPOOL
    courier = None if url is None else Courier(spool, url, say=say)
    live = None
    if courier is not None:
        courier.start()
        live = LiveNodes(network=theatre.said, signer=signer, write=Outbox(spool, spool / "refused").write)
    try:
        summary = play(
            files,
            start_utc=theatre.preset.start_utc,
            speed=speed,
            write=out.write,
            wait_until=wait_until or _real_clock(),
            live=live,
        )
    finally:
        carried = None if courier is None else courier.end()
    for name, content in truth_texts(theatre, truth).items():
        out.write(name, content)
    return Played(
        summary=summary,
        truth=tuple(truth),
        n_sensors=len(theatre.said.sensors),
        n_refused=0 if carried is None else carried.n_refused,
    )


def demonstration_signer(seed: int) -> Signer:
    """Return the key of simulated nodes: anyone can make it, so it shows integrity only."""
    return Signer(name="simulated-nodes", seed=hashlib.sha256(f"trucewatch simulated nodes {seed}".encode()).digest())


def _remembering(hours: Iterator[TheatreHour], truth: list[TrueEvent]) -> Iterator[TheatreHour]:
    for hour in hours:
        truth += hour.truth
        yield hour


def _real_clock() -> Callable[[float], None]:
    began = time.monotonic()

    def wait_until(passed_s: float) -> None:
        while (left := passed_s - (time.monotonic() - began)) > 0.0:
            time.sleep(min(left, _BLOCK_S))

    return wait_until


def _network(path: Path) -> Network:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise TrucewatchError(f"{path}: cannot be read: {error.strerror}") from error
    loaded = load_network(text, str(path), None)
    if loaded.value is None or not loaded.value.sensors:
        raise InvalidMission(loaded.problems)
    return loaded.value


def _noise(path: Path) -> Noise:
    try:
        with path.open("rb") as stream:
            layout = read_layout(stream)
            stream.seek(layout.data_offset)
            body = stream.read(layout.n_samples * layout.bits // 8)
    except OSError as error:
        raise TrucewatchError(f"{path}: cannot be read: {error.strerror}") from error
    except BadValue as error:
        raise UnreadableInput(source=str(path), value=error.value, expected=error.expected) from None
    return Noise(samples=decode(body, layout.code, layout.bits), rate_hz=layout.rate_hz)
