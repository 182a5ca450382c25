"""The same onsets again, hours later: of one sensor, or of the sensors of one owner.

Two onsets that follow each other by a gap, and two later ones of the same sensors by the same gap to a hundredth of a
second, give a lag. Chance gives lags all over the day; a repeated stretch gives one lag again and again. A lag that
several gaps agree on is then held against all onsets: how many have a copy at that lag, in how many different minutes,
and how many copies chance offers. What others hear at the same lag, or what comes at several lags, is a regular source
(a bird scarer, a pile driver) and no repetition.

LIMIT: what is sent again with other gaps, cut into single onsets, or less than ten minutes later, is not seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from trucewatch.fuse.influence import Owners
from trucewatch.fuse.onsets import Onsets, gather
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.network import Network

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_STEP_S = 0.01
"""as sharply as onsets repeat"""
_LEAST_GAP_S, _LONGEST_GAP_S = 1.0, 1_800.0
_LEAST_LAG_S = 600.0
_COMMON = 4
"""gaps of one length that come more often are of a regular source"""
_NEXT = 3
"""onsets after each one to which gaps are taken"""
_MOST_LAGS = 20
"""lags that are looked at, those that the most minutes agree on"""
_BLOCK_S = 60.0
"""copies within one minute may be one salvo: they count as one"""
_LEAST_BLOCKS = 5
_LEAST_AGREEING = 3
_CHANCE = 1e-6
"""over all lags of a day"""
_REGULAR = 3
"""lags from which it is a regular source"""
_ONE_SENSOR = 0.8
"""of the copies of an owner's sensors, more in one sensor are of that sensor"""
_OTHERS = 0.2
"""of as many copies that others have at the lag, for their number of onsets, it is a source and not a repetition"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Replay:
    """A stretch of onsets that came again."""

    about: str
    is_owner: bool
    lag_s: float
    copies: tuple[int, ...]
    """onset indices of those that came again"""
    first_s: float
    """of the copies, seconds since 1970"""
    last_s: float
    n_blocks: int
    """minutes that they are in"""
    chance: float
    """how often chance offers as many"""

    def sentence(self) -> str:
        """Return what was found, in words."""
        whose = f"sensors of {self.about}" if self.is_owner else self.about
        return (
            f"{len(self.copies)} onsets of {whose}, in {self.n_blocks} different minutes, repeat those of "
            f"{self.lag_s / 3600:.2f} hours before to a hundredth of a second; "
            "copies fused together with them are left out"
        )


def replays(onsets: Onsets, owner_of_station: Sequence[str]) -> tuple[Replay, ...]:
    """Return the stretches that came again, by whom, then by lag.

    Args:
        onsets: all of them.
        owner_of_station: who operates each.
    """
    if len(onsets) < 2 * _LEAST_BLOCKS:
        return ()
    times = [np.array(t) for t in onsets.times_of_station]
    out = list[Replay]()
    owners = sorted(set(owner_of_station))
    for owner in owners:
        own = [n for n, o in enumerate(owner_of_station) if o == owner]
        others = [n for n, o in enumerate(owner_of_station) if o != owner]
        if len(own) > 1:
            out += _of_group(onsets, times, own, others, owner, is_owner=True)
    spoken = {(n, round(r.lag_s)) for r in out for n, o in enumerate(owner_of_station) if o == r.about}
    for n, name in enumerate(onsets.names):
        others = [m for m in range(len(times)) if m != n]
        found = _of_group(onsets, times, [n], others, name, is_owner=False)
        out += [r for r in found if (n, round(r.lag_s)) not in spoken]
    return tuple(out)


def without_copies(detections: Sequence[Detection], network: Network, owners: Owners) -> list[Detection]:
    """Return detections without onsets that are those of hours before again.

    Args:
        detections: in order.
        network: for the sensors' places.
        owners: of the sensors.
    """
    onsets = gather([d for d in detections if d.kind is DetectionKind.ONSET], network)
    again = replays(onsets, [owners.of(name) for name in onsets.names])
    copies = {onsets.detections[i].id for r in again for i in r.copies}
    return [d for d in detections if d.id not in copies]


def _lags(times: FloatArray, station: IntArray) -> FloatArray:
    """Return the lags at which gaps between onsets repeat, with when they repeat, by lag, shape (n, 2).

    Gaps from each onset to the next ones, for what comes again has other onsets in between; of the same two sensors.

    Args:
        times: in order, shape (n,).
        station: of each, shape (n,).
    """
    found = [np.zeros((0, 2))]
    for step in range(1, _NEXT + 1):
        gaps = times[step:] - times[:-step]
        kept = np.flatnonzero((gaps >= _LEAST_GAP_S) & (gaps <= _LONGEST_GAP_S))
        pair = station[kept] * (int(station.max(initial=0)) + 1) + station[kept + step]
        # Two grids, half a step apart, so that gaps on both sides of an edge meet.
        found += [_of_grid(gaps[kept], pair, times[kept], shift) for shift in (0.0, 0.5)]
    lags = np.concatenate(found)
    lags = lags[lags[:, 0] >= _LEAST_LAG_S]
    return np.asarray(lags[np.lexsort((lags[:, 1], lags[:, 0]))], dtype=np.float64)


def _of_grid(gaps: FloatArray, pair: IntArray, at: FloatArray, shift: float) -> FloatArray:
    """Return lags between equal gaps of one grid and when the later one is; gaps that come often are left out."""
    key = np.floor(gaps / _STEP_S + shift).astype(np.int64) + pair * int(2 * _LONGEST_GAP_S / _STEP_S)
    order = np.lexsort((at, key))
    key, at = key[order], at[order]
    common = np.zeros(len(key), dtype=np.bool_)
    common[: max(0, len(key) - _COMMON)] = key[_COMMON:] == key[:-_COMMON] if len(key) > _COMMON else False
    rows = [np.zeros((0, 2))]
    for step in range(1, _COMMON):
        same = (key[step:] == key[:-step]) & ~common[:-step]
        rows.append(np.column_stack((at[step:] - at[:-step], at[step:]))[same])
    return np.concatenate(rows)


def _of_group(
    onsets: Onsets,
    times: Sequence[FloatArray],
    own: Sequence[int],
    others: Sequence[int],
    about: str,
    *,
    is_owner: bool,
) -> list[Replay]:
    span = max(float(onsets.time_s[-1] - onsets.time_s[0]), 1.0)
    found = list[Replay]()
    index = np.sort(np.concatenate([np.array(onsets.of_station[n], dtype=np.int64) for n in own]))
    for lag in _agreed(_lags(onsets.time_s[index], onsets.station[index])):
        matched = [_copies(onsets, times[n], n, lag) for n in own]
        copies = sorted(i for m in matched for i in m)
        blocks = len({int(onsets.time_s[i] // _BLOCK_S) for i in copies})
        expected = _expected(times, own, span)
        chance = float(poisson.sf(blocks - 1, max(expected, 1e-9))) * span / _STEP_S
        if len(own) > 1 and max(len(m) for m in matched) > _ONE_SENSOR * len(copies):
            continue
        if blocks < _LEAST_BLOCKS or chance > _CHANCE or _shared(onsets, times, own, others, lag, len(copies)):
            continue
        at = onsets.epoch_s + onsets.time_s[copies]
        found.append(
            Replay(
                about=about,
                is_owner=is_owner,
                lag_s=lag,
                copies=tuple(copies),
                first_s=float(at.min()),
                last_s=float(at.max()),
                n_blocks=blocks,
                chance=max(chance, 1e-12),
            )
        )
    return found if len(found) < _REGULAR else []


def _agreed(lags: FloatArray) -> list[float]:
    """Return the lags that gaps of several minutes agree on, each once, those of the most minutes, ascending."""
    out, k = list[tuple[int, float]](), 0
    while k < len(lags):
        end = int(np.searchsorted(lags[:, 0], lags[k, 0] + 2 * _STEP_S, side="right"))
        n = len(np.unique(lags[k:end, 1] // _BLOCK_S)) if end - k >= _LEAST_AGREEING else 0
        if n >= _LEAST_AGREEING:
            out.append((n, float(np.median(lags[k:end, 0]))))
            k = end
        else:
            k += 1
    return sorted(lag for _, lag in sorted(out, reverse=True)[:_MOST_LAGS])


def _copies(onsets: Onsets, times: FloatArray, station: int, lag: float) -> list[int]:
    """Return the onsets of a station that follow another one of it by a lag."""
    near = np.searchsorted(times, times - lag - _STEP_S), np.searchsorted(times, times - lag + _STEP_S)
    return [onsets.of_station[station][k] for k in np.flatnonzero(near[1] > near[0])]


def _expected(times: Sequence[FloatArray], stations: Sequence[int], span_s: float) -> float:
    """Return how many copies chance offers at one lag."""
    return math.fsum(len(times[n]) ** 2 * 2 * _STEP_S / span_s for n in stations)


def _shared(
    onsets: Onsets,
    times: Sequence[FloatArray],
    own: Sequence[int],
    others: Sequence[int],
    lag: float,
    n_copies: int,
) -> bool:
    """Say whether the sensors of others have copies at the lag too, for as many onsets as they have."""
    n_others = sum(len(_copies(onsets, times[n], n, lag)) for n in others)
    share = sum(len(times[n]) for n in others) / max(1, sum(len(times[n]) for n in own))
    return n_others >= 2 and n_others > _OTHERS * min(share, 1.0) * n_copies
