"""What an incident would be without one owner's sensors, and without single sensors: refitted and weighed anew.

Where arrival times made the place, the arrivals that are left are fitted again and all evidence is worked out again at
the new place, over all sizes; what is left out is neither heard nor silent. With two or one left, the place is summed
over. Everything else (reports, fires, far events, phases) is weighed by its own log-odds.

LIMIT: a far event and one of seismic stations keep their place while something is left out: what the rest would make
of the place is not worked out, and existence is the sum without the terms of what is left out.

References:
    Belsley, Kuh & Welsch 1980, Regression Diagnostics, chapter 2 (deletion of rows and of groups of rows).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trucewatch.fuse.evidence import weighed
from trucewatch.fuse.existence import HELD_LOG_ODDS, probability
from trucewatch.fuse.few_arrivals import few_log_odds
from trucewatch.fuse.impulse import Impulse, Scene, far_paths
from trucewatch.fuse.locate import Fix, locate_several
from trucewatch.fuse.onsets import arrivals_of, by_id
from trucewatch.fuse.part import Part
from trucewatch.fuse.settings import FuseSettings
from trucewatch.model.incident import Incident, Influence, Support
from trucewatch.model.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Who operates which sensor; one outside the network stands for itself."""

    of_sensor: Mapping[str, str]

    def of(self, sensor_id: str) -> str:
        """Return the owner of a sensor."""
        return self.of_sensor.get(sensor_id, sensor_id)


def owners_of(network: Network) -> Owners:
    """Return who operates each sensor and each element of an array."""
    return Owners(of_sensor={name: s.owner for name, s in by_id(network).items()})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Case:
    """One incident without one owner or sensor."""

    incident: Incident
    part: Part
    name: str
    is_owner: bool
    gone: frozenset[str]
    """sensors that are left out"""
    kept: tuple[int, ...]
    """positions among the surest impulse's members that are left"""


def influences(
    found: Sequence[tuple[Incident, Part]], network: Network, scene: Scene, owners: Owners
) -> list[tuple[Influence, ...]]:
    """Return, for each incident, every owner's influence, then that of the sensors that matter most.

    Args:
        found: incidents with the part that each is made of.
        network: sensors.
        scene: that they were found in.
        owners: of the sensors.
    """
    ears = {s.id: n for n, s in enumerate(scene.ears.sensors)}
    listed = [_cases(incident, part, owners, network, scene) for incident, part in found]
    cases = [c for of_one in listed for c in of_one]
    fixes = _refitted(cases, scene)
    made = iter([_influence(c, f, scene, ears, owners) for c, f in zip(cases, fixes, strict=True)])
    return [tuple(next(made) for _ in of_one) for of_one in listed]


def taken_by_others(found: Sequence[tuple[Incident, Part]], scene: Scene, owners: Owners) -> dict[str, float]:
    """Return what the silence of all other owners' sensors takes from the log-odds of events of one owner's sensors.

    By incident id, those only that arrival times placed and one owner alone supports; 0 or less. The size of the source
    is summed over with those silences and without them, so that it holds what the silent ones say of the size too.
    """
    operators = [owners.of(s.id) for s in scene.ears.sensors]
    out = {}
    for incident, part in found:
        impulse, proof = part.surest, part.evidence
        if len(incident.owners) != 1 or impulse is None or impulse.fix is None or proof is None:
            continue
        others = frozenset(n for n, owner in enumerate(operators) if owner != incident.owners[0])
        fix, density = impulse.fix, proof.density_m2_s
        alone = weighed(scene, impulse, fix, proof.rate_hz, density, part.also_heard, others)
        out[incident.id] = min(0.0, proof.total - alone.total)
    return out


def _cases(incident: Incident, part: Part, owners: Owners, network: Network, scene: Scene) -> list[_Case]:
    used = [s for s in incident.supports if s.used]
    sensors = sorted({s.sensor_id for s in used})
    names = sorted({owners.of(s) for s in sensors})
    cases = [_case(incident, part, scene, n, _theirs(n, owners, network, sensors), is_owner=True) for n in names]
    if len(sensors) > 1:
        top = _strongest(used, scene.settings.n_influences)
        cases += [_case(incident, part, scene, n, frozenset((n,)), is_owner=False) for n in top]
    return cases


def _theirs(owner: str, owners: Owners, network: Network, heard: Iterable[str]) -> frozenset[str]:
    own = {s.id for s in network.sensors if s.owner == owner}
    return frozenset(own | {s for s in heard if owners.of(s) == owner})


def _strongest(used: Sequence[Support], n: int) -> list[str]:
    weight: dict[str, float] = {}
    for s in used:
        weight[s.sensor_id] = weight.get(s.sensor_id, 0.0) + s.log_odds
    return sorted(weight, key=lambda name: (-weight[name], name))[:n]


def _case(incident: Incident, part: Part, scene: Scene, name: str, gone: frozenset[str], *, is_owner: bool) -> _Case:
    kept: tuple[int, ...] = ()
    if part.surest is not None:
        members = part.surest.members
        kept = tuple(k for k, i in enumerate(members) if scene.onsets.detections[i].sensor_id not in gone)
    return _Case(incident=incident, part=part, name=name, is_owner=is_owner, gone=gone, kept=kept)


def _refitted(cases: Sequence[_Case], scene: Scene) -> list[Fix | None]:
    """Fit what is left of each case that has sensors enough for a place, all at once."""
    out: list[Fix | None] = [None] * len(cases)
    asked = [n for n, c in enumerate(cases) if _located(c) and len(c.kept) >= scene.settings.min_sensors]
    if not asked:
        return out
    arrivals, airs, starts = [], [], []
    for n in asked:
        impulse = _surest(cases[n])
        assert impulse.fix is not None  # noqa: S101 - _located said so
        members = [impulse.members[k] for k in cases[n].kept]
        far = far_paths(scene.settings, impulse.fix.xy_m)
        arrivals.append(arrivals_of(scene.onsets, members, impulse.frame, far))
        airs.append(scene.air_of(impulse))
        starts.append(impulse.fix.xy_m)
    for n, fix in zip(asked, locate_several(arrivals, airs, scene.settings, np.stack(starts)), strict=True):
        out[n] = fix
    return out


def _located(case: _Case) -> bool:
    return case.part.evidence is not None and case.part.surest is not None and case.part.surest.fix is not None


def _surest(case: _Case) -> Impulse:
    assert case.part.surest is not None  # noqa: S101 - asked before
    return case.part.surest


def _influence(case: _Case, fix: Fix | None, scene: Scene, ears: Mapping[str, int], owners: Owners) -> Influence:
    left = [s for s in case.incident.supports if s.used and s.sensor_id not in case.gone]
    moved = None
    if not left:
        p = 0.0
    elif _located(case):
        total, moved = _weighed_anew(case, fix, scene, frozenset(n for s, n in ears.items() if s in case.gone))
        p = _p_exists(total, left, scene.settings)
    else:
        p = _p_exists(_without(case), left, scene.settings)
    return Influence(
        left_out=case.name,
        is_owner=case.is_owner,
        p_exists=round(p, 6),
        moved_m=None if moved is None else round(moved, 2),
    )


def _weighed_anew(case: _Case, fix: Fix | None, scene: Scene, not_asked: frozenset[int]) -> tuple[float, float | None]:
    """Return the log-odds of what is left of a located event, and how far its place moves."""
    impulse, proof = _surest(case), case.part.evidence
    assert proof is not None and impulse.fix is not None  # noqa: S101 - _located said so
    members = np.array([impulse.members[k] for k in case.kept], dtype=np.int64)
    heard = {scene.onsets.detections[i].id for i in impulse.members}
    beside = math.fsum(
        s.log_odds for s in case.incident.supports if s.sensor_id not in case.gone and s.detection_id not in heard
    )
    rates = proof.rate_hz[list(case.kept)]
    if fix is not None:
        again = Impulse(members=tuple(members.tolist()), fix=fix, frame=impulse.frame)
        density = proof.density_m2_s
        total = weighed(scene, again, fix, rates, density, case.part.also_heard, not_asked).total
        return total + beside, float(np.hypot(*(fix.xy_m - impulse.fix.xy_m)))
    if not len(members):
        # Alone, a claim weighs no more than the first claim of any event.
        most = scene.settings.max_detection_log_odds
        return scene.settings.prior_log_odds + min(beside, most), None
    excused = not_asked | frozenset(int(scene.ears.of_station[s]) for s in case.part.also_heard)
    return few_log_odds(scene, members, rates, proof.density_m2_s, excused) + beside, None


def _without(case: _Case) -> float:
    """Return the log-odds of an incident less those of what is left out."""
    total = math.log(case.incident.p_exists / (1.0 - case.incident.p_exists))
    heard = [s.log_odds for s in case.incident.supports if s.sensor_id in case.gone]
    silent = [s.log_odds for s in case.incident.silences if s.sensor_id in case.gone]
    return total - math.fsum([*heard, *silent])


def _p_exists(total: float, left: Sequence[Support], settings: FuseSettings) -> float:
    kept = max(-HELD_LOG_ODDS, min(HELD_LOG_ODDS, total))
    p = probability(kept)
    return min(p, settings.single_sensor_p) if len({s.sensor_id for s in left}) == 1 else p
