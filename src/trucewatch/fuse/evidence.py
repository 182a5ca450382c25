"""Whether onsets that agree on a place were an impulse or an agreement of chance: one sum of log-odds."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.apart import between, squared_sigmas
from trucewatch.fuse.background import Background
from trucewatch.fuse.ears import IntArray, noise_text
from trucewatch.fuse.impulse import Impulse, Scene
from trucewatch.fuse.locate import Fix, huber_cost
from trucewatch.fuse.sizes import Sizes, weigh_sizes
from trucewatch.geo.frame import LocalFrame
from trucewatch.model.incident import Silence
from trucewatch.model.instant import Interval, utc_from_timestamp
from trucewatch.model.listening import Listening
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import SensorState
from trucewatch.physics import Weather, level_spread_db, received_levels_db, reference_source

FloatArray = NDArray[np.float64]

_LEAST_P = 0.02
"""a sensor that hears no size of source with this probability is not asked"""
_ARRIVAL_SLACK_S = 5.0
_FASTEST_GROUND_M_S, _SLOWEST_GROUND_M_S = 8_500.0, 1_000.0
"""of P in hard rock and of surface waves in soft ground"""
_KM2_DAY = 1e6 * 86_400.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Hearing:
    """Who heard something at a place and who did not."""

    sizes: Sizes
    names: tuple[str, ...]
    """silent sensors"""
    away_m: FloatArray
    """their distances, shape (n_silent,)"""
    p_would: FloatArray
    """probability that each would have noticed it, shape (n_silent,)"""
    states: tuple[SensorState, ...]
    listened: NDArray[np.bool_]
    """whose silence says something, shape (n_silent,)"""
    noise: tuple[str, ...]
    """what was measured of each in that hour, in words; "" where nothing was"""

    @property
    def silences(self) -> tuple[Silence, ...]:
        """The silent sensors in words, nearest first: asked for once an event, not once a candidate."""
        rows = zip(self.names, self.states, self.listened, self.noise, strict=True)
        numbers = zip(self.away_m.tolist(), self.p_would.tolist(), self.sizes.silent.tolist(), strict=True)
        spoken = [_silence(*row, *figures) for row, figures in zip(rows, numbers, strict=True)]
        return tuple(spoken[i] for i in np.argsort(self.away_m, kind="stable"))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evidence:
    """What speaks for and against one impulse; total is the sum of all other log-odds."""

    agreement: FloatArray
    """shape (n,), by member: how much better the impulse predicts its moment than its sensor's rate of onsets"""
    room: float
    """of events a volume of space and time, times the volume that the fit leaves"""
    room_m2_s: float
    hearing: Hearing
    rate_hz: FloatArray
    """shape (n,), onsets a second that chance offers at each member"""

    @property
    def density_m2_s(self) -> float:
        """How many events a square metre and second were expected there beforehand."""
        return math.exp(self.room) / self.room_m2_s

    @property
    def sizes(self) -> Sizes:
        """What who heard it and who did not say of its size."""
        return self.hearing.sizes

    @property
    def total(self) -> float:
        """The log-odds that it happened."""
        return float(self.agreement.sum()) + self.room + self.sizes.total

    def of_members(self) -> FloatArray:
        """Return each member's whole part, shape (n,)."""
        return np.asarray(self.agreement + self.sizes.heard, dtype=np.float64)


def evidence(
    scene: Scene,
    impulse: Impulse,
    fix: Fix,
    background: Background,
    also_heard: frozenset[int] = frozenset(),
    neighbours: Sequence[tuple[Place, float]] = (),
) -> Evidence:
    """Weigh an impulse against chance.

    Args:
        scene: sensors, air and settings.
        impulse: with its members.
        fix: its place and time.
        background: what chance offers at each sensor.
        also_heard: stations whose silence is not held against it, because they heard another round from there.
        neighbours: places and times of impulses that are taken already: where one was fired, another often follows.
    """
    rates = np.array([background.rate(i) for i in impulse.members])
    place, at_s = place_of_fix(impulse, fix), scene.onsets.epoch_s + fix.time_s
    density = max([_usual_density(scene), *(_follow_density(scene, place, at_s, n) for n in neighbours)])
    return weighed(scene, impulse, fix, rates, density, also_heard)


def weighed(
    scene: Scene,
    impulse: Impulse,
    fix: Fix,
    rate_hz: FloatArray,
    density_m2_s: float,
    also_heard: frozenset[int] = frozenset(),
    not_asked: frozenset[int] = frozenset(),
) -> Evidence:
    """Weigh an impulse against a known chance.

    Args:
        scene: sensors, air and settings.
        impulse: with its members.
        fix: its place and time.
        rate_hz: onsets a second that chance offers at each member, shape (n,).
        density_m2_s: events a square metre and second beforehand.
        also_heard: stations whose silence is not held against it, because they heard another round from there.
        not_asked: ears whose silence says nothing, because they are left out.
    """
    volume = _volume_m2_s(fix, scene, impulse)
    place, at_s = place_of_fix(impulse, fix), scene.onsets.epoch_s + fix.time_s
    return Evidence(
        agreement=_log_density(fix, scene.settings.huber) - np.log(rate_hz),
        room=math.log(density_m2_s * volume),
        room_m2_s=volume,
        hearing=hearing(scene, impulse, place, at_s, also_heard, not_asked),
        rate_hz=rate_hz,
    )


def hearing(
    scene: Scene,
    impulse: Impulse,
    place: Place,
    at_s: float,
    also_heard: frozenset[int] = frozenset(),
    not_asked: frozenset[int] = frozenset(),
) -> Hearing:
    """Return what the pattern of hearing says of an impulse at a place and time; nothing else has to be known."""
    index = np.asarray(impulse.members, dtype=np.int64)
    heard = scene.ears.of_station[scene.onsets.station[index]]
    seen = scene.ears.seen_from(place, heard)
    excused = not_asked | frozenset(int(scene.ears.of_station[s]) for s in also_heard)
    prior = size_prior(scene, seen[0], scene.onsets.level_db[index], scene.weather_at(at_s))
    return pattern(scene, place, at_s, heard, seen, excused, prior)


def place_of_fix(impulse: Impulse, fix: Fix) -> Place:
    """Return the place of a fix with its full error."""
    return _placed(impulse.frame, fix)


@lru_cache(maxsize=1024)
def _placed(frame: LocalFrame, fix: Fix) -> Place:
    lon, lat, _ = frame.to_geographic(np.array([*fix.xy_m, 0.0]))
    return Place.gaussian(lon_deg=lon, lat_deg=lat, covariance_m2=fix.covariance_m2)


def pattern(
    scene: Scene,
    place: Place,
    at_s: float,
    heard: IntArray,
    seen: tuple[FloatArray, FloatArray],
    excused: frozenset[int],
    prior: FloatArray,
) -> Hearing:
    """Return what the pattern of hearing says of a place: sizes, and the silent sensors.

    A place known to some kilometres may be that much farther from each silent sensor: doubt goes with the sensor.

    Args:
        scene: who listens, in which air.
        place: of the source.
        at_s: when, seconds since 1970.
        heard: which of the ears heard it, shape (n,).
        seen: distance and bearing of those from the place, each shape (n,).
        excused: ears whose silence says nothing.
        prior: over sizes, shape (n_sizes,).
    """
    settings, ears, names = scene.settings, scene.ears, scene.size_names
    weather = scene.weather_at(at_s)
    quiet = _others(ears.within(place, settings.far_range_m), heard, excused)
    spread = float(np.sqrt(max(place.var_east_m2, place.var_north_m2)))
    away, toward = ears.seen_from(place, quiet)
    p_quiet = ears.p_hear(quiet, away + spread, toward, names, weather, at_s) * ears.usable(quiet, at_s)
    asked = (p_quiet.max(axis=0, initial=0.0) >= _LEAST_P) & ears.answers(quiet, at_s)
    if scene.array_times_s:
        asked[asked] = [
            not _speaks_elsewhere(scene, i, at_s, d)
            for i, d in zip(quiet[asked].tolist(), away[asked].tolist(), strict=True)
        ]
    quiet, away, p_quiet = quiet[asked], away[asked], p_quiet[:, asked]
    which = quiet.tolist()
    states = [SensorState.OPERATIONAL] * len(which)
    for n in np.flatnonzero(~ears.always[quiet]).tolist():
        states[n] = _state(scene, which[n], at_s, float(away[n]))
    hour = ears.hour(at_s)
    measured = [None] * len(which) if hour is None else [hour.measured.get(i) for i in which]
    listened = np.array([_listened(s, m) for s, m in zip(states, measured, strict=True)], dtype=np.bool_)
    p_heard = ears.p_hear(heard, *seen, names, weather, at_s)
    counts = listened & _one_in_ground(ears.in_ground[quiet], listened, prior @ p_quiet)
    sizes = weigh_sizes(prior, p_heard, p_quiet * counts, settings.silence_cap)
    return Hearing(
        sizes=sizes,
        names=tuple(ears.sensors[i].id for i in which),
        away_m=away,
        p_would=sizes.posterior @ p_quiet,
        states=tuple(states),
        listened=listened,
        noise=tuple(
            noise_text(m) + ("" if c or not heard_it else _SPOKEN_FOR)
            for m, c, heard_it in zip(measured, counts.tolist(), listened.tolist(), strict=True)
        ),
    )


def _one_in_ground(in_ground: NDArray[np.bool_], listened: NDArray[np.bool_], p: FloatArray) -> NDArray[np.bool_]:
    """Say whose silence counts by itself, shape (n,): of the stations in the ground, the one that most surely felt it.

    How much of a burst goes into the ground is most of what is not known of it, and it is the same for all of them
    (`physics.ground`): a second silent station says little that the first has not said.
    """
    asked = np.flatnonzero(in_ground & listened)
    out = ~in_ground
    if len(asked):
        out[asked[np.argmax(p[asked])]] = True
    return out


_SPOKEN_FOR = "; another station speaks for the ground, so this adds nothing"


def _others(near: IntArray, heard: IntArray, excused: frozenset[int]) -> IntArray:
    """Return those near that neither heard it nor are excused."""
    known = {*heard.tolist(), *excused}
    return np.array([i for i in near.tolist() if i not in known], dtype=np.int64)


def size_prior(scene: Scene, away_m: FloatArray, level_db: FloatArray, weather: Weather) -> FloatArray:
    """Return the prior over sizes, times the density of the median level above what each size would give.

    The median stands for all: the source's own spread is common to its sensors, and single levels are bent by walls.

    Args:
        scene: for the sizes and their weights.
        away_m: distances of those that heard it, shape (n,).
        level_db: their levels, NaN where not known, shape (n,).
        weather: at the time.
    """
    weights: FloatArray = np.array([w for _, w in scene.settings.size_weights], dtype=np.float64)
    weights /= weights.sum()
    known = np.isfinite(level_db)
    if not known.any():
        return weights
    away, level_db = away_m[known], level_db[known]
    sources = [reference_source(name) for name in scene.size_names]
    excess = np.median(level_db - received_levels_db(sources, away, weather), axis=1)
    sigma = np.median([level_spread_db(s, away) for s in sources], axis=1)
    log_density = -0.5 * (excess / sigma) ** 2 - np.log(sigma)
    scaled = weights * np.exp(log_density - log_density.max()) + 1e-6
    return np.asarray(scaled / scaled.sum(), dtype=np.float64)


def _log_density(fix: Fix, huber: float) -> FloatArray:
    """Return the log-density of each arrival's residual, per second, with the long tails of Huber's cost."""
    cost = huber_cost(fix.residual_s / fix.sigma_s, huber)
    return np.asarray(-cost - np.log(fix.sigma_s) - 0.5 * math.log(2 * math.pi), dtype=np.float64)


def _volume_m2_s(fix: Fix, scene: Scene, impulse: Impulse) -> float:
    """Return the volume of space and time that the fit leaves, the air's error integrated out (Laplace).

    References:
        MacKay 2003, Information Theory, Inference and Learning Algorithms, chapter 28: Occam factors.
    """
    air = scene.air_of(impulse)
    sigma = np.array([air.speed_sigma_m_s, air.wind_sigma_m_s, air.wind_sigma_m_s])
    off = (fix.state[3:] - np.array([0.0, air.wind_east_m_s, air.wind_north_m_s])) / sigma
    precision = np.linalg.inv(fix.state_covariance)
    # No fit leaves more than the reach of hearing: where the times do not hold a place, the network does.
    precision[[0, 1], [0, 1]] += 1.0 / scene.settings.max_range_m**2
    _, log_precision = np.linalg.slogdet(precision)
    log_volume = 1.5 * math.log(2 * math.pi) - 0.5 * float(log_precision) - float(np.log(sigma).sum())
    return math.exp(log_volume - 0.5 * float(off @ off))


def _usual_density(scene: Scene) -> float:
    return scene.settings.events_per_km2_day / _KM2_DAY


def _follow_density(scene: Scene, place: Place, at_s: float, neighbour: tuple[Place, float]) -> float:
    """Return the density of further rounds a square metre and second, near in place and time to a round that was."""
    gap_s, (other, other_s) = scene.settings.salvo_gap_s, neighbour
    if abs(at_s - other_s) > gap_s:
        return 0.0
    offset, spread = between(place, other)
    peak = 1.0 / (2 * math.pi * math.sqrt(float(np.linalg.det(spread))))
    return scene.settings.p_follows * peak * math.exp(-squared_sigmas(offset, spread) / 2) / (2 * gap_s)


def _speaks_elsewhere(scene: Scene, ear: int, at_s: float, away_m: float) -> bool:
    """Say whether an array or station has a detection of its own that may be this event: it was not silent."""
    times = scene.array_times_s.get(scene.ears.sensors[ear].id)
    if times is None:
        return False
    if scene.ears.in_ground[ear]:
        # A seismometer feels the wave in the ground first, and the sound in the air as it passes.
        earliest, latest = at_s + away_m / _FASTEST_GROUND_M_S - 5.0, at_s + away_m / 300.0 + 5.0
    else:
        earliest, latest = at_s + away_m / 345.0 - 30.0, at_s + away_m / 220.0 + 30.0
    first = bisect_left(times, earliest)
    return first < len(times) and times[first] <= latest


def _state(scene: Scene, ear: int, at_s: float, away_m: float) -> SensorState:
    """Return in which state a sensor was when the sound passed it."""
    sensor = scene.ears.sensors[ear]
    fast, slow = (_FASTEST_GROUND_M_S, _SLOWEST_GROUND_M_S) if scene.ears.in_ground[ear] else (360.0, 300.0)
    first, last = at_s + away_m / fast - _ARRIVAL_SLACK_S, at_s + away_m / slow + _ARRIVAL_SLACK_S
    return sensor.state_at(Interval(start_utc=utc_from_timestamp(first), end_utc=utc_from_timestamp(last)))


def _listened(state: SensorState, measured: Listening | None) -> bool:
    """Say whether a sensor's silence says something: one that is degraded counts with the noise that was measured."""
    return state is SensorState.OPERATIONAL or (state is SensorState.DEGRADED and measured is not None)


def _silence(
    name: str, state: SensorState, listened: bool, noise: str, away_m: float, p: float, log_odds: float
) -> Silence:
    where = f"{away_m / 1000:.1f} km away"
    how = "working" if state is SensorState.OPERATIONAL else state.value.replace("_", " ")
    reason = (
        f"{where}, {how}, reported nothing; would have noticed it with probability {p:.2f}{noise}"
        if listened
        else f"{where}, {how}: its silence says nothing"
    )
    return Silence(sensor_id=name, p_detect=p if listened else 0.0, state=state, log_odds=log_odds, reason=reason)
