"""Signed notes and checkpoints: one spelling each, and no other opens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.evidence import (
    EMPTY_ROOT,
    Checkpoint,
    EvidenceError,
    MalformedError,
    ProofError,
    Signer,
    Verifier,
    demonstration_signer,
    is_demonstration,
    leaf_hash,
    load_key,
    new_signer,
    open_checkpoint,
    open_note,
    save_key,
    sign_checkpoint,
    sign_note,
    signer_from_seed,
)

LOG = signer_from_seed("log.example/mission", bytes(range(32)))
OTHER = signer_from_seed("other.example/w", bytes(range(1, 33)))
POINT = Checkpoint(origin=LOG.name, size=7, root=leaf_hash(b"x"))

# golang.org/x/mod/sumdb/note documents this key pair.
GO_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_key_text_forms_are_those_of_the_go_package():
    signer = Signer.from_skey(GO_SKEY)
    assert signer.skey == GO_SKEY
    assert signer.verifier.vkey == GO_VKEY
    assert Verifier.from_vkey(GO_VKEY) == signer.verifier


def test_every_changed_character_of_a_key_is_refused():
    for read, text in ((Verifier.from_vkey, GO_VKEY), (Signer.from_skey, GO_SKEY)):
        for at in range(len(text)):
            for other in "+A9/= \n":
                changed = text[:at] + other + text[at + 1 :]
                if changed != text:
                    with pytest.raises(MalformedError):
                        read(changed)
            with pytest.raises(MalformedError):
                read(text[:at])


def test_secrets_stay_out_of_what_is_printed():
    assert LOG.seed.hex() not in repr(LOG)
    assert "seed" not in repr(LOG)
    with pytest.raises(MalformedError) as refused:
        Signer.from_skey(GO_SKEY[:-1] + "A")
    assert GO_SKEY[-20:-1] not in str(refused.value)


@pytest.mark.parametrize("name", ["", "a+b", "a b", "a\u2003b", "a\nb", "a\x00b", "a\u200bb"])
def test_key_names(name):
    with pytest.raises(MalformedError):
        Signer(name=name, seed=bytes(32))


def test_notes_name_those_who_signed_and_keep_the_rest():
    note = sign_note("one\n\ntwo\n", [LOG, OTHER])
    both = open_note(note, [LOG.verifier, OTHER.verifier])
    assert (both.text, both.signers, both.unknown) == ("one\n\ntwo\n", (LOG.verifier, OTHER.verifier), ())
    one = open_note(note, [OTHER.verifier])
    assert one.signers == (OTHER.verifier,)
    assert one.unknown[0].startswith("— log.example/mission ")


def test_a_known_signature_must_hold_even_beside_a_good_one():
    good, forged = sign_note("a\n", [LOG]), sign_note("b\n", [OTHER])
    mixed = good + forged.partition(b"\n\n")[2]
    assert open_note(mixed, [LOG.verifier]).text == "a\n"
    with pytest.raises(ProofError, match=r"other\.example"):
        open_note(mixed, [LOG.verifier, OTHER.verifier])


def test_a_note_nobody_known_signed_does_not_open():
    with pytest.raises(ProofError, match="no signature by"):
        open_note(sign_note("a\n", [OTHER]), [LOG.verifier])


def test_every_flipped_bit_of_a_note_is_refused():
    note = sign_checkpoint(POINT, [LOG])
    for bit in range(len(note) * 8):
        flipped = bytearray(note)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(EvidenceError):
            open_checkpoint(bytes(flipped), LOG.verifier)


@pytest.mark.parametrize(
    "mangle",
    [
        lambda note: note[:-1],
        lambda note: note + b"\n",
        lambda note: note + b"x",
        lambda note: note + b" ",
        lambda note: note.replace(b"\n\n", b"\n"),
        lambda note: note.replace(b"\n", b"\r\n"),
        lambda note: note.replace("— ".encode(), b"- "),
        lambda note: note.replace("— ".encode(), "—  ".encode()),
        lambda note: note[:-3] + note[-2:],
        lambda note: note[:-1] + b"=\n",
        lambda note: b"\xff" + note,
        lambda note: note * 101,
        lambda note: b"",
        lambda note: b"\n",
        lambda note: b"x" * 1_000_001,
    ],
)
def test_other_spellings_are_refused(mangle):
    with pytest.raises(EvidenceError):
        open_note(mangle(sign_note("a\n", [LOG])), [LOG.verifier])


def test_base64_with_spare_bits_set_is_refused():
    note = sign_note("a\n", [LOG]).decode()
    assert note.endswith("=\n")
    last = note[-3]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    spare = alphabet[alphabet.index(last) + 1]
    with pytest.raises(MalformedError, match="canonical"):
        open_note((note[:-3] + spare + "=\n").encode(), [LOG.verifier])


@pytest.mark.parametrize("text", ["", "a", "a\tb\n", "a\x00\n"])
def test_texts_that_no_note_can_carry(text):
    with pytest.raises(MalformedError):
        sign_note(text, [LOG])


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data):
    for note in (data, b"a\n\n" + data, sign_note("a\n", [LOG])[:-5] + data):
        with pytest.raises(EvidenceError):
            open_note(note, [OTHER.verifier])


def test_checkpoints_come_back_as_they_were():
    for point in (
        POINT,
        Checkpoint(origin=LOG.name, size=0, root=EMPTY_ROOT),
        Checkpoint(origin=LOG.name, size=2**63 - 1, root=bytes(32), extensions=("more", "and more")),
    ):
        note = sign_checkpoint(point, [LOG])
        assert open_checkpoint(note, LOG.verifier) == point
        assert sign_checkpoint(point, [LOG]) == note


@pytest.mark.parametrize(
    "text",
    [
        "log\n07\n{root}\n",
        "log\n+7\n{root}\n",
        "log\n-7\n{root}\n",
        "log\n7 \n{root}\n",
        "log\n٧\n{root}\n",
        "log\n9223372036854775808\n{root}\n",
        "log\n7\n{root}",
        "log\n7\n",
        "\n7\n{root}\n",
        "log\n7\n{root}\n\n",
        "log\n7\nAAAA\n",
        "log\n0\n{root}\n",
        "log\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
    ],
)
def test_checkpoint_texts_that_are_refused(text):
    root = POINT.text.split("\n")[2]
    with pytest.raises(MalformedError):
        Checkpoint.from_text(text.format(root=root))


def test_a_log_speaks_only_for_itself():
    foreign = Checkpoint(origin="another.example/log", size=7, root=leaf_hash(b"x"))
    with pytest.raises(ProofError, match=r"another\.example"):
        open_checkpoint(sign_checkpoint(foreign, [LOG]), LOG.verifier)


def test_demonstration_keys_are_the_same_everywhere_and_say_what_they_are():
    signer = demonstration_signer("Live fire, Östtal!")
    assert signer == demonstration_signer("Live fire, Östtal!")
    assert signer.name == "demonstration.invalid/live-fire-sttal"
    assert is_demonstration(signer.name)
    assert not is_demonstration(LOG.name)
    assert signer.seed != demonstration_signer("Live fire, Osttal!").seed


def test_new_keys_differ_and_are_saved_and_loaded():
    first, second = new_signer("a"), new_signer("a")
    assert first.seed != second.seed
    assert load_key(save_key(first)) == first
    for text in (first.skey, save_key(first) * 2, "\n", ""):
        with pytest.raises(MalformedError):
            load_key(text)
