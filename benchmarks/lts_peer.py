"""Least-trimmed squares of uafgeotools/lts_array on one array, timed in its own environment; called by beamforming.py.

    PYTHON benchmarks/lts_peer.py SOURCE RECORDING.npz OUT.npz [ALPHA [SECONDS]]

SOURCE holds a checkout of uafgeotools/lts_array; PYTHON has NumPy, SciPy, numba, ObsPy and matplotlib. RECORDING.npz
holds `samples` (elements, n), `rate_hz` and `offsets_m` (elements, 2). The recording is band-passed here, as the
peer's own example does, outside the time measured. Nothing of the peer is part of this project.
"""

import contextlib
import io
import sys
import time

import numpy as np

source, recording, out = sys.argv[1:4]
alpha = float(sys.argv[4]) if len(sys.argv) > 4 else 0.5
sys.path.insert(0, source)

import obspy  # noqa: E402
from lts_array import ltsva  # noqa: E402

given = np.load(recording)
rate_hz = float(given["rate_hz"])
stream = obspy.Stream([obspy.Trace(channel.copy(), {"sampling_rate": rate_hz}) for channel in given["samples"]])
if len(sys.argv) > 5:
    stream.trim(stream[0].stats.starttime, stream[0].stats.starttime + float(sys.argv[5]))
stream.filter("bandpass", freqmin=0.5, freqmax=5.0, corners=2, zerophase=True)
offsets_km = given["offsets_m"].T / 1e3


def run(part):
    """Return velocity, back azimuth and the rest of every window."""
    with contextlib.redirect_stdout(io.StringIO()):
        return ltsva(part, None, None, 10.0, 0.5, alpha=alpha, rij=offsets_km)


start = stream[0].stats.starttime
run(stream.copy().trim(start, start + 30.0))  # compiles
began = time.process_time()
result = run(stream.copy())
seconds = time.process_time() - began
np.savez(out, seconds=seconds, trace_velocity_m_s=1e3 * result[0], back_azimuth_deg=result[1], correlation=result[3])
