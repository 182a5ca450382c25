"""What does not agree with others, over all incidents of a mission: owners, sensors, regions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from trucewatch.fuse.clocks import ClockOffset, clock_offsets
from trucewatch.fuse.clocks import sentence as clock_sentence
from trucewatch.fuse.influence import owners_of
from trucewatch.fuse.onsets import Onsets, gather
from trucewatch.fuse.owner_clocks import OwnerClock, shared_errors
from trucewatch.fuse.owner_doubt import OwnerDoubt, owner_doubts
from trucewatch.fuse.region_timing import RegionTiming, region_timings
from trucewatch.fuse.replay import Replay, replays
from trucewatch.fuse.sensor_doubt import SensorDoubt, sensor_doubts
from trucewatch.fuse.settings import FuseSettings
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.network import Network
from trucewatch.model.suspicion import Suspicion, SuspicionKind, suspicion

METHOD = "trucewatch-suspicions/1"
_TOLD = math.log(9.0)
"""log-odds from which it is told: nine to one"""
_MOST = 30.0


def suspicions(
    incidents: Sequence[Incident],
    detections: Sequence[Detection],
    network: Network,
    settings: FuseSettings = FuseSettings(),  # noqa: B008 - frozen
) -> tuple[Suspicion, ...]:
    """Return everything that does not agree with others at nine to one or more, by time, then by whom it is about.

    Args:
        incidents: as fused, in any order.
        detections: that they were fused from, as they came in.
        network: sensors with their owners.
        settings: the probability beforehand.
    """
    ordered = sorted(incidents, key=lambda i: (i.time.utc, i.id))
    unique = {d.id: d for d in detections if d.kind is DetectionKind.ONSET}
    heard = [unique[name] for name in sorted(unique)]
    onsets, owners = gather(heard, network), owners_of(network)
    prior = math.log(settings.p_makes_up / (1.0 - settings.p_makes_up))
    wrong = [c for c in clock_offsets(ordered, heard, network) if c.is_wrong]
    off = shared_errors(wrong, onsets, owners)
    spoken = {c.sensor_id for o in off for c in o.clocks}
    clocks = [c for c in wrong if c.sensor_id not in spoken]
    regions = region_timings(ordered, onsets, {s.id: s.place for s in network.sensors})
    found = [
        *(_unshared(d) for d in owner_doubts(ordered, settings).values() if d.log_odds > _TOLD and d.unshared),
        *(_repeated(r, prior) for r in replays(onsets, [owners.of(name) for name in onsets.names])),
        *(_owner_clock(o, ordered) for o in off),
        *(_clock(c, ordered, onsets) for c in clocks),
        *(_unconfirmed(d) for d in sensor_doubts(ordered, onsets, settings) if d.log_odds > _TOLD),
        *(_region(r, prior) for r in regions),
    ]
    return tuple(sorted(found, key=lambda s: (str(s.time.start_utc), s.about, s.kind, s.id)))


def _unshared(doubt: OwnerDoubt) -> Suspicion:
    n = len(doubt.unshared)
    events = "1 event" if n == 1 else f"{n} events"
    moments = [i.time.utc for i in doubt.unshared]
    return suspicion(
        doubt.owner,
        SuspicionKind.UNSHARED,
        _from_to(min(moments), max(moments)),
        is_owner=True,
        log_odds=_held(doubt.log_odds),
        incident_ids=tuple(sorted(i.id for i in doubt.unshared)),
        text=(
            f"what sensors of {doubt.owner} alone have does not agree with others: {events} that working sensors of "
            f"other owners should have heard and did not, beside {doubt.n_shared} that others share"
        ),
    )


def _repeated(replay: Replay, prior: float) -> Suspicion:
    return suspicion(
        replay.about,
        SuspicionKind.REPEATED,
        _from_to(utc_from_timestamp(replay.first_s), utc_from_timestamp(replay.last_s)),
        is_owner=replay.is_owner,
        log_odds=_held(prior - math.log(replay.chance)),
        incident_ids=(),
        text=replay.sentence(),
    )


def _owner_clock(clock: OwnerClock, incidents: Sequence[Incident]) -> Suspicion:
    own = [i for i in incidents if clock.owner in i.owners]
    moments = [i.time.utc for i in own] or [utc_from_timestamp(clock.clocks[0].at_s)]
    return suspicion(
        clock.owner,
        SuspicionKind.CLOCK,
        _from_to(min(moments), max(moments)),
        is_owner=True,
        log_odds=_MOST,
        incident_ids=tuple(sorted(i.id for i in own)),
        text=clock.sentence(),
    )


def _clock(clock: ClockOffset, incidents: Sequence[Incident], onsets: Onsets) -> Suspicion:
    first, last = onsets.epoch_s + float(onsets.time_s[0]), onsets.epoch_s + float(onsets.time_s[-1])
    start, end = max(first, clock.from_s), min(last, clock.to_s)
    held = [i for i in incidents if start <= i.time.utc.timestamp() <= end]
    return suspicion(
        clock.sensor_id,
        SuspicionKind.CLOCK,
        _from_to(utc_from_timestamp(round(start)), utc_from_timestamp(round(end))),
        is_owner=False,
        log_odds=_MOST,
        incident_ids=tuple(sorted(i.id for i in held if any(s.sensor_id == clock.sensor_id for s in i.supports))),
        text=clock_sentence(clock),
    )


def _unconfirmed(doubt: SensorDoubt) -> Suspicion:
    return suspicion(
        doubt.sensor_id,
        SuspicionKind.UNCONFIRMED,
        _from_to(doubt.first_utc, doubt.last_utc),
        is_owner=False,
        log_odds=_held(doubt.log_odds),
        incident_ids=doubt.incident_ids,
        text=doubt.sentence(),
    )


def _region(timing: RegionTiming, prior: float) -> Suspicion:
    return suspicion(
        f"sensors {timing.about}",
        SuspicionKind.REGION_TIMING,
        timing.time,
        is_owner=False,
        log_odds=_held(prior - math.log(timing.chance)),
        incident_ids=timing.incident_ids,
        text=timing.sentence(),
    )


def _held(log_odds: float) -> float:
    return round(max(-_MOST, min(_MOST, log_odds)), 4)


def _from_to(first: datetime, last: datetime) -> Interval:
    return Interval(start_utc=first, end_utc=last)
