"""How large an explosion was: one posterior over the logarithm of the charge, from everything that speaks of its size.

LIMIT: levels vary by far more than their causes. From sound alone the interval is an order of magnitude wide or more,
and it is only as good as the stated spreads of loss, which no mission has measured yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp

from trucewatch.fuse.burst import BURSTS, ChargeSettings
from trucewatch.fuse.charge_levels import beyond_db, ground_db, infrasound_db, level_of, noticing, pulse_db
from trucewatch.fuse.witness import Quiet, Witness
from trucewatch.model.detection import Feature
from trucewatch.model.incident import Charge
from trucewatch.physics import Weather, positive_duration_s

FloatArray = NDArray[np.float64]

_STEP = 0.1
_NO_OUTLIERS = 1e-6
_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
_DURATION_OUTLIER = 0.1
_DURATION_OUTLIER_LOG = 1.5
_ENDS = (0.025, 0.5, 0.975)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ChargePosterior:
    """What is known of a charge."""

    log_kg: FloatArray
    """shape (n,), natural logarithm"""
    p: FloatArray
    """shape (n,), sums to 1"""
    p_burst: tuple[tuple[str, float], ...]
    """surface, air, buried"""

    def quantile_kg(self, share: float) -> float:
        """Return the charge below which a share of the probability lies; each cell is taken as even."""
        edges = np.concatenate(([0.0], np.cumsum(self.p)))
        borders = np.concatenate((self.log_kg - _STEP / 2, [self.log_kg[-1] + _STEP / 2]))
        return float(np.exp(np.interp(share, edges, borders)))


def charge(
    heard: Sequence[Witness],
    quiet: Sequence[Quiet],
    weather: Weather,
    settings: ChargeSettings = ChargeSettings(),  # noqa: B008 - frozen
) -> Charge | None:
    """Return the charge with its 95 per cent interval, or None where too little speaks of it.

    At least two sensors must have measured a level that is no lower bound; one is enough where the mission states the
    spread of loss on its path.

    Args:
        heard: sensors that noticed it, with levels where they are calibrated.
        quiet: healthy sensors that did not.
        weather: reported, at the time.
        settings: priors.
    """
    measured = [w for w in heard if w.level_db is not None and not w.is_clipped]
    if not measured or (len(measured) == 1 and settings.lone_sensor_loss_db is None):
        return None
    if len(measured) == 1:
        # The stated loss is the mission's whole knowledge of that path, its surprises included.
        settings = replace(settings, outlier_share=_NO_OUTLIERS)
    found = posterior(heard, quiet, weather, settings)
    low, best, high = (found.quantile_kg(share) for share in _ENDS)
    if high > low * settings.widest_factor or best < settings.least_said_kg:
        return None
    features = _features(heard, quiet, found, settings)
    return Charge(low_kg=low, best_kg=best, high_kg=high, features=features)


def posterior(
    heard: Sequence[Witness], quiet: Sequence[Quiet], weather: Weather, settings: ChargeSettings
) -> ChargePosterior:
    """Return the posterior over the logarithm of the charge, over ways of bursting and the loss that all paths share.

    Levels, lengths and silences are independent given charge, burst and shared loss; those two are summed out.
    """
    log_kg = np.arange(np.log(settings.least_kg), np.log(settings.most_kg) + _STEP / 2, _STEP)
    by_burst, noticed = [], noticing(heard, quiet, weather)
    pulses = {f: _pulse_models(heard, np.exp(log_kg) * f, weather, settings) for f in {b.factor for b in BURSTS}}
    for burst in BURSTS:
        free_kg = np.exp(log_kg) * burst.factor
        shared = settings.shared_loss_db * _NODES
        # (n_charges, n_nodes): what the shared loss leaves of the level is the same for every sensor in the air.
        log_p = _in_air(heard, free_kg, pulses[burst.factor], weather, shared - burst.loss_db, settings)
        log_p = log_p + noticed.log_p(free_kg, shared - burst.loss_db, settings.silence_cap)
        log_p = logsumexp(log_p, b=_NODE_WEIGHTS / _NODE_WEIGHTS.sum(), axis=1)
        log_p = log_p + _lengths(heard, free_kg, weather, settings)
        log_p = log_p + _in_ground(heard, np.exp(log_kg), burst.magnitude_shift, settings)
        by_burst.append(np.log(burst.weight) + log_p)
    joint = np.stack(by_burst)
    joint = np.exp(joint - joint.max())
    joint /= joint.sum()
    names = dict.fromkeys(b.name for b in BURSTS)
    shares = tuple(
        (name, float(sum(row.sum() for b, row in zip(BURSTS, joint, strict=True) if b.name == name))) for name in names
    )
    return ChargePosterior(log_kg=log_kg, p=joint.sum(axis=0), p_burst=shares)


def _in_air(
    heard: Sequence[Witness],
    free_kg: FloatArray,
    pulses: Sequence[_Pulses],
    weather: Weather,
    shift_db: FloatArray,
    settings: ChargeSettings,
) -> FloatArray:
    """Return the log-likelihood of all levels in the air, shape (n_charges, n_nodes); the ducts' loss is summed out."""
    ducted: FloatArray = np.zeros((len(_NODES), len(free_kg), len(shift_db)))
    measured = [w for w in heard if w.level_db is not None and w.sense != "seismometer"]
    for w in measured:
        if w.sense == "infrasound_array":
            model, spread, shared = infrasound_db(w, free_kg, weather, settings)
            off = level_of(w) - model[:, None] - shift_db - shared * _NODES[:, None, None]
            ducted = ducted + _level(off, spread, w.is_clipped, settings)
    summed = logsumexp(ducted, b=(_NODE_WEIGHTS / _NODE_WEIGHTS.sum())[:, None, None], axis=0)
    return np.asarray(_of_pulses(pulses, len(free_kg), shift_db, settings) + summed, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Pulses:
    """Levels at microphones beside what each charge would give: the same for all bursts of one free-air charge."""

    is_clipped: bool
    off_db: FloatArray
    """measured minus model, shape (n_charges, n)"""
    spread_db: FloatArray
    """shape (n,)"""


def _pulse_models(
    heard: Sequence[Witness], free_kg: FloatArray, weather: Weather, settings: ChargeSettings
) -> list[_Pulses]:
    out = []
    for is_clipped in (False, True):
        alike = [w for w in heard if w.level_db is not None and w.sense == "microphone" and w.is_clipped is is_clipped]
        if alike:
            model, spread = pulse_db(alike, free_kg, weather, settings)
            off = np.array([level_of(w) for w in alike]) - model
            out.append(_Pulses(is_clipped=is_clipped, off_db=off, spread_db=spread))
    return out


def _of_pulses(pulses: Sequence[_Pulses], n_charges: int, shift_db: FloatArray, settings: ChargeSettings) -> FloatArray:
    """Return the log-likelihood of the levels at microphones, shape (n_charges, n_nodes)."""
    total: FloatArray = np.zeros((n_charges, len(shift_db)))
    for one in pulses:
        off = one.off_db[:, None, :] - shift_db[:, None]
        total = total + _level(off, one.spread_db, one.is_clipped, settings).sum(axis=2)
    return total


def _in_ground(
    heard: Sequence[Witness], charge_kg: FloatArray, magnitude_shift: float, settings: ChargeSettings
) -> FloatArray:
    """Return the log-likelihood of all levels in the ground, shape (n_charges,)."""
    total: FloatArray = np.zeros(len(charge_kg))
    for w in heard:
        if w.level_db is not None and w.sense == "seismometer":
            off = w.level_db - ground_db(w, charge_kg) - 20.0 * magnitude_shift
            total = total + _level(off, beyond_db(settings.magnitude_sigma_db, w), w.is_clipped, settings)
    return total


def _level(off_db: FloatArray, spread_db: float | FloatArray, is_clipped: bool, settings: ChargeSettings) -> FloatArray:
    """Return the log-density of a level about its model with long tails; of a clipped one, that it was no less."""
    wide = np.hypot(spread_db, settings.outlier_db)
    parts = []
    for share, sigma in ((1.0 - settings.outlier_share, spread_db), (settings.outlier_share, wide)):
        z = off_db / sigma
        parts.append(np.log(share) + (log_ndtr(-z) if is_clipped else -0.5 * z**2 - np.log(sigma)))
    return np.asarray(np.logaddexp(*parts), dtype=np.float64)


def _lengths(heard: Sequence[Witness], free_kg: FloatArray, weather: Weather, settings: ChargeSettings) -> FloatArray:
    """Return the log-likelihood of the pulses' lengths, taken together, shape (n_charges,)."""
    measured = [(w.range_m, w.duration_s) for w in heard if w.duration_s is not None]
    if not measured:
        return np.zeros(len(free_kg))
    ranges = np.array([r for r, _ in measured])
    model = np.log(positive_duration_s(free_kg[:, None], ranges, weather.pressure_pa, weather.temperature_c))
    off = np.median(np.log([t for _, t in measured]) - model, axis=1)
    sigma = float(np.hypot(settings.duration_shared, settings.duration_own / np.sqrt(len(measured))))
    usual = np.log1p(-_DURATION_OUTLIER) - 0.5 * (off / sigma) ** 2 - np.log(sigma)
    wide = np.hypot(sigma, _DURATION_OUTLIER_LOG)
    odd = np.log(_DURATION_OUTLIER) - 0.5 * (off / wide) ** 2 - np.log(wide)
    return np.asarray(np.logaddexp(usual, odd), dtype=np.float64)


def _features(
    heard: Sequence[Witness], quiet: Sequence[Quiet], found: ChargePosterior, settings: ChargeSettings
) -> tuple[Feature, ...]:
    """Return what the interval was made from."""
    out = list[Feature]()
    for sense, name, unit in (
        ("microphone", "pressure", "dB re 20 uPa"),
        ("infrasound_array", "infrasound", "dB re 20 uPa"),
        ("seismometer", "ground", "dB re 1 nm"),
    ):
        of_sense = [w for w in heard if w.sense == sense and w.level_db is not None]
        if of_sense:
            loudest = max(of_sense, key=lambda w: (w.level_db or 0.0, w.sensor_id))
            out += [
                Feature(name=f"sensors_with_{name}", value=float(len(of_sense)), unit="1"),
                Feature(name=f"loudest_{name}", value=float(loudest.level_db or 0.0), unit=unit),
                Feature(name=f"loudest_{name}_range", value=loudest.range_m, unit="m"),
            ]
    clipped = sum(w.is_clipped and w.level_db is not None for w in heard)
    lengths = [w.duration_s for w in heard if w.duration_s is not None]
    out += [Feature(name="clipped_lower_bounds", value=float(clipped), unit="1")] if clipped else []
    out += [Feature(name="positive_phase", value=float(np.median(lengths)), unit="s")] if lengths else []
    out += [Feature(name="silent_upper_bounds", value=float(len(quiet)), unit="1")] if quiet else []
    out.append(Feature(name="shared_loss_spread", value=settings.shared_loss_db, unit="dB"))
    if settings.lone_sensor_loss_db is not None:
        out.append(Feature(name="stated_loss_spread", value=settings.lone_sensor_loss_db, unit="dB"))
    return (*out, *(Feature(name=f"p_{name}", value=p, unit="1") for name, p in found.p_burst))
