"""How each class of weapon sounds: the likelihoods behind the posterior over classes, in one place, with their sources.

LIMIT: no recordings of most of these weapons were at hand. Rates of fire and fillings are general knowledge of the
types in use, shares are our own; each is wide, and what they cannot tell stays not known.
"""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.model.vocabulary import WeaponClass as W

Span = tuple[float, float]

NOT_KNOWN_PRIOR = 0.5
"""what is left open before anything was measured; one piece of evidence alone does not lower it, agreeing ones do"""
RELIABILITY = {
    "size": 0.85,
    "cause": 0.8,
    "shock wave": 0.9,
    "rate of fire": 0.85,
    "charge": 0.85,
    "pulse length": 0.7,
    "company": 0.9,
    "flight": 0.9,
    "report": 0.8,
}
"""how far each kind of evidence is taken at its word; with the rest it says nothing. A monitor who names a weapon by
ear is right about as often as that (our guess; published accuracies of recognising weapons by sound are unverified)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What one class makes heard."""

    weight: float
    """how often it is heard among all, beforehand; ours"""
    is_gun_like: bool = False
    """as loud as a shot and not as a shell: what the pattern of hearing takes for gunfire"""
    shock: float = 0.02
    """chance that some sensor hears the shock wave of a projectile: only of supersonic ones, only beside their path
    (Maher 2006; Lindgren et al. 2010); handguns of the live-fire set have none (TN098)"""
    gap_s: Span | None = None
    """between rounds of automatic fire"""
    single_gap_s: Span = (1.0, 60.0)
    """between single rounds"""
    automatic: float = 0.0
    """share of its salvoes that are automatic"""
    filling_kg: Span | None = None
    """charge that bursts, TNT; None where nothing bursts"""
    phase_s: Span = (0.002, 0.02)
    """positive phase of its pulse at a few hundred metres: a muzzle blast of small arms lasts 2 to 5 ms in all
    (TN098; Maher 2006), a charge's 4.2 ms times the cube root of kilograms (Kinney and Graham)"""
    company: float = 0.05
    """chance that an infrasound array or a seismic station in reach notices it too"""
    flight: float = 0.0
    """chance that launch and impact are both found"""


_AUTOMATIC_S = (0.063, 0.133)
"""450 to 950 rounds a minute (TN098)"""

SOUNDS: dict[W, Sound] = {
    W.SMALL_ARMS: Sound(
        weight=0.30,
        is_gun_like=True,
        shock=0.4,
        gap_s=_AUTOMATIC_S,
        single_gap_s=(0.2, 10.0),
        automatic=0.4,
        phase_s=(0.0003, 0.003),
        company=0.003,
    ),
    W.SNIPER: Sound(
        weight=0.02,
        is_gun_like=True,
        shock=0.6,
        single_gap_s=(2.0, 120.0),
        phase_s=(0.0005, 0.003),
        company=0.003,
    ),
    W.LIGHT_MACHINE_GUN: Sound(
        weight=0.06,
        is_gun_like=True,
        shock=0.6,
        gap_s=(0.06, 0.11),
        automatic=0.95,
        phase_s=(0.0005, 0.003),
        company=0.003,
    ),
    W.HEAVY_MACHINE_GUN: Sound(
        weight=0.06,
        is_gun_like=True,
        shock=0.7,
        gap_s=(0.08, 0.13),
        automatic=0.95,
        phase_s=(0.001, 0.005),
        company=0.005,
    ),
    # Twin barrels of 23 mm together 1,600 to 2,000 a minute, single 30 mm 200 to 550 (general knowledge).
    W.ANTI_AIRCRAFT_CANNON: Sound(
        weight=0.02,
        is_gun_like=True,
        shock=0.7,
        gap_s=(0.03, 0.12),
        automatic=0.95,
        filling_kg=(0.01, 0.05),
        phase_s=(0.001, 0.006),
        company=0.01,
    ),
    W.IFV_APC_CANNON: Sound(
        weight=0.03,
        is_gun_like=True,
        shock=0.7,
        gap_s=(0.1, 0.33),
        automatic=0.7,
        filling_kg=(0.02, 0.06),
        phase_s=(0.001, 0.006),
        company=0.01,
    ),
    W.AUTOMATIC_GRENADE_LAUNCHER: Sound(
        weight=0.03,
        gap_s=(0.12, 0.2),
        automatic=0.8,
        filling_kg=(0.03, 0.09),
        phase_s=(0.001, 0.004),
        company=0.01,
    ),
    W.UNDER_BARREL_GRENADE_LAUNCHER: Sound(weight=0.01, filling_kg=(0.03, 0.07), phase_s=(0.001, 0.004), company=0.01),
    W.RPG: Sound(weight=0.03, filling_kg=(0.3, 1.5), phase_s=(0.002, 0.006), company=0.05),
    W.RECOILLESS_GUN: Sound(weight=0.02, shock=0.1, filling_kg=(0.3, 2.0), phase_s=(0.002, 0.008), flight=0.1),
    W.ATGM: Sound(weight=0.02, filling_kg=(2.0, 8.0), phase_s=(0.004, 0.01), company=0.1),
    W.TANK: Sound(
        weight=0.03, shock=0.5, single_gap_s=(6.0, 60.0), filling_kg=(1.5, 4.0), phase_s=(0.003, 0.012), flight=0.2
    ),
    W.MORTAR: Sound(
        weight=0.12, single_gap_s=(2.5, 30.0), filling_kg=(0.3, 4.0), phase_s=(0.003, 0.008), company=0.1, flight=0.5
    ),
    W.HOWITZER_TOWED: Sound(
        weight=0.03,
        shock=0.15,
        single_gap_s=(6.0, 60.0),
        filling_kg=(3.0, 10.0),
        phase_s=(0.004, 0.015),
        company=0.25,
        flight=0.6,
    ),
    W.HOWITZER_SELF_PROPELLED: Sound(
        weight=0.03,
        shock=0.15,
        single_gap_s=(6.0, 60.0),
        filling_kg=(3.0, 10.0),
        phase_s=(0.004, 0.015),
        company=0.25,
        flight=0.6,
    ),
    W.ANTI_TANK_GUN: Sound(
        weight=0.01, shock=0.5, single_gap_s=(5.0, 60.0), filling_kg=(1.0, 5.0), phase_s=(0.003, 0.012), flight=0.2
    ),
    W.ARTILLERY_TYPE_NK: Sound(
        weight=0.04,
        shock=0.15,
        single_gap_s=(5.0, 60.0),
        filling_kg=(1.5, 12.0),
        phase_s=(0.004, 0.015),
        company=0.25,
        flight=0.5,
    ),
    # 40 rockets of 122 mm in 20 s.
    W.MLRS: Sound(
        weight=0.03,
        gap_s=(0.3, 1.0),
        automatic=0.9,
        filling_kg=(5.0, 100.0),
        phase_s=(0.005, 0.02),
        company=0.3,
        flight=0.4,
    ),
    W.SURFACE_TO_AIR_MISSILE: Sound(weight=0.005, filling_kg=(10.0, 150.0), phase_s=(0.008, 0.025), company=0.3),
    W.MANPADS: Sound(weight=0.005, filling_kg=(0.5, 2.0), phase_s=(0.003, 0.006), company=0.05),
    W.TACTICAL_MISSILE: Sound(weight=0.005, filling_kg=(100.0, 600.0), phase_s=(0.018, 0.04), company=0.7),
    W.CRUISE_MISSILE: Sound(weight=0.005, filling_kg=(100.0, 600.0), phase_s=(0.018, 0.04), company=0.7),
    W.AIR_DELIVERED_BOMB: Sound(weight=0.02, filling_kg=(50.0, 700.0), phase_s=(0.014, 0.04), company=0.6),
    W.GLIDE_BOMB: Sound(weight=0.03, filling_kg=(50.0, 700.0), phase_s=(0.014, 0.04), company=0.6),
    W.ONE_WAY_ATTACK_UAV: Sound(weight=0.02, filling_kg=(20.0, 100.0), phase_s=(0.01, 0.025), company=0.4),
    W.FPV_UAV: Sound(weight=0.05, filling_kg=(0.3, 3.0), phase_s=(0.003, 0.007), company=0.03),
    W.BOMBER_UAV: Sound(weight=0.02, filling_kg=(0.3, 8.0), phase_s=(0.003, 0.01), company=0.05),
    W.UNCREWED_SURFACE_VESSEL: Sound(weight=0.003, filling_kg=(100.0, 900.0), phase_s=(0.018, 0.04), company=0.6),
    W.MINE_IED: Sound(weight=0.03, filling_kg=(0.1, 20.0), phase_s=(0.002, 0.012), company=0.15),
}
"""every class that can be heard; fillings as in the reference sources of the physics where those name the class"""
