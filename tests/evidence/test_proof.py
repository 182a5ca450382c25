"""Proofs: all of them for small trees, and none that was touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.evidence import (
    EMPTY_ROOT,
    EvidenceError,
    MalformedError,
    ProofError,
    leaf_hash,
    make_consistency,
    make_inclusion,
    tree_root,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)

HASHES = [leaf_hash(b"leaf %d" % n) for n in range(40)]
ROOTS = [tree_root(HASHES[:n]) for n in range(41)]


def test_every_inclusion_proof_of_small_trees():
    for size in range(1, 41):
        for index in range(size):
            proof = make_inclusion(index, HASHES[:size])
            verify_inclusion(index=index, size=size, leaf=HASHES[index], proof=proof, root=ROOTS[size])


def test_every_consistency_proof_of_small_trees():
    for new in range(41):
        for old in range(new + 1):
            proof = make_consistency(old, HASHES[:new])
            verify_consistency(old_size=old, new_size=new, old_root=ROOTS[old], new_root=ROOTS[new], proof=proof)


@given(st.data())
def test_an_inclusion_proof_holds_for_one_leaf_one_place_one_tree(data):
    size = data.draw(st.integers(2, 40))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index))
    proof = make_inclusion(index, HASHES[:size])
    for wrong in (
        {"index": other},
        {"leaf": HASHES[other]},
        {"root": ROOTS[size - 1]},
        {"proof": proof[:-1]},
        {"proof": [*proof, HASHES[0]]},
        {"proof": [bytes([proof[0][0] ^ 1]) + proof[0][1:], *proof[1:]]},
    ):
        good = {"index": index, "size": size, "leaf": HASHES[index], "proof": proof, "root": ROOTS[size]}
        with pytest.raises(EvidenceError):
            verify_inclusion(**{**good, **wrong})


@given(st.data())
def test_a_consistency_proof_holds_for_one_pair_of_trees(data):
    new = data.draw(st.integers(2, 40))
    old = data.draw(st.integers(1, new - 1))
    proof = make_consistency(old, HASHES[:new])
    good = {"old_size": old, "new_size": new, "old_root": ROOTS[old], "new_root": ROOTS[new], "proof": proof}
    wrongs = [
        {"old_root": ROOTS[new]},
        {"new_root": ROOTS[old]},
        {"proof": [*proof, HASHES[0]]},
        {"proof": proof[:-1]},
        {"old_size": new, "new_size": old},
    ]
    for wrong in wrongs:
        with pytest.raises(EvidenceError):
            verify_consistency(**{**good, **wrong})


def test_consistency_with_the_empty_tree():
    verify_consistency(old_size=0, new_size=3, old_root=EMPTY_ROOT, new_root=ROOTS[3], proof=[])
    with pytest.raises(ProofError):
        verify_consistency(old_size=0, new_size=3, old_root=ROOTS[1], new_root=ROOTS[3], proof=[])
    with pytest.raises(ProofError):
        verify_consistency(old_size=0, new_size=3, old_root=EMPTY_ROOT, new_root=ROOTS[3], proof=[HASHES[0]])
    with pytest.raises(ProofError):
        verify_consistency(old_size=0, new_size=0, old_root=EMPTY_ROOT, new_root=ROOTS[3], proof=[])


def test_subtree_proofs():
    root = tree_root(HASHES[8:13])
    proof = make_inclusion(2, HASHES[8:13])
    verify_subtree_inclusion(index=10, start=8, stop=13, leaf=HASHES[10], proof=proof, root=root)
    with pytest.raises(MalformedError, match="no subtree"):
        verify_subtree_inclusion(index=10, start=7, stop=13, leaf=HASHES[10], proof=proof, root=root)
    aligned = tree_root(HASHES[4:8])
    verify_subtree_consistency(
        start=4, stop=8, size=8, subtree_root=aligned, root=ROOTS[8], proof=[tree_root(HASHES[:4])]
    )
    with pytest.raises(ProofError):
        verify_subtree_consistency(start=4, stop=8, size=8, subtree_root=aligned, root=ROOTS[8], proof=[])


def test_leaves_outside_the_tree_have_no_proof():
    for index, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(MalformedError, match="not in a tree"):
            make_inclusion(index, HASHES[:size])
        with pytest.raises(MalformedError, match="not in a tree"):
            verify_inclusion(index=index, size=size, leaf=HASHES[0], proof=[], root=HASHES[0])
    with pytest.raises(MalformedError):
        make_consistency(6, HASHES[:5])


def test_hashes_of_other_lengths_are_refused():
    for short in (b"", bytes(31), bytes(33)):
        with pytest.raises(MalformedError, match="SHA-256"):
            verify_inclusion(index=0, size=2, leaf=HASHES[0], proof=[short], root=ROOTS[2])
