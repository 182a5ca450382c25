"""Auditing a log's directory: every entry hashed, every tile's bytes compared, no file missing and none too many.

Sampling misses edits, so nothing is sampled.
"""

from collections import defaultdict
from collections.abc import Set as AbstractSet
from hashlib import sha256

from trucewatch.evidence.checkpoint import Checkpoint, open_checkpoint
from trucewatch.evidence.disk import Disk
from trucewatch.evidence.errors import EvidenceError, MalformedError
from trucewatch.evidence.leaf import Leaf
from trucewatch.evidence.log import CHECKPOINT
from trucewatch.evidence.merkle import HASH_BYTES
from trucewatch.evidence.note import Verifier
from trucewatch.evidence.tiles import (
    ENTRIES,
    TILE_WIDTH,
    Tile,
    TileEdge,
    TileName,
    name_at,
    split_bundle,
    tile_names,
    tile_root,
)
from trucewatch.evidence.verdict import Finding, Step

_CHECKED = "the checkpoint's signature, every entry's hash, every tile's bytes and the list of files"


def audit_log(
    disk: Disk, log: Verifier, *, beside: AbstractSet[str] = frozenset(), superseded: bool = False
) -> tuple[Checkpoint | None, Step]:
    """Audit a whole log.

    Args:
        disk: the log's directory; only read.
        log: the log's key.
        beside: paths of other files that may lie in the directory; they are not looked at.
        superseded: whether partial tiles of earlier sizes may be there, as other writers of this layout leave them;
            they are compared too.

    Returns:
        The signed checkpoint, or None when there is none to trust, and the findings.
    """
    present, odd = _regular_files(disk)
    if CHECKPOINT not in present:
        return None, _step([Finding(what="missing", where=CHECKPOINT, why="a log without checkpoint proves nothing")])
    try:
        checkpoint = open_checkpoint(disk.read(CHECKPOINT), log)
    except EvidenceError as error:
        return None, _step([Finding(what="unsigned", where=CHECKPOINT, why=str(error))])
    expected = {name.path for name in tile_names(checkpoint.size)}
    earlier = _earlier_partials(present - expected, checkpoint.size) if superseded else set()
    others = present - expected - {CHECKPOINT} - beside - {name.path for name in earlier}
    findings = [
        Finding(what="missing", where=path, why="the log cannot be whole without it") for path in expected - present
    ]
    findings += [Finding(what="unexpected", where=path, why="no file of a log of this size") for path in others]
    findings += [Finding(what="unexpected", where=path, why="not a regular file") for path in odd]
    audit = _Audit(disk, checkpoint, present, earlier)
    audit.run()
    found = sorted(findings, key=lambda f: (f.what, f.where)) + audit.findings
    skipped = [f"{len(beside & present)} files beside the log"] if beside & present else []
    return checkpoint, _step(found, skipped + audit.not_checked)


def describe_entry(index: int, entry: bytes) -> str:
    """Name an entry by its place and, where its bytes are a leaf, by its record."""
    try:
        return f"entry {index}, {Leaf.from_bytes(entry).label}"
    except MalformedError:
        return f"entry {index}"


def _step(findings: list[Finding], not_checked: list[str] | None = None) -> Step:
    return Step(checked=_CHECKED, findings=tuple(findings), not_checked=tuple(not_checked or ()))


def _regular_files(disk: Disk) -> tuple[set[str], list[str]]:
    """Tell files from links, pipes and whatever else cannot carry a log's bytes."""
    listed = disk.files()
    odd = [path for path in listed if not disk.is_regular(path)]
    return set(listed).difference(odd), odd


def _hash_entries(entries: list[bytes]) -> bytes:
    return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])


def _earlier_partials(paths: AbstractSet[str], size: int) -> set[TileName]:
    names = {name for path in paths if (name := TileName.from_path(path)) is not None}
    now = {(name.level, name.index): name.width for name in tile_names(size)}
    return {name for name in names if name.width < now.get((name.level, name.index), 0)}


class _Audit:
    """One pass over the bundles from left to right, growing the tree and comparing each tile as it fills."""

    def __init__(
        self, disk: Disk, checkpoint: Checkpoint, present: AbstractSet[str], earlier: AbstractSet[TileName]
    ) -> None:
        self.findings: list[Finding] = []
        self.not_checked: list[str] = []
        self._disk = disk
        self._checkpoint = checkpoint
        self._present = present
        self._edge = TileEdge()
        self._earlier: dict[tuple[int, int], list[TileName]] = defaultdict(list)
        for name in sorted(earlier, key=lambda name: name.width):
            self._earlier[name.level, name.index].append(name)

    def run(self) -> None:
        """Audit all bundles and tiles, then the root."""
        size = self._checkpoint.size
        for index in range(-(-size // TILE_WIDTH)):
            hashes = self._leaf_hashes(index)
            if hashes is None:
                self.not_checked.append(f"entries from {index * TILE_WIDTH} on and the root: hashes are missing")
                return
            self._compare_earlier_bundles(index, hashes)
            for tile in self._edge.extend(hashes):
                self._compare(tile)
        for tile in self._edge.partials():
            self._compare(tile)
        if self._edge.root() != self._checkpoint.root:
            why = f"the entries give root {self._edge.root().hex()}, the signed one is {self._checkpoint.root.hex()}"
            self.findings.append(Finding(what="altered", where="root", why=why))

    def _leaf_hashes(self, index: int) -> bytes | None:
        """Return the leaf hashes to go on with: where bundle and tile disagree, those the tree above confirms."""
        entries = self._entries(index)
        tile = self._read(name_at(0, index, self._checkpoint.size))
        if entries is None:
            return tile if tile and len(tile) == HASH_BYTES * self._width(index) else None
        hashed = _hash_entries(entries)
        if tile is None or tile == hashed:
            return hashed
        if len(tile) == len(hashed) and not self._is_confirmed(index, hashed) and self._is_confirmed(index, tile):
            self._name_entries(index, entries, hashed, tile)
            return tile
        return hashed  # the tile itself is reported when it is compared

    def _entries(self, index: int) -> list[bytes] | None:
        name = name_at(ENTRIES, index, self._checkpoint.size)
        bundle = self._read(name)
        if bundle is None:
            return None
        try:
            entries = split_bundle(bundle)
            if len(entries) != name.width:
                raise MalformedError(f"{len(entries)} entries, not {name.width}")
        except MalformedError as error:
            self.findings.append(Finding(what="altered", where=name.path, why=str(error)))
            return None
        return entries

    def _is_confirmed(self, index: int, hashes: bytes) -> bool:
        """Say whether the tile above, or for the last partial tile the signed root, bears these leaf hashes out."""
        if self._width(index) < TILE_WIDTH:
            edge = self._edge.copy()
            edge.extend(hashes)
            return edge.root() == self._checkpoint.root
        above = self._read(name_at(1, index // TILE_WIDTH, self._checkpoint.size)) or b""
        at = index % TILE_WIDTH * HASH_BYTES
        return above[at : at + HASH_BYTES] == tile_root(hashes)

    def _name_entries(self, index: int, entries: list[bytes], hashed: bytes, tile: bytes) -> None:
        path = name_at(ENTRIES, index, self._checkpoint.size).path
        for n, entry in enumerate(entries):
            at = n * HASH_BYTES
            if hashed[at : at + HASH_BYTES] != tile[at : at + HASH_BYTES]:
                where = f"{describe_entry(index * TILE_WIDTH + n, entry)} in {path}"
                self.findings.append(Finding(what="altered", where=where, why="its bytes do not have the logged hash"))

    def _compare_earlier_bundles(self, index: int, hashes: bytes) -> None:
        for earlier in self._earlier.get((ENTRIES, index), ()):
            try:
                hashed = _hash_entries(split_bundle(self._read(earlier) or b""))
            except MalformedError:
                hashed = b""
            if hashed != hashes[: earlier.width * HASH_BYTES]:
                why = f"its entries are not the first {earlier.width} of this bundle"
                self.findings.append(Finding(what="altered", where=earlier.path, why=why))

    def _compare(self, tile: Tile) -> None:
        stored = self._read(tile.name)
        if stored is not None and stored != tile.data:
            why = "its bytes are not those that the entries below it give"
            self.findings.append(Finding(what="altered", where=tile.name.path, why=why))
        for earlier in self._earlier.get((tile.name.level, tile.name.index), ()):
            if self._read(earlier) != tile.data[: earlier.width * HASH_BYTES]:
                why = f"differs from the first {earlier.width} hashes of {tile.name.path}"
                self.findings.append(Finding(what="altered", where=earlier.path, why=why))

    def _width(self, index: int) -> int:
        return name_at(0, index, self._checkpoint.size).width

    def _read(self, name: TileName) -> bytes | None:
        return self._disk.read(name.path) if name.path in self._present else None
