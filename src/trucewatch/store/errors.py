"""What a store may refuse, in words that name the file."""

from __future__ import annotations

from trucewatch.model.errors import TrucewatchError


class StoreError(TrucewatchError):
    """A store that cannot be used as asked."""


class StoreBusy(StoreError):  # noqa: N818 - it names a state, as model/errors.py does
    """Another run is writing."""


class Mismatch(Exception):  # noqa: N818
    """What a checksum or an index contradicts; `connection.naming` adds the file."""


class StoreDamaged(StoreError):  # noqa: N818
    """Bytes on the disk that are not those that were written, or not a store at all."""
