"""PyOcto and GaMMA on a table of picks, timed in their own environment; called by phase_association.py.

    PYTHON benchmarks/phase_peers.py pyocto|gamma DATA PICKS.json OUT.json REPEAT

PYTHON has pyocto, GMMA, pandas and pyproj. Settings are those that PyOcto's authors give for these data: its own test
(tests/test_interface.py) and the file for GaMMA in its benchmark (benchmark/configs/associator/gamma_chile.yaml, two
processes for two cores). Nothing of either is part of this project.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from pyproj import CRS, Transformer

name, data, given, out, repeat = sys.argv[1:6]
stations = pd.read_csv(Path(data, "stations.csv"))
picks = pd.DataFrame(json.loads(Path(given).read_text()), columns=["station", "phase", "time"])
ZONE = CRS.from_epsg(9155)


def pyocto_found() -> list[list[int]]:
    """Return the picks of PyOcto's events."""
    associator = pyocto.OctoAssociator(
        xlim=(250.0, 600.0),
        ylim=(7200.0, 8000.0),
        zlim=(0.0, 250.0),
        time_before=300.0,
        velocity_model=pyocto.VelocityModel0D(7.0, 4.0, 2.0),
        n_picks=10,
        n_p_picks=2,
        n_s_picks=2,
        n_p_and_s_picks=4,
        pick_match_tolerance=2.0,
        crs=ZONE,
    )
    placed = stations.copy()
    associator.transform_stations(placed)
    _, assigned = associator.associate(picks, placed)
    return [group["pick_idx"].astype(int).tolist() for _, group in assigned.groupby("event_idx")]


def gamma_found() -> list[list[int]]:
    """Return the picks of GaMMA's events."""
    to_plane = Transformer.from_crs(CRS.from_epsg(4326), ZONE, always_xy=True)
    east, north = to_plane.transform(stations["longitude"].to_numpy(), stations["latitude"].to_numpy())
    placed = pd.DataFrame(
        {"id": stations["id"], "x(km)": east / 1e3, "y(km)": north / 1e3, "z(km)": -stations["elevation"] / 1e3}
    )
    table = pd.DataFrame(
        {
            "id": picks["station"],
            "timestamp": pd.to_datetime(picks["time"], unit="s"),
            "type": picks["phase"].str.lower(),
            "prob": 1.0,
            "amp": 0.0,
        }
    )
    spans = {"x(km)": [250, 600], "y(km)": [7200, 8000], "z(km)": [0, 250]}
    config = {
        **spans,
        "vel": {"p": 7.0, "s": 4.0},
        "dims": list(spans),
        "use_dbscan": True,
        "use_amplitude": False,
        "method": "BGMM",
        "oversample_factor": 4,
        "dbscan_eps": 25,
        "dbscan_min_samples": 3,
        "min_picks_per_eq": 10,
        "max_sigma11": 2.0,
        "max_sigma22": 1.0,
        "max_sigma12": 1.0,
        "ncpu": 2,
        "bfgs_bounds": [(low - 1, high + 1) for low, high in spans.values()] + [(None, None)],
    }
    _, assigned = association(table, placed, config, event_idx0=0, method="BGMM")
    found = {}
    for pick, event, _ in assigned:
        found.setdefault(int(event), []).append(int(pick))
    return [found[k] for k in sorted(found)]


if __name__ == "__main__":
    if name == "pyocto":
        import pyocto

        run, package = pyocto_found, "pyocto"
    else:
        from gamma.utils import association

        run, package = gamma_found, "GMMA"
    seconds = []
    for _ in range(int(repeat)):
        began = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - began)
    said = {"version": version(package), "seconds": round(min(seconds), 3), "found": result}
    Path(out).write_text(json.dumps(said))
