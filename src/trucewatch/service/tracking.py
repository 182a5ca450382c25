"""From sightings to tracks: follow what moved, keep identities, and record only what differs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from trucewatch import __version__
from trucewatch.fuse import TRACK_METHOD, inherit_tracks, tracks
from trucewatch.model.detection import DetectionKind
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Interval
from trucewatch.model.register import NewRecord
from trucewatch.model.track import Track
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.service.ports import Progress, Register
from trucewatch.service.retirement import retire
from trucewatch.service.sensing import current_detections
from trucewatch.service.texts import Texts
from trucewatch.service.understanding import network_of

KIND = "track"
MARK = "tracked"


def follow_all(texts: Texts, register: Register, progress: Progress, *, now_utc: datetime) -> int:
    """Follow everything that was seen to move; returns how many tracks stand.

    A mission without sightings is left as it is, byte for byte.
    """
    sightings = [d for d in current_detections(register) if d.kind is DetectionKind.SIGHTING]
    previous = current_tracks(register)
    if not sightings and not previous:
        return 0
    network = network_of(texts, register)
    lines = {line.id: line.coordinates for line in texts.agreement.lines}
    of_sensors = [(s.id, s.owner, s.place, s.clock_sigma_s, s.health) for s in network.sensors]
    basis = (__version__, TRACK_METHOD, [d.id for d in sightings], of_sensors, lines)
    key = content_id("trk", to_bytes(basis))
    if register.marked(MARK) == key:
        return len(previous)
    progress.start("following", None)
    found = inherit_tracks(previous, tracks(sightings, network, lines))
    _record(register, previous, found, now_utc, key)
    progress.finish()
    return len(found)


def current_tracks(register: Register) -> tuple[Track, ...]:
    """Return every track that stands, by its first moment."""
    found = (from_bytes(Track, r.payload) for r in register.current(KIND))
    return tuple(sorted(found, key=lambda t: (t.states[0].time_utc, t.id)))


def _record(
    register: Register,
    previous: Sequence[Track],
    found: Sequence[Track],
    now_utc: datetime,
    key: str,
) -> None:
    with register.transaction() as tx:
        for track in found:
            tx.append(_track_record(track), at_utc=now_utc)
        for gone in sorted({t.id for t in previous} - {t.id for t in found}):
            retire(tx, KIND, gone, why="the sightings no longer make it", at_utc=now_utc)
        tx.mark(MARK, key)


def _track_record(track: Track) -> NewRecord:
    first, last = track.states[0], track.states[-1]
    return NewRecord(
        kind=KIND,
        id=track.id,
        payload=to_bytes(track),
        refs=tuple(s.detection_id for s in track.supports)[:16],
        time=Interval(start_utc=first.time_utc, end_utc=last.time_utc),
        lon_deg=first.place.lon_deg,
        lat_deg=first.place.lat_deg,
        type=track.kinds[0].kind.value,
    )
