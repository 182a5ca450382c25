"""Carry identities from one round of fusion to the next, so that late data make revisions and not new incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trucewatch.model.incident import Incident


def inherit(
    previous: Sequence[Incident], new: Sequence[Incident], others: frozenset[str] = frozenset()
) -> tuple[Incident, ...]:
    """Give new incidents the ids and revisions of the previous ones that they continue.

    A new incident continues the previous one with which it shares most detections, if it holds more than half of that
    one's, or that one holds more than half of its own. Of a merge, the largest share keeps its id; of a split, the
    largest piece does; the others get ids of their own. Ties go to the earlier incident, then to the smaller id.

    Args:
        previous: as last published.
        new: as `fuse` made them, revision 1.
        others: ids of incidents that stand beside these and are not up for continuation.

    Returns:
        In the order of `new`; an incident whose content did not change is the same object as before.
    """
    holders: dict[str, list[int]] = {}
    for n, old in enumerate(previous):
        for s in old.supports:
            holders.setdefault(s.detection_id, []).append(n)
    pairs = sorted(p for m, incident in enumerate(new) for p in _pairs(m, incident, previous, holders))
    heir, taken = dict[int, int](), set[int]()
    for _, _, _, m, n in pairs:
        if m not in heir and n not in taken:
            heir[m] = n
            taken.add(n)
    known = {p.id for p in previous} | others
    names = {i.id: previous[heir[m]].id if m in heir else _apart(i, known).id for m, i in enumerate(new)}
    linked = [_relinked(i, names) for i in new]
    return tuple(_continue(previous[heir[m]], i) if m in heir else _apart(i, known) for m, i in enumerate(linked))


Pair = tuple[int, str, str, int, int]


def _pairs(m: int, incident: Incident, previous: Sequence[Incident], holders: dict[str, list[int]]) -> list[Pair]:
    """Return the previous incidents that one may continue, the largest share first when sorted."""
    shared: dict[int, int] = {}
    for s in incident.supports:
        for n in holders.get(s.detection_id, ()):
            shared[n] = shared.get(n, 0) + 1
    enough = ((n, k) for n, k in shared.items() if 2 * k > min(len(incident.supports), len(previous[n].supports)))
    return [(-k, previous[n].time.utc.isoformat(), previous[n].id + incident.id, m, n) for n, k in enough]


def _continue(old: Incident, new: Incident) -> Incident:
    same = replace(new, id=old.id, revision=old.revision)
    return old if same == old else replace(new, id=old.id, revision=old.revision + 1)


def _relinked(incident: Incident, names: dict[str, str]) -> Incident:
    """Return an incident whose links name the others as they are called now."""
    if not incident.links:
        return incident
    links = tuple(replace(link, incident_id=names.get(link.incident_id, link.incident_id)) for link in incident.links)
    return replace(incident, links=links)


def _apart(incident: Incident, known: set[str]) -> Incident:
    """Keep a new incident's own id; where that id lives on in another, mark this one as the piece split from it."""
    return replace(incident, id=f"{incident.id}-b") if incident.id in known else incident
