"""What acoustic nodes hear: which round reaches which node, when by the node's clock, and how loud.

A level is drawn as the sensor model of `physics` says: its median, the spread of the source (most of it shared by the
rounds of one event) and that of the path, against a noise that is partly the hour's. So the share of nodes that hear
events of a size at a range is the probability of detection of `physics`, while the nodes of one event hear alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo import LocalFrame
from trucewatch.physics import (
    Listener,
    Source,
    Weather,
    carried,
    detection_range_m,
    level_spread_db,
    received_level_db,
    reference_listener,
)
from trucewatch.simulate.fielded import Fielded
from trucewatch.simulate.happening import Happening
from trucewatch.simulate.laws import Laws
from trucewatch.simulate.preset import NetworkPlan
from trucewatch.simulate.sky import Sky

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SHARED, OWN = 0.8, 0.6
"""Parts of a spread that the rounds of an event share, and that each has of its own; their squares sum to one."""
_P_LEAST = 0.003
_FARTHEST_M = 40_000.0
_BLOCK = 400_000
"""pairs of rounds and nodes that are worked out together"""
_LOUD_DB = 12.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Onsets:
    """Onsets of nodes, arrays of shape (n,)."""

    sensor: IntArray
    """which sensor of the network"""
    at_s: FloatArray
    """seconds after the start, by the node's clock, pick error included"""
    snr_db: FloatArray
    level_db: FloatArray
    sigma_s: FloatArray
    """what the node states of its pick"""
    round: IntArray
    """which round of its event, -1 where none made it"""

    def __len__(self) -> int:
        return len(self.at_s)

    def take(self, which: NDArray[np.bool_] | IntArray) -> Onsets:
        """Return some of them, in the order asked for."""
        return Onsets(
            sensor=self.sensor[which],
            at_s=self.at_s[which],
            snr_db=self.snr_db[which],
            level_db=self.level_db[which],
            sigma_s=self.sigma_s[which],
            round=self.round[which],
        )


def joined(parts: list[Onsets]) -> Onsets:
    """Return onsets of several sources as one, in the order given."""
    if not parts:
        none, numbers = np.empty(0, dtype=np.int64), np.empty(0)
        return Onsets(sensor=none, at_s=numbers, snr_db=numbers, level_db=numbers, sigma_s=numbers, round=none)
    return Onsets(
        sensor=np.concatenate([p.sensor for p in parts]),
        at_s=np.concatenate([p.at_s for p in parts]),
        snr_db=np.concatenate([p.snr_db for p in parts]),
        level_db=np.concatenate([p.level_db for p in parts]),
        sigma_s=np.concatenate([p.sigma_s for p in parts]),
        round=np.concatenate([p.round for p in parts]),
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Air:
    """What lies between sources and nodes in an hour."""

    sky: Sky
    laws: Laws
    plan: NetworkPlan
    noise_hour_db: FloatArray
    """(n_sensors,) by which each is noisier this hour than usual, over its listener's spread"""


def hear(happening: Happening, fielded: Fielded, air: Air, rng: np.random.Generator) -> Onsets:
    """Draw what the nodes hear of an event.

    Args:
        happening: that sounds.
        fielded: the sensors.
        air: weather, laws and noise of the hour.
        rng: where chance comes from.
    """
    source, truth = happening.source, happening.truth
    if source is None or not len(happening.rounds_s):
        return joined([])
    reach = min(_FARTHEST_M, reach_m(source, reference_listener("microphone")))
    reach += float(np.abs(happening.offset_m).max(initial=0.0))
    near = fielded.near(truth.lon_deg, truth.lat_deg, reach)
    if not len(near):
        return joined([])
    weather = air.sky.weather_at(happening.start_s, truth.lon_deg, truth.lat_deg)
    loud = _Loudness(happening, fielded, near, air, weather, rng)
    step = max(1, _BLOCK // len(near))
    return joined([loud.rounds(first, first + step, rng) for first in range(0, len(happening.rounds_s), step)])


class _Loudness:
    """One event and the nodes about it."""

    def __init__(
        self,
        happening: Happening,
        fielded: Fielded,
        near: IntArray,
        air: Air,
        weather: Weather,
        rng: np.random.Generator,
    ) -> None:
        truth, n = happening.truth, len(near)
        frame = LocalFrame(lon_deg=truth.lon_deg, lat_deg=truth.lat_deg)
        self.nodes_m = frame.to_enu(fielded.lon_deg[near], fielded.lat_deg[near])[:, :2]
        self.happening, self.fielded, self.near, self.air, self.weather = happening, fielded, near, air, weather
        self.threshold_db = fielded.threshold_db[near]
        varies = SHARED * air.noise_hour_db[near] + OWN * rng.normal(size=n)
        quiet_db = fielded.noise_db[near] + fielded.noise_sigma_db[near] * varies
        self.noise_db = quiet_db + air.sky.noise_db(happening.start_s)
        self.hidden_db = air.sky.preset.terrain.shielding_db(
            truth.lon_deg, truth.lat_deg, fielded.lon_deg[near], fielded.lat_deg[near]
        )
        self.event_z, self.path_z = rng.normal(), rng.normal(size=n)
        self.shift_m = rng.normal(0.0, 1.0, 2) * air.laws.shift_m
        self.excess_m = np.abs(rng.normal(0.0, air.laws.path_excess_m, n))

    def rounds(self, first: int, last: int, rng: np.random.Generator) -> Onsets:
        """Draw what is heard of some of the rounds."""
        happening, laws, source = self.happening, self.air.laws, self.happening.source
        assert source is not None  # noqa: S101 - said by hear
        offset = happening.offset_m[first:last]
        height, begin = happening.height_m[first:last], happening.rounds_s[first:last]
        way = self.nodes_m[None, :, :] - offset[:, None, :] - self.shift_m
        level_way = np.hypot(way[..., 0], way[..., 1])
        away = np.hypot(level_way, height[:, None])
        bearing = np.degrees(np.arctan2(way[..., 0], way[..., 1]))
        level = self._level_db(source, away, bearing) - self.hidden_db + laws.level_bias_db
        level = level - laws.absorption_db_per_km * away / 1_000.0
        spread = level_spread_db(source, away)
        path_db = np.sqrt(np.maximum(spread**2 - source.spread_db**2, 0.0))
        round_z = SHARED * self.event_z + OWN * rng.normal(size=len(begin))
        path = SHARED * self.path_z + OWN * rng.normal(size=away.shape)
        level = level + source.spread_db * round_z[:, None] + path_db * path
        snr = level - self.noise_db
        row, column = np.nonzero(snr > self.threshold_db)
        speed = carried(
            self.weather.temperature_c, self.weather.wind_m_s, self.weather.wind_from_deg, bearing[row, column]
        ).speed_m_s
        travel = (away[row, column] + self.excess_m[column]) / speed
        sensor = self.near[column]
        truly = begin[row] + travel
        heard = snr[row, column]
        sigma = stated_sigma_s(heard, self.air.plan)
        clock = self.fielded.clock_error_s(sensor, truly)
        found = Onsets(
            sensor=sensor,
            at_s=truly + clock + rng.normal(size=len(row)) * sigma * laws.pick,
            snr_db=heard,
            level_db=level[row, column] + self.fielded.gain_db[sensor],
            sigma_s=sigma,
            round=row + first,
        )
        return found.take(self.fielded.works(sensor, truly))

    def _level_db(self, source: Source, away: FloatArray, bearing: FloatArray) -> FloatArray:
        """Return the median level; of many rounds from about one place, that of their middle."""
        if away.size <= 20_000:
            return received_level_db(source, away, self.weather, bearing)
        middle = np.hypot(self.nodes_m[:, 0], self.nodes_m[:, 1])
        toward = np.degrees(np.arctan2(self.nodes_m[:, 0], self.nodes_m[:, 1]))
        return np.broadcast_to(received_level_db(source, middle, self.weather, toward), away.shape)


def stated_sigma_s(snr_db: FloatArray, plan: NetworkPlan) -> FloatArray:
    """Return what nodes state of their picks: the plan's error where loud, up to three times that where faint."""
    faint = np.clip((_LOUD_DB + 12.0 - snr_db) / 12.0, 0.0, 1.0)
    return np.round(plan.pick_sigma_s * (1.0 + 2.0 * faint), 4)


@lru_cache(maxsize=256)
def reach_m(source: Source, listener: Listener) -> float:
    """Return how far off one listener in some hundreds notices a source on a quiet day, the wind at its back."""
    calm = Weather(
        temperature_c=10.0,
        relative_humidity_pct=80.0,
        pressure_pa=101_325.0,
        wind_m_s=3.0,
        wind_from_deg=270.0,
        wind_sigma_m_s=0.0,
    )
    return detection_range_m(source, listener, calm, _P_LEAST, 90.0)
