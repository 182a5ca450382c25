"""Time and memory of our array beams against ObsPy's, on the same recording, band, windows and grid size.

Run with the folder of the BRP array (four SAC files):

    python benchmarks/beamforming.py PATH [--repeat N] [--infrapy-python PYTHON --infrapy-source FOLDER]

Each line printed is one JSON object. ObsPy's grid is Cartesian, so ours is run on the Cartesian grid nearest in size
for that comparison, and on InfraPy's own polar grid, 180 x 121, beside InfraPy.
"""

import argparse
import json
import resource
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pyproj

from trucewatch.detect.beam import beamform
from trucewatch.detect.slowness import CartesianGrid, PolarGrid
from trucewatch.detect.steering import BeamSettings

BAND_HZ, WINDOW_S, STEP_S = (0.5, 5.0), 10.0, 5.0
MAX_SLOWNESS_S_KM = 1000.0 / 300.0
N_POINTS = 148


def emit(**figure):
    print(json.dumps(figure, sort_keys=True), flush=True)


def best_of(repeat, run):
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - begin)
    return min(times), result


def read_array(folder):
    import obspy

    paths = sorted(path for path in Path(folder).iterdir() if path.suffix.lower() == ".sac")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stream = obspy.Stream([obspy.read(str(path))[0] for path in paths])
    header = [trace.stats.sac for trace in stream]
    lon, lat = np.array([h.stlo for h in header], float), np.array([h.stla for h in header], float)
    azimuth, _, distance = pyproj.Geod(ellps="WGS84").inv(
        np.full(lon.size, lon[0]), np.full(lat.size, lat[0]), lon, lat
    )
    offsets = np.stack([distance * np.sin(np.radians(azimuth)), distance * np.cos(np.radians(azimuth))], axis=1)
    return stream, lon, lat, offsets


def with_obspy(stream, lon, lat):
    from obspy.core import AttribDict
    from obspy.signal.array_analysis import array_processing

    for trace, east, north in zip(stream, lon, lat, strict=True):
        trace.stats.coordinates = AttribDict(latitude=float(north), longitude=float(east), elevation=0.0)
    step = 2 * MAX_SLOWNESS_S_KM / (N_POINTS - 1)
    return array_processing(
        stream,
        win_len=WINDOW_S,
        win_frac=STEP_S / WINDOW_S,
        sll_x=-MAX_SLOWNESS_S_KM,
        slm_x=MAX_SLOWNESS_S_KM,
        sll_y=-MAX_SLOWNESS_S_KM,
        slm_y=MAX_SLOWNESS_S_KM,
        sl_s=step,
        semb_thres=-1e9,
        vel_thres=-1e9,
        frqlow=BAND_HZ[0],
        frqhigh=BAND_HZ[1],
        stime=stream[0].stats.starttime,
        etime=stream[0].stats.endtime - 1.0,
        prewhiten=0,
        coordsys="lonlat",
        timestamp="julsec",
        method=0,
    )


def compare_directions(ours, theirs):
    """Share of coherent windows in which both point the same way within 5 degrees."""
    n = min(len(theirs), ours.time_s.size)
    coherent = ours.f_statistic[:n] >= 5.0
    apart = np.abs((theirs[:n, 3] - ours.back_azimuth_deg[:n] + 180.0) % 360.0 - 180.0)
    return int(coherent.sum()), float(np.mean(apart[coherent] < 5.0))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--infrapy-python", help="a Python 3.9 in which InfraPy's beams run (infrapy_peer.py says how)")
    parser.add_argument("--infrapy-source", help="a checkout of LANL-Seismoacoustics/infrapy")
    args = parser.parse_args()
    stream, lon, lat, offsets = read_array(args.folder)
    rate_hz = float(stream[0].stats.sampling_rate)
    samples = np.array([trace.data for trace in stream], dtype=np.float64)
    base = {"band_hz": BAND_HZ, "window_s": WINDOW_S, "step_s": STEP_S}
    times = {}
    results = {}
    for name, grid in (
        ("polar", PolarGrid()),
        ("cartesian", CartesianGrid(max_slowness_s_m=MAX_SLOWNESS_S_KM / 1e3, n_points=N_POINTS)),
    ):
        settings = BeamSettings(**base, grid=grid)
        beamform(samples[:, : round(30 * rate_hz)], rate_hz, offsets, settings)
        times[name], results[name] = best_of(args.repeat, lambda s=settings: beamform(samples, rate_hz, offsets, s))
        emit(
            figure="trucewatch_bartlett",
            grid=name,
            n_nodes=int(np.prod(grid.shape)),
            n_windows=int(results[name].time_s.size),
            seconds=round(times[name], 4),
            channel_samples_per_s=round(samples.size / times[name]),
        )
    emit(figure="peak_memory_trucewatch_gb", value=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3))
    # The peer runs once: it takes half a minute and its spread is small beside the ratio.
    seconds, theirs = best_of(1, lambda: with_obspy(stream, lon, lat))
    emit(
        figure="obspy_bartlett", grid="cartesian", n_nodes=N_POINTS**2, n_windows=len(theirs), seconds=round(seconds, 3)
    )
    emit(figure="ratio_obspy_over_trucewatch", grid="cartesian", value=round(seconds / times["cartesian"], 1))
    n_coherent, share = compare_directions(results["cartesian"], theirs)
    emit(figure="same_direction_within_5_deg", n_windows_f_at_least_5=n_coherent, share=round(share, 4))
    if args.infrapy_python is None or args.infrapy_source is None:
        emit(figure="infrapy_bartlett", seconds=None, reason="not asked for: --infrapy-python and --infrapy-source")
    else:
        with_infrapy(args, times["polar"], results["polar"])


def with_infrapy(args, seconds, ours):
    """Run InfraPy in its own environment on the same input, windows and grid, and compare every window."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "infrapy.npz"
        peer = Path(__file__).with_name("infrapy_peer.py")
        command = [args.infrapy_python, str(peer), args.infrapy_source, args.folder, str(out)]
        # One thread of linear algebra for the peer, as its own command line runs it.
        subprocess.run(command, check=True)
        theirs = dict(np.load(out))
    n = min(len(theirs["peaks"]), ours.time_s.size)
    f = theirs["peaks"][:n, 2]
    coherence = f / (f + len(ours.elements_used) - 1)
    apart = np.abs((theirs["peaks"][:n, 0] - ours.back_azimuth_deg[:n] + 180.0) % 360.0 - 180.0)
    strong = f >= 5.0
    emit(
        figure="infrapy_bartlett",
        grid="polar",
        n_nodes=int(theirs["n_nodes"]),
        n_windows=len(theirs["peaks"]),
        seconds=round(float(theirs["seconds"]), 2),
    )
    emit(figure="ratio_infrapy_over_trucewatch", grid="polar", value=round(float(theirs["seconds"]) / seconds, 1))
    emit(
        figure="difference_from_infrapy",
        n_windows_f_at_least_5=int(strong.sum()),
        largest_back_azimuth_deg=round(float(apart[strong].max()), 4),
        largest_trace_velocity_m_s=round(
            float(np.abs(theirs["peaks"][:n, 1] - ours.trace_velocity_m_s[:n])[strong].max()), 3
        ),
        largest_coherence_all_windows=float(np.abs(coherence - ours.semblance[:n]).max()),
    )


if __name__ == "__main__":
    main()
