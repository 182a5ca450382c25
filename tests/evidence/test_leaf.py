"""Leaves: one spelling, checked fields, and commitments that need their salt."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.evidence import Leaf, MalformedError, commitment

LEAF = Leaf(
    kind="detection",
    id="DET-1",
    seq=3,
    received_utc="2026-03-01T12:00:00.250Z",
    commit=commitment(bytes(32), b"payload"),
    size=7,
    media_type="application/json",
    refs=("OBS-2", "OBS-1"),
    software="trucewatch 0.1.0",
    agreement=None,
)


def test_canonical_bytes():
    assert LEAF.to_bytes() == (
        b'{"agreement":null,"commit":"' + LEAF.commit.encode() + b'","id":"DET-1","kind":"detection",'
        b'"media_type":"application/json","received_utc":"2026-03-01T12:00:00.250Z","refs":["OBS-2","OBS-1"],'
        b'"seq":3,"size":7,"software":"trucewatch 0.1.0"}'
    )
    assert Leaf.from_bytes(LEAF.to_bytes()) == LEAF


def test_commitment_is_rfc_4231_hmac():
    # RFC 4231 gives no case with a 32-byte key; this value is from `openssl dgst -sha256 -mac HMAC` with key 00 * 32.
    assert commitment(bytes(32), b"") == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
    assert commitment(bytes(32), b"a") != commitment(bytes(31) + b"\x01", b"a")
    with pytest.raises(MalformedError, match="32 bytes"):
        commitment(b"", b"a")


def test_letters_beyond_ascii_are_escaped():
    leaf = replace(LEAF, id="Спостереження-1")
    assert leaf.to_bytes().isascii()
    assert Leaf.from_bytes(leaf.to_bytes()) == leaf


@pytest.mark.parametrize(
    "change",
    [
        {"kind": ""},
        {"id": "a\nb"},
        {"id": "\ud800"},
        {"id": 3},
        {"seq": -1},
        {"seq": True},
        {"seq": 1.0},
        {"size": 2**63},
        {"commit": "ab"},
        {"commit": LEAF.commit.upper()},
        {"commit": None},
        {"agreement": "v1"},
        {"received_utc": "2026-03-01T12:00:00+00:00"},
        {"received_utc": "2026-03-01 12:00:00Z"},
        {"received_utc": "2026-02-30T12:00:00Z"},
        {"received_utc": "2026-03-01T12:00:00.1234567Z"},
        {"refs": ("a", "")},
    ],
)
def test_fields_out_of_form_are_refused(change):
    with pytest.raises(MalformedError, match=next(iter(change))):
        replace(LEAF, **change)


@pytest.mark.parametrize(
    "mangle",
    [
        lambda data: data + b" ",
        lambda data: data.replace(b":3,", b": 3,"),
        lambda data: data.replace(b":3,", b":3.0,"),
        lambda data: data.replace(b'"seq":3', b'"seq":4,"seq":3'),
        lambda data: data.replace(b"DET", b"\\u0044ET"),
        lambda data: data.replace(b"DET", "DÉT".encode()),
        lambda data: data.replace(b'"agreement":null,', b""),
        lambda data: data.replace(b"{", b'{"a":1,'),
        lambda data: data.replace(b'["OBS-2","OBS-1"]', b'"OBS-2"'),
        lambda data: json.dumps(json.loads(data)).encode(),
        lambda data: b"[" * 4000,
        lambda data: b"1" * 4096,
        lambda data: b"[]",
        lambda data: b"",
        lambda data: data + b" " * 4096,
    ],
)
def test_other_spellings_are_refused(mangle):
    with pytest.raises(MalformedError):
        Leaf.from_bytes(mangle(LEAF.to_bytes()))


def test_a_leaf_has_at_most_4096_bytes():
    with pytest.raises(MalformedError, match="4096"):
        replace(LEAF, software="x" * 4096).to_bytes()


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data):
    with pytest.raises(MalformedError):
        Leaf.from_bytes(data)


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20),
    st.integers(0, 2**63 - 1),
    st.lists(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=9), max_size=5),
)
def test_leaves_come_back_as_they_were(id_, seq, refs):
    leaf = replace(LEAF, id=id_, seq=seq, refs=tuple(refs))
    assert Leaf.from_bytes(leaf.to_bytes()) == leaf
