"""InfraPy's Bartlett beams of one array, timed in InfraPy's own environment; called by beamforming.py.

    PYTHON benchmarks/infrapy_peer.py SOURCE FOLDER_OF_SAC OUT.npz

SOURCE holds a checkout of LANL-Seismoacoustics/infrapy; PYTHON has NumPy 1.23, SciPy 1.10, numba 0.56, ObsPy 1.4
and pyproj (Python 3.9). Nothing of InfraPy is part of this project.
"""

import contextlib
import io
import sys
import time
import types
from pathlib import Path

import numpy as np

source, folder, out = sys.argv[1:4]
# The packages' own __init__ pull in databases and maps that beams do not need.
for name in ("infrapy", "infrapy.utils"):
    package = types.ModuleType(name)
    package.__path__ = [str(Path(source, *name.split(".")))]
    sys.modules[name] = package

import obspy  # noqa: E402
from infrapy.detection import beamforming_new as fk  # noqa: E402

stream = obspy.Stream([obspy.read(str(p))[0] for p in sorted(Path(folder).iterdir()) if p.suffix.lower() == ".sac"])
latlon = [[float(t.stats.sac.stla), float(t.stats.sac.stlo)] for t in stream]
back_azimuths, velocities = np.arange(-180.0, 180.0, 2.0), np.linspace(300.0, 600.0, 121)


def run(part):
    """Return times and peaks (back azimuth, trace velocity, F) of every window."""
    with contextlib.redirect_stdout(io.StringIO()):
        return fk.run_fk(
            part, latlon, [0.5, 5.0], 10.0, None, 5.0, "bartlett", back_azimuths, velocities, None, 1, None
        )


start = stream[0].stats.starttime
run(stream.copy().trim(start, start + 40.0))  # compiles
began = time.perf_counter()
times, peaks = run(stream.copy())
seconds = time.perf_counter() - began
np.savez(out, seconds=seconds, peaks=peaks, n_nodes=back_azimuths.size * velocities.size)
