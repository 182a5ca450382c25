"""Keeps what the mission knows: records in a register, raw files in an inbox, publications in an outbox.

Takes: canonical bytes with their time and place, blocks of fire pixels, paths inside a mission's folders.
Gives: the same bytes again, by number, kind, time and place; files that are there whole or not at all.
Never: reads a clock, knows what a payload means, deletes a record, or follows a link out of its folders.
"""

from trucewatch.store.errors import StoreBusy, StoreDamaged, StoreError
from trucewatch.store.files import Inbox, Outbox
from trucewatch.store.memory import MemoryInbox, MemoryOutbox, MemoryRegister
from trucewatch.store.sqlite import SqliteRegister

__all__ = [
    "Inbox",
    "MemoryInbox",
    "MemoryOutbox",
    "MemoryRegister",
    "Outbox",
    "SqliteRegister",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
]
