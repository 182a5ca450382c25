"""Published vectors for Merkle proofs, signed notes, tlog-tiles logs and strict Ed25519."""

import json
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha512
from pathlib import Path

import pytest

from trucewatch.evidence import (
    DirectoryDisk,
    EvidenceError,
    LogReader,
    Outcome,
    Verifier,
    audit_log,
    leaf_hash,
    open_checkpoint,
    open_note,
    tree_root,
    verify_consistency,
    verify_inclusion,
    verify_log,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from trucewatch.evidence.ed25519 import FIELD_P, GROUP_L, is_strictly_signed
from trucewatch.evidence.tiles import split_bundle

BUNDLED = Path(__file__).parents[1] / "data" / "evidence"
TESSERA_KEY = Verifier.from_vkey("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")


# --- Merkle proofs ---------------------------------------------------------------------------------------------------


def verify_vector(kind: str, v: dict) -> None:
    proof = [b64decode(h) for h in v["proof"] or []]

    def hash_of(field: str) -> bytes:
        return b64decode(v[field] or "")

    if kind == "inclusion":
        leaf, root = hash_of("leafHash"), hash_of("root")
        verify_inclusion(index=v["leafIdx"], size=v["treeSize"], leaf=leaf, proof=proof, root=root)
    elif kind == "subtreeinclusion":
        leaf, root = hash_of("leafHash"), hash_of("root")
        verify_subtree_inclusion(index=v["leafIdx"], start=v["start"], stop=v["end"], leaf=leaf, proof=proof, root=root)
    elif kind == "consistency":
        old, new = hash_of("root1"), hash_of("root2")
        verify_consistency(old_size=v["size1"], new_size=v["size2"], old_root=old, new_root=new, proof=proof)
    else:
        sub, root = hash_of("root1"), hash_of("root2")
        verify_subtree_consistency(
            start=v["start"], stop=v["end"], size=v["size"], subtree_root=sub, root=root, proof=proof
        )


def wrongly_judged(vectors: Iterator[tuple[str, dict]]) -> tuple[int, list[str]]:
    n_vectors, wrong = 0, []
    for path, vector in vectors:
        n_vectors += 1
        try:
            verify_vector(path.split("/")[0], vector)
            refused = False
        except EvidenceError:
            refused = True
        if refused != vector["wantErr"]:
            wrong.append(f"{path}: {vector['desc']}")
    return n_vectors, wrong


def test_bundled_merkle_vectors():
    vectors = json.loads((BUNDLED / "merkle-proofs.json").read_text())
    n_vectors, wrong = wrongly_judged((v["file"], v) for v in vectors)
    assert wrong == []
    assert n_vectors == 136


@pytest.mark.shared
def test_all_merkle_vectors(shared_data):
    folder = shared_data / "evidence" / "merkle-proofs"
    files = sorted(folder.rglob("*.json"))
    n_vectors, wrong = wrongly_judged((f.relative_to(folder).as_posix(), json.loads(f.read_text())) for f in files)
    assert wrong == []
    assert n_vectors >= 243


# --- signed notes ----------------------------------------------------------------------------------------------------


def test_signed_note_vectors():
    for vector in json.loads((BUNDLED / "notes.json").read_text())["vectors"]:
        verifiers = [Verifier.from_vkey(vkey) for vkey in vector["vkeys"]]
        note = b64decode(vector["note_b64"])
        if vector["wantOpen"]:
            assert open_note(note, verifiers).signers == tuple(verifiers)
        else:
            with pytest.raises(EvidenceError):
                open_note(note, verifiers)


# --- a log written by another implementation -------------------------------------------------------------------------


def test_tessera_checkpoints_give_the_roots_of_their_entries():
    log = BUNDLED / "tessera-log"
    hashes = [leaf_hash(e) for e in split_bundle((log / "tile/entries/000.p/15").read_bytes())]
    for size in range(16):
        checkpoint = open_checkpoint((log / f"checkpoint.{size}").read_bytes(), TESSERA_KEY)
        assert checkpoint.size == size
        assert checkpoint.root == tree_root(hashes[:size])


def test_tessera_proofs_between_all_sizes():
    log = BUNDLED / "tessera-log"
    points = [open_checkpoint((log / f"checkpoint.{n}").read_bytes(), TESSERA_KEY) for n in range(16)]
    reader = LogReader(DirectoryDisk(log), 15)
    for old in points:
        for new in points[old.size :]:
            proof = reader.consistency_proof(old.size, new.size)
            verify_consistency(old_size=old.size, new_size=new.size, old_root=old.root, new_root=new.root, proof=proof)
        for index in range(old.size):
            proof = reader.inclusion_proof(index, old.size)
            leaf = leaf_hash(reader.entry(index))
            verify_inclusion(index=index, size=old.size, leaf=leaf, proof=proof, root=old.root)


@pytest.mark.shared
def test_whole_tessera_log_audits(shared_data):
    disk = DirectoryDisk(shared_data / "evidence" / "tessera-log" / "log")
    beside = {path for path in disk.files() if path.startswith((".state/", "checkpoint."))}
    checkpoint, step = audit_log(disk, TESSERA_KEY, beside=beside, superseded=True)
    assert step.findings == ()
    assert checkpoint is not None
    assert checkpoint.size == 15


# --- sample logs, good and tampered ----------------------------------------------------------------------------------


def sample(shared_data: Path, name: str, *, known: bool):
    folder = shared_data / "evidence" / "sample-logs"
    disk = DirectoryDisk(folder / name)
    vkey = (folder / "base" / "policy").read_text().split("\n")[0].split(" ", 1)[1].split(" ")[-1]
    log = Verifier.from_vkey(vkey)
    pinned = open_checkpoint((folder / "base" / "checkpoint.1297").read_bytes(), log) if known else None
    beside = {p for p in disk.files() if p == "policy" or p.startswith("checkpoint.")}
    return verify_log(disk, log, pinned=pinned, has_leaves=False, beside=beside, superseded=True)


@pytest.mark.shared
def test_good_sample_log(shared_data):
    alone = sample(shared_data, "base", known=False)
    assert (alone.outcome, alone.findings) == (Outcome.UNANCHORED, ())
    assert alone.checkpoint is not None
    assert alone.checkpoint.size == 1297
    assert sample(shared_data, "base", known=True).outcome == Outcome.CONSISTENT_UNWITNESSED


@pytest.mark.shared
def test_sample_entry_edited(shared_data):
    verdict = sample(shared_data, "log-entry-edited", known=True)
    assert verdict.outcome == Outcome.INVALID
    assert [(f.what, f.where.split(" in ")[1]) for f in verdict.findings] == [("altered", "tile/entries/001")]


@pytest.mark.shared
def test_sample_tile_missing(shared_data):
    verdict = sample(shared_data, "log-tile-missing", known=True)
    assert verdict.outcome == Outcome.INVALID
    assert ("missing", "tile/0/002") in [(f.what, f.where) for f in verdict.findings]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["log-rollback", "log-tail-truncated", "log-rewritten"])
def test_sample_that_diverges_from_a_known_checkpoint(shared_data, name):
    assert sample(shared_data, name, known=True).outcome == Outcome.DIVERGED


@pytest.mark.shared
@pytest.mark.parametrize("name", ["log-rewritten"])
def test_sample_rewritten_by_the_key_holder_is_never_verified_without_a_known_checkpoint(shared_data, name):
    verdict = sample(shared_data, name, known=False)
    assert (verdict.outcome, verdict.findings) == (Outcome.UNANCHORED, ())


def tlog_proof(text: str) -> tuple[int, list[bytes], bytes]:
    head, _, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    return int(lines[1].removeprefix("index ")), [b64decode(line) for line in lines[2:]], checkpoint.encode()


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "holds"),
    [
        *((f"proof.{n}", True) for n in (0, 255, 256, 563, 564, 1296)),
        *((name, False) for name in ("bad-index", "bad-hash", "truncated-proof")),
        *((name, False) for name in ("wrong-log-key", "size-edited-not-resigned")),
    ],
)
def test_sample_proofs(shared_data, name, holds):
    folder = shared_data / "evidence" / "sample-logs"
    log = Verifier.from_vkey((folder / "base" / "policy").read_text().split("\n")[0].split(" ")[-1])
    index, proof, note = tlog_proof((folder / f"{name}.tlog-proof").read_text())
    leaf = leaf_hash((folder / f"{name}.entry").read_bytes())

    def verify() -> None:
        point = open_checkpoint(note, log)
        verify_inclusion(index=index, size=point.size, leaf=leaf, proof=proof, root=point.root)

    if holds:
        verify()
        return
    with pytest.raises(EvidenceError):
        verify()


# --- strict Ed25519 --------------------------------------------------------------------------------------------------

D = -121665 * pow(121666, -1, FIELD_P) % FIELD_P
BASE_Y = 4 * pow(5, -1, FIELD_P) % FIELD_P


def recover(encoded: bytes) -> tuple[int, int] | None:
    """Decode a point by RFC 8032 section 5.1.3, refusing what is not canonical."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    sign = encoded[31] >> 7
    if y >= FIELD_P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, FIELD_P) % FIELD_P
    x = pow(square, (FIELD_P + 3) // 8, FIELD_P)
    if (x * x - square) % FIELD_P:
        x = x * pow(2, (FIELD_P - 1) // 4, FIELD_P) % FIELD_P
    if (x * x - square) % FIELD_P or (x == 0 and sign):
        return None
    return (FIELD_P - x if x % 2 != sign else x), y


def add(p: tuple[int, ...], q: tuple[int, ...]) -> tuple[int, ...]:
    """Add points in extended coordinates (RFC 8032 section 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % FIELD_P, g * h % FIELD_P, f * g % FIELD_P, e * h % FIELD_P


def multiply(scalar: int, point: tuple[int, int]) -> tuple[int, ...]:
    total, power = (0, 1, 1, 0), (*point, 1, point[0] * point[1] % FIELD_P)
    while scalar:
        total = add(total, power) if scalar & 1 else total
        power, scalar = add(power, power), scalar >> 1
    return total


def equal(p: tuple[int, ...], q: tuple[int, ...]) -> bool:
    return (p[0] * q[2] - q[0] * p[2]) % FIELD_P == 0 and (p[1] * q[2] - q[1] * p[2]) % FIELD_P == 0


def is_signed_by_the_book(key: bytes, signature: bytes, message: bytes) -> bool:
    """A second verifier, from the equations alone: 8A and 8R are not neutral, and S*B = R + k*A without cofactor."""
    point_a, point_r = recover(key), recover(signature[:32])
    base = recover(BASE_Y.to_bytes(32, "little"))
    s = int.from_bytes(signature[32:], "little")
    if point_a is None or point_r is None or base is None or s >= GROUP_L:
        return False
    if any(equal(multiply(8, point), (0, 1, 1, 0)) for point in (point_a, point_r)):
        return False
    k = int.from_bytes(sha512(signature[:32] + key + message).digest(), "little") % GROUP_L
    return equal(multiply(s, base), add(multiply(1, point_r), multiply(k, point_a)))


@pytest.mark.shared
def test_strict_rule_on_edge_vectors_agrees_with_flags_and_with_a_second_verifier(shared_data):
    refused_flags = {"low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue"}
    vectors = json.loads((shared_data / "evidence" / "ed25519" / "cctv-ed25519.json").read_text())
    n_accepted = 0
    for v in vectors:
        key, signature, message = bytes.fromhex(v["key"]), bytes.fromhex(v["sig"]), v["msg"].encode()
        accepted = is_strictly_signed(key, signature, message)
        assert accepted == (not refused_flags.intersection(v["flags"] or ())), v["number"]
        assert accepted == is_signed_by_the_book(key, signature, message), v["number"]
        n_accepted += accepted
    assert (len(vectors), n_accepted) == (441, 21)
