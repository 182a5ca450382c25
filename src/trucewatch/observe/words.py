"""The words of monitors' tables → the controlled values of the vocabulary; an unknown word is never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

from trucewatch.model.vocabulary import Description, Means, ObservationType, ObserverKind, WeaponClass
from trucewatch.observe.grammar import CACHE_SIZE, NOT_KNOWN_TEXTS
from trucewatch.observe.refusal import BadValue

V = TypeVar("V")

OBSERVATIONS: Mapping[str, ObservationType] = {
    "round in flight": ObservationType.PROJECTILE_IN_FLIGHT,
    "projectile": ObservationType.PROJECTILE_IN_FLIGHT,
    "rocket-assisted projectile in flight": ObservationType.PROJECTILE_IN_FLIGHT,
    "tracer": ObservationType.TRACER_ROUND,
    "tracer round in flight": ObservationType.TRACER_ROUND,
    "flare": ObservationType.ILLUMINATION_FLARE,
    "uav": ObservationType.UAV_SIGHTING,
    "drone": ObservationType.UAV_SIGHTING,
    "gunshot": ObservationType.SHOT,
    "undetermined explosion": ObservationType.EXPLOSION,
    "gps interference": ObservationType.GNSS_INTERFERENCE,
    "smoke": ObservationType.SMOKE_PLUME,
    "person": ObservationType.PERSON_PRESENCE,
    "persons in uniform": ObservationType.PERSON_PRESENCE,
    "people": ObservationType.PERSON_PRESENCE,
    "vehicle": ObservationType.VEHICLE_MOVEMENT,
    "convoy": ObservationType.VEHICLE_MOVEMENT,
    "weapon": ObservationType.WEAPON_PRESENCE,
    "trench": ObservationType.FORTIFICATION_WORK,
    "fortification": ObservationType.FORTIFICATION_WORK,
    "mine": ObservationType.MINE_OR_UXO,
    "uxo": ObservationType.MINE_OR_UXO,
    "aircraft": ObservationType.AIRCRAFT_SIGHTING,
    "helicopter": ObservationType.AIRCRAFT_SIGHTING,
} | {v.value.replace("_", " "): v for v in ObservationType}
MEANS: Mapping[str, Means] = {
    "saw": Means.SEEN,
    "observed": Means.SEEN,
    "visual": Means.SEEN,
    "audio": Means.HEARD,
    "camera": Means.RECORDED,
} | {v.value.replace("_", " "): v for v in Means}
DESCRIPTIONS: Mapping[str, Description] = {
    "impacts": Description.IMPACT,
    "incoming": Description.IMPACT,
    "exchanges of fire": Description.EXCHANGE_OF_FIRE,
    "exercise": Description.ASSESSED_EXERCISE,
    "live-fire exercise": Description.ASSESSED_EXERCISE,
    "live-fire training exercise": Description.ASSESSED_EXERCISE,
    "controlled explosion": Description.CONTROLLED_EXPLOSION_DEMINING,
    "demining": Description.CONTROLLED_EXPLOSION_DEMINING,
    "civil": Description.CIVIL_INDUSTRIAL,
    "industrial": Description.CIVIL_INDUSTRIAL,
    "thunder": Description.THUNDER_OR_WEATHER,
    "weather": Description.THUNDER_OR_WEATHER,
} | {v.value.replace("_", " "): v for v in Description}

_W = WeaponClass
_WEAPONS = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"anti-aircraft|\bzu-?23", _W.ANTI_AIRCRAFT_CANNON),
        (r"heavy-? ?machine-? ?gun|\bhmg\b", _W.HEAVY_MACHINE_GUN),
        (r"light-? ?machine-? ?gun|\blmg\b", _W.LIGHT_MACHINE_GUN),
        (r"under-?barrel", _W.UNDER_BARREL_GRENADE_LAUNCHER),
        (r"automatic-? ?grenade|\bagl\b|\bags-?17\b", _W.AUTOMATIC_GRENADE_LAUNCHER),
        (r"recoilless|\bspg-?9\b", _W.RECOILLESS_GUN),
        (r"rocket-propelled grenade|\brpg", _W.RPG),
        (r"anti-tank (guided )?missile|\batgm\b", _W.ATGM),
        (r"anti-tank gun|\bmt-12\b", _W.ANTI_TANK_GUN),
        (r"infantry fighting vehicle|\bifv\b|\bapc\b|\bbmp-?[123]\b|armou?red (combat|personnel)", _W.IFV_APC_CANNON),
        (r"multiple-? ?launch|\bmlrs\b|\bbm-?21\b|\bgrad\b", _W.MLRS),
        (r"mortar", _W.MORTAR),
        (r"self-propelled", _W.HOWITZER_SELF_PROPELLED),
        (r"howitzer|\bd-?(20|30)\b", _W.HOWITZER_TOWED),
        (r"artillery", _W.ARTILLERY_TYPE_NK),
        (r"\btanks?\b|\bt-?(64|72)\b", _W.TANK),
        (r"sniper", _W.SNIPER),
        (r"small-? ?arms|\brifle", _W.SMALL_ARMS),
        (r"glide bomb", _W.GLIDE_BOMB),
        (r"air-delivered|aerial bomb", _W.AIR_DELIVERED_BOMB),
        (r"\bfpv\b", _W.FPV_UAV),
        (r"one-way|loitering", _W.ONE_WAY_ATTACK_UAV),
        (r"cruise missile", _W.CRUISE_MISSILE),
        (r"tactical missile|ballistic missile", _W.TACTICAL_MISSILE),
        (r"manpads", _W.MANPADS),
        (r"surface-to-air", _W.SURFACE_TO_AIR_MISSILE),
        (r"\bmines?\b|\bied\b", _W.MINE_IED),
    )
)
_ASSESSED_AS = re.compile(r"^\(?assessed as\)?\s+")
_SEVERAL = re.compile(r"\s*(?:[,;/&+]|\band\b)\s*")


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").split())


def _singular(words: str) -> str:
    """Return the singular of a plural in the first or last word ("projectiles in flight", "muzzle flashes")."""
    if words.endswith(("shes", "sses", "xes")):
        return words[:-2]
    head, *rest = words.split(" in ", 1)
    return " in ".join([head[:-1] if head.endswith("s") and not head.endswith("ss") else head, *rest])


def _look_up(text: str, table: Mapping[str, V], what: str) -> V:
    words = _plain(text)
    for spelling in (words, _singular(words)):
        if spelling in table:
            return table[spelling]
    raise BadValue(text or None, f"{what}, one of: {', '.join(sorted({str(v) for v in table.values()}))}")


@lru_cache(CACHE_SIZE)
def parse_observation(text: str) -> ObservationType:
    """Read what was observed, singular or plural.

    Raises:
        BadValue: listing the values that there are.
    """
    return _look_up(text, OBSERVATIONS, "what was observed")


@lru_cache(CACHE_SIZE)
def parse_means(text: str) -> Means:
    """Read how it was observed.

    LIMIT: the model holds one means a report; of "heard and saw" the first is kept, the remark keeps the rest.

    Raises:
        BadValue: listing the values that there are.
    """
    means = [_look_up(part, MEANS, "how it was observed") for part in _SEVERAL.split(_plain(text))]
    return means[0]


@lru_cache(CACHE_SIZE)
def parse_description(text: str) -> Description:
    """Read what it was assessed to be; undetermined where nothing is said.

    Raises:
        BadValue: listing the values that there are.
    """
    words = _ASSESSED_AS.sub("", _plain(text))
    if words in NOT_KNOWN_TEXTS:
        return Description.UNDETERMINED
    return _look_up(words, DESCRIPTIONS, "what it was assessed to be, one value a row")


@lru_cache(CACHE_SIZE)
def parse_weapon(text: str) -> WeaponClass:
    """Class a weapon by its words; NOT_KNOWN where they name none or several classes (the text is kept as written)."""
    words = _plain(text)
    # "mortar (82mm) or artillery" names two classes: choosing one would be a guess.
    parts = re.split(r"\s+(?:and|or)\s+|[;/]", words)
    classes = {kind for part in parts if (kind := _class_of(part)) is not None}
    return classes.pop() if len(classes) == 1 else WeaponClass.NOT_KNOWN


def _class_of(words: str) -> WeaponClass | None:
    exact = words.replace(" ", "_")
    if exact in WeaponClass.__members__.values():
        return WeaponClass(exact)
    return next((kind for pattern, kind in _WEAPONS if pattern.search(words)), None)


@lru_cache(CACHE_SIZE)
def parse_observer_kind(text: str, observer: str) -> ObserverKind:
    """Read the kind of an observer, or take it from its name: a camera, a post, otherwise a patrol.

    Raises:
        BadValue: a kind is written and is none that there is.
    """
    if text:
        return _look_up(text, {v.value.replace("_", " "): v for v in ObserverKind}, "kind of observer")
    name = _plain(observer)
    if "camera" in name:
        return ObserverKind.CAMERA
    return ObserverKind.STATIC_POST if re.search(r"\bpost\b|\bop\b", name) else ObserverKind.PATROL
