"""Impulses from one place in quick succession are one incident with a count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from trucewatch.fuse.impulse import Impulse, Scene
from trucewatch.fuse.locate import Fix
from trucewatch.fuse.onsets import Onsets
from trucewatch.fuse.part import Part, support
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Support
from trucewatch.model.instant import Instant, utc_from_timestamp
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import CountQuality

_LOST_ROUND = 0.005
"""a count is taken for complete where a round is lost more rarely than this"""

FloatArray = NDArray[np.float64]
Located = tuple[Impulse, Fix, Place, float]
"""an impulse, its fix, its place with the full error, its origin time in seconds since 1970"""


def salvos(scene: Scene, impulses: Sequence[Impulse]) -> tuple[Part, ...]:
    """Return located impulses as parts, those of one place and one salvo together, and impulses without a fix alone."""
    located = [_located(scene, i, i.fix) for i in impulses if i.fix is not None]
    parts = [_part(scene, run) for run in _runs(located, scene.settings)]
    parts += [_placeless(scene.onsets, i) for i in impulses if i.fix is None]
    return tuple(sorted(parts, key=lambda p: (p.start_s, p.first.id)))


def lone_onsets(scene: Scene, impulses: Sequence[Impulse], rest: Sequence[int]) -> tuple[Part, ...]:
    """Return the onsets of single sensors that are sure enough of themselves; they have no place.

    Left out are echoes of what was located, and what a sensor heard alone although others stand nearby.
    """
    onsets, settings = scene.onsets, scene.settings
    heard = [np.sort(onsets.time_s[np.array(m, dtype=np.int64)]) for m in _by_station(onsets, impulses)]
    runs, open_runs = list[list[Detection]](), dict[str, list[Detection]]()
    for i in rest:
        detection, station = onsets.detections[i], int(onsets.station[i])
        if detection.p_false > settings.lone_onset_p_false or _has_company(scene, station):
            continue
        if _follows(heard[station], float(onsets.time_s[i]), settings.echo_s):
            continue
        run = open_runs.get(detection.sensor_id)
        if run is None or (detection.time.utc - run[-1].time.utc).total_seconds() > settings.salvo_gap_s:
            run = open_runs[detection.sensor_id] = []
            runs.append(run)
        run.append(detection)
    return tuple(_lone(run) for run in runs)


def _by_station(onsets: Onsets, impulses: Sequence[Impulse]) -> list[list[int]]:
    members: list[list[int]] = [[] for _ in onsets.stations]
    for impulse in impulses:
        for i in (*impulse.members, *impulse.extra):
            members[int(onsets.station[i])].append(i)
    return members


def _has_company(scene: Scene, station: int) -> bool:
    # LIMIT: company is a neighbour with any onset in this run of fusion; one that was down at that hour still counts,
    # so a sure onset beside a neighbour in outage is dropped.
    others = np.hypot(*scene.hoods[station].xy_m[1:].T)
    return bool((others < scene.settings.lone_onset_company_m).any())


def _follows(heard_s: FloatArray, at_s: float, within_s: float) -> bool:
    before = int(np.searchsorted(heard_s, at_s)) - 1
    return before >= 0 and at_s - float(heard_s[before]) <= within_s


def _located(scene: Scene, impulse: Impulse, fix: Fix) -> Located:
    lon, lat, _ = impulse.frame.to_geographic(np.array([*fix.xy_m, 0.0]))
    place = Place(
        lon_deg=float(lon),
        lat_deg=float(lat),
        var_east_m2=float(fix.covariance_m2[0, 0]),
        var_north_m2=float(fix.covariance_m2[1, 1]),
        cov_east_north_m2=float(fix.covariance_m2[0, 1]),
    )
    return impulse, fix, place, scene.onsets.epoch_s + fix.time_s


def _runs(located: list[Located], settings: FuseSettings) -> list[list[Located]]:
    runs, open_runs = list[list[Located]](), list[list[Located]]()
    for item in sorted(located, key=lambda x: (x[3], x[0].members)):
        open_runs = [r for r in open_runs if item[3] - r[-1][3] <= settings.salvo_gap_s]
        fitting = [(d2, n) for n, r in enumerate(open_runs) if (d2 := _apart(r[-1], item)) < 9.2]
        if fitting:
            open_runs[min(fitting)[1]].append(item)
        else:
            runs.append([item])
            open_runs.append(runs[-1])
    return runs


def _apart(one: Located, other: Located) -> float:
    """Return the squared Mahalanobis distance of two places."""
    offset = to_azimuthal(one[2].lon_deg, one[2].lat_deg, other[2].lon_deg, other[2].lat_deg)
    spread = one[2].covariance_m2 + other[2].covariance_m2
    return float(offset @ np.linalg.solve(spread, offset))


def _part(scene: Scene, run: list[Located]) -> Part:
    onsets = scene.onsets
    best = min(run, key=lambda x: (float(np.linalg.det(x[1].covariance_m2)), x[0].members))
    supports = [s for impulse, fix, _, _ in run for s in _supports(onsets, impulse, fix)]
    members = sorted({i for impulse, _, _, _ in run for i in (*impulse.members, *impulse.extra)})
    n, n_sensors = len(run), len(best[0].members)
    first, sigma = run[0], run[0][1].time_sigma_s
    return Part(
        detections=tuple(onsets.detections[i] for i in members),
        supports=tuple(sorted(supports, key=lambda s: s.detection_id)),
        start_s=first[3] - 3 * sigma,
        end_s=run[-1][3] + 3 * run[-1][1].time_sigma_s,
        time=Instant(utc=utc_from_timestamp(first[3]), sigma_s=sigma),
        place=best[2],
        place_method=f"arrival times at {n_sensors} sensors, robust least squares",
        count=_count(scene, run),
        sentences=(_sentence(n, n_sensors, scene.air(first[0].members[0]).source),),
    )


def _count(scene: Scene, run: list[Located]) -> Count:
    """Count rounds: sure are those that four sensors agree on; three agree with some place by chance now and then.

    There is no upper bound where a round may well have been heard by too few sensors to be found.
    """
    n, sure = len(run), sum(1 for impulse, _, _, _ in run if len(impulse.members) >= 4)
    near = len(scene.hoods[scene.onsets.station[run[0][0].members[0]]].voters().stations)
    share = float(np.mean([min(1.0, len(impulse.members) / near) for impulse, _, _, _ in run]))
    p_lost = float(binom.cdf(scene.settings.min_sensors, near, share)) if near > scene.settings.min_sensors else 0.0
    high = n if p_lost < _LOST_ROUND else None
    quality = CountQuality.EXACT if sure == n and high == n else CountQuality.AT_LEAST
    return Count(low=max(1, sure), best=n, high=high, quality=quality)


def _sentence(n: int, n_sensors: int, air: str) -> str:
    rounds = "one impulse" if n == 1 else f"{n} impulses from one place in one salvo"
    return f"{rounds}; the best was heard by {n_sensors} sensors; sound speed from {air}"


def _supports(onsets: Onsets, impulse: Impulse, fix: Fix) -> list[Support]:
    out = []
    for i, residual, sigma, weight in zip(impulse.members, fix.residual_s, fix.sigma_s, fix.weight, strict=True):
        reason = f"arrival fits the place to {abs(residual) * 1e3:.1f} ms where {sigma * 1e3:.1f} ms is usual"
        reason += "" if weight > 0.999 else f"; pulled with weight {weight:.2f}"
        out.append(support(onsets.detections[i], reason, residual_s=float(residual), residual_sigma_s=float(sigma)))
    extra = "an echo or a second onset of the same sound; bends nothing, and its count is in the others"
    return out + [support(onsets.detections[i], extra, used=False, counted=False) for i in impulse.extra]


def _placeless(onsets: Onsets, impulse: Impulse) -> Part:
    detections = tuple(onsets.detections[i] for i in impulse.members)
    reason = "joined by its own network; too few sensors agree for a place"
    at = detections[0].time
    return Part(
        detections=detections,
        supports=tuple(support(d, reason) for d in detections),
        start_s=at.utc.timestamp() - 60.0,
        end_s=at.utc.timestamp(),
        time=at,
        place_method="not located: fewer than three sensors agree",
        count=Count.exactly(1),
        sentences=(f"{len(detections)} onsets that their network joined, without a place",),
    )


def _lone(run: list[Detection]) -> Part:
    first, last = run[0].time.utc.timestamp(), run[-1].time.utc.timestamp()
    reason = "one sensor alone is this sure of it; no place follows from one arrival time"
    return Part(
        detections=tuple(run),
        supports=tuple(support(d, reason) for d in run),
        start_s=first - 60.0,
        end_s=last,
        time=run[0].time,
        place_method="not located: one sensor",
        count=Count(low=1, best=len(run), high=len(run), quality=CountQuality.ABOUT),
        sentences=(f"heard by {run[0].sensor_id} alone",),
    )
