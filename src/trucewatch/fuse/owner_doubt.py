"""Whether the events of one owner's sensors are shared by others who stood as near: a Bayes factor for each owner.

Three hypotheses for each located event that one owner's sensors alone support: it happened; chance made the onsets
agree; its onsets do not come from any event. The last explains the onsets as well as an event does, and needs no silent
neighbour to have missed it. With L the log-odds of the event against chance, S the part of L that the silence of other
owners' sensors took (S <= 0; over all sizes of source), and f the share of an owner's events of the third kind,

    one event's factor = ((1 - f) e^L + 1 + f e^(L - S)) / (e^L + 1)

An event that other owners share has no third part. Factors of an owner multiply over the places of its events, f is
summed over; times the odds beforehand they are the odds that the owner's events are not to be taken at their word. The
probability of each event is then the share of the first hypothesis:

    p = e^L (1 + o (1 - f)) / (e^L (1 + o (1 - f)) + 1 + o + o f e^(L - S)),  o: odds from all other places

So an owner that nobody stood beside, or that others bear out, is believed as before.

LIMIT: silences count one by one. What bends the hearing of all neighbours of a place alike (a hill, a wind that was not
reported) looks like disagreement; therefore one place counts once, however often, and one event never by more than a
thousand to one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.existence import Term, probability
from trucewatch.fuse.settings import FuseSettings
from trucewatch.model.incident import Incident

FloatArray = NDArray[np.float64]

SHARES = (0.5, 0.2, 0.05, 0.01)
"""of an owner's events that may be of the third kind; equally probable beforehand"""
_MOST = math.log(1000.0)
"""the most that silences of one event say: what is not known of the paths is shared by them"""
_CELL_DEG = 0.01
"""events within some 1,000 m share paths and count as one"""
_LEAST_SENSORS = 3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OwnerDoubt:
    """What an owner's events say of them."""

    owner: str
    log_odds: float
    """of events that others do not share, the prior included"""
    unshared: tuple[Incident, ...]
    """supported by this owner alone, though others should have heard them"""
    n_shared: int
    """events of theirs that others share"""
    of_share: FloatArray
    """shape (n_shares,), log of the factor of all places, by share"""
    of_cell: Mapping[tuple[int, int], FloatArray]
    """the same of each place"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """One located event as an owner's."""

    incident: Incident
    owner: str
    log_odds: float
    silent: float
    """part of it that silences of other owners took; 0 where others share it"""
    shared: bool
    cell: tuple[int, int]


def owner_doubts(incidents: Sequence[Incident], settings: FuseSettings) -> dict[str, OwnerDoubt]:
    """Return what the events of each owner say of them, by owner.

    Args:
        incidents: any; those that arrival times placed count.
        settings: the probability beforehand.
    """
    looked: dict[str, list[_Looked]] = {}
    for incident in incidents:
        for one in _looked(incident):
            looked.setdefault(one.owner, []).append(one)
    return {owner: _doubt(owner, looked[owner], settings) for owner in sorted(looked)}


def _looked(incident: Incident) -> list[_Looked]:
    """Return an event as each of its owners sees it; empty where arrival times did not place it."""
    heard = {s.sensor_id for s in incident.supports if s.used and s.residual_s is not None and s.residual_deg is None}
    if incident.place is None or len(heard) < _LEAST_SENSORS or not 0.0 < incident.p_exists < 1.0:
        return []
    stated = math.log(incident.p_exists / (1.0 - incident.p_exists))
    return [
        _Looked(
            incident=incident,
            owner=owner,
            log_odds=stated - incident.owner_doubt,
            silent=max(-_MOST, incident.others_silent),
            shared=len(incident.owners) > 1,
            cell=(math.floor(incident.place.lon_deg / _CELL_DEG), math.floor(incident.place.lat_deg / _CELL_DEG)),
        )
        for owner in incident.owners
    ]


def _doubt(owner: str, looked: Sequence[_Looked], settings: FuseSettings) -> OwnerDoubt:
    by_cell: dict[tuple[int, int], list[FloatArray]] = {}
    for one in looked:
        by_cell.setdefault(one.cell, []).append(_log_factor(one))
    of_cell = {cell: np.asarray(np.mean(rows, axis=0), dtype=np.float64) for cell, rows in sorted(by_cell.items())}
    of_share = np.asarray(np.sum(list(of_cell.values()), axis=0), dtype=np.float64)
    return OwnerDoubt(
        owner=owner,
        log_odds=_logit(settings.p_makes_up) + _log_mean(of_share),
        unshared=tuple(one.incident for one in looked if not one.shared and one.silent < 0.0),
        n_shared=sum(one.shared for one in looked),
        of_share=of_share,
        of_cell=of_cell,
    )


def _log_factor(one: _Looked) -> FloatArray:
    """Return the log of one event's factor for each share, shape (n_shares,)."""
    share = np.array(SHARES)
    third = np.full(len(share), -np.inf) if one.shared else np.log(share) + one.log_odds - one.silent
    top = np.logaddexp(np.logaddexp(np.log1p(-share) + one.log_odds, 0.0), third)
    return np.asarray(top - np.logaddexp(one.log_odds, 0.0), dtype=np.float64)


def doubted(incidents: Sequence[Incident], settings: FuseSettings) -> list[Incident]:
    """Return incidents with the probability that is left where their one owner's events may be of the third kind.

    Args:
        incidents: of one batch, none lowered before.
        settings: the probability beforehand.
    """
    doubts = owner_doubts(incidents, settings)
    out = []
    for incident in incidents:
        looked = _looked(incident)
        alone = len(looked) == 1 and looked[0].silent < 0.0
        out.append(_lowered(looked[0], doubts[looked[0].owner], settings) if alone else incident)
    return out


def _lowered(one: _Looked, doubt: OwnerDoubt, settings: FuseSettings) -> Incident:
    share = np.array(SHARES)
    elsewhere = doubt.of_share - doubt.of_cell[one.cell]
    odds = _logit(settings.p_makes_up) - math.log(len(share)) + elsewhere
    event = one.log_odds + np.logaddexp.reduce(np.concatenate(([0.0], odds + np.log1p(-share))))
    chance = np.logaddexp.reduce(np.concatenate(([0.0], odds)))
    third = np.logaddexp.reduce(odds + np.log(share)) + one.log_odds - one.silent
    after = float(event - np.logaddexp(chance, third))
    incident, p = one.incident, probability(after)
    change = after - one.log_odds
    if change >= 0.0 or incident.p_exists - p < 1e-4:
        return incident
    why = (
        f"{doubt.owner} alone has it, and working sensors of others that should have heard it did not: "
        f"what such disagreement says of {doubt.owner} over all events"
    )
    sentence = Term(log_odds=change, why=why).sentence()
    return replace(incident, p_exists=p, owner_doubt=change, rationale=(*incident.rationale, sentence))


def _logit(p: float) -> float:
    return math.log(p / (1.0 - p))


def _log_mean(values: FloatArray) -> float:
    return float(np.logaddexp.reduce(values)) - math.log(len(values))
