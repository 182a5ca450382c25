"""RFC 6962 hashing against its published values and against the RFC's own recursive definition."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.evidence import EMPTY_ROOT, CompactRange, MalformedError, leaf_hash, node_hash, tree_root


def root_by_the_rfc(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, written as it is defined there."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + root_by_the_rfc(leaves[:k]) + root_by_the_rfc(leaves[k:])).digest()


def test_hashes_of_nothing():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_node_hash_separates_its_domain_from_leaves():
    assert node_hash(bytes(32), bytes(32)) != leaf_hash(bytes(64))


@pytest.mark.parametrize("n_leaves", [*range(70), 255, 256, 257])
def test_roots_follow_the_rfc(n_leaves):
    leaves = [b"leaf %d" % n for n in range(n_leaves)]
    peaks = CompactRange()
    for leaf in leaves:
        peaks.push(leaf_hash(leaf))
    assert peaks.size == n_leaves
    assert peaks.root() == tree_root([leaf_hash(leaf) for leaf in leaves]) == root_by_the_rfc(leaves)


@given(st.integers(0, 200), st.integers(0, 7))
def test_whole_subtrees_can_be_pushed_at_once(n_leaves, height):
    hashes = [leaf_hash(b"%d" % n) for n in range(n_leaves)]
    width, peaks = 1 << height, CompactRange()
    n_whole = n_leaves // width
    for n in range(n_whole):
        peaks.push(tree_root(hashes[n * width : (n + 1) * width]), height)
    for hash_ in hashes[n_whole * width :]:
        peaks.push(hash_)
    assert peaks.root() == tree_root(hashes)


def test_a_subtree_cannot_start_where_it_does_not_fit():
    peaks = CompactRange()
    peaks.push(leaf_hash(b"a"))
    with pytest.raises(MalformedError, match="cannot start after 1 leaves"):
        peaks.push(leaf_hash(b"b"), 1)


@pytest.mark.parametrize("n_bytes", [0, 31, 33, 64])
def test_hashes_have_32_bytes(n_bytes):
    with pytest.raises(MalformedError, match=f"{n_bytes} bytes"):
        tree_root([bytes(n_bytes)])
    with pytest.raises(MalformedError):
        CompactRange().push(bytes(n_bytes))
