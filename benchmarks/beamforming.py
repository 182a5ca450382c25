"""Time and memory of our array beams against ObsPy's, on the same recording, band, windows and grid size.

Run with the folder of the BRP array (four SAC files):

    python benchmarks/beamforming.py PATH [--repeat N]

Each line printed is one JSON object. ObsPy's grid is Cartesian, so ours is run on the Cartesian grid nearest in size
for the comparison and on the polar grid of the published reference run beside it.
"""

import argparse
import importlib.util
import json
import resource
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
PUBLISHED_INFRAPY_S = 34.07
"""InfraPy's Bartlett beams on the same recording, 180 x 121 grid, one thread of another machine (SOUND.md 3.1)."""


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
    if importlib.util.find_spec("infrapy") is None:
        emit(
            figure="infrapy_bartlett",
            seconds=None,
            reason="not installed: LANL's InfraPy is not on the Python Package Index (the package of that name "
            "there is another one) and its pinned environment does not build beside current NumPy and SciPy",
        )
        emit(
            figure="ratio_published_infrapy_over_trucewatch",
            grid="polar",
            value=round(PUBLISHED_INFRAPY_S / times["polar"], 1),
            note="published time of another machine: an order of magnitude, not a measurement",
        )
    else:
        emit(figure="infrapy_bartlett", seconds=None, reason="a package named infrapy is installed; not compared here")


if __name__ == "__main__":
    main()
