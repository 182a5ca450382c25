"""True events and claims as columns, in an order that depends on their content alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.truth import Claim, TrueEvent
from trucewatch.simulate.score_rules import may_violate, said_innocent

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

UNTIMED = timedelta(days=366)
"""an event that lasts longer than this has no known time: it does not stretch what was scored"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EventColumns:
    """True events, each column of shape (n,); times in seconds since 1970."""

    events: tuple[TrueEvent, ...]
    start_s: FloatArray
    end_s: FloatArray
    window_s: FloatArray
    lon_deg: FloatArray
    lat_deg: FloatArray
    sigma_m: FloatArray
    spread_m: FloatArray
    """how far its rounds lie from its place"""
    innocent: BoolArray
    kind_known: BoolArray
    timed: BoolArray
    """False where the time is not known"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ClaimColumns:
    """Claims that have a place, each column of shape (n,); times in seconds since 1970."""

    claims: tuple[Claim, ...]
    time_s: FloatArray
    sigma_s: FloatArray
    lon_deg: FloatArray
    lat_deg: FloatArray
    covariance_m2: FloatArray
    """(n, 3): east-east, north-north, east-north"""
    n_rounds: FloatArray
    """how many rounds it speaks of, at least 1"""
    p: FloatArray
    made: BoolArray
    innocent: BoolArray
    """said to be"""
    may_violate: BoolArray

    @property
    def counts(self) -> BoolArray:
        """Made and not said to be innocent, shape (n,)."""
        return self.made & ~self.innocent


def event_columns(events: Sequence[TrueEvent]) -> EventColumns:
    """Return true events as columns."""
    ranked = tuple(sorted(events, key=_event_key))
    return EventColumns(
        events=ranked,
        start_s=np.array([seconds(e.start_utc) for e in ranked]),
        end_s=np.array([seconds(e.end_utc) for e in ranked]),
        window_s=np.array([e.window_s for e in ranked]),
        lon_deg=np.array([e.lon_deg for e in ranked]),
        lat_deg=np.array([e.lat_deg for e in ranked]),
        sigma_m=np.array([e.sigma_m for e in ranked]),
        spread_m=np.array([e.spread_m for e in ranked]),
        innocent=np.array([e.innocent for e in ranked], dtype=np.bool_),
        kind_known=np.array([e.kind_known for e in ranked], dtype=np.bool_),
        timed=np.array([e.end_utc - e.start_utc <= UNTIMED for e in ranked], dtype=np.bool_),
    )


def claim_columns(claims: Sequence[Claim], claimed: float) -> ClaimColumns:
    """Return the claims that have a place as columns; those of at least this probability are made."""
    ranked = tuple(sorted((c for c in claims if c.place is not None), key=_claim_key))
    places = [c.place for c in ranked if c.place is not None]
    p = np.array([c.p_exists for c in ranked])
    rows = [(q.var_east_m2, q.var_north_m2, q.cov_east_north_m2) for q in places]
    return ClaimColumns(
        claims=ranked,
        time_s=np.array([seconds(c.time.utc) for c in ranked]),
        sigma_s=np.array([c.time.sigma_s for c in ranked]),
        lon_deg=np.array([q.lon_deg for q in places]),
        lat_deg=np.array([q.lat_deg for q in places]),
        covariance_m2=np.array(rows).reshape(-1, 3),
        n_rounds=np.array([max(1, (c.count.best or c.count.low) if c.count else 1) for c in ranked], dtype=np.float64),
        p=p,
        made=p >= claimed,
        innocent=np.array([said_innocent(c) for c in ranked], dtype=np.bool_),
        may_violate=np.array([may_violate(c) for c in ranked], dtype=np.bool_),
    )


def seconds(moment: datetime) -> float:
    """Return seconds since 1970."""
    return moment.timestamp()


def _event_key(e: TrueEvent) -> tuple[object, ...]:
    """Sort by content, the name last, so that renaming changes no figure."""
    return (e.start_utc, e.end_utc, e.lon_deg, e.lat_deg, e.kind.value, e.innocent, e.count, e.side, e.zone, e.id)


def _claim_key(c: Claim) -> tuple[object, ...]:
    place = c.place
    where = () if place is None else (place.lon_deg, place.lat_deg, place.var_east_m2, place.var_north_m2)
    kinds = tuple((k.kind.value, k.p) for k in c.kinds)
    return (c.time.utc, c.time.sigma_s, where, -c.p_exists, kinds, c.attributed, c.sides, c.zones, c.id)
