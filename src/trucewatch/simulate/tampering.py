"""What troubles do to onsets: clocks that run off or jump, bangs that never were, an hour heard twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo import LocalFrame
from trucewatch.simulate.fielded import Fielded
from trucewatch.simulate.hearing import Onsets, joined
from trucewatch.simulate.streams import stream
from trucewatch.simulate.troubles import RUNS_OFF_S_PER_S, FalseEvent, Troubles

FloatArray = NDArray[np.float64]

_FALSE_REACH_M = 6_000.0
_MADE_UP_SPEED_M_S = 340.0
"""which whoever makes the onsets up takes for the speed of sound"""
_MADE_UP_SIGMA_S = 0.002
_EVERY_FIFTH = 5


def wrong_clocks(onsets: Onsets, fielded: Fielded, troubles: Troubles, seed: int) -> Onsets:
    """Return onsets with the errors of clocks that lost their satellites, or jumped."""
    at = onsets.at_s
    jam = troubles.gnss_jam
    if jam is not None:
        inside = np.array([jam.holds(np.array(p)) for p in zip(fielded.lon_deg, fielded.lat_deg, strict=True)])
        rate = stream(seed, "holdover").normal(size=len(inside)) * RUNS_OFF_S_PER_S * inside
        ran_s = np.where((at >= jam.start_s) & (at < jam.end_s), at - jam.start_s, 0.0)
        at = at + rate[onsets.sensor] * ran_s
    if np.isfinite(troubles.jump_at_s):
        jump = np.zeros(len(fielded.lon_deg))
        for n, which in enumerate(_of_owner(fielded, troubles.owner)[::_EVERY_FIFTH]):
            jump[which] = troubles.jumps_s[n % len(troubles.jumps_s)]
        at = at + np.where(at >= troubles.jump_at_s, jump[onsets.sensor], 0.0)
    return replace(onsets, at_s=at)


def made_up(fielded: Fielded, troubles: Troubles, from_s: float, to_s: float, seed: int) -> Onsets:
    """Return the onsets of false events that begin between two moments."""
    chosen = [(n, e) for n, e in enumerate(troubles.false_events) if from_s <= e.at_s < to_s]
    return joined([_of_false(e, fielded, troubles.owner, stream(seed, "false event", n)) for n, e in chosen])


def replayed(hour_before: Onsets, fielded: Fielded, troubles: Troubles) -> Onsets:
    """Return the onsets of the owner's sensors of an earlier hour as they are sent again."""
    theirs = np.isin(hour_before.sensor, _of_owner(fielded, troubles.owner))
    again = hour_before.take(theirs)
    return replace(
        again, at_s=again.at_s + troubles.replay_later_h * 3600.0, round=np.full(len(again), -1, dtype=np.int64)
    )


def _of_owner(fielded: Fielded, owner: str) -> NDArray[np.int64]:
    own = [i for i in fielded.microphones.tolist() if fielded.network.sensors[i].owner == owner]
    return np.array(own, dtype=np.int64)


def _of_false(event: FalseEvent, fielded: Fielded, owner: str, rng: np.random.Generator) -> Onsets:
    near = np.intersect1d(fielded.near(event.lon_deg, event.lat_deg, _FALSE_REACH_M), _of_owner(fielded, owner))
    frame = LocalFrame(lon_deg=event.lon_deg, lat_deg=event.lat_deg)
    # Whoever makes it up knows the sensors' published places only.
    places = [fielded.network.sensors[i].place for i in near.tolist()]
    plane = frame.to_enu([p.lon_deg for p in places], [p.lat_deg for p in places])[..., :2].reshape(-1, 2)
    away = np.hypot(plane[:, 0], plane[:, 1])
    begins = event.at_s + np.concatenate(([0.0], np.cumsum(rng.uniform(2.0, 9.0, event.rounds - 1))))
    at = (begins[:, None] + away / _MADE_UP_SPEED_M_S).ravel()
    n = len(at)
    snr = np.tile(np.clip(45.0 - 20.0 * np.log10(np.maximum(away, 100.0) / 300.0), 14.0, 45.0), event.rounds)
    return Onsets(
        sensor=np.tile(near, event.rounds),
        at_s=at + rng.normal(size=n) * _MADE_UP_SIGMA_S,
        snr_db=snr,
        level_db=snr + 55.0,
        sigma_s=np.full(n, _MADE_UP_SIGMA_S),
        round=np.full(n, -1, dtype=np.int64),
    )
