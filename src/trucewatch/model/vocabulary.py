"""The controlled values of the field; a value is never renamed, only retired."""

from __future__ import annotations

from enum import StrEnum


class ObservationType(StrEnum):
    """What was observed."""

    EXPLOSION = "explosion"
    PROJECTILE_IN_FLIGHT = "projectile_in_flight"
    MUZZLE_FLASH = "muzzle_flash"
    BURST = "burst"
    SHOT = "shot"
    TRACER_ROUND = "tracer_round"
    ILLUMINATION_FLARE = "illumination_flare"
    AIRBURST = "airburst"
    SIGNAL_FLARE = "signal_flare"
    SMOKE_PLUME = "smoke_plume"
    THERMAL_ANOMALY = "thermal_anomaly"
    UAV_SIGHTING = "uav_sighting"
    AIRCRAFT_SIGHTING = "aircraft_sighting"
    GNSS_INTERFERENCE = "gnss_interference"
    RF_EMISSION = "rf_emission"
    WEAPON_PRESENCE = "weapon_presence"
    PERSON_PRESENCE = "person_presence"
    FORTIFICATION_WORK = "fortification_work"
    MINE_OR_UXO = "mine_or_uxo"
    CRATER = "crater"
    DAMAGE = "damage"
    VEHICLE_MOVEMENT = "vehicle_movement"
    POWER_CUT_TO_SENSOR = "power_cut_to_sensor"
    COMMS_LOSS = "comms_loss"


class Means(StrEnum):
    """How it was observed."""

    SEEN = "seen"
    HEARD = "heard"
    RECORDED = "recorded"
    DETECTED = "detected"
    IMAGED = "imaged"
    REPORTED_BY_PARTY = "reported_by_party"
    REPORTED_BY_PUBLIC = "reported_by_public"
    OPEN_SOURCE = "open_source"


class ObserverKind(StrEnum):
    """By what it was observed."""

    PATROL = "patrol"
    STATIC_POST = "static_post"
    CAMERA = "camera"
    ACOUSTIC_SENSOR = "acoustic_sensor"
    ACOUSTIC_ARRAY = "acoustic_array"
    SEISMIC_STATION = "seismic_station"
    INFRASOUND_ARRAY = "infrasound_array"
    RADAR = "radar"
    MINI_UAV = "mini_uav"
    MID_RANGE_UAV = "mid_range_uav"
    LONG_RANGE_UAV = "long_range_uav"
    SATELLITE_OPTICAL = "satellite_optical"
    SATELLITE_SAR = "satellite_sar"
    SATELLITE_THERMAL = "satellite_thermal"
    RF_SENSOR = "rf_sensor"
    PARTY_REPORT = "party_report"
    CIVIL_SOCIETY = "civil_society"
    PUBLIC = "public"


class Description(StrEnum):
    """What it was assessed to be."""

    UNDETERMINED = "undetermined"
    OUTGOING = "outgoing"
    IMPACT = "impact"
    AIRBURST = "airburst"
    IN_FLIGHT = "in_flight"
    EXCHANGE_OF_FIRE = "exchange_of_fire"
    ASSESSED_EXERCISE = "assessed_exercise"
    CONTROLLED_EXPLOSION_DEMINING = "controlled_explosion_demining"
    CIVIL_INDUSTRIAL = "civil_industrial"
    THUNDER_OR_WEATHER = "thunder_or_weather"


class CountQuality(StrEnum):
    """How a count is to be read; the last three forbid arithmetic without a stated rule."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    ABOUT = "about"
    UNCOUNTABLE = "uncountable"
    OVERLAPPING = "overlapping"
    CONTINUOUS = "continuous"


class WeaponClass(StrEnum):
    """Class of weapon; only with a stated confidence."""

    NOT_KNOWN = "not_known"
    SMALL_ARMS = "small_arms"
    SNIPER = "sniper"
    LIGHT_MACHINE_GUN = "light_machine_gun"
    HEAVY_MACHINE_GUN = "heavy_machine_gun"
    ANTI_AIRCRAFT_CANNON = "anti_aircraft_cannon"
    AUTOMATIC_GRENADE_LAUNCHER = "automatic_grenade_launcher"
    UNDER_BARREL_GRENADE_LAUNCHER = "under_barrel_grenade_launcher"
    RPG = "rpg"
    RECOILLESS_GUN = "recoilless_gun"
    ATGM = "atgm"
    IFV_APC_CANNON = "ifv_apc_cannon"
    TANK = "tank"
    MORTAR = "mortar"
    HOWITZER_TOWED = "howitzer_towed"
    HOWITZER_SELF_PROPELLED = "howitzer_self_propelled"
    ANTI_TANK_GUN = "anti_tank_gun"
    ARTILLERY_TYPE_NK = "artillery_type_nk"
    MLRS = "mlrs"
    TACTICAL_MISSILE = "tactical_missile"
    CRUISE_MISSILE = "cruise_missile"
    AIR_DELIVERED_BOMB = "air_delivered_bomb"
    GLIDE_BOMB = "glide_bomb"
    ONE_WAY_ATTACK_UAV = "one_way_attack_uav"
    FPV_UAV = "fpv_uav"
    BOMBER_UAV = "bomber_uav"
    UNCREWED_SURFACE_VESSEL = "uncrewed_surface_vessel"
    SURFACE_TO_AIR_MISSILE = "surface_to_air_missile"
    MANPADS = "manpads"
    MINE_IED = "mine_ied"
    EW_JAMMER = "ew_jammer"


class Wave(StrEnum):
    """What travelled from a source to a sensor."""

    MUZZLE_BLAST = "muzzle_blast"
    SHOCK_WAVE = "shock_wave"
    """of a supersonic projectile: it comes from the trajectory, not from the muzzle"""
    BLAST = "blast"
    """pressure wave of an explosion"""
    ECHO = "echo"
    """any later or longer path of a sound already heard"""
    TROPOSPHERIC = "tropospheric"
    STRATOSPHERIC = "stratospheric"
    THERMOSPHERIC = "thermospheric"
    P = "p"
    S = "s"
    LG = "lg"
    SURFACE = "surface"
    """Rayleigh wave in the ground"""
    AIR_COUPLED = "air_coupled"
    """the sound in the air, felt by a seismometer"""
    UNDETERMINED = "undetermined"


class Cause(StrEnum):
    """What made a sound or a tremor, warlike or not; alternatives are named, never lumped."""

    GUNFIRE = "gunfire"
    EXPLOSION = "explosion"
    THUNDER = "thunder"
    WIND = "wind"
    RAIN = "rain"
    QUARRY_BLAST = "quarry_blast"
    EARTHQUAKE = "earthquake"
    SONIC_BOOM = "sonic_boom"
    FIREWORKS = "fireworks"
    TRAFFIC = "traffic"
    KNOCK = "knock"
    """door, hammer, construction: a short sound near the sensor"""
    INSTRUMENT = "instrument"
    """the sensor itself: a glitch, a step, a handling noise"""
    UNDETERMINED = "undetermined"


class Standing(StrEnum):
    """How far an incident's own evidence carries it up the ladder of proof; the rungs above are given by people."""

    INDICATION = "indication"
    """one owner's sensors alone carry it: without them nothing, or not enough, is left"""
    CORROBORATED = "corroborated"
    """without any one owner's sensors, what is left still makes it likely"""


class Relation(StrEnum):
    """How two incidents belong together."""

    LAUNCH_OF = "launch_of"
    """this is where the shot left, the other where it arrived"""
    IMPACT_OF = "impact_of"
    """this is where the shot arrived, the other where it left"""


class SensorState(StrEnum):
    """Health of a sensor over an interval."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded"
    NON_OPERATIONAL = "non_operational"
    OBSTRUCTED_WEATHER = "obstructed_weather"
    JAMMED = "jammed"
    DAMAGED = "damaged"
    POWER_CUT = "power_cut"
    VANDALISED = "vandalised"
    NOT_TASKED = "not_tasked"


class VerificationFinding(StrEnum):
    """What the mission says happened."""

    CONFIRMED = "confirmed"
    CORROBORATED = "corroborated"
    REASONABLE_GROUNDS = "reasonable_grounds"
    PLAUSIBLE_UNCORROBORATED = "plausible_uncorroborated"
    NOT_CONFIRMED = "not_confirmed"
    REFUTED = "refuted"
    UNVERIFIABLE = "unverifiable"


class Compliance(StrEnum):
    """Result of one incident against one term."""

    COMPLIED = "complied"
    VIOLATED = "violated"
    INDETERMINATE = "indeterminate"
    NOT_APPLICABLE = "not_applicable"


class CommitmentStatus(StrEnum):
    """Legal or political status of a commitment."""

    PROPOSED = "proposed"
    AGREED_IN_PRINCIPLE = "agreed_in_principle"
    INITIALLED = "initialled"
    SIGNED = "signed"
    RATIFICATION_PENDING = "ratification_pending"
    RATIFIED = "ratified"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    TRIGGERED = "triggered"
    FULFILLED = "fulfilled"
    BREACHED = "breached"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
