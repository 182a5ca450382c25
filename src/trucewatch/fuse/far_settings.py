"""What the far field takes for granted: sound and ground at 10 to 500 km, each number with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.model.mission import BearingTurn, CelerityPrior
from trucewatch.physics.layers import REFERENCE_GROUND, GroundModel


@dataclass(frozen=True, slots=True, kw_only=True)
class FarSettings:
    """Priors of the far posterior; none was fitted on an event whose place is known."""

    celerities: tuple[CelerityPrior, ...] = ()
    """the mission's own; empty: the built-in mixture for unknown season and ducts"""
    bearing_turns: tuple[BearingTurn, ...] = ()
    """what the mission knows of how winds turn bearings; empty, and where none holds: the spread below"""
    ground: GroundModel = REFERENCE_GROUND
    farthest_m: float = 1_000_000.0
    """no source is looked for farther from a sensor that heard it"""
    bearing_bias_sigma_deg: float = 3.0
    """turn of a bearing by wind across the path, one for each station, beside the 2 degrees that arrays state with
    their own error; 20 m/s across the path turn it by 3.4 degrees"""
    bearing_tail_sigma_deg: float = 10.0
    """the same on a day when the wind blows hard across the path, or the wave comes around a corner of terrain"""
    p_bearing_tail: float = 0.1
    air_sigma_s: float = 10.0
    """error of an arrival in the air beside its celerity: clock, window, choice of the phase (SOUND section 5.3)"""
    ground_sigma_s: float = 1.0
    """the same in the ground: clock and site"""
    air_shift_sigma: float = 0.03
    """celerity of the day, relative, shared by all paths in the air: one duct was seen at 0.25 to 0.36 km/s
    (Evers & Haak, Buncefield)"""
    ground_shift_sigma: float = 0.025
    """speed of the region's ground, relative, shared by all paths in it"""
    ground_own_share: float = 0.5
    """of the error of a travel time in the ground, what each path has for itself: the rest is shared"""
    unstated_bearing_sigma_deg: float = 3.0
    """where a detection states no error of its bearing: with the turn by wind 5 degrees (SOUND section 5.3)"""
    p_outlier: float = 0.02
    """an arrival that was joined and has nothing to do with the event (SOUND section 5.3)"""
    usual_arrivals_per_hour: float = 0.5
    """arrivals an hour that nothing explains, at a sensor of which nothing is known yet; weighs as one such arrival"""
    events_per_km2_day: float = 1e-5
    """prior density of explosions that carry so far: eight a day within 500 km; ten times more or less moves every
    log-odds by 2.3"""
    sizes_kg: tuple[tuple[float, float], ...] = ((10.0, 0.3), (100.0, 0.3), (1e3, 0.2), (1e4, 0.12), (1e5, 0.08))
    """charges with their prior weights: each tenfold is rarer"""
    p_heard_least: float = 0.05
    p_heard_most: float = 0.8
    """bounds of the sensor model's probability of detection: it knows nothing of the day's ducts"""
    least_log_odds: float = 0.0
    """an event has to be more likely than not before arrivals of several stations are joined"""
    max_region_m: float = 250_000.0
    """semi-major axis of a 95 per cent ellipse beyond which a region is given as a direction only"""
    fair_overlap: float = 0.6
    """least area that the 90 per cent region and its ellipse share, over that of both, where an ellipse is given"""
    family_gap_s: float = 60.0
    """arrivals of one array and direction closer than this are one train: ducts follow each other"""
    longest_family_s: float = 600.0
    barrage_gap_s: float = 180.0
    """arrivals of one array and direction closer than this are one barrage, where they are many enough"""
    least_barrage: int = 5
    """arrivals that make a barrage: ducts make up to four of one explosion"""
    longest_barrage_s: float = 1800.0
    """a longer one is cut here: what goes on for hours is surf or a wind farm, and counts piece by piece as chance"""
