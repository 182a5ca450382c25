"""What cameras, people and satellites told, each with how often its source tells anything: what chance has to offer.

Every source is a Poisson background of false tellings, and tells of a true event with probability p. So what it tells
of an event is worth, and not more than,

    likelihood ratio = 1 - p + p f / b,

f the density of what it says given the event, b that of its background, local in time; its silence is 1 - p. Where
other events may be meant, what they would make of it adds to the background.

References:
    Bar-Shalom, Daum & Huang (2009), The probabilistic data association filter, IEEE Control Systems 29(6): eq. 11-13.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.hypothesis import Hypothesis
from trucewatch.fuse.onsets import by_id
from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.track_kinds import FOLLOWED
from trucewatch.geo.geodesic import distance_m
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.network import Network, Sensor
from trucewatch.model.vocabulary import ObservationType
from trucewatch.physics import Listener, Weather, looked_up, reach_tables, reference_source

FloatArray = NDArray[np.float64]

FLASHES = frozenset(
    {
        ObservationType.MUZZLE_FLASH,
        ObservationType.EXPLOSION,
        ObservationType.AIRBURST,
        ObservationType.SHOT,
        ObservationType.BURST,
    }
)
"""what a camera sees for an instant"""
CLAIMS = frozenset({DetectionKind.REPORT, DetectionKind.FIRE, DetectionKind.SIGHTING, DetectionKind.CHANGE})
LATER = frozenset({DetectionKind.FIRE, DetectionKind.CHANGE})
"""what an event leaves behind: it comes later, and counts no rounds"""
_PASS_S = 600.0
"""fires of one satellite so near in time are of one overpass"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one claim says of one event."""

    p: float
    """that its source tells of such an event"""
    ratio: float
    """how much likelier the event makes what it says than chance does"""
    words: str
    """what the ratio was made from"""
    most: float = math.inf
    """log-odds that it adds at most"""

    @property
    def log_odds(self) -> float:
        """What it adds where no other event may be meant."""
        return self.beside(0.0)

    @property
    def belongs(self) -> float:
        """The log-odds that it is of this event and not one of its source's usual tellings."""
        return min(self.most, math.log(max(1e-300, self.p * self.ratio)))

    def beside(self, others: float) -> float:
        """Return what it adds where other events, of p times ratio in sum, may be meant as well."""
        return min(self.most, math.log(max(1e-12, 1.0 - self.p + self.p * self.ratio / (1.0 + others))))

    def sentence(self, others: float = 0.0) -> str:
        """Return the arithmetic in words."""
        rest = "" if others == 0.0 else f" / (1 + {others:.3g}) for the other events that may be meant"
        held = "" if math.isinf(self.most) else f", at most {self.most:g}"
        return f"ln(1 - p + p r{rest}){held}; p {self.p:.3g} that it is told of such an event, r {self.ratio:.3g}: " + (
            self.words
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Claims:
    """All that was told, by source, with the network and the weather."""

    by_source: Mapping[str, tuple[Detection, ...]]
    """in time order, ties by id"""
    times_s: Mapping[str, tuple[float, ...]]
    """their times, seconds since 1970"""
    sensors: Mapping[str, Sensor]
    weather_at: Callable[[float], Weather]
    settings: FuseSettings
    movers: Mapping[str, tuple[Detection, ...]] = field(default_factory=dict)
    """sightings of what moves, by source, in time order"""
    moving_s: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """their times, seconds since 1970"""

    @property
    def told(self) -> tuple[Detection, ...]:
        """All that speaks of events: flashes and plumes, not what moves."""
        seen = FLASHES | {ObservationType.SMOKE_PLUME}
        return tuple(
            d
            for ds in self.by_source.values()
            for d in ds
            if d.kind is not DetectionKind.SIGHTING or d.observation_type in seen
        )

    def near(self, source: str, at_s: float, within_s: float) -> tuple[Detection, ...]:
        """Return what a source told within so many seconds of a moment."""
        times = self.times_s.get(source, ())
        return self.by_source.get(source, ())[
            bisect_left(times, at_s - within_s) : bisect_right(times, at_s + within_s)
        ]

    def moving_near(self, source: str, at_s: float, within_s: float) -> tuple[Detection, ...]:
        """Return what a source told of what moves, within so many seconds of a moment."""
        times = self.moving_s.get(source, ())
        return self.movers.get(source, ())[bisect_left(times, at_s - within_s) : bisect_right(times, at_s + within_s)]

    def rate_hz(self, detection: Detection, within_s: float, usual_hz: float) -> float:
        """Return how often a source tells anything of a detection's kind about its moment, the detection left out.

        A gamma prior that weighs as half an observed one.
        """
        others = self._others(detection, within_s)
        return (0.5 + len(others)) / (0.5 / usual_hz + 2 * within_s)

    def number_about(self, detection: Detection, within_s: float, reach_m: float) -> int:
        """Return how many others of its kind a source told of at the same time, around the same place."""
        if detection.place is None:
            return 0
        others = [d.place for d in self._others(detection, within_s) if d.place is not None]
        if not others:
            return 0
        lon, lat = np.array([p.lon_deg for p in others]), np.array([p.lat_deg for p in others])
        return int((distance_m(detection.place.lon_deg, detection.place.lat_deg, lon, lat) <= reach_m).sum())

    def overpass(self, detection: Detection, reach_m: float) -> int:
        """Return how many other fires, or changes, the same overpass showed around a place."""
        return self.number_about(detection, _PASS_S, reach_m)

    def _others(self, detection: Detection, within_s: float) -> list[Detection]:
        flash = detection.observation_type in FLASHES
        return [
            d
            for d in self.near(detection.sensor_id, detection.time.utc.timestamp(), within_s)
            if d.id != detection.id
            and d.kind is detection.kind
            and (d.kind is not DetectionKind.SIGHTING or (d.observation_type in FLASHES) == flash)
        ]


def gather_claims(
    detections: Sequence[Detection],
    network: Network,
    weather_at: Callable[[float], Weather],
    settings: FuseSettings,
) -> Claims:
    """Return what was told, each telling once: a message that came twice under two names is one."""
    told: dict[str, dict[str, Detection]] = {}
    for d in sorted(detections, key=lambda d: d.id):
        if d.kind in CLAIMS:
            told.setdefault(d.sensor_id, {}).setdefault(content_of(d), d)
    ordered = {
        source: tuple(sorted(told[source].values(), key=lambda d: (d.time.utc, d.id))) for source in sorted(told)
    }
    moving = {s: tuple(d for d in ds if is_mover(d)) for s, ds in ordered.items()}
    moving = {s: ds for s, ds in moving.items() if ds}
    return Claims(
        by_source=ordered,
        times_s=_times_s(ordered),
        movers=moving,
        moving_s=_times_s(moving),
        sensors=by_id(network),
        weather_at=weather_at,
        settings=settings,
    )


def is_mover(detection: Detection) -> bool:
    """Say whether it is a sighting of a drone, an aircraft or a vehicle, at one moment of its way."""
    return detection.kind is DetectionKind.SIGHTING and detection.observation_type in FOLLOWED


def _times_s(by_source: Mapping[str, Sequence[Detection]]) -> dict[str, tuple[float, ...]]:
    return {s: tuple(d.time.utc.timestamp() for d in ds) for s, ds in by_source.items()}


def content_of(detection: Detection) -> str:
    """Return what a detection says, without its name and without what it was read from.

    Two lines of one person that say the same are two observations, for people round; instruments never measure the same
    twice to the last digit.
    """
    aside = {"id"} if detection.kind is DetectionKind.REPORT else {"id", "observation_ids"}
    fields = [n for n in detection.__slots__ if n not in aside]
    return repr([getattr(detection, n) for n in fields])


def p_noticed(
    hypothesis: Hypothesis, listener: Listener, weather: Weather, away_m: FloatArray, toward_deg: FloatArray
) -> FloatArray:
    """Return the probability that one who listens or looks notices an event, over its sizes, shape of away_m.

    Args:
        hypothesis: for the sizes.
        listener: who.
        weather: at the time.
        away_m: distances, shape (n,).
        toward_deg: bearings from the event to the listener, shape (n,).
    """
    tables = reach_tables(tuple(reference_source(n) for n in hypothesis.size_names), listener, weather)
    return np.asarray(hypothesis.sizes @ looked_up(tables, away_m, toward_deg), dtype=np.float64)


def sureness(detection: Detection, usual_p_false: float) -> float:
    """Return how much likelier a true telling is this sure of itself than a false one, within a factor of ten.

    What states no more than is usual for its kind gives 1.
    """
    p = min(max(detection.p_false, 1e-3), 1.0 - 1e-3)
    ratio = (1.0 - p) / p * usual_p_false / (1.0 - usual_p_false)
    return float(min(10.0, max(0.1, ratio)))


def normal(off: FloatArray, sigma: FloatArray) -> FloatArray:
    """Return the density of a normal variable, the shape of its arguments."""
    return np.asarray(np.exp(-0.5 * (off / sigma) ** 2) / (np.sqrt(2 * np.pi) * sigma), dtype=np.float64)


def turned(degrees: FloatArray) -> FloatArray:
    """Return angles within -180 .. 180 degrees."""
    return np.asarray((degrees + 180.0) % 360.0 - 180.0, dtype=np.float64)
