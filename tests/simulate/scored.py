"""True events and claims made for the tests of the score."""

from datetime import UTC, datetime, timedelta

import numpy as np

from trucewatch.geo.geodesic import from_azimuthal
from trucewatch.model.count import Count
from trucewatch.model.incident import KindProbability
from trucewatch.model.instant import Instant
from trucewatch.model.place import Place
from trucewatch.model.truth import Claim, TrueEvent
from trucewatch.model.vocabulary import Cause, ObservationType

START = datetime(2026, 3, 1, tzinfo=UTC)
LON, LAT = 37.7, 48.1


def event(name: str, *, at_s: float = 0.0, east_m: float = 0.0, north_m: float = 0.0, **other) -> TrueEvent:
    lon, lat = from_azimuthal(LON, LAT, np.array([east_m, north_m]))
    start = START + timedelta(seconds=at_s)
    values = {
        "id": name,
        "kind": ObservationType.EXPLOSION,
        "label": "mortar_120",
        "cause": Cause.EXPLOSION,
        "innocent": False,
        "notified": False,
        "start_utc": start,
        "end_utc": start,
        "lon_deg": float(lon),
        "lat_deg": float(lat),
        "sigma_m": 0.0,
        "count": 2,
        "size": "medium",
    }
    return TrueEvent(**(values | other))


def claim(
    name: str,
    *,
    at_s: float = 0.0,
    east_m: float = 0.0,
    north_m: float = 0.0,
    sigma_m: float = 10.0,
    p: float = 0.9,
    kind: ObservationType = ObservationType.EXPLOSION,
    best: int = 2,
    **other,
) -> Claim:
    lon, lat = from_azimuthal(LON, LAT, np.array([east_m, north_m]))
    values = {
        "id": name,
        "time": Instant(utc=START + timedelta(seconds=at_s), sigma_s=0.1),
        "place": Place.circular(lon_deg=float(lon), lat_deg=float(lat), sigma_m=sigma_m),
        "p_exists": p,
        "kinds": (KindProbability(kind=kind, p=1.0),),
        "count": Count.exactly(best),
    }
    return Claim(**(values | other))


def made_run(rng: np.random.Generator, n: int = 200, days: float = 10.0, sigma_m: float = 30.0):
    """Draw true events over some days and claims that are right about their own errors, with some missed and false."""
    at = np.sort(rng.uniform(0, days * 86_400, n))
    xy = rng.uniform(-20_000, 20_000, (n, 2))
    events = [event(f"e{k}", at_s=t, east_m=x, north_m=y) for k, (t, (x, y)) in enumerate(zip(at, xy, strict=True))]
    claims = []
    for k in range(n):
        p = float(rng.uniform(0.3, 1.0))
        off = rng.normal(0, sigma_m, 2) if rng.uniform() < p else rng.uniform(30_000, 90_000, 2)
        where = {"east_m": xy[k, 0] + off[0], "north_m": xy[k, 1] + off[1]}
        claims.append(claim(f"c{k}", at_s=at[k] + rng.normal(0, 0.1), sigma_m=sigma_m, p=p, **where))
    return events, claims
