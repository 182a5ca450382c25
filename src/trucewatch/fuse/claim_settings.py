"""What fusion takes for granted of cameras, people and satellites, each number with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSettings:
    """Chances of being told, errors of telling, and usual rates of telling of nothing.

    No mission publishes such numbers. All are our choice, made from what the observer does and before any score was
    looked at; a mission that counts its own states its own.
    """

    camera_clock_sigma_s: float = 0.05
    """of a moment that is good to a frame, on top of what the sighting and the network state"""
    camera_turn_sigma_deg: float = 0.3
    """how far a camera's north may be off, on top of what a sighting states; shared by all that it sees"""
    camera_reach_m: float = 25_000.0
    """farthest a flash is looked for"""
    camera_clear_m: float = 12_000.0
    """a line of sight is free of hills, trees and houses with exp(-range / this).
    LIMIT: fusion knows no terrain; with it a blocked camera would say nothing and a free one more"""
    camera_false_per_hour: float = 0.2
    """flashes of nothing (lamps, lightning, reflections) a camera; counts as half an observed one"""
    camera_window_s: float = 900.0
    """either side of a moment, in which a camera's own rate is taken"""
    camera_usual_p_false: float = 0.1
    """what a camera says of itself usually; one that says less is believed more, by the ratio of the odds"""
    elevation_sigma_deg: float = 2.0
    """of a burst near the ground, seen level over rolling country"""
    clutter_elevation_sigma_deg: float = 10.0
    """of what makes flashes of nothing"""
    plume_s: float = 1200.0
    """a plume is seen from its burst until so long after it"""
    plume_drift_deg: float = 5.0
    """by which the middle of a drifting plume lies off its burst"""
    plume_p: float = 0.3
    """that a camera that could see the burst tells of its plume"""
    fire_p: float = 0.08
    """that an explosion starts a fire that the next overpass sees"""
    fire_lasts_s: float = 7200.0
    """such a fire is still seen with exp(-age / this)"""
    fire_sigma_m: float = 250.0
    """from the burst to the middle of its fire, on top of the footprint"""
    fire_reach_m: float = 25_000.0
    """around a place, in which fires of the same overpass are counted"""
    fires_usual: float = 2.0
    """fires of one overpass in that circle where none is counted: fires are where fields and people are, so a place
    with few is no proof that there are none"""
    change_p: float = 0.3
    """that an explosion leaves what a comparison of two images shows"""
    change_sigma_m: float = 50.0
    """error of an outline's place, on top of its own extent"""
    change_reach_m: float = 25_000.0
    """around a place, in which changes of the same pair are counted"""
    changes_usual: float = 4.0
    """changes of one pair in that circle where none is counted: fields are ploughed and harvested"""
    report_p: float = 0.6
    """that a person who could hear or see it writes it down"""
    report_minute_sigma_s: float = 75.0
    """of a time by a wrist watch, rounded to the minute"""
    report_wrong_hour_p: float = 0.02
    """that a line is an hour off: time zone, slip of the pen"""
    report_wrong_wind_p: float = 0.05
    """that a line's direction or distance has nothing to do with the event"""
    report_false_per_hour: float = 0.05
    """lines that describe nothing, by a post; counts as half an observed one"""
    report_window_s: float = 10_800.0
    """either side of a moment, in which a post's own rate of lines is taken"""
    follows_p: float = 0.6
    """that a radar which reaches so far tells of what flies or drives there: hills and clutter hide the rest"""
    carries_uav_p: float = 0.2
    """that a drone sends its number; by hobby rules it must, by those of a war it does not"""
    carries_aircraft_p: float = 0.7
    carries_vehicle_p: float = 0.1
    """that a vehicle or vessel does"""
    mover_window_s: float = 900.0
    """either side of a moment, in which things are counted that a sensor follows"""
    mover_usual_p_false: float = 0.05
    """what is said of itself usually by a sensor that follows"""
    slow_log_odds: float = 6.0
    """what is hours wide or told by people adds no more than this (odds of 400), however well it fits: what is common
    to fires, fields and people at one place is not in their rates"""
    least_joint_log_odds: float = 2.0
    """by how much one event must be likelier than chance before a flash and other flashes or a sound make a place"""
    merge_sigmas: float = 3.0
    """moments of cameras farther apart than this are two flashes"""
    silence_cap: float = 0.7
    """largest probability of being seen that a camera's silence is weighed with: it may look elsewhere"""
    pass_reach_m: float = 300_000.0
    """fires of a satellite so near a place say that it passed over it"""
    visit_days: float = 3.0
    """in which a patrol still finds traces"""
    visit_p: float = 0.8
    """that a patrol at the very place finds what an explosion left"""
    visit_p_false: float = 0.05
    """that it takes older traces for it"""
    visit_area_m2: float = 500_000.0
    """that a patrol searches in a visit"""
    least_gain_bits: float = 0.01
    """an observation that decides less is not named"""
