"""Recordings as plain arrays, read without any of our own readers."""

import sys
from pathlib import Path

import numpy as np
import pyproj
import pytest

# importlib mode does not put test folders on the path; array_waves.py beside this file is imported by name.
sys.path.insert(0, str(Path(__file__).parent))


def read_sac(path: Path) -> tuple[np.ndarray, float, float, float, float]:
    """Samples, rate, first sample in seconds of the day, longitude, latitude of a little-endian SAC file."""
    raw = path.read_bytes()
    floats, ints = np.frombuffer(raw[:280], "<f4"), np.frombuffer(raw[280:440], "<i4")
    start_s = ints[2] * 3600.0 + ints[3] * 60.0 + ints[4] + ints[5] / 1000.0 + float(floats[5])
    samples = np.frombuffer(raw[632 : 632 + 4 * int(ints[9])], "<f4").astype(np.float64)
    return samples, round(1.0 / float(floats[0])), start_s, float(floats[32]), float(floats[31])


def read_array(paths: list[Path]) -> tuple[np.ndarray, float, np.ndarray, float]:
    """Samples (n_elements, n) of the common time, rate, offsets (n_elements, 2), first sample in seconds of the day."""
    channels = [read_sac(path) for path in sorted(paths)]
    rate_hz = channels[0][1]
    lon, lat = (np.array([channel[k] for channel in channels]) for k in (3, 4))
    azimuth, _, distance = pyproj.Geod(ellps="WGS84").inv(
        np.full(lon.size, lon[0]), np.full(lat.size, lat[0]), lon, lat
    )
    offsets = np.stack([distance * np.sin(np.radians(azimuth)), distance * np.cos(np.radians(azimuth))], axis=1)
    start_s = max(channel[2] for channel in channels)
    cut = [channel[0][round((start_s - channel[2]) * rate_hz) :] for channel in channels]
    n = min(len(channel) for channel in cut)
    return np.array([channel[:n] for channel in cut]), rate_hz, offsets, start_s


@pytest.fixture(scope="session")
def array_reader():
    return read_array
