"""An append-only log of opaque leaves, in files that any web server or memory stick can carry.

Durable order of an append: entry bundles and tiles, each made durable; the names of files and of new directories; the
checkpoint under a temporary name, renamed, its name made durable; only then does the append return. Superseded partial
tiles go last. So the last durable checkpoint never speaks of a byte that a power cut could take.

References:
    C2SP tlog-tiles v0.1.0.
"""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from trucewatch.evidence.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from trucewatch.evidence.disk import Disk
from trucewatch.evidence.errors import LogError, MalformedError
from trucewatch.evidence.merkle import EMPTY_ROOT, leaf_hash
from trucewatch.evidence.note import Signer
from trucewatch.evidence.reader import LogReader
from trucewatch.evidence.tiles import (
    ENTRIES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    TileEdge,
    TileName,
    frame_entry,
    name_at,
    split_bundle,
    tile_names,
)

CHECKPOINT = "checkpoint"
_TEMPORARY = "checkpoint.tmp"


class TileLog:
    """The one writer of one log.

    Opening makes a new log where there is nothing, and otherwise goes on from the last checkpoint. Files beyond it,
    left by a crash, are not read; appending the same leaves again writes the same bytes.

    LIMIT: without `pinned`, a log whose directory was emptied or set back to an old checkpoint with its old tiles opens
    like any other, and appending forks it. Give the checkpoint last seen, kept elsewhere.
    """

    def __init__(self, disk: Disk, signer: Signer, *, pinned: Checkpoint | None = None) -> None:
        """Open the log as its only writer.

        Raises:
            LogError: when another writer has it, its files do not give the checkpoint's root, the checkpoint is
                missing but tiles are there, or the log does not extend `pinned`.
            MalformedError, ProofError: when the checkpoint is not this signer's.
        """
        self._disk = disk
        self._signer = signer
        self._stopped = False
        self._leftovers: set[str] = set()
        self._durable_directories = {""}
        disk.claim()
        try:
            self._open(pinned)
        except BaseException:
            disk.release()
            raise

    @property
    def size(self) -> int:
        """Number of entries in the last durable checkpoint."""
        return self._checkpoint.size

    @property
    def root(self) -> bytes:
        """Root of the last durable checkpoint."""
        return self._checkpoint.root

    @property
    def checkpoint(self) -> Checkpoint:
        """The last durable checkpoint."""
        return self._checkpoint

    @property
    def signed_checkpoint(self) -> bytes:
        """The last durable checkpoint as a signed note: what others should keep."""
        return sign_checkpoint(self._checkpoint, [self._signer])

    def append(self, leaves: Sequence[bytes]) -> Checkpoint:
        """Add leaves and return the checkpoint that holds them, durable.

        Raises:
            MalformedError: when a leaf is longer than 65,535 bytes; nothing is written then.
            LogError: when an earlier append failed: what is on disk is then unknown, so close and open again.
            OSError: when the disk refuses; nothing of this batch is acknowledged.
        """
        if self._stopped:
            raise LogError("an earlier write failed; open the log again before writing")
        framed = [frame_entry(leaf) for leaf in leaves]
        if not leaves:
            return self._checkpoint
        # Set before the first change and cleared after the last: any way out between them leaves the log stopped.
        self._stopped = True
        old = {tile.name.path for tile in self._partials()}
        tiles = self._grow(leaves, framed)
        self._write([tile for tile in tiles if tile.name.path not in old])
        self._publish(Checkpoint(origin=self._signer.name, size=self._edge.size, root=self._edge.root()))
        self._reader.size = self.size
        self._discard((old | self._leftovers) - {_TEMPORARY})  # the rename has used up the temporary file
        self._leftovers = set()
        self._stopped = False
        return self._checkpoint

    def sweep(self) -> list[str]:
        """Remove what a crash left beside the log's own files, and return the paths removed.

        Opening never removes anything; the next append does. Files that are no tiles are left for the audit to name.
        """
        removed = self._discard(self._leftovers)
        self._leftovers = set()
        return removed

    def entry(self, index: int) -> bytes:
        """Return one entry's bytes."""
        return self._reader.entry(index)

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Give the entries [start, stop)."""
        return self._reader.entries(start, stop)

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """Return the proof that entry `index` is in the tree of `size` leaves."""
        return self._reader.inclusion_proof(index, size)

    def consistency_proof(self, old_size: int, new_size: int) -> list[bytes]:
        """Return the proof that the tree of `new_size` leaves extends that of `old_size`."""
        return self._reader.consistency_proof(old_size, new_size)

    def close(self) -> None:
        """Stop writing and let another writer in."""
        self._stopped = True
        self._disk.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _open(self, pinned: Checkpoint | None) -> None:
        present = set(self._disk.files())
        if CHECKPOINT in present:
            # A writer killed between rename and directory sync leaves a checkpoint that is seen but not yet durable.
            self._disk.sync_directory("")
            self._checkpoint = open_checkpoint(self._disk.read(CHECKPOINT), self._signer.verifier)
        elif any(path.startswith("tile/") for path in present):
            # A new log's checkpoint of size 0 is durable before its first tile is written.
            raise LogError("there are tiles but no checkpoint: it was removed, or this is no log")
        else:
            self._publish(Checkpoint(origin=self._signer.name, size=0, root=EMPTY_ROOT))
            present.discard(_TEMPORARY)
        self._reader = LogReader(self._disk, self.size)
        self._load_edge()
        expected = {name.path for name in tile_names(self.size)}
        self._leftovers = {p for p in present - expected if TileName.from_path(p) or p == _TEMPORARY}
        if pinned is not None:
            self._require_extends(pinned)

    def _load_edge(self) -> None:
        try:
            self._edge = TileEdge(self.size, lambda name: self._disk.read(name.path))
            self._tail = self._load_tail()
        except (FileNotFoundError, MalformedError) as error:
            raise LogError(f"the log's right edge cannot be read: {error}") from error
        if self._edge.root() != self.root:
            raise LogError("the log's tiles do not give its checkpoint's root; audit it")

    def _load_tail(self) -> bytes:
        """Read the partial entry bundle and hold it against the leaf hashes beside it."""
        if self.size % TILE_WIDTH == 0:
            return b""
        bundle = self._disk.read(name_at(ENTRIES, self.size // TILE_WIDTH, self.size).path)
        if b"".join(leaf_hash(entry) for entry in split_bundle(bundle)) != self._edge.partials()[0].data:
            raise LogError("the last entry bundle does not match its tile; audit the log")
        return bundle

    def _require_extends(self, pinned: Checkpoint) -> None:
        if pinned.origin != self._signer.name:
            raise LogError(f"the pinned checkpoint is of log {pinned.origin!r}, not {self._signer.name!r}")
        if pinned.size > self.size:
            raise LogError(f"the log has {self.size} entries, the pinned checkpoint {pinned.size}: it was set back")
        if self._reader.root_at(pinned.size) != pinned.root:
            raise LogError(f"the log's first {pinned.size} entries are not those of the pinned checkpoint")

    def _partials(self) -> list[Tile]:
        """Return every partial file the present state has: hash tiles and the entry bundle."""
        bundle = (
            [Tile(name=name_at(ENTRIES, self.size // TILE_WIDTH, self.size), data=self._tail)] if self._tail else []
        )
        return bundle + self._edge.partials()

    def _grow(self, leaves: Sequence[bytes], framed: Sequence[bytes]) -> list[Tile]:
        """Add leaves to the right edge and return every tile and bundle of the new state that may be new on disk."""
        first, at = divmod(self._edge.size, TILE_WIDTH)
        bundles: list[Tile] = []
        rest = list(framed)
        while at + len(rest) >= TILE_WIDTH:
            taken, rest = rest[: TILE_WIDTH - at], rest[TILE_WIDTH - at :]
            name = TileName(level=ENTRIES, index=first + len(bundles))
            bundles.append(Tile(name=name, data=self._tail + b"".join(taken)))
            self._tail, at = b"", 0
        self._tail += b"".join(rest)
        if self._tail:
            name = TileName(level=ENTRIES, index=first + len(bundles), width=at + len(rest))
            bundles.append(Tile(name=name, data=self._tail))
        return bundles + self._edge.extend(b"".join([leaf_hash(leaf) for leaf in leaves])) + self._edge.partials()

    def _write(self, tiles: Sequence[Tile]) -> None:
        """Make tiles durable: their bytes, their names, and the names of all directories above them.

        A directory that is already there is not therefore durable: a writer may have been killed just after making it.
        """
        to_sync: set[str] = set()
        for tile in tiles:
            above = _directories_above(tile.name.path)
            for directory in above:
                if directory not in self._durable_directories:
                    self._disk.make_directory(directory)
                    to_sync.add(_parent(directory))
            self._disk.write(tile.name.path, tile.data)
            to_sync.add(above[-1])
        for directory in sorted(to_sync):
            self._disk.sync_directory(directory)
        self._durable_directories.update(*(_directories_above(tile.name.path) for tile in tiles))

    def _publish(self, checkpoint: Checkpoint) -> None:
        self._disk.write(_TEMPORARY, sign_checkpoint(checkpoint, [self._signer]))
        self._disk.rename(_TEMPORARY, CHECKPOINT)
        self._disk.sync_directory("")
        self._checkpoint = checkpoint

    def _discard(self, paths: set[str]) -> list[str]:
        """Remove those of `paths` that are no file of the present state, and forget the directories that may go too."""
        removed = sorted(path for path in paths if not self._is_present(path))
        for path in removed:
            self._disk.remove(path)
            self._durable_directories.difference_update(_directories_above(path))
        return removed

    def _is_present(self, path: str) -> bool:
        name = TileName.from_path(path)
        if name is None:
            return False
        n_hashes = self.size >> (TILE_HEIGHT * max(name.level, 0))
        return name.index * TILE_WIDTH < n_hashes and name == name_at(name.level, name.index, self.size)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _directories_above(path: str) -> list[str]:
    """Name the directories that hold a file, outermost first, without the log's own."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]
