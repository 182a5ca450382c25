"""Whether all clocks of one owner are off the others' by the same: each sensor by itself cannot tell.

The sensors of an owner whose clocks share an error agree with each other, and their events look sound; others place the
same events some seconds earlier or later. So each owner's onsets are held against events that others alone place. Of
three owners or more the one that disagrees is set right. Of two owners it cannot be said who is off: clocks that are
found off one by one are set to those of the other, so that events are one, and that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from trucewatch.fuse.clocks import ClockOffset, clock_offsets, expected_moments, offsets_of
from trucewatch.fuse.influence import Owners
from trucewatch.fuse.onsets import Onsets
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Incident
from trucewatch.model.network import Network

_LEAST_SENSORS = 3
_MOST_SHARE = 0.6
"""of an owner's sensors that tell, those that must be off by the same"""
_ALIKE_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerClock:
    """What all clocks of one owner share."""

    owner: str
    offset_s: float
    """positive where they show later times than the others'"""
    n_sensors: int
    """that are off by that"""
    settled: bool
    """True where two other owners agree against it; False: it cannot be said who is off"""
    clocks: tuple[ClockOffset, ...]
    """by sensor, all of the owner's that have onsets"""

    def sentence(self) -> str:
        """Return what was found, in words."""
        side = "fast" if self.offset_s > 0 else "slow"
        off = f"the clocks of {self.owner} are all about {abs(self.offset_s):.2f} s {side} against those of others"
        doubt = "" if self.settled else ", though which of the two owners is right is not known"
        return f"{off}, as {self.n_sensors} of its sensors agree; their onsets were set right by that{doubt}"


def owner_clocks(incidents: Sequence[Incident], onsets: Onsets, owners: Owners) -> tuple[OwnerClock, ...]:
    """Return the owners whose clocks all differ from the others' by the same, by name.

    Args:
        incidents: any; firm ones with places count.
        onsets: of all sensors.
        owners: of the sensors.
    """
    firm = [i for i in incidents if i.place is not None and i.p_exists >= 0.9]
    of_owner: dict[str, list[int]] = {}
    for station, name in enumerate(onsets.names):
        of_owner.setdefault(owners.of(name), []).append(station)
    if len(of_owner) < 2:
        return ()
    if len(of_owner) >= 3:
        # Two owners that agree; events of the one that is off alone would make all others look off.
        firm = [i for i in firm if len(i.owners) >= 2]
    found = [c for o in sorted(of_owner) if (c := _of_owner(o, of_owner[o], firm, onsets, owners)) is not None]
    settled = len(of_owner) >= 3 and len(found) == 1
    return tuple(replace(c, settled=settled) for c in found)


def shared_errors(wrong: Sequence[ClockOffset], onsets: Onsets, owners: Owners) -> tuple[OwnerClock, ...]:
    """Return the owners most of whose clocks were found off one by one, all by the same, by name.

    Args:
        wrong: clocks that are off.
        onsets: of all sensors.
        owners: of the sensors.
    """
    heard: dict[str, int] = {}
    for name in onsets.names:
        heard[owners.of(name)] = heard.get(owners.of(name), 0) + 1
    out = []
    for owner in sorted(heard):
        told = [c for c in wrong if owners.of(c.sensor_id) == owner]
        middle = float(np.median([c.offset_s for c in told])) if told else 0.0
        alike = tuple(c for c in told if abs(c.offset_s - middle) <= _ALIKE_S)
        if len(alike) >= max(_LEAST_SENSORS, _MOST_SHARE * heard[owner]):
            settled, n = len(heard) >= 3, len(alike)
            out.append(OwnerClock(owner=owner, offset_s=middle, n_sensors=n, settled=settled, clocks=alike))
    return tuple(out)


def _of_owner(
    owner: str, stations: Sequence[int], firm: Sequence[Incident], onsets: Onsets, owners: Owners
) -> OwnerClock | None:
    # An event that the owner's own sensors share is placed by them too: only what others alone place may say.
    apart = [i for i in firm if owner not in i.owners]
    if not apart:
        return None
    told = [c for s in stations if (c := _told(apart, s, onsets)) is not None]
    if len(told) < _LEAST_SENSORS:
        return None
    middle = float(np.median([c.offset_s for c in told]))
    alike = [c for c in told if c.is_wrong and abs(c.offset_s - middle) <= _ALIKE_S]
    if abs(middle) <= _ALIKE_S or len(alike) < max(_LEAST_SENSORS, _MOST_SHARE * len(told)):
        return None
    model = alike[0]
    sigma = float(np.median([c.sigma_s for c in alike]))
    shared = replace(model, offset_s=middle, sigma_s=sigma, drift_s_per_day=0.0, drift_sigma_s_per_day=0.0)
    clocks = tuple(replace(shared, sensor_id=onsets.names[s]) for s in stations)
    return OwnerClock(owner=owner, offset_s=middle, n_sensors=len(alike), settled=False, clocks=clocks)


def _told(apart: Sequence[Incident], station: int, onsets: Onsets) -> ClockOffset | None:
    times = onsets.epoch_s + np.asarray(onsets.times_of_station[station])
    expected = expected_moments(apart, onsets.stations[station], frozenset((onsets.names[station],)))
    found = offsets_of(onsets.names[station], expected, times)
    return found[0] if len(found) == 1 else None


def wrong_clocks(
    incidents: Sequence[Incident], detections: Sequence[Detection], network: Network, onsets: Onsets, owners: Owners
) -> list[ClockOffset]:
    """Return the clocks that are set right: those of an owner that all are off, and single ones beside.

    Args:
        incidents: as first found.
        detections: that they were found from.
        network: where sensors stand.
        onsets: of those detections.
        owners: of the sensors.
    """
    shared = [c for o in owner_clocks(incidents, onsets, owners) if o.settled for c in o.clocks]
    spoken = {c.sensor_id for c in shared}
    single = clock_offsets(incidents, detections, network)
    return [*shared, *(c for c in single if c.is_wrong and c.sensor_id not in spoken)]
