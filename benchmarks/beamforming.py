"""Speed and accuracy of our array beams against InfraPy, ObsPy and lts_array: same samples, windows and grids.

Run with the folder of the BRP array (four SAC files):

    python benchmarks/beamforming.py PATH [--repeat N] [--infrapy-python PYTHON --infrapy-source FOLDER]
                                          [--lts-python PYTHON --lts-source FOLDER] [--recording OUT.npz]

Each line printed is one JSON object. Peers run in their own environments (infrapy_peer.py, lts_peer.py say which) and
are skipped, with the reason, where none is named. Seconds are of processor time with one thread, so that other work on
the machine does not count; `wall` beside them is clock time, with one and with two threads of linear algebra. Ours is
the median of N runs; peers run once, for their spread is small beside the ratios.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path

# One thread for us and for the peers; `--threads` starts this script again with another number.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
import pyproj  # noqa: E402

from trucewatch.detect.beam import beamform  # noqa: E402
from trucewatch.detect.peak import search  # noqa: E402
from trucewatch.detect.projection import Projection  # noqa: E402
from trucewatch.detect.slowness import CartesianGrid, PolarGrid  # noqa: E402
from trucewatch.detect.steering import REFERENCE_FK, BeamSettings, Steering  # noqa: E402

WINDOW_S, STEP_S, RATE_HZ = 10.0, 5.0, 100.0
MANY_S = 305.0
"""Sixty windows of 24 elements: what is set up once for all windows is then small for everybody."""
MAX_SLOWNESS_S_KM = 1000.0 / 300.0
N_POINTS = 148
SQUARE = CartesianGrid(max_slowness_s_m=MAX_SLOWNESS_S_KM / 1e3, n_points=N_POINTS)
OBSPY_FK = replace(
    REFERENCE_FK,
    # 1,000 samples and bin 5 (0.488 Hz), as ObsPy rounds them.
    **{
        "detrend": "window_mean",
        "taper": "cosine",
        "piece_taper": "cosine",
        "weighting": "power",
        "window_s": 9.99,
        "band_hz": (0.48, 5.0),
    },
    grid=SQUARE,
)
INFRAPY_CAPON = replace(REFERENCE_FK, method="capon", loading=1e-3, subwindow_s=5.0)
INFRAPY_MUSIC = replace(REFERENCE_FK, method="music", n_signals=1, subwindow_s=5.0)


def emit(**figure):
    print(json.dumps(figure, sort_keys=True), flush=True)


def turn_deg(first, second):
    return np.abs((np.asarray(first) - second + 180.0) % 360.0 - 180.0)


def timed(repeat, run):
    """Return median processor seconds, least clock seconds, and the last result."""
    cpu, wall = [], []
    for _ in range(repeat):
        begin_cpu, begin = time.process_time(), time.perf_counter()
        result = run()
        cpu.append(time.process_time() - begin_cpu)
        wall.append(time.perf_counter() - begin)
    return statistics.median(cpu), min(wall), result


def read_array(folder):
    """Read samples, and latitude and longitude of each element."""
    import obspy

    paths = sorted(path for path in Path(folder).iterdir() if path.suffix.lower() == ".sac")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traces = [obspy.read(str(path))[0] for path in paths]
    latlon = np.array([[float(t.stats.sac.stla), float(t.stats.sac.stlo)] for t in traces])
    return np.array([t.data for t in traces], dtype=np.float64), latlon


def local_m(latlon):
    azimuth, _, distance = pyproj.Geod(ellps="WGS84").inv(
        *(np.full(len(latlon), latlon[0, k]) for k in (1, 0)), latlon[:, 1], latlon[:, 0]
    )
    return np.stack([distance * np.sin(np.radians(azimuth)), distance * np.cos(np.radians(azimuth))], axis=1)


def around(offsets_m):
    """Place an array on the globe, for peers that take latitude and longitude."""
    lon, lat, _ = pyproj.Geod(ellps="sphere").fwd(
        np.zeros(len(offsets_m)),
        np.full(len(offsets_m), 45.0),
        np.degrees(np.arctan2(offsets_m[:, 0], offsets_m[:, 1])),
        np.hypot(*offsets_m.T),
    )
    return np.stack([lat, lon], axis=1)


def plane_wave(offsets_m, azimuth_deg, velocity_m_s, power_ratio, seconds, seed):
    """Noise-like wave at 100 samples a second, with independent noise of unit power on every element."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE_HZ) + 1
    frequency = np.fft.rfftfreq(n, 1 / RATE_HZ)
    shape = np.exp(-np.square(frequency / 8.0))
    slowness = np.array([np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))]) / velocity_m_s
    clean = np.fft.rfft(rng.normal(size=n)) * np.exp(2j * np.pi * frequency * (offsets_m @ slowness)[:, None])
    noise = np.fft.rfft(rng.normal(size=(len(offsets_m), n)))
    return np.fft.irfft((np.sqrt(power_ratio) * clean + noise) * shape, n)


def with_obspy(samples, latlon, method):
    """Run ObsPy's array_processing; return processor seconds, its rows and its geometry in metres."""
    import obspy
    from obspy.core import AttribDict
    from obspy.signal.array_analysis import array_processing, get_geometry

    stream = obspy.Stream([obspy.Trace(channel.copy(), {"sampling_rate": RATE_HZ}) for channel in samples])
    for trace, (lat, lon) in zip(stream, latlon, strict=True):
        trace.stats.coordinates = AttribDict(latitude=lat, longitude=lon, elevation=0.0)
    begin = time.process_time()
    rows = array_processing(
        stream,
        win_len=WINDOW_S,
        win_frac=STEP_S / WINDOW_S,
        sll_x=-MAX_SLOWNESS_S_KM,
        slm_x=MAX_SLOWNESS_S_KM,
        sll_y=-MAX_SLOWNESS_S_KM,
        slm_y=MAX_SLOWNESS_S_KM,
        sl_s=2 * MAX_SLOWNESS_S_KM / (N_POINTS - 1),
        semb_thres=-1e9,
        vel_thres=-1e9,
        frqlow=0.5,
        frqhigh=5.0,
        stime=stream[0].stats.starttime,
        etime=stream[0].stats.endtime - 1.0,
        prewhiten=0,
        coordsys="lonlat",
        timestamp="julsec",
        method=method,
    )
    return time.process_time() - begin, rows, 1e3 * get_geometry(stream, coordsys="lonlat")[:, :2]


class Peer:
    """A peer that runs in its own environment."""

    def __init__(self, python, source, script):
        self.python, self.source = python, source
        self.script = Path(__file__).with_name(script)

    def __call__(self, samples, latlon, offsets_m, *options):
        """Return what it wrote, or None where it is not here."""
        if self.python is None or self.source is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            recording, out = Path(folder) / "recording.npz", Path(folder) / "out.npz"
            np.savez(recording, samples=samples, rate_hz=RATE_HZ, latlon=latlon, offsets_m=offsets_m)
            command = [self.python, str(self.script), self.source, str(recording), str(out), *map(str, options)]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
            return dict(np.load(out))


def report(array, what, ours, theirs, **more):
    """Print our seconds, a peer's and the ratio."""
    if theirs is None:
        emit(array=array, figure=what, seconds=round(ours, 4), peer=None, reason="not asked for: see --help", **more)
        return
    emit(array=array, figure=what, seconds=round(ours, 4), peer=round(theirs, 3), ratio=round(theirs / ours, 1), **more)


def of_infrapy(peer, samples, latlon, repeat, array, seconds=None):
    """Compare Bartlett, Capon and MUSIC on InfraPy's grid."""
    for name, settings, options in (
        ("bartlett", REFERENCE_FK, ()),
        ("capon", INFRAPY_CAPON, (5.0,)),
        ("music", INFRAPY_MUSIC, (5.0,)),
    ):
        # Whole for Bartlett; the others in part, for InfraPy takes its time.
        part = samples if name == "bartlett" else samples[:, : round((seconds or 300.0) * RATE_HZ) + 1]
        theirs = peer(part, latlon, local_m(latlon), name, *(options or (0,)))
        places = local_m(latlon) if theirs is None else theirs["offsets_m"]
        cpu, _, result = timed(repeat, lambda p=part, o=places, s=settings: beamform(p, RATE_HZ, o, s))
        report(array, f"infrapy_{name}", cpu, None if theirs is None else float(theirs["seconds"]), n_nodes=21780)
        if theirs is None or name == "music":
            continue
        n = min(len(theirs["peaks"]), result.time_s.size)
        azimuth, velocity, f = theirs["peaks"][:n].T
        emit(
            array=array,
            figure=f"difference_from_infrapy_{name}",
            n_windows=n,
            coherence=float(np.abs(f / (f + len(samples) - 1) - result.peak_value[:n]).max()),
            back_azimuth_deg=float(turn_deg(azimuth, result.back_azimuth_deg[:n]).max()),
            trace_velocity_m_s=float(np.abs(velocity - result.trace_velocity_m_s[:n]).max()),
        )


def of_obspy(samples, latlon, repeat, array):
    """Compare Bartlett and Capon on ObsPy's grid; its Capon inverts one spectrum, so only the time compares."""
    for name, method in (("bartlett", 0), ("capon", 1)):
        theirs, rows, places = with_obspy(samples, latlon, method)
        # As many frequencies as ObsPy: pieces as long as the window.
        settings = replace(OBSPY_FK, method=name, subwindow_s=9.99 if name == "capon" else None)
        cpu, _, _ = timed(repeat, lambda o=places, s=settings: beamform(samples, RATE_HZ, o, s))
        report(array, f"obspy_{name}", cpu, theirs, n_nodes=N_POINTS**2, n_windows=len(rows))
        if name == "bartlett":
            emit(array=array, figure="difference_from_obspy_bartlett", **at_obspys_nodes(samples, places, rows))


def at_obspys_nodes(samples, places, rows):
    """Compare the highest node of every window, before anything is refined."""
    steering = Steering(places - places.mean(axis=0), RATE_HZ, OBSPY_FK)
    starts = np.arange(len(rows)) * round(STEP_S * RATE_HZ)
    windows = np.stack([samples[:, at : at + steering.n_window] for at in starts])
    beam = Projection(steering, steering.spectra(windows)[:, None], steering.frequency_hz)
    node = search(beam, SQUARE).best()
    east, north = (axis.astype(float) for axis in np.divmod(node, N_POINTS))
    slowness = SQUARE.slowness_s_m(east, north)
    value = beam.at(slowness, np.arange(len(rows)))
    same = turn_deg(np.degrees(np.arctan2(*slowness.T)), rows[:, 3]) < 1e-6
    return {
        "n_windows": len(rows),
        "semblance": float(np.abs(value - rows[:, 1]).max()),
        "same_node": round(float(np.mean(same)), 4),
    }


def of_lts(peer, samples, latlon, offsets_m, repeat, array):
    """Compare least-trimmed squares."""
    theirs = peer(samples, latlon, offsets_m, 0.5)
    settings = BeamSettings(method="trimmed_squares")
    cpu, _, _ = timed(repeat, lambda: beamform(samples, RATE_HZ, offsets_m, settings))
    report(array, "lts_array_trimmed", cpu, None if theirs is None else float(theirs["seconds"]))


def root_mean_square(azimuth_deg, truth_deg):
    return round(float(np.sqrt(np.mean(np.square(turn_deg(azimuth_deg, truth_deg))))), 3)


def accuracy(infrapy, lts, offsets_m, power_ratio, fault):
    """Bearing errors of everybody on one wave whose direction is known."""
    truth_deg, seconds = 213.7, 300.0
    samples = plane_wave(offsets_m, truth_deg, 347.0, power_ratio, seconds, seed=11)
    if fault:
        samples[2] = np.roll(samples[2], 18)
    latlon = around(offsets_m)
    errors, stated = {}, {}
    for method in ("bartlett", "capon", "music", "trimmed_squares"):
        result = beamform(samples, RATE_HZ, offsets_m, BeamSettings(method=method))
        errors[f"trucewatch_{method}"] = root_mean_square(result.back_azimuth_deg, truth_deg)
        stated[method] = round(float(np.median(result.back_azimuth_sigma_deg)), 2)
    for method in ("bartlett", "capon", "music"):
        theirs = infrapy(samples, latlon, offsets_m, method, 0 if method == "bartlett" else 5.0)
        if theirs is not None:
            errors[f"infrapy_{method}"] = root_mean_square(theirs["peaks"][:, 0], truth_deg)
    for name, method in (("bartlett", 0), ("capon", 1)):
        errors[f"obspy_{name}"] = root_mean_square(with_obspy(samples, latlon, method)[1][:, 3], truth_deg)
    for name, alpha in (("ordinary", 1.0), ("trimmed", 0.5)):
        theirs = lts(samples, latlon, offsets_m, alpha)
        if theirs is not None:
            errors[f"lts_array_{name}"] = root_mean_square(theirs["back_azimuth_deg"], truth_deg)
    emit(
        figure="rms_bearing_error_deg",
        elements=len(offsets_m),
        power_ratio=power_ratio,
        one_clock_wrong_by_s=0.18 if fault else 0.0,
        stated_deg=stated,
        **errors,
    )


def ours_alone(recording, repeat):
    """Clock time of every method with the threads that the environment allows."""
    given = np.load(recording)
    for name in ("four", "many"):
        samples, offsets = given[f"{name}_samples"], given[f"{name}_offsets_m"]
        for method in ("bartlett", "capon", "music", "trimmed_squares"):
            for label, grid in (("polar", PolarGrid()), ("cartesian", SQUARE)):
                settings = BeamSettings(method=method, grid=grid)
                cpu, wall, result = timed(repeat, lambda x=samples, o=offsets, s=settings: beamform(x, RATE_HZ, o, s))
                emit(
                    figure="trucewatch",
                    elements=len(offsets),
                    method=method,
                    grid=label,
                    threads=int(os.environ["OMP_NUM_THREADS"]),
                    n_windows=int(result.time_s.size),
                    cpu=round(cpu, 4),
                    wall=round(wall, 4),
                    channel_samples_per_s=round(samples.size / wall),
                )
    emit(figure="peak_memory_gb", value=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3))


def on_threads(four, many, repeat):
    """Run ourselves again with one and with two threads."""
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "recording.npz"
        np.savez(
            recording,
            four_samples=four[0],
            four_offsets_m=local_m(four[1]),
            many_samples=many[0],
            many_offsets_m=many[2],
        )
        for threads in ("1", "2"):
            environment = os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
            command = [sys.executable, __file__, str(recording), "--alone", "--repeat", str(repeat)]
            subprocess.run(command, check=True, env=environment)


def many_elements(seconds):
    """Twenty-four elements over 900 m, one wave."""
    offsets_m = np.random.default_rng(24).uniform(-450.0, 450.0, size=(24, 2))
    return plane_wave(offsets_m, 120.0, 345.0, 1.0, seconds, seed=3), around(offsets_m), offsets_m


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--infrapy-python", help="a Python 3.9 in which InfraPy's beams run (infrapy_peer.py says how)")
    parser.add_argument("--infrapy-source", help="a checkout of LANL-Seismoacoustics/infrapy")
    parser.add_argument("--lts-python", help="a Python in which lts_array runs (lts_peer.py says how)")
    parser.add_argument("--lts-source", help="a checkout of uafgeotools/lts_array")
    parser.add_argument("--recording", help="write the recording as the peers take it, and stop")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.alone:
        ours_alone(args.folder, args.repeat)
        return
    samples, latlon = read_array(args.folder)
    if args.recording:
        np.savez(args.recording, samples=samples, rate_hz=RATE_HZ, latlon=latlon, offsets_m=local_m(latlon))
        return
    infrapy = Peer(args.infrapy_python, args.infrapy_source, "infrapy_peer.py")
    lts = Peer(args.lts_python, args.lts_source, "lts_peer.py")
    many = many_elements(MANY_S)
    on_threads((samples, latlon), many_elements(600.0), args.repeat)
    of_infrapy(infrapy, samples, latlon, args.repeat, "brp, 4 elements, 1200 s")
    of_obspy(samples, latlon, args.repeat, "brp, 4 elements, 1200 s")
    of_lts(lts, samples, latlon, local_m(latlon), args.repeat, "brp, 4 elements, 1200 s")
    of_infrapy(infrapy, many[0], many[1], args.repeat, "24 elements, 305 s", 60.0)
    of_obspy(many[0][:, : round(65.0 * RATE_HZ) + 1], many[1], args.repeat, "24 elements, 65 s")
    of_lts(lts, *many, args.repeat, "24 elements, 305 s")
    six_m = np.array([[0.0, 0.0], [90.0, 10.0], [40.0, 85.0], [-60.0, 70.0], [-85.0, -20.0], [20.0, -90.0]])
    accuracy(infrapy, lts, local_m(latlon), 2.0, fault=False)
    accuracy(infrapy, lts, six_m, 2.0, fault=False)
    accuracy(infrapy, lts, six_m, 8.0, fault=True)


if __name__ == "__main__":
    main()
