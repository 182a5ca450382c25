"""Samples of an input that was taken in, read again."""

from __future__ import annotations

from datetime import datetime

from trucewatch.model.intake import Input
from trucewatch.model.observation import Waveform
from trucewatch.model.wire import from_bytes
from trucewatch.observe import HEAD_BYTES, reader_for, sidecar_of
from trucewatch.service.arrived import context_of, read_sidecar
from trucewatch.service.ports import Inbox, Register
from trucewatch.service.texts import Texts


def waveforms_of(
    texts: Texts, inbox: Inbox, register: Register, input_id: str, *, now_utc: datetime
) -> tuple[Waveform, ...]:
    """Read the samples of an input again, from the path under which the same bytes were first taken in.

    Raises:
        UnreadableInput: where it can no longer be read as what it was.

    LIMIT: the bytes are not hashed again, so a file that was replaced since it was taken in is read as the new one;
    verify names it as altered.
    """
    record = register.get("input", input_id)
    if record is None:
        return ()
    taken = from_bytes(Input, record.payload)
    sidecar = read_sidecar(inbox, sidecar_of(taken.path, inbox.paths()))
    with inbox.open(taken.path) as stream:
        reader = reader_for(taken.path, stream.read(HEAD_BYTES))
    if reader is None:
        return ()
    context = context_of(texts, path=taken.path, input_id=input_id, sidecar=sidecar, now_utc=now_utc)
    with inbox.open(taken.path) as stream:
        return tuple(item for item in reader.read(stream, context) if isinstance(item, Waveform))
