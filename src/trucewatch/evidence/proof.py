"""Inclusion and consistency proofs: which hashes they are made of, and strict verification.

Making a proof is split in two: the `*_ranges` functions name the leaf ranges [start, stop) whose subtree hashes the
proof lists, and whoever holds the tree hashes them. So one description serves a list in memory and a log on disk.

References:
    RFC 9162 sections 2.1.3.1, 2.1.3.2, 2.1.4.1 and 2.1.4.2; draft-ietf-plants-merkle-tree-certs (subtrees).
"""

from collections.abc import Sequence
from hmac import compare_digest

from trucewatch.evidence.errors import MalformedError, ProofError
from trucewatch.evidence.merkle import EMPTY_ROOT, node_hash, require_hash, tree_root

Range = tuple[int, int]


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Name the subtrees of an inclusion proof for leaf `index` in the tree of `size` leaves, leaf side first.

    Raises:
        MalformedError: when the leaf is not in the tree.
    """
    if not 0 <= index < size:
        raise MalformedError(f"leaf {index} is not in a tree of {size} leaves")
    ranges: list[Range] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old_size: int, new_size: int) -> list[Range]:
    """Name the subtrees of a consistency proof from `old_size` to `new_size` leaves, leaf side first.

    Raises:
        MalformedError: when the sizes are not 0 <= old <= new.
    """
    if not 0 <= old_size <= new_size:
        raise MalformedError(f"no consistency proof leads from {old_size} to {new_size} leaves")
    ranges: list[Range] = []
    start, stop, whole_is_old = 0, new_size, True
    while old_size not in {0, stop}:
        middle = start + _split(stop - start)
        if old_size <= middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start, whole_is_old = middle, False
    if not whole_is_old:
        ranges.append((start, stop))
    return ranges[::-1]


def make_inclusion(index: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """Return the inclusion proof of leaf `index` in the tree over `leaf_hashes`."""
    return [tree_root(leaf_hashes[start:stop]) for start, stop in inclusion_ranges(index, len(leaf_hashes))]


def make_consistency(old_size: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """Return the proof that the tree over `leaf_hashes` extends its own first `old_size` leaves."""
    return [tree_root(leaf_hashes[start:stop]) for start, stop in consistency_ranges(old_size, len(leaf_hashes))]


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that leaf hash `leaf` is leaf `index` of the tree with `size` leaves and this root.

    Raises:
        MalformedError: when a hash is not 32 bytes or the index lies outside the tree.
        ProofError: when the proof has a wrong length or leads to another root.

    References:
        RFC 9162 section 2.1.3.2.
    """
    _require_hashes(proof, root, leaf)
    if not 0 <= index < size:
        raise MalformedError(f"leaf {index} is not in a tree of {size} leaves")
    node, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("inclusion proof is longer than the path from the leaf to the root")
        if node & 1 or node == last:
            reached = node_hash(sibling, reached)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            reached = node_hash(reached, sibling)
        node, last = node >> 1, last >> 1
    _require_arrival(last, reached, root, f"leaf {index} of {size}")


def verify_subtree_inclusion(
    *, index: int, start: int, stop: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that leaf hash `leaf` is leaf `index` of the subtree over leaves [start, stop).

    Raises:
        MalformedError: when [start, stop) is no subtree of any tree, or a hash or the index is out of form.
        ProofError: when the proof does not hold.
    """
    _require_subtree(start, stop)
    verify_inclusion(index=index - start, size=stop - start, leaf=leaf, proof=proof, root=root)


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of `new_size` leaves begins with the tree of `old_size` leaves.

    Every tree extends the empty one; that proof is empty and the empty tree's root is fixed.

    Raises:
        MalformedError: when a hash is not 32 bytes or the sizes shrink.
        ProofError: when the proof does not hold.

    References:
        RFC 9162 section 2.1.4.2.
    """
    if old_size:
        verify_subtree_consistency(
            start=0, stop=old_size, size=new_size, subtree_root=old_root, root=new_root, proof=proof
        )
        return
    _require_hashes(proof, old_root, new_root)
    _require_empty(old_root, proof)
    if new_size < 0 or (new_size == 0 and new_root != EMPTY_ROOT):
        raise ProofError("a tree without leaves has the empty tree's root")


def verify_subtree_consistency(
    *, start: int, stop: int, size: int, subtree_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of `size` leaves has, over leaves [start, stop), a subtree with `subtree_root`.

    An empty subtree is part of every tree, so its proof is empty and the tree's root is not looked at.

    Raises:
        MalformedError: when [start, stop) is no subtree of that tree or a hash is not 32 bytes.
        ProofError: when the proof does not hold.
    """
    if 0 <= start == stop <= size:
        _require_empty(subtree_root, proof)
        return
    _require_hashes(proof, subtree_root, root)
    _require_subtree(start, stop)
    if stop > size:
        raise MalformedError(f"leaves {start} to {stop} are not within a tree of {size} leaves")
    first, inner, last = start, stop - 1, size - 1
    while first != inner and (inner == last or inner & 1):
        first, inner, last = first >> 1, inner >> 1, last >> 1
    hashes = list(proof)
    if first == inner:
        old = new = subtree_root
    elif hashes:
        old = new = hashes.pop(0)
    else:
        raise ProofError("consistency proof is empty")
    for sibling in hashes:
        if last == 0:
            raise ProofError("consistency proof is longer than the path to the root")
        if inner & 1 or inner == last:
            old = node_hash(sibling, old) if first < inner else old
            new = node_hash(sibling, new)
            while not inner & 1:
                first, inner, last = first >> 1, inner >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        first, inner, last = first >> 1, inner >> 1, last >> 1
    _require_arrival(0, old, subtree_root, f"the earlier leaves {start} to {stop}")
    _require_arrival(last, new, root, f"the tree of {size} leaves")


def _split(n_leaves: int) -> int:
    """Return the largest power of two smaller than `n_leaves` (RFC 6962 section 2.1)."""
    return 1 << ((n_leaves - 1).bit_length() - 1)


def _require_subtree(start: int, stop: int) -> None:
    n_leaves = stop - start
    if start < 0 or n_leaves <= 0 or start % (1 << (n_leaves - 1).bit_length()):
        raise MalformedError(f"leaves {start} to {stop} are no subtree: the start must be a multiple of its width")


def _require_empty(root: bytes, proof: Sequence[bytes]) -> None:
    if proof or root != EMPTY_ROOT:
        raise ProofError("consistency with the empty tree needs an empty proof and the empty tree's root")


def _require_hashes(proof: Sequence[bytes], *others: bytes) -> None:
    for hash_ in (*proof, *others):
        require_hash(hash_, "hash in a proof")


def _require_arrival(levels_left: int, reached: bytes, wanted: bytes, what: str) -> None:
    if levels_left:
        raise ProofError(f"proof for {what} stops below the root")
    if not compare_digest(reached, wanted):
        raise ProofError(f"proof for {what} leads to {reached.hex()}, not to {wanted.hex()}")
