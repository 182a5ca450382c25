"""What thermal satellites see of fires: pixels as FIRMS lists them, with clouds, limits and false ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo import from_azimuthal
from trucewatch.model.observation import FirePixels
from trucewatch.simulate.contact import Contact
from trucewatch.simulate.happening import Happening
from trucewatch.simulate.overpasses import Overpass
from trucewatch.simulate.preset import Preset
from trucewatch.simulate.sky import Sky
from trucewatch.simulate.streams import stream

FloatArray = NDArray[np.float64]

MINUTE_SIGMA_S = 60.0
CONFIDENCE = {"l": 0.15, "n": 0.5, "h": 0.9}
VERSION = "2.0NRT"
_STEEPNESS = 0.4
"""of the chance to be found, in the log of a fire's power"""
_DAY_FACTOR = 1.7
"""more power is needed against sunlit ground"""
_EDGE_FACTOR = 2.0
_GEOLOCATION_M = 60.0
_CLOUD_CELL_DEG = 0.25
_FALSE_PER_PASS = 0.05
"""on 40 km of line: sunlit roofs, edges of clouds"""


def pixels_of_pass(
    fires: Sequence[Happening], one: Overpass, preset: Preset, contact: Contact, sky: Sky, seed: int
) -> FirePixels | None:
    """Draw what one overpass shows of the fires that burn then; None where it shows none."""
    at_s = (one.utc - preset.start_utc).total_seconds()
    night = sky.weather_at(at_s, preset.lon_deg, preset.lat_deg).is_night
    rng = stream(seed, "pass", one.satellite.code, one.utc.isoformat())
    scan, track = (_at_edge(one, size) for size in (one.satellite.edge_scan_m, one.satellite.edge_track_m))
    rows: list[tuple[float, float, float, str]] = []
    for fire in sorted(fires, key=lambda f: f.truth.id):
        path = fire.path_m
        if path is not None and path[0, 0] <= at_s < path[1, 0]:
            own = stream(seed, "seen", fire.truth.id, one.satellite.code, one.utc.isoformat())
            if _found(fire, one, night, own) and not _cloudy(fire, one, preset, seed):
                rows += _pixels(fire, scan, track, own)
    for _ in range(rng.poisson(_FALSE_PER_PASS * preset.length_m / 40_000.0)):
        lon, lat = contact.place(rng.uniform(0.0, contact.length_m), rng.uniform(-15_000.0, 15_000.0))
        rows.append((float(lon), float(lat), float(rng.uniform(0.5, 3.0)), "l"))
    return _columns(rows, one, preset.start_utc, scan, track, night) if rows else None


def path_of(one: Overpass) -> str:
    """Return the name of the file that tells of an overpass."""
    name = one.satellite.name.lower().replace("-", "")
    return f"inbox/firms/{one.satellite.instrument.lower()}-{name}-{one.utc:%Y%m%dT%H%M}.csv"


def _at_edge(one: Overpass, edge_m: float) -> float:
    """Return a pixel's size, which grows from under the satellite to the edge of its swath; as FIRMS rounds it."""
    return round((one.satellite.nadir_m + (edge_m - one.satellite.nadir_m) * one.aside**2) / 1e3, 2) * 1e3


def _found(fire: Happening, one: Overpass, night: bool, rng: np.random.Generator) -> bool:
    needed = one.satellite.least_mw * (1.0 if night else _DAY_FACTOR) * (1.0 + _EDGE_FACTOR * one.aside**2)
    now = fire.frp_mw * float(np.exp(rng.normal(0.0, 0.3)))
    return bool(rng.uniform() < 1.0 / (1.0 + (needed / now) ** (1.0 / _STEEPNESS)))


def _cloudy(fire: Happening, one: Overpass, preset: Preset, seed: int) -> bool:
    """Say whether a cloud hides the place; clouds are a quarter of a degree wide and there for an hour."""
    cell = (round(fire.truth.lon_deg / _CLOUD_CELL_DEG), round(fire.truth.lat_deg / _CLOUD_CELL_DEG))
    return bool(stream(seed, "cloud", *cell, f"{one.utc:%Y%m%d%H}").uniform() < preset.sky.cloud)


def _pixels(
    fire: Happening, scan: float, track: float, rng: np.random.Generator
) -> list[tuple[float, float, float, str]]:
    area = np.pi * fire.burn_m**2 / (scan * track)
    n = 1 + int(rng.poisson(min(30.0, 2.0 * area + fire.frp_mw / 25.0)))
    within = rng.normal(0.0, fire.burn_m / 2.0, (n, 2)) + rng.uniform(-0.5, 0.5, (n, 2)) * np.array([scan, track])
    at = from_azimuthal(fire.truth.lon_deg, fire.truth.lat_deg, within + rng.normal(0.0, _GEOLOCATION_M, (n, 2)))
    share = rng.dirichlet(np.ones(n)) * fire.frp_mw
    word = ["h" if mw > 15.0 else "l" if u < 0.1 else "n" for mw, u in zip(share, rng.uniform(size=n), strict=True)]
    return [(float(at[k, 0]), float(at[k, 1]), max(0.1, float(share[k])), word[k]) for k in range(n)]


def _columns(
    rows: list[tuple[float, float, float, str]],
    one: Overpass,
    start_utc: datetime,
    scan: float,
    track: float,
    night: bool,
) -> FirePixels:
    """Return the rows as a reader of FIRMS files gives them: coordinates to five decimals, power to two."""
    n = len(rows)
    lon, lat, frp = (np.array([float(f"{r[k]:.{digits}f}") for r in rows]) for k, digits in ((0, 5), (1, 5), (2, 2)))
    return FirePixels(
        input_id=path_of(one),
        first_row=2,
        row=np.arange(2, n + 2, dtype=np.int64),
        lon_deg=lon,
        lat_deg=lat,
        time_s=np.full(n, one.utc.timestamp()),
        time_sigma_s=np.full(n, MINUTE_SIGMA_S),
        scan_m=np.full(n, float(f"{scan / 1e3:.2f}") * 1e3),
        track_m=np.full(n, float(f"{track / 1e3:.2f}") * 1e3),
        frp_mw=frp,
        confidence=np.array([CONFIDENCE[r[3]] for r in rows]),
        night=np.full(n, night),
        satellite=(one.satellite.name,) * n,
        version=(VERSION,) * n,
    )
