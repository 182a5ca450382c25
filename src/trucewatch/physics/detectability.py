"""The one sensor model: the probability that a listener notices an event of a size, at a range, in a weather."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from trucewatch.physics.air import wind_along_m_s
from trucewatch.physics.ground import ground_level_db, ground_spread_db
from trucewatch.physics.infrasound import infrasound_level_db, infrasound_spread_db
from trucewatch.physics.level import A_WEIGHTING_DB, downwind_levels_db, level_spread_db, shadow_depth_db, upwind_share
from trucewatch.physics.sight import contrast_level_db, contrast_spread_db
from trucewatch.physics.source import Source
from trucewatch.physics.weather import Weather

FloatArray = NDArray[np.float64]
ListenerKind = Literal["microphone", "infrasound_array", "seismometer", "camera", "patrol"]

# Attention, helmets, talk and engines vary more from one patrol to the next than gain between microphones (our choice).
_PATROL_SPREAD_DB = 6.0
_LONGEST_RANGE_M = 2_000_000.0
# Five Gauss-Hermite nodes average over the wind's uncertainty, four directions over an unknown bearing.
_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(5)
_COMPASS = np.cos(np.pi / 8.0 + np.pi / 4.0 * np.arange(4.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One that listens, looks or feels, with its noise in the units of its sense."""

    kind: ListenerKind
    """Which sense: decides how the level at the listener is worked out."""
    noise_level_db: float
    """Median background: peak in an octave (microphone), A-weighted (patrol), in 0.5-5 Hz (infrasound), all re 20 uPa;
    rms ground displacement above 1 Hz re 1 nm (seismometer); least visible contrast re 1 (camera)."""
    noise_sigma_db: float
    """Standard deviation of the background over the period in question."""
    threshold_snr_db: float
    """How far above the background a signal is noticed half the time."""
    n_elements: int = 1
    """Elements summed coherently; each doubling gains 3 dB."""

    def __post_init__(self) -> None:
        """Refuse a listener that cannot be.

        Raises:
            ValueError: Unknown kind, a value that is not finite, a negative spread, or no element.
        """
        if self.kind not in get_args(ListenerKind):
            raise ValueError(
                f"unknown listener kind {self.kind!r}: expected one of {', '.join(get_args(ListenerKind))}"
            )
        if not all(map(isfinite, (self.noise_level_db, self.noise_sigma_db, self.threshold_snr_db))):
            raise ValueError("noise and threshold must be finite")
        if self.noise_sigma_db < 0.0 or self.n_elements < 1:
            raise ValueError("noise_sigma_db must not be negative, and n_elements at least 1")


# Starting values for quiet open country in light wind, ours, to be replaced by each sensor's measured noise. A patrol's
# threshold is that of the ear for a bang of a few milliseconds, which sounds some 15 dB softer than its peak.
# An array's is that of its own detector: half of all wave trains of 10 s in noise that falls like wind's give a sure
# arrival when their peak is 8.8 dB (four elements) or 4.4 dB (eight) above the noise's root mean square, which is 14 to
# 15 dB without the gain of the elements (tests/scenarios/test_array_detection.py).
# LIMIT: a single short pulse needs 4 to 6 dB more, for it fills less of the detector's window; near arrays hear fewer
# small charges than this says.
_REFERENCE = {
    "microphone": Listener(kind="microphone", noise_level_db=55.0, noise_sigma_db=8.0, threshold_snr_db=12.0),
    "infrasound_array": Listener(
        kind="infrasound_array", noise_level_db=68.0, noise_sigma_db=8.0, threshold_snr_db=15.0, n_elements=4
    ),
    "seismometer": Listener(kind="seismometer", noise_level_db=14.0, noise_sigma_db=8.0, threshold_snr_db=16.0),
    "camera": Listener(kind="camera", noise_level_db=-34.0, noise_sigma_db=3.0, threshold_snr_db=6.0),
    "patrol": Listener(kind="patrol", noise_level_db=42.0, noise_sigma_db=8.0, threshold_snr_db=18.0),
}


def reference_listener(kind: ListenerKind) -> Listener:
    """Return a listener of a kind with starting values, for missions that have measured nothing yet."""
    return _REFERENCE[kind]


def probability_of_detection(
    source: Source,
    range_m: ArrayLike,
    listener: Listener,
    weather: Weather,
    bearing_deg: ArrayLike | None = None,
) -> FloatArray:
    """Return the probability that the listener notices the source.

    Args:
        source: What happens.
        range_m: Distance between them, any shape.
        listener: Who listens.
        weather: The weather on the path.
        bearing_deg: Bearing from source to listener, broadcast against the range. When absent all bearings count alike.
            Only microphones and patrols feel the surface wind.

    Returns:
        Probabilities in the broadcast shape: Phi((level + array gain - noise - threshold) / spread), spread being that
        of the level and of the noise together, averaged over the wind's uncertainty. Falls with range, rises with
        charge.
    """
    distance = np.asarray(range_m, dtype=np.float64)
    if listener.kind in ("microphone", "patrol"):
        return _heard(source, distance, listener, weather, bearing_deg)
    if listener.kind == "infrasound_array":
        level, spread = infrasound_level_db(source, distance, weather), infrasound_spread_db(source, distance)
    elif listener.kind == "seismometer":
        level, spread = ground_level_db(source, distance), np.asarray(ground_spread_db(source))
    else:
        level, spread = contrast_level_db(source, distance, weather), np.asarray(contrast_spread_db(source))
    probability = _exceeds(level, spread, listener)
    return np.broadcast_to(probability, _shape(distance, bearing_deg))[()]


def detection_range_m(
    source: Source,
    listener: Listener,
    weather: Weather,
    probability: float = 0.5,
    bearing_deg: float | None = None,
) -> float:
    """Return how far away the source is still noticed with a probability.

    Args:
        source: What happens.
        listener: Who listens.
        weather: The weather on the path.
        probability: In (0, 1).
        bearing_deg: Bearing from source to listener; all alike when absent.

    Returns:
        Metres, to one part in 1e5; 0 if not even at 1 m, and 2,000 km if still there.

    Raises:
        ValueError: The probability is not between 0 and 1.
    """
    if not 0.0 < probability < 1.0:
        raise ValueError(f"probability {probability!r} is not between 0 and 1")
    low, high = 1.0, _LONGEST_RANGE_M
    for _ in range(3):
        grid = np.geomspace(low, high, 129)
        heard = probability_of_detection(source, grid, listener, weather, bearing_deg) >= probability
        last = int(np.count_nonzero(heard)) - 1
        if last < 0:
            return 0.0
        if last == len(grid) - 1:
            return float(high)
        low, high = float(grid[last]), float(grid[last + 1])
    return low


def at_least(p: ArrayLike, k: int) -> FloatArray:
    """Return the probability that at least k of n independent sensors detect (Poisson binomial).

    Args:
        p: (n_sensors, ...) each sensor's probability, for every cell.
        k: How many must detect; 0 is certain, more than n impossible.

    Returns:
        (...) probabilities. Sensors are independent given the weather; failures that they share come on top.

    Raises:
        ValueError: k is negative, or a probability is outside [0, 1].
    """
    chances = np.asarray(p, dtype=np.float64)
    if k < 0:
        raise ValueError(f"k = {k} is negative")
    if not ((chances >= 0.0) & (chances <= 1.0)).all():
        raise ValueError("probabilities must lie within 0 and 1")
    # state[j]: exactly j detections so far, the last entry k or more; adding one sensor at a time never cancels.
    state = np.zeros((k + 1, *chances.shape[1:]))
    state[0] = 1.0
    for chance in chances:
        moved = state[:-1] * chance
        state[:-1] *= 1.0 - chance
        state[1:] += moved
    result: FloatArray = np.clip(state[k], 0.0, 1.0)[()]
    return result


def joint_probability(p: ArrayLike, k: int = 1) -> FloatArray:
    """Return at_least(p, k): by default, the probability that anyone detects."""
    return at_least(p, k)


def _heard(
    source: Source, range_m: FloatArray, listener: Listener, weather: Weather, bearing_deg: ArrayLike | None
) -> FloatArray:
    distance = np.broadcast_to(range_m, _shape(range_m, bearing_deg))
    bands, depth = downwind_levels_db(source, distance, weather), shadow_depth_db(distance)
    spread = level_spread_db(source, distance)
    if listener.kind == "patrol":
        bands = bands + A_WEIGHTING_DB.reshape(-1, *[1] * distance.ndim)
        spread = np.hypot(spread, _PATROL_SPREAD_DB)
    total: FloatArray = np.zeros(distance.shape)
    for wind, weight in _winds(weather, bearing_deg):
        level = (bands - upwind_share(wind, weather.lapse_k_per_m) * depth).max(axis=0)
        total = total + weight * _exceeds(level, spread, listener)
    return np.clip(total, 0.0, 1.0)[()]


def _shape(distance: FloatArray, bearing_deg: ArrayLike | None) -> tuple[int, ...]:
    return np.broadcast_shapes(distance.shape, np.shape(0.0 if bearing_deg is None else bearing_deg))


def _winds(weather: Weather, bearing_deg: ArrayLike | None) -> list[tuple[FloatArray, float]]:
    """Return wind components along the path with their weights, which sum to one."""
    if bearing_deg is None:
        means = [np.asarray(weather.wind_m_s * cosine) for cosine in _COMPASS]
    else:
        means = [wind_along_m_s(weather.wind_m_s, weather.wind_from_deg, bearing_deg)]
    if weather.wind_sigma_m_s == 0.0:
        return [(mean, 1.0 / len(means)) for mean in means]
    weights = _NODE_WEIGHTS / _NODE_WEIGHTS.sum() / len(means)
    steps = weather.wind_sigma_m_s * _NODES
    return [(mean + step, float(w)) for mean in means for step, w in zip(steps, weights, strict=True)]


def _exceeds(level_db: FloatArray, spread_db: FloatArray, listener: Listener) -> FloatArray:
    gain = 10.0 * np.log10(listener.n_elements)
    margin = level_db + gain - listener.noise_level_db - listener.threshold_snr_db
    exceeds: FloatArray = ndtr(margin / np.maximum(np.hypot(spread_db, listener.noise_sigma_db), 1e-6))
    return exceeds
