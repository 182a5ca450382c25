"""Arrivals of several bands that are one wave: joined, with what each band says of its direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trucewatch.detect.arrivals import Arrival, BandBearing
from trucewatch.detect.wave_train import turn_deg

SAME_BEARING_DEG = 10.0
"""Bearings of two bands that differ by more are two waves, unless their errors allow it."""

SAME_SPEED_SHARE = 0.15
"""Trace velocities of two bands that differ by more are two waves, unless their errors allow it."""


def one_wave(first: Arrival, second: Arrival, gap_s: float) -> bool:
    """Say whether two arrivals overlap in time and agree in direction and speed within their errors.

    Args:
        first: One arrival.
        second: Another, of the same or another band.
        gap_s: Longest pause between the two.
    """
    if first.start_s > second.end_s + gap_s or second.start_s > first.end_s + gap_s:
        return False
    turn = float(turn_deg(first.back_azimuth_deg, second.back_azimuth_deg))
    spread_deg = float(np.hypot(first.back_azimuth_sigma_deg, second.back_azimuth_sigma_deg))
    if turn > max(SAME_BEARING_DEG, 2.0 * spread_deg):
        return False
    if first.modes and second.modes:
        # A line of elements measures one component of slowness: bearing and speed are open together.
        return True
    faster = abs(first.trace_velocity_m_s - second.trace_velocity_m_s)
    spread_m_s = float(np.hypot(first.trace_velocity_sigma_m_s, second.trace_velocity_sigma_m_s))
    slower = min(first.trace_velocity_m_s, second.trace_velocity_m_s)
    return faster <= max(SAME_SPEED_SHARE * slower, 2.0 * spread_m_s)


def groups(arrivals: Sequence[Arrival], gap_s: float) -> list[list[Arrival]]:
    """Return the arrivals in families: each is one wave with at least one other of its family.

    Arrivals of one band never join through time alone; they were parted for their pause or their direction.
    """
    families: list[list[Arrival]] = []
    for arrival in sorted(arrivals, key=lambda a: (a.start_s, a.band_hz, a.back_azimuth_deg)):
        homes = [f for f in families if any(one_wave(a, arrival, gap_s) for a in f if a.band_hz != arrival.band_hz)]
        families = [f for f in families if f not in homes]
        families.append([*(a for f in homes for a in f), arrival])
    return families


def join(family: Sequence[Arrival], widest_hz: tuple[float, float]) -> Arrival:
    """Return one arrival for a family: peak and beam of the widest band, the length of all, every band's bearing.

    Where the widest band is not sure, the surest stands for the family. It may be relied on where the widest band may,
    or two others: a narrow band has few independent samples, so its F is high by chance with a bearing that is not.
    """
    lead = min(family, key=lambda a: (not a.confident, a.band_hz != widest_hz, a.false_alarms_per_day, a.start_s))
    sure = {a.band_hz for a in family if a.confident}
    best: dict[tuple[float, float], Arrival] = {}
    for arrival in sorted(family, key=lambda a: a.false_alarms_per_day):
        best.setdefault(arrival.band_hz, arrival)
    return replace(
        lead,
        confident=widest_hz in sure or len(sure) > 1,
        start_s=min(a.start_s for a in family),
        end_s=max(a.end_s for a in family),
        n_windows=max(sum(a.n_windows for a in family if a.band_hz == band) for band in best),
        bands=tuple(
            BandBearing(
                band_hz=band,
                back_azimuth_deg=a.back_azimuth_deg,
                back_azimuth_sigma_deg=a.back_azimuth_sigma_deg,
                trace_velocity_m_s=a.trace_velocity_m_s,
                f_statistic=a.f_statistic,
            )
            for band, a in sorted(best.items())
        ),
    )


class FamilyBuilder:
    """Joins arrivals of several bands as they come, and gives a family once no band can add to it."""

    def __init__(self, gap_s: float, widest_hz: tuple[float, float]) -> None:
        self._gap_s, self._widest_hz = gap_s, widest_hz
        self._held: list[Arrival] = []

    def feed(self, arrivals: Sequence[Arrival], settled_s: float) -> list[Arrival]:
        """Take arrivals of any band; returns the families that are complete.

        Args:
            arrivals: In any order.
            settled_s: No arrival that begins earlier is still to come.
        """
        self._held += arrivals
        families = groups(self._held, self._gap_s)
        done = [f for f in families if max(a.end_s for a in f) + self._gap_s < settled_s]
        self._held = [a for f in families if f not in done for a in f]
        return sorted((join(f, self._widest_hz) for f in done), key=lambda a: (a.start_s, a.back_azimuth_deg))
