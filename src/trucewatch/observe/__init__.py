"""Outside bytes → observations, one module a format.

Takes: a seekable stream and a `ReadContext` (mission area, network, present time). Gives: observations with their
uncertainty, and a `Rejection` with reason and bytes for every record that cannot be read.
Never: opens a file, reads a clock, guesses a zone, a unit or a sensor, or drops a record in silence. Only the feed
`seedlink` opens a connection.
"""

from trucewatch.observe.context import ReadContext
from trucewatch.observe.edge import Batch, batch_bytes
from trucewatch.observe.registry import (
    ENTRY_POINT_GROUP,
    HEAD_BYTES,
    Reader,
    is_companion,
    reader_for,
    readers,
    sidecar_of,
)

__all__ = [
    "ENTRY_POINT_GROUP",
    "HEAD_BYTES",
    "Batch",
    "ReadContext",
    "Reader",
    "batch_bytes",
    "is_companion",
    "reader_for",
    "readers",
    "sidecar_of",
]
