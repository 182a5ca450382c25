"""Where an event is said to be: a place, or only a direction."""

from __future__ import annotations

from dataclasses import replace

from trucewatch.fuse.join import Cluster
from trucewatch.fuse.sectors import meeting
from trucewatch.fuse.settings import FuseSettings
from trucewatch.model.incident import Sector
from trucewatch.model.place import Place


def where(cluster: Cluster, settings: FuseSettings) -> tuple[Place | None, str, Sector | None]:
    """Return the place and how it came about, or the sector where there is no place."""
    anchor = cluster.anchor
    if anchor.place is not None:
        return anchor.place, anchor.place_method, None
    directed = [p for p in (anchor, *cluster.others) if p.sectors]
    for other in directed[1:]:
        met = meeting(directed[0].sectors, other.sectors, settings.report_slack_m)
        if met is not None and all(s.range_m is not None for s in (*directed[0].sectors, *other.sectors)):
            return met, "where the sectors of two monitors meet", None
    return None, anchor.place_method, _one_sector(directed[0].sectors) if directed else None


def _one_sector(sectors: tuple[Sector, ...]) -> Sector:
    """Return a monitor's directions as one sector: itself, or the least arc that holds all of them; never a mean."""
    first = sectors[0]
    if len(sectors) == 1:
        return first
    bearings = sorted(s.bearing_deg % 360.0 for s in sectors)
    gaps = [(b - a) % 360.0 for a, b in zip(bearings, [*bearings[1:], bearings[0] + 360.0], strict=True)]
    widest = max(range(len(gaps)), key=lambda i: (gaps[i], -i))
    arc = 360.0 - gaps[widest]
    start = bearings[(widest + 1) % len(bearings)]
    half = min(180.0, arc / 2 + first.half_width_deg)
    return replace(first, bearing_deg=(start + arc / 2) % 360.0, half_width_deg=half)
