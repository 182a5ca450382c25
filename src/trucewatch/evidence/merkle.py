"""RFC 6962 hashing: leaves, nodes, roots, and the compact range that grows a root without keeping the tree.

References:
    RFC 6962 section 2.1; RFC 9162 section 2.1 (same hashes).
"""

from collections.abc import Sequence
from hashlib import sha256

from trucewatch.evidence.errors import MalformedError

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""Root of a tree without leaves (RFC 6962 section 2.1)."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash one leaf's bytes into its 32-byte leaf hash."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two 32-byte children into their parent."""
    return sha256(b"\x01" + left + right).digest()


def pair_up(layer: bytes) -> bytes:
    """Hash every complete pair of a packed layer of 32-byte hashes into the packed layer above.

    A last hash without a partner is left out; the caller decides what it means.
    """
    stop = len(layer) - len(layer) % (2 * HASH_BYTES)
    return b"".join([sha256(b"\x01" + layer[at : at + 64]).digest() for at in range(0, stop, 2 * HASH_BYTES)])


def tree_root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the RFC 6962 root over leaf hashes in order.

    Promoting a hash without a partner unchanged to the next layer gives the same tree as the RFC's split at the
    largest power of two, and hashes each layer once.
    """
    for given in leaf_hashes:
        require_hash(given, "leaf hash")
    layer = b"".join(leaf_hashes)
    if not layer:
        return EMPTY_ROOT
    while len(layer) > HASH_BYTES:
        single = layer[-HASH_BYTES:] if len(layer) // HASH_BYTES % 2 else b""
        layer = pair_up(layer) + single
    return layer


def require_hash(value: bytes, what: str) -> None:
    """Refuse anything that is not exactly 32 bytes.

    Raises:
        MalformedError: naming `what` and the length found.
    """
    if len(value) != HASH_BYTES:
        raise MalformedError(f"{what} has {len(value)} bytes, a SHA-256 hash has {HASH_BYTES}")


class CompactRange:
    """The perfect subtrees that make up the tree so far, largest first: all that is needed to go on hashing."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []

    @property
    def size(self) -> int:
        """Number of leaves covered."""
        return sum(1 << height for height, _ in self._peaks)

    def push(self, hash_: bytes, height: int = 0) -> None:
        """Add the perfect subtree of 2**height leaves that follows what is already covered.

        Raises:
            MalformedError: when the hash is not 32 bytes, or the subtree cannot start at the present size.
        """
        require_hash(hash_, "subtree hash")
        if self._peaks and self._peaks[-1][0] < height:
            raise MalformedError(f"a subtree of height {height} cannot start after {self.size} leaves")
        while self._peaks and self._peaks[-1][0] == height:
            hash_ = node_hash(self._peaks.pop()[1], hash_)
            height += 1
        self._peaks.append((height, hash_))

    def root(self) -> bytes:
        """Return the RFC 6962 root of everything pushed."""
        if not self._peaks:
            return EMPTY_ROOT
        _, folded = self._peaks[-1]
        for _, peak in reversed(self._peaks[:-1]):
            folded = node_hash(peak, folded)
        return folded
