"""InfraPy's beams of one array, timed in InfraPy's own environment; called by beamforming.py.

    PYTHON benchmarks/infrapy_peer.py SOURCE RECORDING.npz OUT.npz [METHOD [SUBWINDOW_S [SECONDS]]]

SOURCE holds a checkout of LANL-Seismoacoustics/infrapy; PYTHON has NumPy 1.23, SciPy 1.10, numba 0.56, ObsPy 1.4
and pyproj (Python 3.9). RECORDING.npz holds `samples` (elements, n), `rate_hz` and `latlon` (elements, 2). METHOD is
bartlett, capon or music. OUT.npz holds the places in metres that InfraPy itself computed, on a sphere, beside the
beams. Nothing of InfraPy is part of this project.
"""

import contextlib
import io
import sys
import time
import types
from pathlib import Path

import numpy as np

source, recording, out = sys.argv[1:4]
method = sys.argv[4] if len(sys.argv) > 4 else "bartlett"
subwindow_s = float(sys.argv[5]) if len(sys.argv) > 5 and float(sys.argv[5]) > 0 else None
# The packages' own __init__ pull in databases and maps that beams do not need.
for name in ("infrapy", "infrapy.utils"):
    package = types.ModuleType(name)
    package.__path__ = [str(Path(source, *name.split(".")))]
    sys.modules[name] = package

import obspy  # noqa: E402
from infrapy.detection import beamforming_new as fk  # noqa: E402

given = np.load(recording)
rate_hz = float(given["rate_hz"])
stream = obspy.Stream([obspy.Trace(channel.copy(), {"sampling_rate": rate_hz}) for channel in given["samples"]])
latlon = given["latlon"].tolist()
back_azimuths, velocities = np.arange(-180.0, 180.0, 2.0), np.linspace(300.0, 600.0, 121)
if len(sys.argv) > 6:
    stream.trim(stream[0].stats.starttime, stream[0].stats.starttime + float(sys.argv[6]))


def run(part):
    """Return times and peaks (back azimuth, trace velocity, F) of every window."""
    with contextlib.redirect_stdout(io.StringIO()):
        return fk.run_fk(
            part, latlon, [0.5, 5.0], 10.0, subwindow_s, 5.0, method, back_azimuths, velocities, None, 1, None
        )


start = stream[0].stats.starttime
run(stream.copy().trim(start, start + 20.0))  # compiles
began = time.process_time()
times, peaks = run(stream.copy())
seconds = time.process_time() - began
_, _, _, offsets = fk.stream_to_array_data(stream.copy(), latlon=latlon)
np.savez(out, seconds=seconds, peaks=peaks, offsets_m=offsets, n_nodes=back_azimuths.size * velocities.size)
