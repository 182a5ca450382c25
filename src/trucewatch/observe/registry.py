"""Which reader takes which file: the built-in ones in a fixed order, then those of entry points."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from trucewatch.model.errors import TrucewatchError
from trucewatch.model.observation import Observation, Rejection
from trucewatch.observe.changes import ChangesReader
from trucewatch.observe.context import ReadContext
from trucewatch.observe.edge import EdgeReader
from trucewatch.observe.firms import FirmsReader
from trucewatch.observe.health import HealthReader
from trucewatch.observe.miniseed import MiniSeedReader
from trucewatch.observe.monitors import MonitorsReader
from trucewatch.observe.pulses import PulsesReader
from trucewatch.observe.sac import SacReader
from trucewatch.observe.sightings import SightingsReader
from trucewatch.observe.wav import WavReader
from trucewatch.observe.weather import WeatherReader

HEAD_BYTES = 4096
"""bytes of a file's start that `Reader.recognises` is given"""
ENTRY_POINT_GROUP = "trucewatch.readers"
COMPANION_STEMS = frozenset({"source", "readme", "licence", "license", "notice"})
COMPANION_SUFFIXES = frozenset({"", ".txt", ".md"})


class Reader(Protocol):
    """Turns the bytes of one file into observations.

    The same bytes and context give the same observations in the same order. Only UnreadableInput is ever raised.
    """

    name: str

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether this reader would take a file of that name that starts with these bytes."""

    def read(self, stream: BinaryIO, context: ReadContext) -> Iterator[Observation | Rejection]:
        """Yield what the file holds, and a rejection for each record that cannot be read.

        Args:
            stream: seekable, at its start.
            context: everything outside the file that reading depends on.

        Raises:
            UnreadableInput: the file as a whole cannot be read; what came before is not to be kept.
        """


def readers() -> tuple[Reader, ...]:
    """Return every reader in the order in which they are asked.

    Raises:
        TrucewatchError: an entry point cannot be loaded.
    """
    return (*BUILT_IN, *_plugged_in())


BUILT_IN: tuple[Reader, ...] = (
    MiniSeedReader(),
    SacReader(),
    WavReader(),
    PulsesReader(),
    SightingsReader(),
    ChangesReader(),
    EdgeReader(),
    MonitorsReader(),
    HealthReader(),
    WeatherReader(),
    FirmsReader(),
)


@lru_cache(maxsize=1)
def _plugged_in() -> tuple[Reader, ...]:
    """Load the entry points, each a callable without arguments that gives a Reader, by name."""
    found: list[Reader] = []
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: (p.name, p.value)):
        try:
            make: Callable[[], Reader] = point.load()
            found.append(make())
        except Exception as error:
            raise TrucewatchError(f"reader plug-in {point.name} ({point.value}) cannot be loaded: {error}") from error
    return tuple(found)


def reader_for(path: str, head: bytes) -> Reader | None:
    """Return the first reader that takes a file, or None.

    Args:
        path: of the file, as shown to the user.
        head: its first HEAD_BYTES bytes, fewer where it is shorter.
    """
    return next((r for r in readers() if r.recognises(path, head)), None)


def sidecar_of(path: str, paths: Collection[str]) -> str | None:
    """Return the path of a WAV file's JSON sidecar, where there is one among the paths."""
    p = PurePosixPath(path)
    if p.suffix.lower() != ".wav":
        return None
    return next((str(c) for c in (p.with_suffix(".json"), p.with_suffix(".JSON")) if str(c) in paths), None)


def is_companion(path: str, paths: Collection[str]) -> bool:
    """Say whether a file only belongs to others: a WAV's sidecar, or a text about sources or licence."""
    p = PurePosixPath(path)
    suffix = p.suffix.lower()
    if suffix == ".json":
        return any(str(p.with_suffix(s)) in paths for s in (".wav", ".WAV", ".Wav"))
    return suffix in COMPANION_SUFFIXES and p.stem.lower().split("_")[0].split(".")[0] in COMPANION_STEMS
