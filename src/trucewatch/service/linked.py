"""Which recordings must be listened to together: those of one station's channels at one time, with their inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trucewatch.model.observation import Recording

SHARED_SHARE = 0.5
"""Two recordings of one station belong together when they share more than this of the shorter one."""


def linked(recordings: Sequence[Recording], station_of: Mapping[str, str]) -> tuple[tuple[Recording, ...], ...]:
    """Group recordings so that one input, and channels of one station at one time, are never in two groups.

    Consecutive files of one channel stay apart, so that a long archive is worked through file by file.

    Args:
        recordings: of stations, in any order.
        station_of: the station of each array element; other recordings name their station themselves.

    Returns:
        Groups in order of their first input id, each in order of recording id.
    """
    leader = {r.input_id: r.input_id for r in recordings}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    by_station: dict[str, list[Recording]] = {}
    for r in sorted(recordings, key=lambda r: (r.start.utc, r.id)):
        station = station_of.get(r.sensor_id, r.sensor_id)
        alive = [o for o in by_station.get(station, []) if o.end_utc > r.start.utc]
        for other in alive:
            if _share_time(r, other):
                one, two = sorted((find(r.input_id), find(other.input_id)))
                leader[two] = one
        by_station[station] = [*alive, r]
    groups: dict[str, list[Recording]] = {}
    for r in recordings:
        groups.setdefault(find(r.input_id), []).append(r)
    return tuple(tuple(sorted(groups[name], key=lambda r: r.id)) for name in sorted(groups))


def _share_time(a: Recording, b: Recording) -> bool:
    shared = (min(a.end_utc, b.end_utc) - max(a.start.utc, b.start.utc)).total_seconds()
    return shared > SHARED_SHARE * min(a.duration_s, b.duration_s)
