"""Tile names and bundles as the C2SP tlog-tiles text gives them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.evidence import MalformedError, leaf_hash, tree_root
from trucewatch.evidence.tiles import ENTRIES, TileEdge, TileName, frame_entry, name_at, split_bundle, tile_names


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(level=0, index=0), "tile/0/000"),
        (TileName(level=1, index=1234067), "tile/1/x001/x234/067"),
        (TileName(level=ENTRIES, index=1234067, width=8), "tile/entries/x001/x234/067.p/8"),
        (TileName(level=0, index=1000), "tile/0/x001/000"),
        (TileName(level=63, index=999, width=255), "tile/63/999.p/255"),
    ],
)
def test_paths(name, path):
    assert name.path == path
    assert TileName.from_path(path) == name


@pytest.mark.parametrize(
    "path",
    [
        *("tile/0/00", "tile/0/0000", "tile/00/000", "tile/64/000", "tile/0/x000/000", "tile/0/000/000"),
        *("tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/08", "tile/0/000.p", "tile/0/000.p/1 ", "tile/-1/000"),
        *("/tile/0/000", "tile/entry/000", "checkpoint", "tile/0/٠٠٠", "tile/0/000\n", ""),
    ],
)
def test_paths_of_nothing(path):
    assert TileName.from_path(path) is None


@pytest.mark.parametrize(
    ("size", "paths"),
    [
        (0, []),
        (1, ["tile/entries/000.p/1", "tile/0/000.p/1"]),
        (256, ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]),
        (70_000 - 70_000 % 256, None),
        (
            65_537,
            [
                *(f"tile/entries/{n:03d}" for n in range(256)),
                "tile/entries/256.p/1",
                *(f"tile/0/{n:03d}" for n in range(256)),
                "tile/0/256.p/1",
                "tile/1/000",
                "tile/2/000.p/1",
            ],
        ),
    ],
)
def test_files_of_a_log(size, paths):
    names = list(tile_names(size))
    if paths is not None:
        assert [name.path for name in names] == paths
    assert all(name_at(name.level, name.index, size) == name for name in names)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_come_back_as_they_were(entries):
    assert split_bundle(b"".join(frame_entry(entry) for entry in entries)) == entries


def test_entries_have_at_most_65535_bytes():
    assert split_bundle(frame_entry(bytes(65_535))) == [bytes(65_535)]
    with pytest.raises(MalformedError, match="65535"):
        frame_entry(bytes(65_536))


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x01", b"\x00\x02a", b"\x00\x01ab"])
def test_bundles_with_bytes_missing_or_left_over(bundle):
    with pytest.raises(MalformedError, match="entry bundle ends"):
        split_bundle(bundle)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600, 65_536, 65_537, 66_000])
def test_the_edge_gives_the_root_at_any_size_and_can_be_loaded_from_its_partial_tiles(size):
    hashes = [leaf_hash(b"%d" % n) for n in range(size)]
    edge = TileEdge()
    edge.extend(b"".join(hashes))
    assert edge.size == size
    assert edge.root() == tree_root(hashes)
    partials = {tile.name: tile.data for tile in edge.partials()}
    loaded = TileEdge(size, partials.__getitem__)
    assert (loaded.size, loaded.root()) == (size, edge.root())


def test_the_edge_refuses_partial_tiles_of_another_width():
    with pytest.raises(MalformedError, match="not 3 hashes"):
        TileEdge(3, lambda _: bytes(64))
