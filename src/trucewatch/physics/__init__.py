"""Forward models: what an event of this size does to a sensor at this range in this weather, and with which error.

Takes sources, ranges in metres, bearings from source to listener, and weather. Gives levels in decibels and travel
times in seconds, each with its spread, and the probability of detection that fuse, plan, simulate and report share.
Never knows where anything is, never reads a recording, never decides what happened.
"""

from trucewatch.physics.air import (
    absorption_db_per_m,
    effective_speed_m_s,
    sound_speed_m_s,
    sound_speed_sigma_m_s,
    wind_along_m_s,
)
from trucewatch.physics.blast import (
    charge_kg_for,
    corner_frequency_hz,
    peak_overpressure_pa,
    positive_duration_s,
    positive_impulse_pa_s,
    weak_shock_growth,
)
from trucewatch.physics.detectability import (
    Listener,
    ListenerKind,
    at_least,
    detection_range_m,
    joint_probability,
    probability_of_detection,
    reference_listener,
)
from trucewatch.physics.ground import ground_level_db, ground_spread_db, surface_magnitude
from trucewatch.physics.infrasound import infrasound_level_db, infrasound_spread_db
from trucewatch.physics.layers import (
    REFERENCE_GROUND,
    GroundModel,
    PhaseTime,
    ground_branches,
    ground_model,
    phase_times,
)
from trucewatch.physics.level import level_spread_db, received_level_db, received_levels_db, upwind_share
from trucewatch.physics.listeners import LISTENING, SENSE, listener_of, usable_part
from trucewatch.physics.reach import looked_up, reach_table, reach_tables
from trucewatch.physics.refraction import (
    Carried,
    arc_height_m,
    bending_sigma_s,
    bent_time_s,
    carried,
    gradient_per_s,
    shadow_distance_m,
)
from trucewatch.physics.sight import contrast_level_db, contrast_spread_db
from trucewatch.physics.source import REFERENCE_SOURCE_NAMES, Source, reference_source
from trucewatch.physics.travel import (
    Celerity,
    CelerityPart,
    MixtureKind,
    acoustic_travel_time_s,
    acoustic_travel_time_sigma_s,
    celerities,
    celerity_mixture,
)
from trucewatch.physics.weather import Weather

__all__ = [
    "LISTENING",
    "REFERENCE_GROUND",
    "REFERENCE_SOURCE_NAMES",
    "SENSE",
    "Carried",
    "Celerity",
    "CelerityPart",
    "GroundModel",
    "Listener",
    "ListenerKind",
    "MixtureKind",
    "PhaseTime",
    "Source",
    "Weather",
    "absorption_db_per_m",
    "acoustic_travel_time_s",
    "acoustic_travel_time_sigma_s",
    "arc_height_m",
    "at_least",
    "bending_sigma_s",
    "bent_time_s",
    "carried",
    "celerities",
    "celerity_mixture",
    "charge_kg_for",
    "contrast_level_db",
    "contrast_spread_db",
    "corner_frequency_hz",
    "detection_range_m",
    "effective_speed_m_s",
    "gradient_per_s",
    "ground_branches",
    "ground_level_db",
    "ground_model",
    "ground_spread_db",
    "infrasound_level_db",
    "infrasound_spread_db",
    "joint_probability",
    "level_spread_db",
    "listener_of",
    "looked_up",
    "peak_overpressure_pa",
    "phase_times",
    "positive_duration_s",
    "positive_impulse_pa_s",
    "probability_of_detection",
    "reach_table",
    "reach_tables",
    "received_level_db",
    "received_levels_db",
    "reference_listener",
    "reference_source",
    "shadow_distance_m",
    "sound_speed_m_s",
    "sound_speed_sigma_m_s",
    "surface_magnitude",
    "upwind_share",
    "usable_part",
    "weak_shock_growth",
    "wind_along_m_s",
]
