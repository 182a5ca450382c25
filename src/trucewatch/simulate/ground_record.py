"""A seismic station's recording as miniSEED: whole numbers, not compressed, which every reader takes.

References:
    SEED Reference Manual v2.4, chapter 8 (fixed section of data header, blockette 1000).
"""

from __future__ import annotations

import struct
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

RATE_HZ = 100
CHANNEL = "HHZ"
_RECORD_POWER = 12
_DATA_AT = 64
_PER_RECORD = (2**_RECORD_POWER - _DATA_AT) // 4
_INT32 = 3
_BIG_ENDIAN = 1
_RING_HZ, _RING_S = 8.0, 1.5
"""what a bang makes the ground do some kilometres away"""


def ground_counts(onsets_s: FloatArray, *, duration_s: float, rng: np.random.Generator, snr_db: float) -> IntArray:
    """Return ground motion in counts: noise of about 50 counts, and a ringing wave at each onset.

    Args:
        onsets_s: (n,) seconds after the first sample.
        duration_s: length.
        rng: noise.
        snr_db: peak of a wave over the noise's standard deviation.
    """
    time = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    motion = rng.normal(0.0, 50.0, len(time))
    for onset in onsets_s:
        since = time - onset
        ring = np.sin(2 * np.pi * _RING_HZ * since) * np.exp(-np.maximum(since, 0.0) / _RING_S)
        motion += np.where(since >= 0.0, 50.0 * 10 ** (snr_db / 20.0) * ring, 0.0)
    return np.round(motion).astype(np.int64)


def mini_seed(station: str, start_utc: datetime, counts: IntArray) -> bytes:
    """Return one channel as miniSEED 2 records.

    Args:
        station: code of at most five characters.
        start_utc: of the first sample, to a tenth of a millisecond.
        counts: (n,) samples.
    """
    records = []
    for n, first in enumerate(range(0, len(counts), _PER_RECORD)):
        part = counts[first : first + _PER_RECORD]
        head = _header(n + 1, station, start_utc + timedelta(seconds=first / RATE_HZ), len(part))
        data = part.astype(">i4").tobytes()
        records.append((head + data).ljust(2**_RECORD_POWER, b"\0"))
    return b"".join(records)


def _header(number: int, station: str, at: datetime, n: int) -> bytes:
    codes = f"{number:06d}D {station:<5.5}{'':2}{CHANNEL:3}{'XX':2}".encode("ascii")
    day = at.timetuple().tm_yday
    time = struct.pack(">HHBBBBH", at.year, day, at.hour, at.minute, at.second, 0, at.microsecond // 100)
    rest = struct.pack(">HhhBBBBiHH", n, RATE_HZ, 1, 0, 0, 0, 1, 0, _DATA_AT, 48)
    form = struct.pack(">HHBBBB", 1000, 0, _INT32, _BIG_ENDIAN, _RECORD_POWER, 0)
    return (codes + time + rest + form).ljust(_DATA_AT, b"\0")
