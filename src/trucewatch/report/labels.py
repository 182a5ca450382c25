"""The printed word for every controlled value."""

from __future__ import annotations

from trucewatch.model.commitment import ClockAnchor
from trucewatch.model.vocabulary import (
    Compliance,
    Description,
    Means,
    ObservationType,
    ObserverKind,
    SensorState,
    VerificationFinding,
    WeaponClass,
)

KIND = {
    ObservationType.EXPLOSION: ("explosion", "explosions"),
    ObservationType.PROJECTILE_IN_FLIGHT: ("projectile in flight", "projectiles in flight"),
    ObservationType.MUZZLE_FLASH: ("muzzle flash", "muzzle flashes"),
    ObservationType.BURST: ("burst", "bursts"),
    ObservationType.SHOT: ("shot", "shots"),
    ObservationType.TRACER_ROUND: ("tracer round", "tracer rounds"),
    ObservationType.ILLUMINATION_FLARE: ("illumination flare", "illumination flares"),
    ObservationType.AIRBURST: ("airburst", "airbursts"),
    ObservationType.SIGNAL_FLARE: ("signal flare", "signal flares"),
    ObservationType.SMOKE_PLUME: ("smoke plume", "smoke plumes"),
    ObservationType.THERMAL_ANOMALY: ("thermal anomaly", "thermal anomalies"),
    ObservationType.UAV_SIGHTING: ("drone sighting", "drone sightings"),
    ObservationType.AIRCRAFT_SIGHTING: ("aircraft sighting", "aircraft sightings"),
    ObservationType.GNSS_INTERFERENCE: ("satellite-navigation interference", "satellite-navigation interferences"),
    ObservationType.RF_EMISSION: ("radio emission", "radio emissions"),
    ObservationType.WEAPON_PRESENCE: ("weapon present", "weapons present"),
    ObservationType.PERSON_PRESENCE: ("presence of persons", "presences of persons"),
    ObservationType.FORTIFICATION_WORK: ("fortification work", "fortification works"),
    ObservationType.MINE_OR_UXO: ("mine or unexploded ordnance", "mines or unexploded ordnance"),
    ObservationType.CRATER: ("crater", "craters"),
    ObservationType.DAMAGE: ("damage", "damages"),
    ObservationType.VEHICLE_MOVEMENT: ("vehicle movement", "vehicle movements"),
    ObservationType.POWER_CUT_TO_SENSOR: ("power cut to a sensor", "power cuts to sensors"),
    ObservationType.COMMS_LOSS: ("loss of communication", "losses of communication"),
}
"""(one, many)"""

MEANS = {
    Means.SEEN: "Saw",
    Means.HEARD: "Heard",
    Means.RECORDED: "Recorded",
    Means.DETECTED: "Detected",
    Means.IMAGED: "Imaged",
    Means.REPORTED_BY_PARTY: "Reported by a party",
    Means.REPORTED_BY_PUBLIC: "Reported by the public",
    Means.OPEN_SOURCE: "Open source",
}

OBSERVER = {
    ObserverKind.PATROL: ("patrol", "patrols"),
    ObserverKind.STATIC_POST: ("static post", "static posts"),
    ObserverKind.CAMERA: ("camera", "cameras"),
    ObserverKind.ACOUSTIC_SENSOR: ("acoustic sensor", "acoustic sensors"),
    ObserverKind.ACOUSTIC_ARRAY: ("acoustic array", "acoustic arrays"),
    ObserverKind.SEISMIC_STATION: ("seismic station", "seismic stations"),
    ObserverKind.INFRASOUND_ARRAY: ("infrasound array", "infrasound arrays"),
    ObserverKind.RADAR: ("radar", "radars"),
    ObserverKind.MINI_UAV: ("mini drone", "mini drones"),
    ObserverKind.MID_RANGE_UAV: ("mid-range drone", "mid-range drones"),
    ObserverKind.LONG_RANGE_UAV: ("long-range drone", "long-range drones"),
    ObserverKind.SATELLITE_OPTICAL: ("optical satellite", "optical satellites"),
    ObserverKind.SATELLITE_SAR: ("radar satellite", "radar satellites"),
    ObserverKind.SATELLITE_THERMAL: ("thermal satellite", "thermal satellites"),
    ObserverKind.RF_SENSOR: ("radio sensor", "radio sensors"),
    ObserverKind.PARTY_REPORT: ("report of a party", "reports of parties"),
    ObserverKind.CIVIL_SOCIETY: ("civil-society report", "civil-society reports"),
    ObserverKind.PUBLIC: ("report from the public", "reports from the public"),
}
"""(one, many)"""

HUMAN_KINDS = frozenset(
    {
        ObserverKind.PATROL,
        ObserverKind.STATIC_POST,
        ObserverKind.PARTY_REPORT,
        ObserverKind.CIVIL_SOCIETY,
        ObserverKind.PUBLIC,
    }
)
"""observers whose own position is protected"""

DESCRIPTION = {
    Description.UNDETERMINED: "undetermined",
    Description.OUTGOING: "assessed as outgoing",
    Description.IMPACT: "assessed as an impact",
    Description.AIRBURST: "assessed as an airburst",
    Description.IN_FLIGHT: "in flight",
    Description.EXCHANGE_OF_FIRE: "assessed as an exchange of fire",
    Description.ASSESSED_EXERCISE: "assessed as an exercise",
    Description.CONTROLLED_EXPLOSION_DEMINING: "assessed as a controlled explosion (demining)",
    Description.CIVIL_INDUSTRIAL: "assessed as civil or industrial",
    Description.THUNDER_OR_WEATHER: "assessed as thunder or weather",
}

WEAPON = {
    WeaponClass.NOT_KNOWN: "N/K",
    WeaponClass.RPG: "rocket-propelled grenade",
    WeaponClass.ATGM: "anti-tank guided missile",
    WeaponClass.IFV_APC_CANNON: "cannon of an armoured vehicle",
    WeaponClass.ARTILLERY_TYPE_NK: "artillery (type N/K)",
    WeaponClass.MLRS: "multiple-launch rocket system",
    WeaponClass.ONE_WAY_ATTACK_UAV: "one-way attack drone",
    WeaponClass.FPV_UAV: "first-person-view drone",
    WeaponClass.BOMBER_UAV: "bomber drone",
    WeaponClass.MANPADS: "man-portable air-defence system",
    WeaponClass.MINE_IED: "mine or improvised explosive device",
    WeaponClass.EW_JAMMER: "jammer",
}
"""where it is more than the value with spaces"""

STATE = {
    SensorState.OPERATIONAL: "operational",
    SensorState.DEGRADED: "degraded",
    SensorState.NON_OPERATIONAL: "non-operational",
    SensorState.OBSTRUCTED_WEATHER: "obstructed by weather",
    SensorState.JAMMED: "jammed",
    SensorState.DAMAGED: "damaged",
    SensorState.POWER_CUT: "power cut",
    SensorState.VANDALISED: "vandalised",
    SensorState.NOT_TASKED: "not tasked",
}

FINDING = {
    VerificationFinding.CONFIRMED: "verified: clear and convincing (confirmed)",
    VerificationFinding.REASONABLE_GROUNDS: "verified: reasonable grounds",
    VerificationFinding.CORROBORATED: "corroborated",
    VerificationFinding.PLAUSIBLE_UNCORROBORATED: "indication only (plausible, uncorroborated)",
    VerificationFinding.NOT_CONFIRMED: "not confirmed, based on available evidence and analysis",
    VerificationFinding.REFUTED: "refuted: evidence contradicts it",
    VerificationFinding.UNVERIFIABLE: "could not be verified",
}

COMPLIANCE = {
    Compliance.COMPLIED: "no breach",
    Compliance.VIOLATED: "assessed as a violation",
    Compliance.INDETERMINATE: "indeterminate",
    Compliance.NOT_APPLICABLE: "not applicable",
}

ANCHOR = {
    ClockAnchor.OCCURRENCE: "from occurrence",
    ClockAnchor.DETECTION: "from detection",
    ClockAnchor.VERIFICATION: "from verification",
    ClockAnchor.NOTIFICATION: "from notification",
}
