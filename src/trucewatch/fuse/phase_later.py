"""Onsets that follow an event at stations which felt it: guided waves of the crust and of the surface."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.phase_events import PhaseEvent
from trucewatch.fuse.phase_picks import Picks
from trucewatch.fuse.phase_settings import PhaseSettings
from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.detection import Detection
from trucewatch.model.vocabulary import Wave
from trucewatch.physics import phase_times

FloatArray = NDArray[np.float64]

_LATER = frozenset({Wave.LG, Wave.SURFACE})
_UNSAID = 0.1
"""probability of each where the detector does not say: most onsets are of P and S"""
_LEAST_SAID = 0.02
_SLOWEST_M_S = 2_000.0


def later_onsets(picks: Picks, events: Sequence[PhaseEvent], settings: PhaseSettings) -> tuple[tuple[int, ...], ...]:
    """Return, for each event, the onsets of no event that are likelier later waves of it than chance.

    They bend nothing: their speeds are known to some per cent only. Each goes to one event, the one that it fits best.

    Args:
        picks: all onsets.
        events: that were found.
        settings: priors and the ground.
    """
    free = np.ones(len(picks), dtype=bool)
    for event in events:
        free[[m.pick for m in event.members]] = False
    best: dict[int, tuple[float, int]] = {}
    for n, event in enumerate(events):
        for pick, gain in _gains(picks, event, free, settings):
            if gain > best.get(pick, (0.0, 0))[0]:
                best[pick] = gain, n
    return tuple(tuple(sorted(p for p, (_, k) in best.items() if k == n)) for n in range(len(events)))


def _gains(
    picks: Picks, event: PhaseEvent, free: NDArray[np.bool_], settings: PhaseSettings
) -> list[tuple[int, float]]:
    span = (event.time_s, event.time_s + settings.farthest_m / _SLOWEST_M_S)
    first, last = np.searchsorted(picks.time_s, span).tolist()
    felt = {int(picks.station[m.pick]) for m in event.members}
    near = [n for n in range(first, last) if free[n] and int(picks.station[n]) in felt]
    if not near:
        return []
    station = picks.station[near]
    places = [picks.places[k] for k in station.tolist()]
    lon, lat = (np.array([getattr(p, name) for p in places]) for name in ("lon_deg", "lat_deg"))
    away = np.hypot(*to_azimuthal(event.lon_deg, event.lat_deg, lon, lat).T)
    total = np.zeros(len(near))
    for times in phase_times(away, settings.ground):
        if times.wave in _LATER:
            said = np.array([_said(picks.detections[n], times.wave) for n in near])
            sigma = np.hypot(times.sigma_s, picks.sigma_s[near])
            late = picks.time_s[near] - event.time_s - times.time_s
            density = said * settings.p_wave * np.exp(-0.5 * (late / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi))
            total += np.nan_to_num(density)
    gain = np.log(np.maximum(total, 1e-300)) - picks.log_chance[near]
    return list(zip(near, gain.tolist(), strict=True))


def _said(detection: Detection, wave: Wave) -> float:
    """Return the probability of a wave by the detector; what it rules out is ruled out."""
    said = {w.wave: w.p for w in detection.waves}
    p = said.get(wave, 0.0) + _UNSAID * said.get(Wave.UNDETERMINED, 0.0 if said else 1.0)
    return p if p >= _LEAST_SAID else 0.0
