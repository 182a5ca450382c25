"""The strict rule on cases made from the curve's own constants."""

import pytest

from trucewatch.evidence import MalformedError, Signer, Verifier
from trucewatch.evidence.ed25519 import FIELD_P, GROUP_L, SMALL_ORDER_Y, is_strict_point, is_strictly_signed

SIGNER = Signer(name="a.example/log", seed=bytes(range(32)))
KEY = SIGNER.verifier.public_key
D = -121665 * pow(121666, -1, FIELD_P) % FIELD_P


def double_y(y: int) -> int:
    """Return the y of twice a point, from its y alone: x*x follows from the curve equation."""
    xx = (y * y - 1) * pow(D * y * y + 1, -1, FIELD_P)
    return (y * y + xx) * pow(1 - D * xx * y * y, -1, FIELD_P) % FIELD_P


def test_the_listed_points_are_those_of_small_order():
    for y in SMALL_ORDER_Y:
        assert double_y(double_y(double_y(y))) == 1


def test_rfc_8032_vector_2():
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    signer = Signer(name="x", seed=seed)
    assert signer.verifier.public_key.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    signature = signer.sign(b"\x72")
    assert signature.hex().startswith("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da")
    assert is_strictly_signed(signer.verifier.public_key, signature, b"\x72")


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("y", sorted(SMALL_ORDER_Y))
def test_small_order_points_are_refused(y, sign):
    encoded = (y | sign).to_bytes(32, "little")
    assert not is_strict_point(encoded)
    with pytest.raises(MalformedError):
        Verifier(name="x", public_key=encoded)
    assert not is_strictly_signed(KEY, encoded + bytes(32), b"m")
    assert not is_strictly_signed(encoded, SIGNER.sign(b"m"), b"m")


@pytest.mark.parametrize("y", [FIELD_P, FIELD_P + 3, 2**255 - 1])
def test_non_canonical_points_are_refused(y):
    assert not is_strict_point(y.to_bytes(32, "little"))


def test_the_other_s_is_refused():
    signature = SIGNER.sign(b"m")
    assert is_strictly_signed(KEY, signature, b"m")
    other = int.from_bytes(signature[32:], "little") + GROUP_L
    assert not is_strictly_signed(KEY, signature[:32] + other.to_bytes(32, "little"), b"m")


def test_every_flipped_bit_is_refused():
    signature = SIGNER.sign(b"m")
    for bit in range(512):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not is_strictly_signed(KEY, bytes(flipped), b"m")


@pytest.mark.parametrize("n_bytes", [0, 63, 65])
def test_signatures_have_64_bytes(n_bytes):
    assert not is_strictly_signed(KEY, bytes(n_bytes), b"m")
