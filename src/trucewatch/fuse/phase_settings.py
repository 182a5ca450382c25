"""What the association of seismic onsets takes for granted, each number with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.physics.layers import REFERENCE_GROUND, GroundModel


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSettings:
    """Priors and limits; none was fitted on data that results are reported for."""

    ground: GroundModel = REFERENCE_GROUND
    farthest_m: float = 400_000.0
    """farthest station that an event is followed to; beyond it the far posterior listens"""
    beyond_m: float = 150_000.0
    """how far outside its stations a network is searched: farther out a place has one good axis only"""
    deepest_m: float = 250_000.0
    """deepest source that is looked for: Vrancea's reach 170 km"""
    site_sigma_s: float = 0.1
    """ground under a station that the layers do not know"""
    own_share: float = 0.5
    """of the layers' error, what each path has for itself; the rest is one speed that all paths share"""
    shift_sigma: float = 0.02
    """that shared speed, relative"""
    min_stations: int = 3
    min_picks: int = 4
    """place, depth and moment are four unknowns"""
    p_wave: float = 0.6
    """probability that a station which felt an event gives an onset of one of its waves (our choice): P of a small one
    is below the noise, S of a near one is lost in what follows P"""
    usual_false_per_hour: float = 2.0
    """onsets an hour that nothing explains, at a station of which nothing is known yet; weighs as one such onset"""
    local_s: float = 900.0
    """how far around a moment a station's rate of unexplained onsets is counted"""
    events_per_km2_day: float = 1e-4
    """prior density of events of all sizes: three a day within 100 km, quarries among them; ten times more or less
    moves every log-odds by 2.3"""
    p_buried: float = 0.5
    """share of them that are no explosion at the surface: earthquakes are even in depth down to the deepest"""
    surface_sigma_m: float = 500.0
    """a charge lies on the ground or in a hole; relief between source and stations counts alike"""
    sizes: tuple[tuple[float, float], ...] = (
        (1e1, 0.36),
        (1e2, 0.26),
        (1e3, 0.17),
        (1e4, 0.10),
        (1e5, 0.06),
        (1e6, 0.03),
        (1e7, 0.02),
    )
    """charges at the surface, kg, whose waves an event's may equal, with prior weights: each unit of magnitude is five
    to ten times rarer; the largest stand for earthquakes, which couple better"""
    p_felt_least: float = 0.02
    p_felt_most: float = 0.8
    """bounds of the sensor model's probability of detection: stations have gaps and bad hours that nobody notes"""
    least_log_odds: float = 0.0
    """an event has to be more likely than not"""
