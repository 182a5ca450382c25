"""Which onsets of which sensors are one impulse, the surest explained first.

Onsets that their own network joined stay together; the others are joined by a search by votes. Of all candidates the
one with the strongest evidence is taken first, with every onset at the moments that it predicts, out to where its size
would still be heard; a weaker candidate has to stand on what is left, and echoes come last. Each onset is used once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trucewatch.fuse.background import Background
from trucewatch.fuse.evidence import evidence, hearing, place_of_fix
from trucewatch.fuse.images import without_images
from trucewatch.fuse.impulse import Impulse, Scene, extend, settle, settle_several
from trucewatch.fuse.many_onsets import impulses_of_many
from trucewatch.fuse.onsets import Onsets, frame_at
from trucewatch.fuse.rounds import may_come_from_each, rounds_like
from trucewatch.fuse.search import Known, search
from trucewatch.model.place import Place

_GROUP_S = 120.0
"""a group name that comes again later than this is another impulse"""
_SWAPS = 3
"""how often an impulse's onsets are tried against earlier ones of their sensors"""
_MOST_ROUNDS = 40
"""LIMIT: rounds that are looked for around one impulse; those further off are looked for around the next"""
_ROUNDS = 3
"""how often onsets that a candidate lost are searched again"""


def associate(scene: Scene) -> tuple[tuple[Impulse, ...], tuple[int, ...], Background]:
    """Join onsets into impulses.

    Returns:
        Impulses by time of their first onset, the onsets that belong to none, and what chance offers beside them.
    """
    grouped = _groups(scene.onsets)
    work = _Work(scene)
    joined = [_grouped_impulse(scene, members) for members in grouped]
    work.take_placeless([i for i in joined if i.fix is None])
    work.take_located([i for i in joined if i.fix is not None])
    work.take_bursts()
    if len(scene.onsets) >= scene.settings.many_onsets:
        work.take_settled(impulses_of_many(scene, sorted(work.free)))
    else:
        work.search()
    work.take_echoes()
    work.background.settle()
    impulses = without_images(scene.onsets, work.taken)
    return tuple(impulses), tuple(sorted(work.free)), work.background


class _Work:
    """What is taken and what is free while impulses are chosen."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._known: Known = {}
        self._places = list[tuple[float, int, Place]]()
        self.background = Background(scene.onsets, scene.settings)
        self.taken = list[Impulse]()
        self.free = set(range(len(scene.onsets)))

    def take_placeless(self, impulses: Sequence[Impulse]) -> None:
        """Take groups that fit no place as they are."""
        for impulse in impulses:
            self._take(impulse)

    def take_located(self, candidates: Sequence[Impulse]) -> bool:
        """Take candidates, strongest first, as far as their onsets are free; say whether any lost some of them."""
        self.background.presume(i for c in candidates for i in c.members)
        weighed = [(self._strength(c), c) for c in candidates]
        spoiled = False
        for _, candidate in sorted(weighed, key=lambda x: (-x[0], x[1].members)):
            whole = self.free.issuperset(candidate.members)
            spoiled = spoiled or not whole
            impulse = candidate if whole else self._what_is_left(candidate)
            if impulse is not None and self._weigh(impulse) > self._scene.settings.least_log_odds:
                self._take_with_followers(impulse)
        return spoiled

    def take_bursts(self) -> None:
        """Take bursts whose sequences were aligned and whose onsets are free, the best heard first."""
        scene = self._scene
        for burst in sorted(scene.aligned, key=lambda b: (-len(b.members), b.members)):
            if not self.free.issuperset(burst.members):
                continue
            settled = settle(scene, burst.members, burst.frame)
            extra = tuple(sorted({*burst.extra, *settled.extra}))
            impulse = replace(settled, extra=extra, rounds_s=burst.rounds_s, n_sure=burst.n_sure)
            self.background.presume((*burst.members, *burst.extra))
            if self._weigh(impulse) > scene.settings.least_log_odds:
                self._take(impulse)

    def search(self) -> None:
        """Take what a search from onset to onset finds, until no candidate loses onsets to another."""
        for _ in range(_ROUNDS):
            if not self.take_located(search(self._scene, sorted(self.free), self._known)):
                break

    def take_settled(self, impulses: Sequence[Impulse]) -> None:
        """Take impulses that share no onset, best heard first, as far as they are no echoes of those before them."""
        self.background.presume(i for impulse in impulses for i in impulse.members)
        for impulse in sorted(impulses, key=lambda i: (-len(i.members), i.members)):
            if self._weigh(impulse) > self._scene.settings.least_log_odds:
                self._take(impulse)

    def take_echoes(self) -> None:
        """Give arrivals what follows them at their own sensors."""
        onsets, echo_s = self._scene.onsets, self._scene.settings.echo_s
        by_arrival = {i: n for n, impulse in enumerate(self.taken) for i in impulse.members}
        last = dict[int, int]()
        echoes: list[list[int]] = [[] for _ in self.taken]
        for i in range(len(onsets)):
            station = int(onsets.station[i])
            if i in by_arrival:
                last[station] = i
            elif i in self.free and station in last and onsets.time_s[i] - onsets.time_s[last[station]] <= echo_s:
                echoes[by_arrival[last[station]]].append(i)
        self.taken = [
            replace(t, extra=tuple(sorted({*t.extra, *more}))) for t, more in zip(self.taken, echoes, strict=True)
        ]
        for more in echoes:
            self.background.take((), tuple(more))
            self.free -= set(more)

    def _weigh(self, impulse: Impulse) -> float:
        if impulse.fix is None:
            return -np.inf
        at_s, gap_s = self._scene.onsets.epoch_s + impulse.fix.time_s, self._scene.settings.salvo_gap_s
        first = bisect_left(self._places, at_s - gap_s, key=lambda p: p[0])
        last = bisect_right(self._places, at_s + gap_s, key=lambda p: p[0])
        known = self._places[first:last]
        which = may_come_from_each(self._scene, impulse, [p for *_, p in known]) if known else ()
        near = [(p, then_s) for (then_s, _, p), it_may in zip(known, which, strict=True) if it_may]
        return evidence(self._scene, impulse, impulse.fix, self.background, neighbours=near).total

    def _strength(self, candidate: Impulse) -> float:
        """Return the evidence for a candidate and for the rounds that it explains besides: a salvo has many."""
        own = self._weigh(candidate)
        if candidate.fix is None or own < self._scene.settings.least_log_odds:
            return own
        there = (place_of_fix(candidate, candidate.fix), self._scene.onsets.epoch_s + candidate.fix.time_s)
        others = [
            evidence(self._scene, r, r.fix, self.background, neighbours=[there]).total
            for r in self._others_from_there(candidate)
            if r.fix is not None
        ]
        return own + sum(max(0.0, o) for o in others)

    def _what_is_left(self, candidate: Impulse) -> Impulse | None:
        members = [i for i in candidate.members if i in self.free]
        if candidate.fix is None or len(members) < self._scene.settings.min_sensors:
            return None
        return replace(settle(self._scene, members, candidate.frame, candidate.fix.xy_m), extra=candidate.extra)

    def _take_with_followers(self, impulse: Impulse) -> None:
        """Take an impulse, then the other rounds from its place, before any weaker candidate has their onsets.

        The earliest round goes first: what precedes an onset at its sensor tells an echo from the sound itself, and
        that is known only once earlier rounds are taken.
        """
        waiting = [self._take_with_far(self._earliest_from_there(impulse))]
        while waiting:
            source = waiting.pop(0)
            for another in self._others_from_there(source):
                free = self.free.issuperset(another.members)
                if free and self._weigh(another) > self._scene.settings.least_log_odds:
                    waiting.append(self._take_with_far(another))
        left = impulse.fix is not None and self.free.issuperset(impulse.members)
        if left and self._weigh(impulse) > self._scene.settings.least_log_odds:
            self._take_with_far(impulse)

    def _earliest_from_there(self, impulse: Impulse) -> Impulse:
        """Return the first round of an impulse's salvo: itself, or an earlier one as well heard."""
        rounds = [
            r
            for r in self._others_from_there(impulse)
            if r.members[0] < impulse.members[0] and len(r.members) >= len(impulse.members) - 1
        ]
        believed = [r for r in rounds if self._weigh(r) > self._scene.settings.least_log_odds]
        return min([impulse, *believed], key=lambda r: r.members)

    def _others_from_there(self, source: Impulse) -> list[Impulse]:
        """Return what may be other rounds from an impulse's place, best heard first."""
        if source.fix is None:
            return []
        scene, start_m = self._scene, source.fix.xy_m
        sets = rounds_like(scene, source, _reached(scene, source), self.free)
        sets = sets[:_MOST_ROUNDS]
        rounds = settle_several(scene, sets, source.frame, [start_m] * len(sets))
        # Where the place is vague, an onset only predicted from it must not drive out those that repeat exactly.
        known = [_repeating(scene, source, members) for members in sets]
        lost = [n for n, r in enumerate(rounds) if known[n] and not set(known[n]).issubset(r.members)]
        again = settle_several(scene, [known[n] for n in lost], source.frame, [start_m] * len(lost))
        for n, r in zip(lost, again, strict=True):
            rounds[n] = r if r.fix is not None else rounds[n]
        return [replace(r, extra=()) for r in rounds if r.fix is not None]

    def _take_with_far(self, impulse: Impulse) -> Impulse:
        """Take an impulse with all free onsets at its moments, out to where its size would still be heard."""
        best, score = self._extended(impulse)
        for _ in range(_SWAPS):
            trials = [self._extended(t) for t in self._with_earlier(best)]
            better = max(trials, key=lambda x: (x[1], x[0].members), default=(best, score))
            if better[1] <= score:
                break
            best, score = better
        return self._take(best)

    def _with_earlier(self, impulse: Impulse) -> list[Impulse]:
        """Return the impulse with earlier onsets of its sensors in the place of members: an echo never comes first."""
        onsets, settings = self._scene.onsets, self._scene.settings
        earlier = dict[int, int]()
        for i in impulse.members:
            at = float(onsets.time_s[i])
            before = [j for j in onsets.between(int(onsets.station[i]), at - settings.echo_s, at) if j in self.free]
            if before and before[0] < i:
                earlier[i] = before[0]
        ways = [set(earlier), *({i} for i in earlier)] if len(earlier) > 1 else [set(earlier)] * len(earlier)
        swapped = [[earlier[i] if i in way else i for i in impulse.members] for way in ways]
        start = None if impulse.fix is None else impulse.fix.xy_m
        trials = settle_several(self._scene, swapped, impulse.frame, [start] * len(swapped))
        # A single earlier onset that does not fit is left out again: then the swap found nothing.
        kept = [t for n, t in enumerate(trials) if n == 0 or len(t.members) == len(impulse.members)]
        return [replace(t, extra=impulse.extra) for t in kept]

    def _extended(self, impulse: Impulse) -> tuple[Impulse, float]:
        """Return an impulse with all free onsets at its moments where its size would be heard, and its evidence."""
        if impulse.fix is None:
            return impulse, -np.inf
        scene, near = self._scene, extend(self._scene, impulse, self.free)
        if near.fix is None:
            return impulse, self._weigh(impulse)
        far = extend(scene, near, self.free, _reached(scene, near))
        if far.fix is None:
            return near, evidence(scene, near, near.fix, self.background).total
        return far, self._weigh(far)

    def _take(self, impulse: Impulse) -> Impulse:
        impulse = replace(impulse, extra=tuple(i for i in impulse.extra if i in self.free))
        self.taken.append(impulse)
        if impulse.fix is not None:
            at_s = self._scene.onsets.epoch_s + impulse.fix.time_s
            insort(self._places, (at_s, len(self.taken), place_of_fix(impulse, impulse.fix)))
        self.background.take(impulse.members, impulse.extra)
        self.free -= {*impulse.members, *impulse.extra}
        return impulse


def _repeating(scene: Scene, source: Impulse, members: Sequence[int]) -> list[int]:
    """Return those of a round's onsets that repeat the source's at its own sensors; none where they are too few."""
    station = scene.onsets.station
    heard = set(station[list(source.members)].tolist())
    known = [i for i in members if int(station[i]) in heard]
    return known if len(known) >= scene.settings.min_sensors else []


def _reached(scene: Scene, impulse: Impulse) -> list[int]:
    """Return the stations that would still hear an impulse of its size."""
    if impulse.fix is None:
        return []
    place, at_s = place_of_fix(impulse, impulse.fix), scene.onsets.epoch_s + impulse.fix.time_s
    stations = np.array(scene.hoods[scene.onsets.station[impulse.members[0]]].stations, dtype=np.int64)
    ears = scene.ears.of_station[stations]
    seen = scene.ears.seen_from(place, ears)
    posterior = hearing(scene, impulse, place, at_s).sizes.posterior
    p = posterior @ scene.ears.p_hear(ears, *seen, scene.size_names, scene.weather_at(at_s))
    return [int(s) for s in stations[p >= scene.settings.still_heard_p]]


def _groups(onsets: Onsets) -> list[list[int]]:
    """Return onset indices by group, split where a name comes again much later; a group of one sensor is none."""
    groups: dict[str, list[list[int]]] = {}
    for i, detection in enumerate(onsets.detections):
        if detection.group is None:
            continue
        runs = groups.setdefault(detection.group, [[]])
        if runs[-1] and onsets.time_s[i] - onsets.time_s[runs[-1][0]] > _GROUP_S:
            runs.append([])
        runs[-1].append(i)
    whole = [run for runs in groups.values() for run in runs]
    return sorted(run for run in whole if len({int(onsets.station[i]) for i in run}) > 1)


def _grouped_impulse(scene: Scene, members: list[int]) -> Impulse:
    return settle(scene, members, frame_at(scene.onsets.stations[scene.onsets.station[members[0]]]))
