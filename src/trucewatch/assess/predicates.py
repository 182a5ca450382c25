"""The questions that are asked of an incident for one term, each with its probability and its words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from scipy.special import ndtr

from trucewatch.assess.phrases import listed, metres, plain, probability, seconds
from trucewatch.assess.whereabouts import Whereabouts, nearest_line, p_in_term
from trucewatch.assess.zones import TermPlace
from trucewatch.model.agreement import Term
from trucewatch.model.assessment import Predicate
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Instant, Interval, rfc3339
from trucewatch.model.vocabulary import ObservationType, WeaponClass

EXISTS: Final = "exists"
KIND: Final = "kind is prohibited"
WEAPON: Final = "weapon class"
IN_FORCE: Final = "in force"
INSIDE: Final = "inside zone"

# Classes that an assessor gives when the exact one is not known, and what they may turn out to be.
_MAY_BE: Final = {
    WeaponClass.ARTILLERY_TYPE_NK: (
        WeaponClass.HOWITZER_TOWED,
        WeaponClass.HOWITZER_SELF_PROPELLED,
        WeaponClass.ANTI_TANK_GUN,
        WeaponClass.MLRS,
    ),
    WeaponClass.NOT_KNOWN: tuple(WeaponClass),
}


def exists(incident: Incident) -> Predicate:
    """Say how likely it is that the incident happened at all."""
    p = _unit(incident.p_exists)
    return Predicate(name=EXISTS, p=p, text=f"The incident happened with probability {probability(p)}.")


def kind_prohibited(incident: Incident, term: Term) -> Predicate:
    """Say how likely it is that the incident is of a kind that the term prohibits.

    A thermal anomaly shows heat, not an act: its share never counts, even where a term lists it.
    """
    listed_kinds = [k for k in term.prohibits if k is not ObservationType.THERMAL_ANOMALY]
    p = _unit(sum(k.p for k in incident.kinds if k.kind in listed_kinds))
    shares = listed([f"{plain(k.kind.value)} ({probability(_unit(k.p))})" for k in incident.kinds if k.p > 0], "or")
    names = listed([plain(k.value) for k in listed_kinds] or ["nothing that can be assessed"], "or")
    text = f"It was {shares}; the term prohibits {names}. Of a prohibited kind with probability {probability(p)}."
    if incident.kind is ObservationType.THERMAL_ANOMALY:
        text += (
            " A thermal anomaly alone is not a prohibited act; not explained by ordinary burning is not decided here."
        )
    return Predicate(name=KIND, p=p, text=text)


def weapon_covered(incident: Incident, term: Term) -> Predicate:
    """Say whether the weapon is one that the term names.

    LIMIT: the class that monitors named counts as certain; the probabilities that sound gives are not used here.
    """
    if not term.weapon_classes:
        return Predicate(name=WEAPON, p=1.0, text="The term applies whatever the weapon.")
    names = listed([plain(w.value) for w in term.weapon_classes], "or")
    said = f"The weapon was assessed as {plain(incident.weapon_class.value)}; the term names {names}."
    if incident.weapon_class in term.weapon_classes and incident.weapon_class is not WeaponClass.NOT_KNOWN:
        return Predicate(name=WEAPON, p=1.0, text=said)
    if any(w in term.weapon_classes for w in _MAY_BE.get(incident.weapon_class, ())):
        return Predicate(name=WEAPON, p=None, text=f"{said} It may be one of them.")
    return Predicate(name=WEAPON, p=0.0, text=said)


def in_force(incident: Incident, term: Term) -> Predicate:
    """Say how likely it is that the incident fell into the term's half-open period."""
    p = p_during(incident.time, term.period)
    sigma = f" (standard error {seconds(incident.time.sigma_s)})" if incident.time.sigma_s else ""
    text = (
        f"It happened at {rfc3339(incident.time.utc)}{sigma}; the term applies {term.period_text}. "
        f"In force with probability {probability(p)}."
    )
    return Predicate(name=IN_FORCE, p=p, text=text)


def inside_zone(incident: Incident, where: Whereabouts | None, place: TermPlace) -> Predicate:
    """Say how likely it is that the incident lay where the term applies; p is None where its place is not known."""
    if place.inside is None and place.outside is None:
        return Predicate(name=INSIDE, p=1.0, text="The term applies everywhere.")
    if where is None:
        return Predicate(name=INSIDE, p=None, text=f"The term applies {place.text}. {_why_unknown(incident)}")
    p = p_in_term(where, place)
    text = f"{_spread(incident)} The term applies {place.text}: there with probability {probability(p)}."
    return Predicate(name=INSIDE, p=p, text=f"{text}{_from_line(incident, place)}")


def p_during(time: Instant, period: Interval) -> float:
    """Return the probability that an uncertain moment lies in start <= t < end."""
    if time.sigma_s == 0:
        return 1.0 if period.contains(time.utc) else 0.0
    before_end = 1.0 if period.end_utc is None else _p_before(time, period.end_utc)
    before_start = 0.0 if period.start_utc is None else _p_before(time, period.start_utc)
    return _unit(before_end - before_start)


def widened(period: Interval, margin_s: float) -> Interval:
    """Return a period that begins earlier and ends later by a margin."""
    margin = timedelta(seconds=margin_s)
    return Interval(
        start_utc=None if period.start_utc is None else period.start_utc - margin,
        end_utc=None if period.end_utc is None else period.end_utc + margin,
    )


def _p_before(time: Instant, moment: datetime) -> float:
    return float(ndtr((moment - time.utc).total_seconds() / time.sigma_s))


def _why_unknown(incident: Incident) -> str:
    if incident.sector is not None:
        return "Only a direction is known, at an undetermined distance: place not determined."
    return "Place not determined."


def _spread(incident: Incident) -> str:
    """Say how well the place is known, without the place: a trace travels further than exact coordinates may."""
    if incident.place is not None:
        largest = max(incident.place.var_east_m2, incident.place.var_north_m2) ** 0.5
        return f"Located with a standard error of {metres(largest)}."
    sector = incident.sector
    if sector is None or sector.range_m is None:
        return ""
    low, high = sector.range_m
    width = f"{sector.bearing_deg:.0f}° ± {sector.half_width_deg:.0f}°"
    return f"Known as a sector only: {width}, {metres(low)} to {metres(high)} from where it was noticed."


def _from_line(incident: Incident, place: TermPlace) -> str:
    found = None if incident.place is None else nearest_line(incident.place, place)
    if found is None:
        return ""
    name, distance, sigma = found
    side = "right" if distance < 0 else "left"
    return f" It lies {abs(distance) / 1000:.1f} km ± {metres(sigma)} {side} of “{name}”, seen along that line."


def _unit(p: float) -> float:
    return min(1.0, max(0.0, float(p)))
