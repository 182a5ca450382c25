"""Whether one sensor shares what its neighbours share: a running Bayes factor over all located events.

A sensor whose onsets come from what there is to hear has an onset at the moment of an event with the probability that
the sensor model says, and misses it otherwise. One whose onsets come from nothing has one there by chance only. Each
event that it should have heard and missed multiplies the odds by 1 / (1 - p), each that it shares by the rate of its
onsets times the second around its moment, over p. Events of one place share paths and count once. A sensor that says
nothing at all is deaf, which is no disagreement: only one with onsets of its own is named.

LIMIT: a sensor that hears what there is, and adds onsets of its own, looks like one in a noisy street: it is not named,
and its own onsets make no incident, for its neighbours stood by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trucewatch.fuse.onsets import Onsets
from trucewatch.fuse.settings import FuseSettings
from trucewatch.model.incident import Incident

_FIRM = 0.9
_LEAST_OTHERS = 3
_LEAST_ONSETS = 10
_LEAST_MISSED = 5
"""places of events that it missed"""
_WINDOW_S = 1.0
_ASKED_P = 0.3
"""a sensor that would have heard an event less probably is not asked"""
_HEARS_P = 0.7
"""probability of hearing what it shares; the sensor model says it of the silent ones only (a guess)"""
_CELL_DEG = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorDoubt:
    """What located events say of one sensor."""

    sensor_id: str
    log_odds: float
    """that its onsets come from no event, the prior included"""
    n_missed: int
    n_shared: int
    n_alone: int
    """onsets of it that belong to no event"""
    first_utc: datetime
    last_utc: datetime
    incident_ids: tuple[str, ...]
    """that it supports"""

    def sentence(self) -> str:
        """Return what was found, in words."""
        return (
            f"{self.sensor_id} does not agree with others: it missed {self.n_missed} events that it should have heard "
            f"and that three or more others share, shares {self.n_shared}, and has {self.n_alone} onsets that belong "
            "to no event"
        )


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """What was counted of one sensor so far."""

    of_cell: dict[tuple[int, int], list[float]]
    missed: int = 0
    shared: int = 0
    incidents: list[str]
    moments: list[datetime]


def sensor_doubts(incidents: Sequence[Incident], onsets: Onsets, settings: FuseSettings) -> tuple[SensorDoubt, ...]:
    """Return what located events say of each sensor that has onsets enough and missed events enough, by id.

    Args:
        incidents: any; firm ones that three other sensors place count.
        onsets: of all sensors.
        settings: the probability beforehand, and how surely silence is weighed.
    """
    counts = {name: len(index) for name, index in zip(onsets.names, onsets.of_station, strict=True)}
    span_s = max(float(onsets.time_s[-1] - onsets.time_s[0]), 3600.0) if len(onsets) else 3600.0
    rates = {name: n / span_s for name, n in counts.items()}
    ledgers: dict[str, _Ledger] = {}
    for incident in incidents:
        _enter(incident, rates, ledgers, settings.silence_cap)
    used = _used(incidents)
    found = (_doubt(n, ledgers[n], counts[n] - used.get(n, 0), settings) for n in sorted(ledgers) if n in counts)
    return tuple(d for d in found if d is not None)


def _enter(incident: Incident, rates: Mapping[str, float], ledgers: dict[str, _Ledger], cap: float) -> None:
    heard = sorted({s.sensor_id for s in incident.supports if s.used and s.residual_s is not None})
    if incident.place is None or incident.p_exists < _FIRM or len(heard) <= _LEAST_OTHERS:
        return
    cell = (math.floor(incident.place.lon_deg / _CELL_DEG), math.floor(incident.place.lat_deg / _CELL_DEG))
    for name in heard:
        by_chance = min(0.5, rates.get(name, 0.0) * _WINDOW_S)
        _row(ledgers, name, cell, math.log(max(by_chance, 1e-6) / _HEARS_P), incident).shared += 1
        ledgers[name].incidents.append(incident.id)
    for s in incident.silences:
        if s.log_odds < 0.0 and s.p_detect >= _ASKED_P:
            _row(ledgers, s.sensor_id, cell, -math.log1p(-cap * s.p_detect), incident).missed += 1


def _row(
    ledgers: dict[str, _Ledger], name: str, cell: tuple[int, int], log_factor: float, incident: Incident
) -> _Ledger:
    ledger = ledgers.setdefault(name, _Ledger(of_cell={}, incidents=[], moments=[]))
    ledger.of_cell.setdefault(cell, []).append(log_factor)
    ledger.moments.append(incident.time.utc)
    return ledger


def _used(incidents: Sequence[Incident]) -> dict[str, int]:
    out: dict[str, int] = {}
    for incident in incidents:
        for s in incident.supports:
            out[s.sensor_id] = out.get(s.sensor_id, 0) + 1
    return out


def _doubt(name: str, ledger: _Ledger, n_alone: int, settings: FuseSettings) -> SensorDoubt | None:
    if n_alone < _LEAST_ONSETS or ledger.missed < _LEAST_MISSED:
        return None
    prior = math.log(settings.p_makes_up / (1.0 - settings.p_makes_up))
    factor = math.fsum(math.fsum(v) / len(v) for v in ledger.of_cell.values())
    return SensorDoubt(
        sensor_id=name,
        log_odds=prior + factor,
        n_missed=ledger.missed,
        n_shared=ledger.shared,
        n_alone=n_alone,
        first_utc=min(ledger.moments),
        last_utc=max(ledger.moments),
        incident_ids=tuple(sorted(set(ledger.incidents))),
    )
