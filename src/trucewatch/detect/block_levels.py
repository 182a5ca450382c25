"""What one second (or ten) of a channel is like: its level in three bands, its offset, and whether it is alive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import get_window

from trucewatch.model.vocabulary import ObserverKind

FloatArray = NDArray[np.float64]

QUIETEST_DB = -200.0
"""level of a block without any power"""
SLOW_A_BLOCK = 20
"""means of a block's parts that are kept of array elements, to compare their polarity"""
_REFERENCE = {"Pa": 20e-6, "m/s": 1e-9, "m": 1e-9}
"""20 uPa; 1 nm of displacement, into which ground velocity is turned. Counts have no reference."""
_TOO_LARGE = {"Pa": 1.2e5, "m/s": 10.0, "m": 10.0, "count": float(1 << 31)}
"""what no sensor of the kind can give: a sound pressure above that of the air, ground faster than any earthquake"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sense:
    """In which blocks and bands a kind of sensor is judged."""

    block_s: float
    beat_blocks: int
    """blocks whose median is one beat, the unit in which changes are looked for"""
    band_hz: tuple[float, float]
    """in which it hears what it is there for"""
    low_hz: tuple[float, float]
    """below that: wind, hum, the sea"""
    high_hz: tuple[float, float]
    """upper part of the band: lost first when something covers the sensor"""


MICROPHONE = Sense(block_s=1.0, beat_blocks=10, band_hz=(88.4, 2828.4), low_hz=(10.0, 88.4), high_hz=(1414.2, 2828.4))
"""the five octaves 125 to 2000 Hz of the sensor model (IEC 61260-1 edges)"""
INFRASOUND = Sense(block_s=10.0, beat_blocks=3, band_hz=(0.5, 5.0), low_hz=(0.1, 0.5), high_hz=(2.5, 5.0))
GROUND = Sense(block_s=10.0, beat_blocks=3, band_hz=(1.0, 10.0), low_hz=(0.1, 1.0), high_hz=(5.0, 10.0))
SENSES = {
    ObserverKind.ACOUSTIC_SENSOR: MICROPHONE,
    ObserverKind.ACOUSTIC_ARRAY: MICROPHONE,
    ObserverKind.INFRASOUND_ARRAY: INFRASOUND,
    ObserverKind.SEISMIC_STATION: GROUND,
}
"""kinds whose recordings are judged"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Blocks:
    """Blocks of one channel, in the order of its samples; every array has shape (n,) but slow."""

    middle_s: FloatArray
    """middle of the block, seconds since 1970"""
    band_db: NDArray[np.float32]
    low_db: NDArray[np.float32]
    high_db: NDArray[np.float32]
    offset: NDArray[np.float32]
    """mean of the samples"""
    top: FloatArray
    """largest sample"""
    bottom: FloatArray
    flat_top: NDArray[np.int32]
    """samples at the largest value with two neighbours there"""
    flat_bottom: NDArray[np.int32]
    n: NDArray[np.int32]
    """samples"""
    dead: NDArray[np.bool_]
    """hardly a sample differs from the one before"""
    slow: NDArray[np.float32]
    """means of SLOW_A_BLOCK parts, shape (n, SLOW_A_BLOCK); (n, 0) where they are not kept"""

    def __len__(self) -> int:
        return len(self.middle_s)


def measure(
    samples: FloatArray, middle_s: FloatArray, rate_hz: float, unit: str, sense: Sense, *, slow: bool
) -> Blocks:
    """Measure blocks.

    Args:
        samples: shape (n, m), one block a row.
        middle_s: middle of each, shape (n,).
        rate_hz: samples a second.
        unit: of the samples; decides the reference of the levels.
        sense: bands.
        slow: keep the means of parts.

    References:
        Welch 1967, IEEE Trans. Audio Electroacoust. 15, 70, for the scaling of a tapered periodogram.
    """
    n, m = samples.shape
    offset = samples.mean(axis=1)
    levels = _levels_db(samples - offset[:, None], rate_hz, unit, sense)
    top, bottom = samples.max(axis=1), samples.min(axis=1)
    changes = np.count_nonzero(samples[:, 1:] != samples[:, :-1], axis=1)
    parts = m // SLOW_A_BLOCK
    kept = samples[:, : parts * SLOW_A_BLOCK].reshape(n, SLOW_A_BLOCK, parts).mean(axis=2) if slow and parts else None
    return Blocks(
        middle_s=middle_s,
        band_db=levels[0],
        low_db=levels[1],
        high_db=levels[2],
        offset=offset.astype(np.float32),
        top=top,
        bottom=bottom,
        flat_top=_flat(samples, top),
        flat_bottom=_flat(samples, bottom),
        n=np.full(n, m, dtype=np.int32),
        dead=changes <= 0.01 * m,
        slow=np.zeros((n, 0), dtype=np.float32) if kept is None else kept.astype(np.float32),
    )


def join(parts: list[Blocks]) -> Blocks:
    """Put blocks one after the other, by time."""
    wide = max((p.slow.shape[1] for p in parts), default=0)
    whole = {
        name: np.concatenate([getattr(p, name) for p in parts]) if parts else np.zeros(0, dtype=kind)
        for name, kind in _KINDS.items()
    }
    slow = [p.slow if p.slow.shape[1] == wide else np.full((len(p), wide), np.nan, dtype=np.float32) for p in parts]
    order = np.argsort(whole["middle_s"], kind="stable")
    stacked = np.concatenate(slow) if slow else np.zeros((0, 0), dtype=np.float32)
    return Blocks(**{name: v[order] for name, v in whole.items()}, slow=stacked[order])


def too_large(unit: str) -> float:
    """Return the size beyond which a sample can only be a fault."""
    return _TOO_LARGE.get(unit, np.inf)


def is_calibrated(unit: str) -> bool:
    """Say whether levels in a unit have a reference."""
    return unit in _REFERENCE


_KINDS = {
    "middle_s": np.float64,
    "band_db": np.float32,
    "low_db": np.float32,
    "high_db": np.float32,
    "offset": np.float32,
    "top": np.float64,
    "bottom": np.float64,
    "flat_top": np.int32,
    "flat_bottom": np.int32,
    "n": np.int32,
    "dead": np.bool_,
}


def _levels_db(samples: FloatArray, rate_hz: float, unit: str, sense: Sense) -> list[NDArray[np.float32]]:
    """Return the level in the band, below it and in its upper part, each shape (n,)."""
    m = samples.shape[1]
    taper = get_window("hann", m)
    frequency = fft.rfftfreq(m, 1.0 / rate_hz)
    spectrum = fft.rfft(samples * taper, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2) * (2.0 / (m * float(np.sum(taper**2))))
    if unit == "m/s":
        power[:, 1:] /= (2.0 * np.pi * frequency[1:]) ** 2
    reference = 20.0 * np.log10(_REFERENCE.get(unit, 1.0))
    return [_band_db(power, frequency, band, reference) for band in (sense.band_hz, sense.low_hz, sense.high_hz)]


def _band_db(
    power: FloatArray, frequency: FloatArray, band_hz: tuple[float, float], reference_db: float
) -> NDArray[np.float32]:
    inside = (frequency >= band_hz[0]) & (frequency < band_hz[1])
    total = power[:, inside].sum(axis=1)
    level = 10.0 * np.log10(np.maximum(total, 10.0 ** (QUIETEST_DB / 10.0))) - reference_db
    return np.asarray(np.where(total > 0.0, level, QUIETEST_DB), dtype=np.float32)


def _flat(samples: FloatArray, extreme: FloatArray) -> NDArray[np.int32]:
    at = samples == extreme[:, None]
    return np.asarray(np.count_nonzero(at[:, 2:] & at[:, 1:-1] & at[:, :-2], axis=1), dtype=np.int32)
