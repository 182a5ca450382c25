"""Tiles: the static files a log is made of, their names, their bytes, and the right edge that grows.

A hash tile holds up to 256 hashes of one level; level 0 holds leaf hashes, and each hash of level n + 1 is the root of
a full tile of level n. An entry bundle holds the 256 entries below a level 0 tile. A tile that is not full yet is
partial and carries its width in its name.

References:
    C2SP tlog-tiles v0.1.0.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from trucewatch.evidence.errors import MalformedError
from trucewatch.evidence.merkle import HASH_BYTES, CompactRange, pair_up

TILE_WIDTH = 256
TILE_HEIGHT = 8
MAX_ENTRY_BYTES = 65_535
"""An entry's length is a 16-bit number in a bundle (C2SP tlog-tiles)."""
ENTRIES = -1
"""The level that stands for entry bundles in a TileName."""
_FULL_BYTES = TILE_WIDTH * HASH_BYTES
_PATH = re.compile(r"tile/(entries|0|[1-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class TileName:
    """Which tile: its level (or ENTRIES), its index from the left, and how many of its 256 places are filled."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The file's path below the log's directory."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        digits, rest = f"{self.index % 1000:03d}", self.index // 1000
        while rest:
            digits, rest = f"x{rest % 1000:03d}/{digits}", rest // 1000
        return f"tile/{level}/{digits}" + ("" if self.width == TILE_WIDTH else f".p/{self.width}")

    @classmethod
    def from_path(cls, path: str) -> "TileName | None":
        """Read a path; None when it is not exactly the path of a tile."""
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        level, index, width = found.groups()
        name = cls(
            level=ENTRIES if level == "entries" else int(level),
            index=int(index.replace("x", "").replace("/", "")),
            width=TILE_WIDTH if width is None else int(width),
        )
        return name if name.path == path and name.width <= TILE_WIDTH else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A tile's name and bytes."""

    name: TileName
    data: bytes


def level_widths(size: int) -> Iterator[tuple[int, int, int]]:
    """For each level of a tree with `size` leaves, give (level, full tiles, width of the partial tile or 0)."""
    level, n_hashes = 0, size
    while n_hashes:
        yield level, n_hashes // TILE_WIDTH, n_hashes % TILE_WIDTH
        level, n_hashes = level + 1, n_hashes // TILE_WIDTH


def tile_names(size: int) -> Iterator[TileName]:
    """Name every tile and bundle of a log with `size` leaves whose superseded partial tiles were removed."""
    for level, n_full, width in level_widths(size):
        for kind in (ENTRIES, 0) if level == 0 else (level,):
            yield from (TileName(level=kind, index=index) for index in range(n_full))
            if width:
                yield TileName(level=kind, index=n_full, width=width)


def name_at(level: int, index: int, size: int) -> TileName:
    """Name the tile that holds place `index * 256` of a level (or ENTRIES) in a log with `size` leaves."""
    n_hashes = size >> (TILE_HEIGHT * max(level, 0))
    return TileName(level=level, index=index, width=min(TILE_WIDTH, n_hashes - index * TILE_WIDTH))


def frame_entry(entry: bytes) -> bytes:
    """Return an entry as it stands in a bundle: two bytes of length, then its bytes.

    Raises:
        MalformedError: when it is longer than 65,535 bytes.
    """
    if len(entry) > MAX_ENTRY_BYTES:
        raise MalformedError(f"an entry of {len(entry)} bytes is longer than {MAX_ENTRY_BYTES}; log its commitment")
    return len(entry).to_bytes(2, "big") + entry


def split_bundle(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        MalformedError: when bytes are left over or missing at the end.
    """
    entries: list[bytes] = []
    at, end = 0, len(bundle)
    while at + 2 <= end:
        stop = at + 2 + (bundle[at] << 8 | bundle[at + 1])
        entries.append(bundle[at + 2 : stop])
        at = stop
    if at != end:
        raise MalformedError(f"entry bundle ends at byte {end}, its last entry at byte {at}")
    return entries


@lru_cache(maxsize=8)  # whoever asks whether a damaged tile is borne out asks again when the tree grows by it
def tile_root(data: bytes) -> bytes:
    """Return the root over a full tile's 256 hashes."""
    while len(data) > HASH_BYTES:
        data = pair_up(data)
    return data


class TileEdge:
    """The right edge of a growing tree: the partial tile of every level, and so the root."""

    def __init__(self, size: int = 0, read_partial: Callable[[TileName], bytes] | None = None) -> None:
        """Start empty, or from the partial tiles of a log with `size` leaves.

        Raises:
            MalformedError: when a partial tile does not have its width.
        """
        self._n_full: list[int] = []
        self._tails: list[bytes] = []
        for level, n_full, width in level_widths(size):
            tail = b""
            if width and read_partial is not None:
                tail = read_partial(TileName(level=level, index=n_full, width=width))
            if len(tail) != width * HASH_BYTES:
                raise MalformedError(f"partial tile of level {level} has {len(tail)} bytes, not {width} hashes")
            self._n_full.append(n_full)
            self._tails.append(tail)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._n_full[0] * TILE_WIDTH + len(self._tails[0]) // HASH_BYTES if self._tails else 0

    def extend(self, hashes: bytes, level: int = 0) -> list[Tile]:
        """Add packed hashes to a level and return the tiles this fills, children before parents."""
        if not hashes:
            return []
        if level == len(self._tails):
            self._n_full.append(0)
            self._tails.append(b"")
        pending, filled = self._tails[level] + hashes, []
        first, stop = self._n_full[level], len(pending) - len(pending) % _FULL_BYTES
        for at in range(0, stop, _FULL_BYTES):
            name = TileName(level=level, index=first + at // _FULL_BYTES)
            filled.append(Tile(name=name, data=pending[at : at + _FULL_BYTES]))
        self._n_full[level] = first + len(filled)
        self._tails[level] = pending[stop:]
        return filled + self.extend(b"".join([tile_root(tile.data) for tile in filled]), level + 1)

    def partials(self) -> list[Tile]:
        """Return the partial tile of every level that has one."""
        edge = enumerate(zip(self._n_full, self._tails, strict=True))
        return [
            Tile(name=TileName(level=level, index=n_full, width=len(tail) // HASH_BYTES), data=tail)
            for level, (n_full, tail) in edge
            if tail
        ]

    def copy(self) -> "TileEdge":
        """Return an edge that grows on its own."""
        twin = TileEdge()
        twin._n_full, twin._tails = list(self._n_full), list(self._tails)
        return twin

    def root(self) -> bytes:
        """Return the RFC 6962 root."""
        peaks = CompactRange()
        for level in reversed(range(len(self._tails))):
            push_all(peaks, self._tails[level], TILE_HEIGHT * level)
        return peaks.root()


def push_all(peaks: CompactRange, hashes: bytes, height: int) -> None:
    """Push packed hashes, each the root of 2**height leaves, onto a compact range."""
    for at in range(0, len(hashes), HASH_BYTES):
        peaks.push(hashes[at : at + HASH_BYTES], height)
