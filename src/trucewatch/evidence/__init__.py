"""Keeps a tamper-evident log of opaque records, and verifies one.

Takes: bytes (leaves, payloads, salts, signed notes), a signing key, and a `Disk` to keep a log on.
Gives: checkpoints, inclusion and consistency proofs, and verdicts that name what was altered, removed, reordered,
added or back-dated, and what was not checked.
Never: looks into a payload, reads a clock, imports another room, or says more than it checked.

Formats: RFC 6962 hashing; C2SP tlog-tiles, tlog-checkpoint and signed-note.
"""

from trucewatch.evidence.audit import audit_log
from trucewatch.evidence.check import check_consistency, verify_log
from trucewatch.evidence.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from trucewatch.evidence.disk import DirectoryDisk, Disk, MemoryDisk
from trucewatch.evidence.errors import EvidenceError, LogError, MalformedError, ProofError
from trucewatch.evidence.keys import (
    demonstration_signer,
    is_demonstration,
    load_key,
    new_signer,
    save_key,
    signer_from_seed,
)
from trucewatch.evidence.leaf import Leaf, commitment
from trucewatch.evidence.log import TileLog
from trucewatch.evidence.merkle import EMPTY_ROOT, CompactRange, leaf_hash, node_hash, tree_root
from trucewatch.evidence.note import Note, Signer, Verifier, open_note, sign_note
from trucewatch.evidence.proof import (
    make_consistency,
    make_inclusion,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from trucewatch.evidence.reader import LogReader
from trucewatch.evidence.register import RegisterRow, check_leaves, check_register
from trucewatch.evidence.verdict import Finding, Outcome, Step, Verdict, conclude

__all__ = [
    "EMPTY_ROOT",
    "Checkpoint",
    "CompactRange",
    "DirectoryDisk",
    "Disk",
    "EvidenceError",
    "Finding",
    "Leaf",
    "LogError",
    "LogReader",
    "MalformedError",
    "MemoryDisk",
    "Note",
    "Outcome",
    "ProofError",
    "RegisterRow",
    "Signer",
    "Step",
    "TileLog",
    "Verdict",
    "Verifier",
    "audit_log",
    "check_consistency",
    "check_leaves",
    "check_register",
    "commitment",
    "conclude",
    "demonstration_signer",
    "is_demonstration",
    "leaf_hash",
    "load_key",
    "make_consistency",
    "make_inclusion",
    "new_signer",
    "node_hash",
    "open_checkpoint",
    "open_note",
    "save_key",
    "sign_checkpoint",
    "sign_note",
    "signer_from_seed",
    "tree_root",
    "verify_consistency",
    "verify_inclusion",
    "verify_log",
    "verify_subtree_consistency",
    "verify_subtree_inclusion",
]
