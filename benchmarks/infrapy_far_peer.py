"""InfraPy's location (BISL) and association (HJL), timed in InfraPy's own environment; called by far_location.py.

    PYTHON benchmarks/infrapy_far_peer.py SOURCE JOB.json OUT.json

SOURCE holds a checkout of LANL-Seismoacoustics/infrapy; PYTHON has NumPy 1.23, SciPy 1.10, matplotlib, ObsPy 1.4 and
pyproj (Python 3.9). JOB.json holds "bisl": a list of events, each with its detections and its true place, "prior": a
path geometry model or null, and "hjl": a list of detections. Nothing of InfraPy is part of this project.
"""

import contextlib
import io
import json
import pickle
import sys
import time
import types
from pathlib import Path

import numpy as np

source, job_path, out_path = sys.argv[1:4]
# The packages' own __init__ pull in databases and maps that location does not need.
for name in ("infrapy", "infrapy.utils"):
    package = types.ModuleType(name)
    package.__path__ = [str(Path(source, *name.split(".")))]
    sys.modules[name] = package

import matplotlib  # noqa: E402

matplotlib.use("Agg")
from infrapy.association import hjl  # noqa: E402
from infrapy.location import bisl  # noqa: E402
from infrapy.propagation import infrasound  # noqa: E402
from infrapy.propagation.likelihoods import InfrasoundDetection  # noqa: E402


def detection(d):
    return InfrasoundDetection(d["lat"], d["lon"], np.datetime64(d["time"]), d["bearing"], d["f"], d["elements"])


def level(result, lon, lat):
    """Return the share of probability in places denser than the one nearest to a place."""
    lons, lats, p = np.asarray(result["spatial_pdf"])
    mass = p * np.cos(np.radians(lats))
    here = np.argmin(((lons - lon) * np.cos(np.radians(lat))) ** 2 + (lats - lat) ** 2)
    inside = lons.min() <= lon <= lons.max() and lats.min() <= lat <= lats.max()
    return float(mass[p > p[here]].sum() / mass.sum()) if inside else 1.0


def locate(event, model):
    detections = [detection(d) for d in event["detections"]]
    began = time.perf_counter()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            found = bisl.run(
                detections, path_geo_model=model, bm_width=12.5, rad_min=50.0, rad_max=500.0, verbose=False
            )
    except Exception as error:
        return {"seconds": time.perf_counter() - began, "error": repr(error)}
    return {
        "seconds": time.perf_counter() - began,
        "lon": float(found["lon_mean"]),
        "lat": float(found["lat_mean"]),
        "time": str(found["t_mean"]),
        "level": level(found, event["lon"], event["lat"]),
    }


job = json.loads(Path(job_path).read_text())
model = None
if job.get("prior"):
    model = infrasound.PathGeometryModel()
    with contextlib.redirect_stdout(io.StringIO()):
        model.load(str(Path(source, job["prior"])))


def table(path):
    """Return what a path geometry model says, at its own distances: directions of travel from south by west."""
    with path.open("rb") as file:
        distance_km, turn, turn_sigma, mean, spread, weight = pickle.load(file, encoding="latin1")[:6]
    names = ("turn_deg", "turn_sigma_deg", "mean_s_km", "spread_s_km", "weight")
    values = (turn, turn_sigma, mean, spread, weight)
    return {"distance_km": np.asarray(distance_km).tolist()} | {
        n: np.asarray(v).tolist()
        for n, v in zip(names, values)  # noqa: B905 (Python 3.9)
    }


out = {"bisl": [locate(event, model) for event in job["bisl"]]}
if job.get("prior"):
    out["prior"] = table(Path(source, job["prior"]))
if job.get("hjl"):
    detections = [detection(d) for d in job["hjl"]]
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        labels, _ = hjl.run(detections, 5.0, dist_max=10.0, bm_width=10.0, rng_max=3000.0, trimming_thresh=3.0)
    out["hjl"] = {"seconds": time.perf_counter() - began, "labels": np.asarray(labels).tolist()}
Path(out_path).write_text(json.dumps(out))
