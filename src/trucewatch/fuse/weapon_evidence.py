"""What an incident offers to tell weapons apart, each piece with how well each class fits it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from trucewatch.fuse.part import GUNFIRE
from trucewatch.fuse.weapon_table import SOUNDS, Sound, Span
from trucewatch.fuse.witness import figures
from trucewatch.model.detection import Detection, DetectionKind, Feature
from trucewatch.model.incident import Charge, Incident
from trucewatch.model.vocabulary import Cause, ObservationType, ObserverKind, Wave, WeaponClass
from trucewatch.model.weapon_group import group_of

IMPULSIVE = GUNFIRE | {ObservationType.EXPLOSION, ObservationType.AIRBURST}
_LEAST_ROUNDS = 3
_LEAST_SENSORS = 3
_LEAST_SNR_DB = 10.0
_ANYWHERE: Span = (0.02, 600.0)
"""seconds between rounds that say nothing of the weapon"""
_USUAL = 0.7
"""share of gaps that lie in the class's own spans"""
_LOG_PHASE_SIGMA = 0.5
_NO_CHARGE = 0.05
"""how well a class that bursts nothing fits a charge that was heard"""
_NAMED, _LIKE, _OTHER = 0.7, 0.15, 0.01
"""a monitor names the class, another of its group, any other"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of evidence."""

    name: str
    """as in RELIABILITY"""
    fit: dict[WeaponClass, float]
    """its likelihood under each class, of any scale"""
    features: tuple[Feature, ...]


def pieces(incident: Incident, detections: Sequence[Detection]) -> tuple[Piece, ...]:
    """Return what there is, in a fixed order; nothing where nothing was heard."""
    found = (
        _size(incident, detections),
        _cause(incident),
        _shock(detections),
        _rate(incident),
        _charge(incident.charge),
        _length(detections),
        _company(detections),
        _flight(incident),
        _report(detections),
    )
    return tuple(p for p in found if p is not None)


def shock_share(detections: Sequence[Detection]) -> float:
    """Return the largest probability that some sensor heard a shock wave."""
    said = [1.0 for d in detections if d.blast_after_shock_s is not None]
    said += [w.p for d in detections for w in d.waves if w.wave is Wave.SHOCK_WAVE]
    return max(said, default=0.0)


def _size(incident: Incident, detections: Sequence[Detection]) -> Piece | None:
    """Whether the pattern of hearing takes it for a gun: the kinds hold it."""
    heard = {d.sensor_id for d in detections if d.kind is DetectionKind.ONSET}
    if len(heard) < _LEAST_SENSORS or incident.place is None:
        return None
    p_gun = sum(k.p for k in incident.kinds if k.kind in GUNFIRE)
    fit = {w: p_gun if s.is_gun_like else 1.0 - p_gun for w, s in SOUNDS.items()}
    return Piece(name="size", fit=fit, features=(Feature(name="p_gun_size", value=p_gun, unit="1"),))


def _cause(incident: Incident) -> Piece | None:
    said = {c.cause: c.p for c in incident.causes}
    gun, blast = said.get(Cause.GUNFIRE, 0.0), said.get(Cause.EXPLOSION, 0.0)
    if gun + blast <= 0.0:
        return None
    # What detectors leave undetermined, or take for thunder or a door, says nothing of weapons.
    said_p = min(1.0, gun + blast)
    share = said_p * gun / (gun + blast) + (1.0 - said_p) * 0.5
    # A heavy weapon's discharge and its shell's burst are both heard; either label fits it.
    fit = {w: share if s.filling_kg is None else 0.5 if s.is_gun_like else 1.0 - share for w, s in SOUNDS.items()}
    return Piece(name="cause", fit=fit, features=(Feature(name="p_gunfire_sound", value=share, unit="1"),))


def _shock(detections: Sequence[Detection]) -> Piece | None:
    labelled = {d.sensor_id for d in detections if d.waves or d.blast_after_shock_s is not None}
    if not labelled:
        return None
    heard = shock_share(detections)
    fit = {w: heard * s.shock + (1.0 - heard) * (1.0 - s.shock) for w, s in SOUNDS.items()}
    return Piece(name="shock wave", fit=fit, features=(Feature(name="p_shock_wave", value=heard, unit="1"),))


def _rate(incident: Incident) -> Piece | None:
    times = sorted(r.time.utc.timestamp() for r in incident.rounds)
    gaps = [b - a for a, b in pairwise(times) if b > a]
    if len(gaps) < _LEAST_ROUNDS - 1:
        return None
    gap = median(gaps)
    fit = {w: _gap_fit(gap, s) for w, s in SOUNDS.items()}
    return Piece(name="rate of fire", fit=fit, features=(Feature(name="median_gap", value=gap, unit="s"),))


def _gap_fit(gap_s: float, sound: Sound) -> float:
    own = (1.0 - sound.automatic) * _log_even(gap_s, sound.single_gap_s)
    if sound.gap_s is not None:
        own += sound.automatic * _log_even(gap_s, sound.gap_s)
    return _USUAL * own + (1.0 - _USUAL) * _log_even(gap_s, _ANYWHERE)


def _log_even(value: float, span: Span) -> float:
    """Return a density even in the logarithm, its ends softened by a tenth."""
    low, high = span[0] / 1.1, span[1] * 1.1
    return 1.0 / math.log(high / low) if low <= value <= high else 0.0


def _charge(charge: Charge | None) -> Piece | None:
    if charge is None:
        return None
    middle, spread = math.log(charge.best_kg), math.log(charge.high_kg / charge.low_kg) / 3.92
    fit = {w: _overlap(middle, spread, s.filling_kg) for w, s in SOUNDS.items()}
    features = (
        Feature(name="charge_low", value=charge.low_kg, unit="kg"),
        Feature(name="charge_high", value=charge.high_kg, unit="kg"),
    )
    return Piece(name="charge", fit=fit, features=features)


def _overlap(middle: float, spread: float, filling_kg: Span | None) -> float:
    """Return how well a charge known to a spread fits a range of fillings, its ends one standard deviation out."""
    if filling_kg is None:
        return _NO_CHARGE
    mean, sigma = _normal(filling_kg)
    total = math.hypot(spread, sigma)
    # The height of the density falls with the breadth of the class, not with that of the measurement.
    return math.exp(-0.5 * ((middle - mean) / total) ** 2) * spread / total


def _normal(span: Span) -> tuple[float, float]:
    low, high = math.log(span[0]), math.log(span[1])
    return (low + high) / 2, max((high - low) / 2, 0.1)


def _length(detections: Sequence[Detection]) -> Piece | None:
    phases = []
    for d in detections:
        named = figures(d)
        if named.get("pressure_snr_db", (0.0, "dB"))[0] >= _LEAST_SNR_DB and "positive_phase" in named:
            phases.append(named["positive_phase"][0])
    if len(phases) < _LEAST_SENSORS:
        return None
    phase = median(phases)
    fit = {}
    for w, s in SOUNDS.items():
        mean, sigma = _normal(s.phase_s)
        total = math.hypot(sigma, _LOG_PHASE_SIGMA)
        fit[w] = math.exp(-0.5 * ((math.log(phase) - mean) / total) ** 2) / total
    return Piece(name="pulse length", fit=fit, features=(Feature(name="positive_phase", value=phase, unit="s"),))


def _company(detections: Sequence[Detection]) -> Piece | None:
    """Whether infrasound arrays or seismic stations noticed it beside microphones; that none did says little."""
    far = {ObserverKind.INFRASOUND_ARRAY, ObserverKind.SEISMIC_STATION}
    n = len({d.sensor_id for d in detections if d.observer_kind in far})
    if n == 0:
        return None
    fit = {w: s.company for w, s in SOUNDS.items()}
    return Piece(name="company", fit=fit, features=(Feature(name="arrays_and_stations", value=float(n), unit="1"),))


def _flight(incident: Incident) -> Piece | None:
    if not incident.links:
        return None
    p = max(link.p for link in incident.links)
    fit = {w: p * s.flight + (1.0 - p) * (1.0 - s.flight) for w, s in SOUNDS.items()}
    return Piece(name="flight", fit=fit, features=(Feature(name="p_launch_and_impact", value=p, unit="1"),))


def _report(detections: Sequence[Detection]) -> Piece | None:
    """What monitors named; several names count as one opinion, the most frequent."""
    named = sorted(
        d.weapon_class.value for d in detections if d.kind is DetectionKind.REPORT and d.weapon_class in SOUNDS
    )
    if not named:
        return None
    chosen = WeaponClass(max(dict.fromkeys(named), key=named.count))
    fit = {w: _NAMED if w is chosen else _LIKE if group_of(w) is group_of(chosen) else _OTHER for w in SOUNDS}
    feature = Feature(name=f"reported_{chosen.value}", value=float(named.count(chosen.value)), unit="1")
    return Piece(name="report", fit=fit, features=(feature,))
