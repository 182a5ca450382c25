"""Carry the names of tracks from one round to the next, so that late sightings make revisions and not new tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trucewatch.model.track import Track


def inherit_tracks(previous: Sequence[Track], new: Sequence[Track]) -> tuple[Track, ...]:
    """Give new tracks the ids and revisions of the previous ones that they continue.

    A new track continues the previous one with which it shares most sightings, if it holds more than half of that one's
    or that one more than half of its own; each goes on in one track at most. Ties go to the smaller id.

    Args:
        previous: as last recorded.
        new: as `tracks` made them, revision 1.

    Returns:
        In the order of `new`; a track whose content did not change is the same object as before.
    """
    pairs = sorted(_shared(previous, new))
    heir, taken = dict[int, int](), set[int]()
    for _, _, m, n in pairs:
        if m not in heir and n not in taken:
            heir[m] = n
            taken.add(n)
    known = {t.id for t in previous}
    return tuple(_continued(previous[heir[m]], t) if m in heir else _apart(t, known) for m, t in enumerate(new))


def _shared(previous: Sequence[Track], new: Sequence[Track]) -> list[tuple[int, str, int, int]]:
    holders: dict[str, list[int]] = {}
    for n, old in enumerate(previous):
        for s in old.supports:
            holders.setdefault(s.detection_id, []).append(n)
    pairs = []
    for m, track in enumerate(new):
        counts: dict[int, int] = {}
        for s in track.supports:
            for n in holders.get(s.detection_id, ()):
                counts[n] = counts.get(n, 0) + 1
        for n, k in counts.items():
            if 2 * k > min(len(track.supports), len(previous[n].supports)):
                pairs.append((-k, previous[n].id + track.id, m, n))
    return pairs


def _continued(old: Track, new: Track) -> Track:
    same = replace(new, id=old.id, revision=old.revision)
    return old if same == old else replace(new, id=old.id, revision=old.revision + 1)


def _apart(track: Track, known: set[str]) -> Track:
    """Keep a new track's own id; where that id lives on in another, mark this one as the piece split from it."""
    return replace(track, id=f"{track.id}-b") if track.id in known else track
