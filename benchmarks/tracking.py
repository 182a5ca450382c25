"""Stone-Soup's multi-target scenes: its trackers and ours on the same measurements, scored by one formula.

Scenes, each with Stone-Soup's own simulators for truth and measurements:

- "simulation": its tutorial on simulation and tracking (births 0.3 a step, deaths 0.05, 20 steps of 5 s, one false
  measurement a scan), whose tracker is GNN;
- "ehm": its example that compares JPDA with efficient hypothesis management (births 0.25, deaths 0.01, 50 steps, 1.2
  false a scan), whose tracker is JPDA;
- "field N": N things crossing a field of N x 400 m2 for 30 steps, N / 2 false a scan.

"Live" is what each tracker says at the moment, "whole" is every track from its first to its last moment, as known in
the end. Needs an environment with `stonesoup` (1.9.1 was measured) and this project; two thresholds were set on seeds 1
to 40, so report others. CPU seconds of one thread.
"""

from __future__ import annotations

import argparse
import datetime
import time

import numpy as np
from scipy.optimize import linear_sum_assignment

from trucewatch.fuse.track import ENDED_P, PUBLISHED_P
from trucewatch.fuse.track_filter import run_forward
from trucewatch.fuse.track_scans import Look, Scan
from trucewatch.fuse.track_smooth import smoothed
from trucewatch.fuse.track_told import Forward, Motion

START = datetime.datetime(2026, 1, 1)  # noqa: DTZ001 - Stone-Soup works in naive times
CUT_M = 10.0
"""of both metrics"""


class Replay:
    """Stone-Soup's detector interface over measurements that were made before."""

    def __init__(self, steps):
        self.steps = steps
        self.detections = set()

    def __iter__(self):
        return iter(self.steps)


def scene(name, seed):
    """Return truth (per step: ids, (n, 2)), Stone-Soup's steps, arrays per step and parameters."""
    from stonesoup.models.measurement.linear import LinearGaussian
    from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
    from stonesoup.simulator.simple import MultiTargetGroundTruthSimulator, SimpleDetectionSimulator
    from stonesoup.types.array import CovarianceMatrix, StateVector
    from stonesoup.types.state import GaussianState

    np.random.seed(seed)
    kind, _, n = name.partition(" ")
    half = 30.0
    p = {
        "simulation": {
            "q": 0.05,
            "r": 0.25,
            "pd": 0.9,
            "clutter": 1.0,
            "birth": 0.3,
            "death": 0.05,
            "steps": 20,
            "dt": 5,
            "p0": 4.0,
        },
        "ehm": {
            "q": 0.05,
            "r": 0.5,
            "pd": 0.99,
            "clutter": 1.2,
            "birth": 0.25,
            "death": 0.01,
            "steps": 50,
            "dt": 1,
            "p0": 5.0,
        },
        "field": {
            "q": 0.05,
            "r": 0.25,
            "pd": 0.9,
            "clutter": 0.5,
            "birth": 0.0,
            "death": 0.0,
            "steps": 30,
            "dt": 1,
            "p0": 4.0,
        },
    }[kind]
    preexisting = []
    if kind == "field":
        n = int(n)
        half = 10.0 * np.sqrt(n)
        p["clutter"] = n / 2
        for _ in range(n):
            x, y = np.random.uniform(-half, half, 2)
            vx, vy = np.random.normal(0, 0.7, 2)
            preexisting.append(StateVector([x, vx, y, vy]))
    p |= {"half": half, "name": name}
    transition = CombinedLinearGaussianTransitionModel([ConstantVelocity(p["q"]), ConstantVelocity(p["q"])])
    initial = GaussianState(
        StateVector([[0], [0], [0], [0]]), CovarianceMatrix(np.diag([p["p0"], 0.5, p["p0"], 0.5])), START
    )
    truth_sim = MultiTargetGroundTruthSimulator(
        transition_model=transition,
        initial_state=initial,
        timestep=datetime.timedelta(seconds=p["dt"]),
        number_steps=p["steps"],
        birth_rate=p["birth"],
        death_probability=p["death"],
        preexisting_states=preexisting,
    )
    model = LinearGaussian(4, [0, 2], np.diag([p["r"], p["r"]]))
    detections = SimpleDetectionSimulator(
        groundtruth=truth_sim,
        measurement_model=model,
        detection_probability=p["pd"],
        meas_range=np.array([[-1, 1], [-1, 1]]) * half,
        clutter_rate=p["clutter"],
    )
    steps, paths = [], set()
    for at, found in detections:
        steps.append((at, set(found)))
        paths |= set(truth_sim.groundtruth_paths)
    order = sorted(paths, key=lambda t: (t[0].timestamp, float(t[0].state_vector[0])))
    truth = []
    for at, _ in steps:
        here = [(i, s) for i, t in enumerate(order) for s in t.states if s.timestamp == at]
        truth.append(
            (
                np.array([i for i, _ in here], dtype=int),
                np.array([[float(s.state_vector[0]), float(s.state_vector[2])] for _, s in here]).reshape(-1, 2),
            )
        )
    arrays = [
        np.array(sorted([float(d.state_vector[0]), float(d.state_vector[1])] for d in found)).reshape(-1, 2)
        for _, found in steps
    ]
    return truth, steps, arrays, p


def theirs(steps, p, associator):
    """Run Stone-Soup's tracker; returns live and whole output and seconds."""
    from stonesoup.dataassociator.neighbour import GlobalNearestNeighbour, GNNWith2DAssignment
    from stonesoup.dataassociator.probability import JPDA, JPDAwithEHM2
    from stonesoup.deleter.error import CovarianceBasedDeleter
    from stonesoup.deleter.time import UpdateTimeStepsDeleter
    from stonesoup.hypothesiser.distance import DistanceHypothesiser
    from stonesoup.hypothesiser.probability import PDAHypothesiser
    from stonesoup.initiator.simple import MultiMeasurementInitiator
    from stonesoup.measures import Mahalanobis
    from stonesoup.models.measurement.linear import LinearGaussian
    from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
    from stonesoup.predictor.kalman import KalmanPredictor
    from stonesoup.tracker.simple import MultiTargetMixtureTracker, MultiTargetTracker
    from stonesoup.types.state import GaussianState
    from stonesoup.updater.kalman import KalmanUpdater

    transition = CombinedLinearGaussianTransitionModel([ConstantVelocity(p["q"]), ConstantVelocity(p["q"])])
    model = LinearGaussian(4, [0, 2], np.diag([p["r"], p["r"]]))
    predictor, updater = KalmanPredictor(transition), KalmanUpdater(model)
    near = GNNWith2DAssignment(DistanceHypothesiser(predictor, updater, measure=Mahalanobis(), missed_distance=3))
    if p["name"] == "simulation":
        deleter, points = CovarianceBasedDeleter(covar_trace_thresh=2), 3
        prior = GaussianState([[0], [0], [0], [0]], np.diag([0, 0.5, 0, 0.5]))
        first = near
    else:
        deleter, points = UpdateTimeStepsDeleter(3), 2
        prior = GaussianState(np.array([0, 0, 0, 0]), np.diag([p["p0"], 0.5, p["p0"], 0.5]) ** 2, timestamp=START)
        first = None
    pda = PDAHypothesiser(
        predictor=predictor,
        updater=updater,
        clutter_spatial_density=p["clutter"] / (2 * p["half"]) ** 2,
        prob_detect=p["pd"],
    )
    if first is None:
        first = GlobalNearestNeighbour(pda)
    initiator = MultiMeasurementInitiator(
        prior_state=prior,
        measurement_model=model,
        deleter=deleter,
        data_associator=first,
        updater=updater,
        min_points=points,
    )
    if associator == "GNN":
        tracker = MultiTargetTracker(
            initiator=initiator, deleter=deleter, detector=Replay(steps), data_associator=near, updater=updater
        )
    else:
        kind = {"JPDA": JPDA, "EHM2": JPDAwithEHM2}[associator]
        tracker = MultiTargetMixtureTracker(
            initiator=initiator, deleter=deleter, detector=Replay(steps), data_associator=kind(pda), updater=updater
        )
    began = time.process_time()
    every, live = set(), []
    for _, tracks in tracker:
        every |= tracks
        live.append([(id(t), float(t.state_vector[0]), float(t.state_vector[2])) for t in tracks])
    seconds = time.process_time() - began
    whole = []
    for at, _ in steps:
        here = []
        for t in every:
            s = [s for s in t.states if s.timestamp == at]
            if s:
                here.append((id(t), float(s[-1].state_vector[0]), float(s[-1].state_vector[2])))
        whole.append(here)
    return live, whole, seconds


def ours(arrays, p, *, publish=PUBLISHED_P, keep=ENDED_P):
    """Run our tracker; returns live and whole output and seconds."""
    began = time.process_time()
    area = (2 * p["half"]) ** 2
    n_expected = max(p["birth"], 0.05) if not p["name"].startswith("field") else 0.02 * int(p["name"].split()[1])
    life = p["dt"] / max(p["death"], 0.005)
    told = Forward(
        n_axes=2, motions=(Motion(power_m2_s3=p["q"], speed_sigma_m_s=0.7, climb_sigma_m_s=1.0, life_s=life),)
    )
    log_clutter, log_birth = np.log(p["clutter"] / area), np.log(n_expected / area)
    noise = np.diag([p["r"], p["r"]])
    scans, source = [], 0
    for k, z in enumerate(arrays):
        m = len(z)
        zero = np.zeros(m, dtype=np.int64)
        scans.append(
            Scan(
                t_s=float(k * p["dt"]),
                look=Look.PLACE,
                z=z,
                noise=np.broadcast_to(noise, (m, 2, 2)),
                origin_m=np.zeros(2),
                origin_var_m2=0.0,
                clock_sigma_s=0.0,
                p_detect=p["pd"],
                reach_m=np.inf,
                is_frame=True,
                sensor=0,
                log_clutter=np.full(m, log_clutter),
                log_birth=np.full(m, log_birth),
                kind=zero,
                label=zero,
                source=source + np.arange(m),
            )
        )
        source += m
    rows = run_forward(scans, told)
    best = np.zeros(rows.track.max() + 1)
    np.maximum.at(best, rows.track, rows.exists)
    told_of = best[rows.track] >= publish
    state = rows.state.copy()
    state[told_of], _, _ = smoothed(
        rows.track[told_of],
        rows.t_s[told_of],
        rows.state[told_of],
        rows.covariance[told_of],
        np.full(told_of.sum(), p["q"]),
    )
    seconds = time.process_time() - began
    last = np.full(len(best), -1)
    good = rows.exists >= keep
    np.maximum.at(last, rows.track[good], rows.scan[good])
    live = [[] for _ in arrays]
    whole = [[] for _ in arrays]
    for i in range(len(rows.track)):
        t, k = rows.track[i], rows.scan[i]
        if rows.exists[i] >= keep:
            live[k].append((t, *rows.state[i, :2]))
        if best[t] >= publish and k <= last[t]:
            whole[k].append((t, *state[i, :2]))
    return live, whole, seconds


def metrics(truth, output):
    """Return OSPA (p 1) and GOSPA (p 2, alpha 2) averaged over steps, identity switches, false and missed."""
    ospa, gospa, switches, n_false, n_missed = [], [], 0, 0, 0
    owner = {}
    for (ids, places), here in zip(truth, output, strict=True):
        n, m = len(places), len(here)
        found = np.array([[x, y] for _, x, y in here]).reshape(-1, 2)
        if not n and not m:
            ospa.append(0.0)
            gospa.append(0.0)
            continue
        d = np.minimum(np.linalg.norm(places[:, None] - found[None], axis=2), CUT_M)
        i, j = linear_sum_assignment(d)
        big = max(n, m)
        ospa.append((d[i, j].sum() + CUT_M * (big - min(n, m))) / big)
        i, j = linear_sum_assignment(d**2)
        close = d[i, j] < CUT_M
        n_close = close.sum()
        gospa.append(np.sqrt((d[i, j][close] ** 2).sum() + CUT_M**2 / 2 * (n + m - 2 * n_close)))
        n_false += m - n_close
        n_missed += n - n_close
        for a, b in zip(i[close], j[close], strict=True):
            was = owner.get(ids[a])
            switches += was is not None and was != here[b][0]
            owner[ids[a]] = here[b][0]
    return np.array([np.mean(ospa), np.mean(gospa), switches, n_false, n_missed], dtype=float)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scenes", nargs="*", default=["simulation", "ehm", "field 10"])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--peers", nargs="*", default=["GNN", "EHM2"])
    args = parser.parse_args()
    for name in args.scenes:
        table = {}
        n_all = 0
        for seed in range(args.first_seed, args.first_seed + args.seeds):
            truth, steps, arrays, p = scene(name, seed)
            n_all += sum(len(a) for a in arrays)
            if seed == args.first_seed:
                ours(arrays, p)
            runs = {"ours": ours(arrays, p)}
            runs |= {peer: theirs(steps, p, peer) for peer in args.peers}
            for who, (live, whole, seconds) in runs.items():
                row = np.concatenate((metrics(truth, live), metrics(truth, whole), [seconds]))
                table.setdefault(who, []).append(row)
        print(f"{name}: {args.seeds} seeds, {n_all} measurements")
        for who, rows in table.items():
            print("  " + line(who, np.array(rows), np.array(table["ours"])))


def line(who, rows, own):
    """Say what one tracker scored, and its scores less ours with the standard error over seeds."""
    mean, less = rows.mean(axis=0), rows - own
    error = less.std(axis=0, ddof=1) / np.sqrt(len(rows)) if len(rows) > 1 else less[0] * np.nan
    parts = [f"{who:5s} {mean[10]:.4f} s, ratio {mean[10] / own[:, 10].mean():.1f}"]
    for name, k in (("live", 0), ("whole", 5)):
        gap = less.mean(axis=0)
        parts.append(
            f"{name}: OSPA {mean[k]:.3f} ({gap[k]:+.3f}±{error[k]:.3f}) GOSPA {mean[k + 1]:.3f} "
            f"({gap[k + 1]:+.3f}±{error[k + 1]:.3f}) switches {mean[k + 2]:.1f} false {mean[k + 3]:.1f} "
            f"missed {mean[k + 4]:.1f}"
        )
    return "; ".join(parts)


if __name__ == "__main__":
    main()
