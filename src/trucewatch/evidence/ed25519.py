"""One strict Ed25519 rule, the same in every verifier, because libraries disagree on edge cases.

A signature holds only if A and R are canonical encodings, neither is of small order, S < L, and the equation without
cofactor is met. The first four are checked here; the last by the library, which recomputes R and compares its bytes.

References:
    RFC 8032 section 5.1.7; H. de Valence, "It's 255:19AM" (2020); C2SP/CCTV ed25519 vectors.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIELD_P = 2**255 - 19
GROUP_L = 2**252 + 27742317777372353535851937790883648493
_ORDER_8_Y = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
SMALL_ORDER_Y = frozenset({0, 1, FIELD_P - 1, _ORDER_8_Y, FIELD_P - _ORDER_8_Y})
"""The y coordinates of the eight points whose order divides 8; each serves both signs of x."""


def is_strict_point(encoded: bytes) -> bool:
    """Say whether 32 bytes are a canonical encoding of y, of a point that is not of small order.

    A set sign bit with x = 0 is also non-canonical, but x = 0 only at y = 1 and y = -1, which are of small order.
    """
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    return len(encoded) == 32 and y < FIELD_P and y not in SMALL_ORDER_Y


def is_strictly_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether `signature` (64 bytes) over `message` holds under `public_key` (32 bytes) by the strict rule."""
    if len(signature) != 64 or not (is_strict_point(public_key) and is_strict_point(signature[:32])):
        return False
    if int.from_bytes(signature[32:], "little") >= GROUP_L:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True
