"""What an incident was, in words: size, cause and kind of weapon, each with its spread; never who did it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trucewatch.model.detection import CauseProbability, Feature
from trucewatch.model.incident import Charge, Incident
from trucewatch.model.vocabulary import Cause
from trucewatch.model.weapon_group import WeaponGroup, by_group, group_of
from trucewatch.report.words import figure_text, listed, probability_text, weapon_text

CAUSE = {
    Cause.GUNFIRE: "gunfire",
    Cause.EXPLOSION: "explosion",
    Cause.THUNDER: "thunder",
    Cause.WIND: "wind",
    Cause.RAIN: "rain",
    Cause.QUARRY_BLAST: "quarry blast",
    Cause.EARTHQUAKE: "earthquake",
    Cause.SONIC_BOOM: "sonic boom",
    Cause.FIREWORKS: "fireworks",
    Cause.TRAFFIC: "traffic",
    Cause.KNOCK: "a knock near the sensor",
    Cause.INSTRUMENT: "the instrument itself",
    Cause.UNDETERMINED: "undetermined",
}
GROUP = {
    WeaponGroup.NOT_KNOWN: "not known",
    WeaponGroup.SMALL_ARMS: "small arms",
    WeaponGroup.HEAVY_WEAPON: "heavy weapon",
    WeaponGroup.EXPLOSION: "bomb, missile, drone or mine",
}
LIKELY = 0.66
"""from which one entry is named alone: "likely" on the calibrated scale"""
OWN_CLASSIFIER = "classifier_"
"""how the names of figures begin that a mission's own classifier gave"""
_SHOWN = 0.05
"""entries below this are summed up"""
_WARLIKE = frozenset({Cause.GUNFIRE, Cause.EXPLOSION, Cause.UNDETERMINED})


def charge_text(charge: Charge) -> str:
    """Write a charge with its 95 per cent interval, to one digit: "about 5 kg of TNT (1 to 30)"."""
    best, low, high = (_mass(kg) for kg in (charge.best_kg, charge.low_kg, charge.high_kg))
    if best[1] == low[1] == high[1]:
        return f"about {best[0]} {best[1]} of TNT ({low[0]} to {high[0]})"
    return f"about {best[0]} {best[1]} of TNT ({low[0]} {low[1]} to {high[0]} {high[1]})"


def _mass(kg: float) -> tuple[str, str]:
    """Return a mass to one significant digit with a fitting unit: an order of magnitude has no second one."""
    digits = -math.floor(math.log10(kg))
    rounded = round(kg, digits)
    if rounded < 1:
        return f"{rounded * 1000:.0f}", "g"
    return (f"{rounded:.0f}", "kg") if rounded < 1000 else (f"{rounded / 1000:.0f}", "t")


def causes_text(causes: Sequence[CauseProbability]) -> str:
    """Write the causes, largest first, small ones summed up; "not told" where no detector says."""
    return _shares([(CAUSE[c.cause], c.p) for c in causes]) or "not told by the recordings"


def groups_text(incident: Incident) -> str:
    """Write the first level of the classes: small arms, heavy weapon, or an explosion that no gun made."""
    return _shares([(GROUP[g], p) for g, p in by_group(incident.weapon_classes)]) or "not told by the recordings"


def classes_text(incident: Incident) -> str:
    """Write which classes the groups are made of; "" where none of them says more than its group."""
    inside = [c for c in incident.weapon_classes if group_of(c.weapon_class) is not WeaponGroup.NOT_KNOWN]
    said = [(weapon_text(c.weapon_class), c.p) for c in inside if c.p >= _SHOWN]
    return "" if all(name in GROUP.values() for name, _ in said) else _shares(said)


def _shares(entries: Sequence[tuple[str, float]]) -> str:
    shown = [e for e in entries if e[1] >= _SHOWN] or list(entries[:1])
    rest = math.fsum(p for _, p in entries) - math.fsum(p for _, p in shown)
    said = [f"{name} {probability_text(p)}" for name, p in shown]
    return "; ".join(said) + (f"; others together {probability_text(rest)}" if said and rest >= 0.01 else "")


def groups(incident: Incident) -> tuple[tuple[str, float], ...]:
    """Return the first level of the classes in words, largest first, small ones left out."""
    return tuple((GROUP[g], p) for g, p in by_group(incident.weapon_classes) if p >= _SHOWN)


def features_text(features: Sequence[Feature]) -> str:
    """Write the numbers that a statement was made from."""
    return "; ".join(figure_text(f.name, f.value, f.unit) for f in features)


def summary_text(incident: Incident) -> str:
    """Write in half a line what is worth a report: a charge, a likely group, a likely cause that is no fire; or ""."""
    said = []
    if incident.charge is not None:
        said.append(charge_text(incident.charge))
    groups = by_group(incident.weapon_classes)
    if groups and groups[0][0] is not WeaponGroup.NOT_KNOWN and groups[0][1] >= LIKELY:
        said.append(f"by its sound {GROUP[groups[0][0]]}, {probability_text(groups[0][1])}")
    other = [c for c in incident.causes[:1] if c.cause not in _WARLIKE and c.p >= LIKELY]
    said += [f"may be {CAUSE[c.cause]}, {probability_text(c.p)}" for c in other]
    return listed(said)


def lines(incident: Incident) -> tuple[tuple[str, str], ...]:
    """Return what is known of what it was as (title, text); empty where nothing was heard that could tell."""
    if not (incident.causes or incident.weapon_classes or incident.charge):
        return ()
    charge, classes = incident.charge, classes_text(incident)
    own = tuple(f for f in incident.weapon_features if f.name.startswith(OWN_CLASSIFIER))
    rules = tuple(f for f in incident.weapon_features if f not in own)
    return (
        ("Cause of the sound", causes_text(incident.causes)),
        ("Weapon, by sound", groups_text(incident)),
        *((("Likeliest classes", classes),) if classes else ()),
        ("Size", "no charge can be stated" if charge is None else charge_text(charge)),
        *((("Size made from", features_text(charge.features)),) if charge is not None else ()),
        *((("Weapon made from", features_text(rules)),) if rules else ()),
        *((("Own classifier", features_text(own)),) if own else ()),
    )
