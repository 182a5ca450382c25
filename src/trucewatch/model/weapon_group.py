"""The first honest level of what a bang was: small arms, a heavy weapon, or an explosion that no gun made."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from trucewatch.model.incident import WeaponProbability
from trucewatch.model.vocabulary import WeaponClass


class WeaponGroup(StrEnum):
    """Classes of weapon that sound alike."""

    NOT_KNOWN = "not_known"
    SMALL_ARMS = "small_arms"
    HEAVY_WEAPON = "heavy_weapon"
    EXPLOSION = "explosion"
    """of a bomb, a missile, a drone or a mine"""


_SMALL = (WeaponClass.SMALL_ARMS, WeaponClass.SNIPER, WeaponClass.LIGHT_MACHINE_GUN)
_EXPLOSION = (
    WeaponClass.TACTICAL_MISSILE,
    WeaponClass.CRUISE_MISSILE,
    WeaponClass.AIR_DELIVERED_BOMB,
    WeaponClass.GLIDE_BOMB,
    WeaponClass.ONE_WAY_ATTACK_UAV,
    WeaponClass.FPV_UAV,
    WeaponClass.BOMBER_UAV,
    WeaponClass.UNCREWED_SURFACE_VESSEL,
    WeaponClass.MINE_IED,
)


def group_of(weapon: WeaponClass) -> WeaponGroup:
    """Return the group of a class; jammers make no sound and stand with what is not known."""
    if weapon in _SMALL:
        return WeaponGroup.SMALL_ARMS
    if weapon in _EXPLOSION:
        return WeaponGroup.EXPLOSION
    silent = (WeaponClass.NOT_KNOWN, WeaponClass.EW_JAMMER)
    return WeaponGroup.NOT_KNOWN if weapon in silent else WeaponGroup.HEAVY_WEAPON


def by_group(classes: Sequence[WeaponProbability]) -> tuple[tuple[WeaponGroup, float], ...]:
    """Return the probability of each group, largest first."""
    sums: dict[WeaponGroup, float] = {}
    for c in classes:
        group = group_of(c.weapon_class)
        sums[group] = sums.get(group, 0.0) + c.p
    return tuple(sorted(sums.items(), key=lambda g: (-g[1], g[0].value)))
