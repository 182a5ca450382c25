"""One incident's numbers worked out again from the records of the store alone, and held against what stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from trucewatch.assess import assess, geometry
from trucewatch.model.assessment import Assessment
from trucewatch.model.ids import content_id
from trucewatch.model.incident import Incident
from trucewatch.model.observation import Weather
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.service.casework import find_incident
from trucewatch.service.fusing import Work, fuse_one, works
from trucewatch.service.ports import Register
from trucewatch.service.sensing import current_detections
from trucewatch.service.texts import Texts
from trucewatch.service.understanding import current_assessments, fuse_settings, network_of

_OWN = frozenset({"id", "revision", "links"})
"""what history gives an incident; links are compared by the detections of the others"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One statement that comes out otherwise."""

    what: str
    recorded: str
    recomputed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """What came of working an incident out again."""

    incident: Incident
    """as it is recorded"""
    n_detections: int
    """that its stretch of half a day was worked out from"""
    n_compared: int
    """statements of the incident and its assessments"""
    differences: tuple[Difference, ...]

    @property
    def is_equal(self) -> bool:
        """Whether everything came out the same, to the last digit."""
        return not self.differences


def recompute(texts: Texts, register: Register, part: str) -> Recomputed:
    """Work out an incident and its assessments again from detections, weather, network and texts.

    Args:
        texts: of the mission, with its model of sounds where it has one.
        register: only read.
        part: the incident's id or a part of it.

    Raises:
        TrucewatchError: where no single incident matches.
    """
    recorded = find_incident(register, part)
    work = _work_of(texts, register, recorded)
    found = () if work is None else fuse_one(work, fuse_settings(texts.mission), texts.classifier)
    again = next((i for i in found if _name(i) == _name(recorded)), None)
    n = 0 if work is None else len(work.stretch.detections)
    if again is None:
        lost = Difference(what="the incident", recorded=recorded.id, recomputed="its detections no longer make it")
        return Recomputed(incident=recorded, n_detections=n, n_compared=1, differences=(lost,))
    stands = [a for a in current_assessments(register) if a.incident_id == recorded.id]
    named = replace(again, id=recorded.id, revision=recorded.revision)
    anew = assess(named, texts.agreement, texts.notified, geometry=geometry(texts.agreement))
    compared = [*_incident_rows(register, recorded, named, found), *_assessment_rows(stands, anew)]
    return Recomputed(
        incident=recorded,
        n_detections=n,
        n_compared=len(compared),
        differences=tuple(row for row in compared if row.recorded != row.recomputed),
    )


def _work_of(texts: Texts, register: Register, incident: Incident) -> Work | None:
    weather = tuple(from_bytes(Weather, r.payload) for r in register.current("weather"))
    network, settings = network_of(texts, register), fuse_settings(texts.mission)
    todo = works(current_detections(register), network, weather, settings, texts.classifier)
    return next((w for w in todo if w.stretch.has(incident.time.utc.timestamp())), None)


def _name(incident: Incident) -> str:
    """Return the name that an incident's detections give it."""
    return content_id("inc", "\n".join(sorted({s.detection_id for s in incident.supports})).encode())


def _incident_rows(
    register: Register, recorded: Incident, again: Incident, found: Sequence[Incident]
) -> list[Difference]:
    named = {i.id: _name(i) for i in found}
    rows = [
        Difference(what=f.name, recorded=_plain(getattr(recorded, f.name)), recomputed=_plain(getattr(again, f.name)))
        for f in fields(Incident)
        if f.name not in _OWN
    ]
    was = [(link.relation, link.p, _linked_to(register, link.incident_id)) for link in recorded.links]
    is_ = [(link.relation, link.p, named.get(link.incident_id, "")) for link in again.links]
    return [*rows, Difference(what="links", recorded=_plain(was), recomputed=_plain(is_))]


def _linked_to(register: Register, incident_id: str) -> str:
    record = register.get("incident", incident_id)
    return "" if record is None else _name(from_bytes(Incident, record.payload))


def _assessment_rows(stands: Sequence[Assessment], anew: Sequence[Assessment]) -> list[Difference]:
    was, is_ = ({a.term_id: a for a in some} for some in (stands, anew))
    return [
        Difference(
            what=f"term {term}",
            recorded=_plain(was[term]) if term in was else "not assessed",
            recomputed=_plain(is_[term]) if term in is_ else "not assessed",
        )
        for term in sorted(set(was) | set(is_))
    ]


def _plain(value: object) -> str:
    return to_bytes(value).decode()
