"""Whether an announced activity explains an incident: by place, time, kind, count and notice.

LIMIT: an announced charge is named in the reason but not compared with the size that sound gives, an order of magnitude
wide; a larger charge than announced at the right place and time is taken as the announced one. LIMIT: each incident's
count is compared with the whole announced number; several incidents that together exceed it are each within it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from math import hypot

from scipy.special import erf

from trucewatch.assess.phrases import metres, plain, probability, seconds
from trucewatch.assess.predicates import p_during, widened
from trucewatch.assess.whereabouts import in_sector
from trucewatch.geo import Area, Ellipse, polygon, probability_inside, to_azimuthal
from trucewatch.model.agreement import ExceptionRule, NotifiedActivity
from trucewatch.model.count import Count
from trucewatch.model.incident import Incident
from trucewatch.model.instant import Interval
from trucewatch.model.place import Place

# Two-sided 99 %: beyond it an activity is too far from an incident to be thought of.
_NEAR_SIGMA = 2.576
_DISC_POINTS = 128
"""the polygon's area falls short of the disc's by 0.04 %"""


class Cover(Enum):
    """What an announced activity does for an incident."""

    EXPLAINS = "explains"
    MAY_EXPLAIN = "may explain"
    """place and time fit, but something exceeds what was announced or cannot be told"""
    DOES_NOT_EXPLAIN = "does not explain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One announced activity held against one incident."""

    activity_id: str
    cover: Cover
    p: float | None
    """probability that it explains the incident; None where it cannot be told"""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """One of the questions of a match."""

    p: float | None
    """None: it may be, but cannot be told"""
    text: str


def matches(
    incident: Incident, rule: ExceptionRule, notified: tuple[NotifiedActivity, ...], p_match: float
) -> tuple[Match, ...]:
    """Hold an incident against every announced activity that a rule accepts.

    Args:
        incident: the incident.
        rule: the term's exception.
        notified: all announced activities.
        p_match: from which probability an activity explains an incident.

    Returns:
        The activities that were near in place and time, best first; then by id.
    """
    accepted = (a for a in notified if a.kind in rule.activities)
    found = [m for a in accepted if (m := _match(incident, rule, a, p_match)) is not None]
    order = list(Cover)
    return tuple(sorted(found, key=lambda m: (order.index(m.cover), -(m.p or 0.0), m.activity_id)))


def _match(incident: Incident, rule: ExceptionRule, activity: NotifiedActivity, p_match: float) -> Match | None:
    time = _time(incident, activity, p_match)
    if time.p is not None and time.p < 1e-3:
        return None
    place = _place(incident, activity, p_match)
    if place.p is not None and place.p < 1e-3:
        return None
    kind, count = _kind(incident, activity), _count(incident.count, activity)
    notice_s = _notice_s(activity)
    p = _product(place.p, time.p, kind.p, count.p)
    late = notice_s < rule.min_notice_s
    cover = _cover(_product(place.p, time.p, kind.p), kind.p, p, late=late, p_match=p_match)
    notice = _notice_text(notice_s, rule.min_notice_s)
    parts = (
        place.text,
        time.text,
        kind.text,
        count.text,
        _charge(incident, activity),
        notice,
        _unacknowledged(activity),
    )
    said = "; ".join(part for part in parts if part)
    text = f"{activity.id} ({plain(activity.kind)}, announced by {activity.notifier}) {cover.value} it: {said}."
    return Match(activity_id=activity.id, cover=cover, p=0.0 if late else p, text=text)


def _cover(p_there: float | None, p_kind: float | None, p: float | None, *, late: bool, p_match: float) -> Cover:
    """Judge a match.

    Args:
        p_there: place, time and kind together; None where place or time cannot be told.
        p_kind: that it looks like what was announced.
        p: p_there and the count together.
        late: it was announced later than the rule asks.
        p_match: from which probability an activity explains an incident.
    """
    if (p_kind or 0.0) < p_match or (p_there is not None and p_there < p_match):
        return Cover.DOES_NOT_EXPLAIN
    return Cover.EXPLAINS if p is not None and p >= p_match and not late else Cover.MAY_EXPLAIN


def _place(incident: Incident, activity: NotifiedActivity, p_match: float) -> _Answer:
    there = activity.place
    reach = activity.radius_m + _NEAR_SIGMA * max(there.var_east_m2, there.var_north_m2) ** 0.5
    if incident.place is None:
        if incident.sector is not None and not in_sector(incident.sector, there, reach):
            return _Answer(p=0.0, text="outside the direction of the incident")
        known = "within the direction of the incident" if incident.sector is not None else "place not determined"
        return _Answer(p=None, text=f"{known}, so whether it was there cannot be told")
    return _within_disc(incident.place, activity, p_match)


def _within_disc(here: Place, activity: NotifiedActivity, p_match: float) -> _Answer:
    there = activity.place
    east_north = to_azimuthal(there.lon_deg, there.lat_deg, here.lon_deg, here.lat_deg)
    distance = hypot(*east_north)
    covariance = here.covariance_m2 + there.covariance_m2
    along = float(east_north @ covariance @ east_north)
    sigma = max(0.0, along) ** 0.5 / distance if distance > 0 else 0.0
    said = f"{metres(distance)} from the announced place (radius {metres(activity.radius_m)})"
    if activity.radius_m <= 0 or distance > activity.radius_m + 6 * sigma + 1.0:
        return _Answer(p=0.0, text=said)
    disc = _disc(activity)
    p = probability_inside(disc, here.lon_deg, here.lat_deg, covariance)
    best = probability_inside(disc, there.lon_deg, there.lat_deg, covariance)
    if best < p_match and distance - activity.radius_m <= _NEAR_SIGMA * sigma:
        return _Answer(p=None, text=f"{said}, but the error of the place is too wide to tell")
    return _Answer(p=p, text=f"{said}, within it with probability {probability(p)}")


def _disc(activity: NotifiedActivity) -> Area:
    radius = activity.radius_m
    circle = Ellipse(semi_major_m=radius, semi_minor_m=radius, azimuth_deg=0.0, level=0.5)
    return Area.from_rings(polygon(activity.place.lon_deg, activity.place.lat_deg, circle, _DISC_POINTS))


def _time(incident: Incident, activity: NotifiedActivity, p_match: float) -> _Answer:
    period = widened(activity.time, activity.margin_s)
    p = p_during(incident.time, period)
    sigma = incident.time.sigma_s
    margin = f" (margin {seconds(activity.margin_s)})" if activity.margin_s else ""
    if sigma > 0 and _best_p(period, sigma) < p_match and p > 1e-3:
        return _Answer(p=None, text=f"the error of the time, {seconds(sigma)}, is too wide to tell")
    return _Answer(p=p, text=f"within the announced time{margin} with probability {probability(p)}")


def _best_p(period: Interval, sigma_s: float) -> float:
    """Return the probability that p_during would reach in the middle of the period."""
    return float(erf(period.duration_s / 2.0 / sigma_s / 2.0**0.5))


def _kind(incident: Incident, activity: NotifiedActivity) -> _Answer:
    p = min(1.0, sum(k.p for k in incident.kinds if k.kind in activity.observation_types))
    return _Answer(p=p, text=f"looks like what was announced with probability {probability(p)}")


def _count(count: Count, activity: NotifiedActivity) -> _Answer:
    most = activity.max_count
    if most is None:
        return _Answer(p=1.0, text="no number was announced")
    if count.low > most:
        return _Answer(p=0.0, text=f"at least {count.low} recorded, but at most {most} announced")
    if count.high is None:
        return _open_count(count, most)
    # Between its bounds every number is taken as equally likely: a count says no more.
    p = min(1.0, (most - count.low + 1) / (count.high - count.low + 1))
    recorded = f"{count.low}" if count.low == count.high else f"{count.low} to {count.high}"
    exceeds = "" if p == 1.0 else f", within it with probability {probability(p)}"
    return _Answer(p=p, text=f"{recorded} recorded, at most {most} announced{exceeds}")


def _open_count(count: Count, most: int) -> _Answer:
    """Weigh a count that has no upper bound.

    Beyond its best number an open count is taken to fall off by a factor e with every as many rounds again: five times
    as many as were counted is hardly believable, twice as many is. Our rule; without a best number nothing is said.
    """
    recorded = f"at least {count.low} recorded without an upper bound"
    if count.best is None:
        return _Answer(p=None, text=f"{recorded}, at most {most} announced")
    p = 1.0 - math.exp(-(most - count.best + 1) / max(count.best, 1)) if count.best <= most else 0.0
    return _Answer(p=p, text=f"{recorded}, best {count.best}, at most {most} announced: probability {probability(p)}")


def _charge(incident: Incident, activity: NotifiedActivity) -> str:
    if activity.charge_kg is None:
        return ""
    why = ": the incident's size is not known" if incident.charge is None else " with the size that sound gives"
    return f"charge up to {activity.charge_kg:g} kg announced, which is not compared{why}"


def _notice_s(activity: NotifiedActivity) -> float:
    start = activity.time.start_utc
    if start is None:
        return 0.0
    return (start - datetime.fromisoformat(activity.notified_utc)).total_seconds()


def _notice_text(notice_s: float, least_s: float) -> str:
    given = (
        f"announced {seconds(notice_s)} before" if notice_s >= 0 else f"announced {seconds(-notice_s)} after it began"
    )
    return f"{given}, late: the term asks for {seconds(least_s)}" if notice_s < least_s else given


def _unacknowledged(activity: NotifiedActivity) -> str:
    if not activity.acknowledgements:
        return "no acknowledgement is recorded"
    missing = [a.recipient for a in activity.acknowledgements if not a.at]
    return f"not acknowledged by {', '.join(missing)}" if missing else ""


def _product(*parts: float | None) -> float | None:
    result = 1.0
    for part in parts:
        if part is None:
            return None
        result *= part
    return result
