"""A node's parts: where sound comes from, what listens, where batches go."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from trucewatch.agreements import load_mission, load_network
from trucewatch.detect import HourlyGauge, ear_of, held_s
from trucewatch.evidence import EvidenceError, Signer, load_key, new_signer, save_key
from trucewatch.model.detection import Detection
from trucewatch.model.errors import InvalidMission, Problem, TrucewatchError, UnreadableInput
from trucewatch.model.mission import Mission
from trucewatch.model.network import Network, Sensor
from trucewatch.observe import ReadContext
from trucewatch.observe.audio_stream import audio_blocks, bare_form, wav_form
from trucewatch.observe.refusal import BadValue
from trucewatch.observe.seedlink import Stream, seedlink_blocks, stream_of
from trucewatch.service.archive import Archive, FeedItem
from trucewatch.service.listening_post import Post, PostSettings
from trucewatch.service.ring_place import RingPlace, read_place
from trucewatch.store import Inbox, Outbox
from trucewatch.wiring.folder import MissionFolder, write_private

STATE_FILE = "seedlink.json"
SEEDLINK = "seedlink://"
POLL_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTexts:
    """What a node needs of a mission: its area and its sensors; the agreement stays at the centre."""

    mission: Mission
    network: Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where sound comes from, as the command line says it."""

    text: str
    """"-" for standard input, seedlink://HOST:PORT, or a folder"""
    sensors: tuple[str, ...]
    form: str | None
    rate_hz: float | None
    start_utc: datetime | None
    latency_s: float | None
    follow: bool


def load_node_texts(folder: MissionFolder) -> NodeTexts:
    """Read mission.toml and network.yaml.

    Raises:
        InvalidMission: with every problem of the two.
    """
    folder.require()
    files = folder.texts()
    mission = load_mission(files.get("mission.toml", b""), "mission.toml")
    area = None if mission.value is None else mission.value.area
    network = load_network(files.get("network.yaml", b""), "network.yaml", area)
    problems = tuple(p for p in (*mission.problems, *network.problems) if p.severity == "error")
    if "network.yaml" not in files:
        problems = (Problem(file="network.yaml", message="the file is missing", expected="a file of this name"),)
    if problems or mission.value is None or network.value is None:
        raise InvalidMission(problems)
    return NodeTexts(mission=mission.value, network=network.value)


def node_key(path: Path, node: str) -> Signer:
    """Read a node's private key, or make one where there is none.

    Raises:
        TrucewatchError: the file holds no key.
    """
    if not path.exists():
        write_private(path, save_key(new_signer(node)).encode())
    try:
        return load_key(path.read_text(encoding="utf-8"))
    except (EvidenceError, OSError, UnicodeDecodeError) as error:
        raise TrucewatchError(f"{path}: no private key of a node: {error}") from error


def open_post(
    texts: NodeTexts,
    out: Path,
    settings: PostSettings,
    signer: Signer | None,
    tell: Callable[[Detection], None],
    place: RingPlace | None = None,
) -> Post:
    """Put a node's parts together; after each batch the place in a server's ring moves on."""
    outbox = Outbox(out, out / "refused")
    return Post(
        network=texts.network,
        ear_of=lambda sensor: ear_of(sensor, texts.mission.detect),
        meter=HourlyGauge(texts.network),
        write=outbox.write,
        tell=tell,
        settings=settings,
        signer=signer,
        sent=lambda nothing_held: None if place is None else place.advance(nothing_held=nothing_held),
    )


def open_place(source: Source, texts: NodeTexts, out: Path) -> RingPlace | None:
    """Return where the node stands in a SeedLink server's ring, kept beside the batches; None for another source."""
    if not source.text.startswith(SEEDLINK):
        return None
    outbox = Outbox(out, out / "refused")

    def needed_s(name: str) -> float:
        mine = (s for s in texts.network.sensors if _is_of(name, s.id) or any(_is_of(name, e.id) for e in s.elements))
        return max((held_s(s, texts.mission.detect) for s in mine), default=0.0)

    return RingPlace(
        reached=read_place(outbox.read(STATE_FILE)),
        held_s=needed_s,
        keep=lambda content: outbox.write(STATE_FILE, content),
    )


def _is_of(station: str, name: str) -> bool:
    """Say whether a sensor or element is a station, or one of its channels: UA.KIS has UA.KIS..BHZ."""
    return name == station or name.startswith((f"{station}.", f"{station}_"))


def feed_of(source: Source, texts: NodeTexts, place: RingPlace | None) -> Iterator[FeedItem]:
    """Open what is listened to; `place` is that of `open_place`.

    Raises:
        TrucewatchError: it is not there, or what is needed to read it is not said.
    """
    if source.text == "-":
        return _standard_input(source, texts, sys.stdin.buffer)
    if place is not None:
        return _seedlink(source, texts, place)
    return _folder(source, texts)


def _context(texts: NodeTexts, source: str) -> ReadContext:
    return ReadContext(
        source=source,
        input_id="live",
        area=texts.mission.area,
        network=texts.network,
        now_utc=datetime.now(UTC),
        time_zone=texts.mission.time_zone,
    )


def _standard_input(source: Source, texts: NodeTexts, stream: BinaryIO) -> Iterator[FeedItem]:
    sensor = _one_sensor(source, texts)
    try:
        if source.form is None:
            form = wav_form(stream, "standard input")
        elif source.rate_hz is None:
            raise TrucewatchError("--form needs --rate, samples a second")
        else:
            form = bare_form(source.form, source.rate_hz)
    except BadValue as error:
        raise UnreadableInput(source="--form, --rate", value=error.value, expected=error.expected) from None
    return audio_blocks(
        stream,
        form,
        sensor,
        _context(texts, "standard input"),
        now=lambda: datetime.now(UTC),
        start_utc=source.start_utc,
        latency_s=source.latency_s,
    )


def _one_sensor(source: Source, texts: NodeTexts) -> Sensor:
    if len(source.sensors) != 1:
        raise TrucewatchError("standard input is the sound of one microphone: name it with --sensor")
    sensor = texts.network.sensor(source.sensors[0])
    if sensor is None:
        known = ", ".join(s.id for s in texts.network.sensors)
        raise TrucewatchError(f"--sensor {source.sensors[0]}: the network has {known}")
    return sensor


def _seedlink(source: Source, texts: NodeTexts, place: RingPlace) -> Iterator[FeedItem]:
    """Follow a server from where the node stands."""
    blocks = seedlink_blocks(
        source.text.removeprefix(SEEDLINK).rstrip("/"),
        _streams(source.sensors, texts.network),
        _context(texts, source.text),
        after=place.reached,
        dealt_with=place.dealt_with,
        wait=time.sleep,
    )
    return place.watched(blocks)


def _streams(names: Sequence[str], network: Network) -> tuple[Stream, ...]:
    """Return the streams that were named, or those of all sensors and elements whose ids are streams.

    Raises:
        TrucewatchError: there are none.
    """
    if names:
        return tuple(stream_of(name) for name in names)
    ids = [e.id for s in network.sensors for e in s.elements] + [s.id for s in network.sensors if not s.elements]
    found = []
    for name in ids:
        try:
            found.append(stream_of(name))
        except UnreadableInput:
            continue
    if not found:
        raise TrucewatchError("no sensor of the network is named NET.STA; name the streams with --sensor")
    return tuple(found)


def _folder(source: Source, texts: NodeTexts) -> Iterator[FeedItem]:
    root = Path(source.text)
    if not root.is_dir():
        raise TrucewatchError(f"{root}: is no folder; --from takes a folder, - or seedlink://HOST:PORT")
    inbox = Inbox(root)
    archive = Archive(inbox=inbox, mission=texts.mission, network=texts.network, now=lambda: datetime.now(UTC))
    if not source.follow:
        return archive.read(inbox.paths())
    return _followed(root, inbox, archive)


def _followed(root: Path, inbox: Inbox, archive: Archive) -> Iterator[FeedItem]:
    """Read what is new or has grown, once it has not changed for one look; for ever."""
    seen: dict[str, tuple[int, int]] = {}
    done: dict[str, tuple[int, int]] = {}
    while True:
        stats = {p: (root / p).stat() for p in inbox.paths()}
        now = {p: (s.st_size, s.st_mtime_ns) for p, s in stats.items()}
        ready = tuple(p for p, state in now.items() if seen.get(p) == state and done.get(p) != state)
        yield from archive.read(ready)
        done |= {p: now[p] for p in ready}
        seen = now
        time.sleep(POLL_S)
