"""What each sensor would have measured of a range of charges, and whether it would have noticed them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.burst import ChargeSettings
from trucewatch.fuse.witness import Quiet, Witness
from trucewatch.physics import (
    Listener,
    Source,
    Weather,
    ground_level_db,
    infrasound_level_db,
    infrasound_spread_db,
    probability_of_detection,
)
from trucewatch.physics.pressure import pulse_level_db, pulse_spread_db

FloatArray = NDArray[np.float64]

_DECIBELS_PER_LOG_KG = 20.0 / np.log(10.0) / 3.0
"""far away pressure goes as the cube root of the charge"""
_COARSE = 43
_FLOOR = 1e-3
"""a sensor hears what the model says it cannot, now and then"""


def level_of(w: Witness) -> float:
    """Return the level of a sensor that measured one."""
    assert w.level_db is not None  # noqa: S101 - asked of those only
    return w.level_db


def pulse_db(
    heard: Sequence[Witness], charge_kg: FloatArray, weather: Weather, settings: ChargeSettings
) -> tuple[FloatArray, FloatArray]:
    """Return the level of the whole pulse at microphones, shape (n_charges, n), and the spread of each path."""
    away, toward = np.array([w.range_m for w in heard]), np.array([w.bearing_deg for w in heard])
    edge_db = np.array([settings.edge_extra_db if w.is_edge else 0.0 for w in heard])
    spread = np.hypot(pulse_spread_db(away, weather, toward), edge_db)
    if settings.lone_sensor_loss_db is not None:
        spread = np.maximum(spread, settings.lone_sensor_loss_db)
    beyond = np.array([beyond_db(float(s), w) for s, w in zip(spread, heard, strict=True)])
    return pulse_level_db(charge_kg[:, None], away, weather, toward), beyond


def infrasound_db(
    w: Witness, charge_kg: FloatArray, weather: Weather, settings: ChargeSettings
) -> tuple[FloatArray, float, float]:
    """Return the level in the infrasound band at an array, shape (n_charges,), its own spread, and what ducts share.

    The physics states one spread. Most of it far away is the wind of the stratosphere, which is the same for all arrays
    of a day, so that more arrays do not average it away.
    """
    sources = [_bare(kg) for kg in charge_kg]
    level = np.array([float(infrasound_level_db(s, w.range_m, weather)) for s in sources])
    whole = float(infrasound_spread_db(sources[0], w.range_m))
    if settings.lone_sensor_loss_db is not None:
        whole = max(whole, settings.lone_sensor_loss_db)
    shared = settings.duct_share * whole
    return level, beyond_db(float(np.sqrt(whole**2 - shared**2)), w), shared


def ground_db(w: Witness, charge_kg: FloatArray) -> FloatArray:
    """Return the level in the ground of an open burst at the surface, shape (n_charges,)."""
    return np.array([float(ground_level_db(_bare(kg), w.range_m)) for kg in charge_kg])


def beyond_db(spread_db: float, w: Witness) -> float:
    """Return a spread with what the doubt about the distance adds: level goes at least as one over range."""
    doubt = 20.0 / np.log(10.0) * w.range_sigma_m / w.range_m
    return float(np.hypot(spread_db, doubt))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Noticing:
    """Who noticed it without a level and who did not, with how probably each notices charges of all sizes."""

    log_kg: FloatArray
    """shape (n,)"""
    p_heard: FloatArray
    """shape (n, n_heard)"""
    p_quiet: FloatArray
    """shape (n, n_quiet)"""

    def log_p(self, charge_kg: FloatArray, shift_db: FloatArray, cap: float) -> FloatArray:
        """Return the log-probability that those heard it that did and those did not that did not.

        A loss that all paths share makes the charge seem smaller to all of them, so it is taken as a smaller charge.

        Returns:
            shape (n_charges, n_shifts)
        """
        seems = np.log(charge_kg)[:, None] + shift_db / _DECIBELS_PER_LOG_KG
        total: FloatArray = np.zeros(seems.shape)
        for p in self.p_heard.T:
            total = total + np.log(np.maximum(np.interp(seems, self.log_kg, p), _FLOOR))
        for p in self.p_quiet.T:
            total = total + np.log1p(-cap * np.interp(seems, self.log_kg, p))
        return total


def noticing(heard: Sequence[Witness], quiet: Sequence[Quiet], weather: Weather) -> Noticing:
    """Ask the sensor model once; sensors whose level is known have said more than that they heard it."""
    log_kg = np.linspace(np.log(1e-6), np.log(5e7), _COARSE)
    spoke = [w for w in heard if w.level_db is None and w.sense != "seismometer"]
    return Noticing(
        log_kg=log_kg,
        p_heard=_p_all(spoke, log_kg, weather),
        p_quiet=_p_all(quiet, log_kg, weather) * np.array([q.usable for q in quiet]),
    )


def _p_all(sensors: Sequence[Witness | Quiet], log_kg: FloatArray, weather: Weather) -> FloatArray:
    p = np.zeros((len(log_kg), len(sensors)))
    for listener in dict.fromkeys(s.listener for s in sensors):
        index = [n for n, s in enumerate(sensors) if s.listener == listener]
        p[:, index] = _p_hear([sensors[n] for n in index], listener, log_kg, weather)
    return p


def _p_hear(sensors: Sequence[Witness | Quiet], listener: Listener, log_kg: FloatArray, weather: Weather) -> FloatArray:
    """Return the probability that each notices each charge, shape (n_charges, n_sensors)."""
    away, toward = np.array([s.range_m for s in sensors]), np.array([s.bearing_deg for s in sensors])
    rows = [probability_of_detection(_bare(kg), away, listener, weather, toward) for kg in np.exp(log_kg)]
    return np.asarray(rows, dtype=np.float64)


def _bare(charge_kg: float) -> Source:
    return Source(kind="charge", charge_kg=float(charge_kg), spread_db=0.0)
