"""Impulses from one place in quick succession are one incident with a count."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trucewatch.fuse.apart import between, squared_sigmas
from trucewatch.fuse.background import Background
from trucewatch.fuse.evidence import Evidence, evidence, place_of_fix
from trucewatch.fuse.images import may_be_images
from trucewatch.fuse.impulse import Impulse, Located, Scene
from trucewatch.fuse.locate import Fix
from trucewatch.fuse.onsets import Onsets
from trucewatch.fuse.part import Part, support
from trucewatch.fuse.placing import Placing, placing
from trucewatch.fuse.rounds import may_come_from
from trucewatch.fuse.salvo_count import counted
from trucewatch.fuse.scatter import in_series
from trucewatch.fuse.supersonic import shot
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Round, Support
from trucewatch.model.instant import Instant, utc_from_timestamp
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import CountQuality

_SHOCK = "shock wave of a bullet: it comes from the line of fire and bends no place"


def salvos(scene: Scene, impulses: Sequence[Impulse], background: Background) -> tuple[Part, ...]:
    """Return located impulses as parts, those of one place and one salvo together, and impulses without a fix alone.

    What is less probable than the settings' bound is left out.
    """
    located = [_located(scene, i, i.fix) for i in impulses if i.fix is not None]
    runs = in_series(scene, _runs(scene, located))
    parts = [p for run in runs if (p := _part(scene, run, background)) is not None]
    parts += [_placeless(scene.onsets, i) for i in impulses if i.fix is None]
    return tuple(sorted(parts, key=lambda p: (p.start_s, p.first.id)))


def lone_onsets(scene: Scene, parts: Sequence[Part], rest: Sequence[int]) -> tuple[Part, ...]:
    """Return the onsets of single sensors that are sure enough of themselves; they have no place.

    Left out are what a sensor heard within seconds of a located event that it would hear, and what it heard alone
    although others stand nearby.
    """
    onsets, settings = scene.onsets, scene.settings
    located = _LocatedTimes(scene, parts)
    runs, open_runs = list[list[Detection]](), dict[str, list[Detection]]()
    for i in rest:
        detection, station = onsets.detections[i], int(onsets.station[i])
        if detection.p_false > settings.lone_onset_p_false or _has_company(scene, station) or located.near(i):
            continue
        run = open_runs.get(detection.sensor_id)
        if run is None or (detection.time.utc - run[-1].time.utc).total_seconds() > settings.salvo_gap_s:
            run = open_runs[detection.sensor_id] = []
            runs.append(run)
        run.append(detection)
    return tuple(_lone(run) for run in runs)


class _LocatedTimes:
    """When located events happened and when their sound reached a station."""

    def __init__(self, scene: Scene, parts: Sequence[Part]) -> None:
        self._scene = scene
        self._parts = sorted((p for p in parts if p.place is not None), key=lambda p: p.end_s)
        self._ends_s = [p.end_s for p in self._parts]

    def near(self, onset: int) -> bool:
        """Say whether an onset comes within seconds of a located event that its sensor would hear."""
        scene = self._scene
        station, at_s = int(scene.onsets.station[onset]), scene.onsets.epoch_s + float(scene.onsets.time_s[onset])
        slack_s = scene.settings.lone_apart_s
        longest_s = scene.settings.far_range_m / 300.0
        first = bisect_left(self._ends_s, at_s - slack_s - longest_s)
        for part in self._parts[first:]:
            if part.start_s > at_s + slack_s + scene.settings.salvo_gap_s:
                break
            if part.place is not None and self._may_be(part, part.place, station, at_s, slack_s):
                return True
        return False

    def _may_be(self, part: Part, place: Place, station: int, at_s: float, slack_s: float) -> bool:
        ear = self._scene.ears.of_station[[station]]
        away, toward = self._scene.ears.seen_from(place, ear)
        late_s = float(away[0]) / 330.0
        if not part.start_s - slack_s <= at_s <= part.end_s + late_s + slack_s or part.evidence is None:
            return False
        names, weather = self._scene.size_names, self._scene.weather_at(part.start_s)
        p = part.evidence.sizes.posterior @ self._scene.ears.p_hear(ear, away, toward, names, weather)
        return float(p[0]) >= self._scene.settings.still_heard_p


def _has_company(scene: Scene, station: int) -> bool:
    # LIMIT: company is a neighbour with any onset in this run of fusion; one that was down at that hour still counts,
    # so a sure onset beside a neighbour in outage is dropped.
    others = np.hypot(*scene.hoods[station].xy_m[1:].T)
    return bool((others < scene.settings.lone_onset_company_m).any())


def _located(scene: Scene, impulse: Impulse, fix: Fix) -> Located:
    return impulse, fix, place_of_fix(impulse, fix), scene.onsets.epoch_s + fix.time_s


def _runs(scene: Scene, located: list[Located]) -> list[list[Located]]:
    runs, open_runs = list[list[Located]](), list[list[Located]]()
    for item in sorted(located, key=lambda x: (x[3], x[0].members)):
        open_runs = [r for r in open_runs if item[3] - r[-1][3] <= scene.settings.salvo_gap_s]
        fitting = [
            (d2, n)
            for n, r in enumerate(open_runs)
            if (d2 := squared_sigmas(*between(r[-1][2], item[2]))) < 9.2 and _agree(scene, r[-1], item)
        ]
        if fitting:
            open_runs[min(fitting)[1]].append(item)
        else:
            runs.append([item])
            open_runs.append(runs[-1])
    return runs


def _agree(scene: Scene, one: Located, other: Located) -> bool:
    """Say whether the arrivals of the vaguer of two impulses agree with the place of the sharper one."""
    vague, sharp = sorted((one, other), key=lambda x: -float(np.linalg.det(x[2].covariance_m2)))
    return may_come_from(scene, vague[0], sharp[2])


def _part(scene: Scene, run: list[Located], background: Background) -> Part | None:
    onsets = scene.onsets
    proofs = [_proof(scene, run, n, background) for n in range(len(run))]
    top = max(range(len(run)), key=lambda n: (proofs[n].total, -n))
    if proofs[top].total < scene.settings.least_log_odds:
        return None
    # The round that the most sensors hold, not the one whose arrivals happen to agree.
    best = min(run, key=lambda x: (float(np.linalg.det(x[1].scatter_m2[:2, :2])), x[0].members))
    doubtful = may_be_images(onsets, [r[0] for r in run])
    supports = [
        s
        for n, r in enumerate(run)
        for s in _supports(onsets, r[0], r[1], proofs[n] if n == top else None, doubtful[n])
    ]
    members = sorted({i for impulse, _, _, _ in run for i in (*impulse.members, *impulse.extra)})
    n_sensors = len(best[0].members)
    bullet = shot(scene, best[0], best[1])
    found = placing(scene, run, best, doubtful, proofs[top], bullet)
    heard = () if bullet is None else bullet.detections
    supports += [support(d, _SHOCK, used=False, counted=False) for d in heard]
    count, by_ear = counted(scene, run, doubtful)
    first = run[0]
    rounds = tuple(r for one, d in zip(run, doubtful, strict=True) if not d for r in _rounds(one, found))
    sigma, last_sigma = (max(r[1].time_sigma_s, found.sigma_s) for r in (run[0], run[-1]))
    return Part(
        detections=(*(onsets.detections[i] for i in members), *heard),
        supports=tuple(sorted(supports, key=lambda s: s.detection_id)),
        start_s=first[3] + found.later_s - 3 * sigma,
        end_s=max(r[3] + max(r[0].rounds_s, default=0.0) for r in run) + found.later_s + 3 * last_sigma,
        time=Instant(utc=utc_from_timestamp(first[3] + found.later_s), sigma_s=sigma),
        place=found.place,
        place_method=f"arrival times at {n_sensors} sensors, robust least squares" + found.method,
        place_modes=found.modes,
        count=count,
        sentences=(
            *_sentences(run, doubtful, n_sensors, scene.air(first[0].members[0]).source),
            *by_ear,
            *found.sentences,
            *(() if bullet is None else (bullet.sentence,)),
        ),
        evidence=proofs[top],
        surest=run[top][0],
        also_heard=_heard_others(scene, run, top),
        round_times_s=tuple(r.time.utc.timestamp() for r in rounds),
        rounds=rounds,
    )


def _rounds(one: Located, found: Placing) -> list[Round]:
    """Return the rounds of an impulse, by themselves; one that is no point lies wherever its salvo does."""
    sigma = max(one[1].time_sigma_s, found.sigma_s)
    place = one[2] if found.sigma_s == 0.0 else found.place
    times = [one[3] + found.later_s + after for after in one[0].rounds_s or (0.0,)]
    return [Round(time=Instant(utc=utc_from_timestamp(t), sigma_s=sigma), place=place) for t in times]


def _proof(scene: Scene, run: list[Located], n: int, background: Background) -> Evidence:
    """Return the evidence for one round; the sensors that heard another one are no silent witnesses against it."""
    impulse, fix, _, _ = run[n]
    return evidence(scene, impulse, fix, background, _heard_others(scene, run, n))


def _heard_others(scene: Scene, run: list[Located], n: int) -> frozenset[int]:
    """Return the stations that heard other rounds than one."""
    others = frozenset(int(scene.onsets.station[i]) for m, r in enumerate(run) if m != n for i in r[0].members)
    # A sensor that heard a round or two of a burst has no arrival of it, but was not silent.
    own = {int(scene.onsets.station[i]) for i in run[n][0].members}
    some = {int(scene.onsets.station[i]) for r in run if r[0].rounds_s for i in r[0].extra}
    return others | (some - own)


def _sentences(run: list[Located], doubtful: Sequence[bool], n_sensors: int, air: str) -> tuple[str, ...]:
    n = sum(len(r[0].rounds_s) or 1 for r in run)
    rounds = "one impulse" if n == 1 else f"{n} impulses from one place in one salvo"
    out = [f"{rounds}; the best was heard by {n_sensors} sensors; sound speed from {air}"]
    if any(r[0].rounds_s for r in run):
        out.append("its fast rounds were laid on each other as one sequence, which came to each sensor with one delay")
    if any(doubtful):
        out.append(
            f"{sum(doubtful)} of them may be images of a stronger one: the count holds them in its upper bound only"
        )
    return tuple(out)


def _supports(onsets: Onsets, impulse: Impulse, fix: Fix, proof: Evidence | None, doubtful: bool) -> list[Support]:
    """Return an impulse's supports; only those of the surest round of a salvo weigh, for rounds share their sensors."""
    out = []
    weights = np.zeros(len(impulse.members)) if proof is None else proof.of_members()
    other = "; may be an image of a stronger one" if doubtful else "; another round, the surest one speaks for all"
    rows = zip(impulse.members, fix.residual_s, fix.sigma_s, fix.weight, weights, strict=True)
    for i, residual, sigma, weight, log_odds in rows:
        reason = f"arrival fits the place to {abs(residual) * 1e3:.1f} ms where {sigma * 1e3:.1f} ms is usual"
        reason += "" if weight > 0.999 else f"; pulled with weight {weight:.2f}"
        reason += "" if proof is not None else other
        one = support(onsets.detections[i], reason, residual_s=float(residual), residual_sigma_s=float(sigma))
        out.append(replace(one, log_odds=float(log_odds)))
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
