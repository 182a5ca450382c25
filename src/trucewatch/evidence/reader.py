"""Reading a log's tiles: entries by index, roots of its past, and proofs, with interior hashes in a small cache."""

from collections.abc import Iterator
from functools import lru_cache, partial

from trucewatch.evidence.disk import Disk
from trucewatch.evidence.errors import LogError, MalformedError
from trucewatch.evidence.merkle import HASH_BYTES, CompactRange, pair_up
from trucewatch.evidence.proof import Range, consistency_ranges, inclusion_ranges
from trucewatch.evidence.tiles import ENTRIES, TILE_HEIGHT, TILE_WIDTH, TileName, name_at, split_bundle

_CACHED_TILES = 512  # about 16 kB each with the interior: 8 MB
_CACHED_BUNDLES = 16


class LogReader:
    """Reads a log of known size from its tiles; needs no key.

    What it returns is what the files say. Whether the files are what was signed is the audit's question.
    """

    def __init__(self, disk: Disk, size: int) -> None:
        self.size = size
        # A tile's content never changes under one name: its width is part of the name.
        self._layers = lru_cache(_CACHED_TILES)(partial(_read_layers, disk))
        self._bundle = lru_cache(_CACHED_BUNDLES)(partial(_read_bundle, disk))

    def entry(self, index: int) -> bytes:
        """Return one entry's bytes.

        Raises:
            LogError: when the log has no such entry or its file is damaged.
        """
        if not 0 <= index < self.size:
            raise LogError(f"entry {index} is not in a log of {self.size} entries")
        name = name_at(ENTRIES, index // TILE_WIDTH, self.size)
        return self._bundle(name)[index % TILE_WIDTH]

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Give the entries [start, stop), one bundle in memory at a time.

        Raises:
            LogError: when the log does not have them all or a file is damaged.
        """
        if not 0 <= start <= stop <= self.size:
            raise LogError(f"entries {start} to {stop} are not in a log of {self.size} entries")
        while start < stop:
            index = start // TILE_WIDTH
            bundle = self._bundle(name_at(ENTRIES, index, self.size))
            end = min(stop, (index + 1) * TILE_WIDTH)
            yield from bundle[start - index * TILE_WIDTH : end - index * TILE_WIDTH]
            start = end

    def root_at(self, size: int) -> bytes:
        """Return the root the log had at an earlier size."""
        if not 0 <= size <= self.size:
            raise LogError(f"a log of {self.size} entries had no root at size {size}")
        return self._range_hash((0, size))

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """Return the proof that entry `index` is in the tree of `size` leaves."""
        self._require_past(size)
        return [self._range_hash(part) for part in inclusion_ranges(index, size)]

    def consistency_proof(self, old_size: int, new_size: int) -> list[bytes]:
        """Return the proof that the tree of `new_size` leaves extends that of `old_size`."""
        self._require_past(new_size)
        return [self._range_hash(part) for part in consistency_ranges(old_size, new_size)]

    def _require_past(self, size: int) -> None:
        if size > self.size:
            raise LogError(f"a log of {self.size} entries has no proof at size {size}")

    def _range_hash(self, part: Range) -> bytes:
        start, stop = part
        n_leaves = stop - start
        if n_leaves and n_leaves & (n_leaves - 1) == 0:  # most of a proof: one perfect subtree, nothing to fold
            height = n_leaves.bit_length() - 1
            return self._perfect(height, start >> height)
        peaks = CompactRange()
        while start < stop:
            height = min((start & -start).bit_length() - 1 if start else 63, (stop - start).bit_length() - 1)
            peaks.push(self._perfect(height, start >> height), height)
            start += 1 << height
        return peaks.root()

    def _perfect(self, height: int, index: int) -> bytes:
        level, inside = divmod(height, TILE_HEIGHT)
        per_tile = TILE_WIDTH >> inside
        layer = self._layers(name_at(level, index // per_tile, self.size))[inside]
        at = index % per_tile * HASH_BYTES
        return layer[at : at + HASH_BYTES]


def _read_layers(disk: Disk, name: TileName) -> list[bytes]:
    """Read a tile and hash its interior: layer n holds the roots of 2**n neighbouring hashes."""
    layers = [_read(disk, name)]
    if len(layers[0]) != name.width * HASH_BYTES:
        raise LogError(f"{name.path} has {len(layers[0])} bytes, not {name.width} hashes")
    for _ in range(TILE_HEIGHT - 1):
        layers.append(pair_up(layers[-1]))
    return layers


def _read_bundle(disk: Disk, name: TileName) -> list[bytes]:
    try:
        entries = split_bundle(_read(disk, name))
    except MalformedError as error:
        raise LogError(f"{name.path}: {error}") from error
    if len(entries) != name.width:
        raise LogError(f"{name.path} has {len(entries)} entries, not {name.width}")
    return entries


def _read(disk: Disk, name: TileName) -> bytes:
    try:
        return disk.read(name.path)
    except FileNotFoundError as error:
        raise LogError(f"{name.path} is missing") from error
