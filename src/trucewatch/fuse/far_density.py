"""How well a place and a moment predict one reading, phase and wind left open, against what chance predicts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import i0e, ndtr

from trucewatch.fuse.far_reading import AIR, GROUND, SOUND, Reading
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.physics.layers import phase_times
from trucewatch.physics.travel import CelerityPart, celerities, celerity_mixture

FloatArray = NDArray[np.float64]

ROWS = 192
"""distances in a table of travel times"""
_EARTH_RADIUS_M = 6_371_000.0
_FAR_OFF = 6.5
"""standard errors beyond which a moment is not worked out: its density is below a billionth of that at the middle"""
_SHORT = 0.3
"""a train shorter than this share of the error is one moment"""
_START_SHARE = 0.5
"""half the weight says that the phase is the start of the train, half that it is anywhere in it"""
# The trace velocity is the effective sound speed where the ray turns (Snell): near the ground's for direct and
# tropospheric paths, a little more for the stratopause, far more for the thermosphere. Spreads are ours.
_TRACE_M_S = {"direct": (345.0, 15.0), "tropospheric": (345.0, 15.0), "stratospheric": (360.0, 25.0)}
_TRACE_ELSE_M_S = (430.0, 80.0)


class Seen(NamedTuple):
    """Places as one sensor sees them."""

    away_m: FloatArray
    """shape (n,)"""
    toward_deg: FloatArray
    """from the sensor, shape (n,)"""


def seen_from(reading: Reading, lon_lat: FloatArray) -> Seen:
    """Return distances and bearings of places, shape (n, 2) longitude and latitude, from a reading's sensor."""
    plane = to_azimuthal(reading.lon_deg, reading.lat_deg, lon_lat[:, 0], lon_lat[:, 1])
    return Seen(np.hypot(plane[:, 0], plane[:, 1]), np.degrees(np.arctan2(plane[:, 0], plane[:, 1])) % 360.0)


def roughly_seen_from(lon_deg: float, lat_deg: float, lon_lat: FloatArray) -> Seen:
    """Return the same on a sphere, far faster: half a per cent off in distance, a fifth of a degree in bearing."""
    lon0, lat0 = np.radians(lon_deg), np.radians(lat_deg)
    lon, lat = np.radians(lon_lat[:, 0]), np.radians(lon_lat[:, 1])
    east = np.cos(lat) * np.sin(lon - lon0)
    north = np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(lon - lon0)
    along = np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(lon - lon0)
    away = _EARTH_RADIUS_M * np.arctan2(np.hypot(east, north), along)
    return Seen(away, np.degrees(np.arctan2(east, north)) % 360.0)


def bearing_density(reading: Reading, seen: Seen, smear_m: float, settings: FarSettings) -> FloatArray:
    """Return the density per degree of a reading's bearing at each place, 1 where it has none, shape (n,).

    Von Mises about each direction that the data allow, the station's unknown turn by wind included.

    Args:
        reading: with its directions.
        seen: places.
        smear_m: half width of the cell that a place stands for.
        settings: priors of the turn.
    """
    if not reading.bearings:
        return np.ones_like(seen.away_m)
    total = np.zeros_like(seen.away_m)
    cell = np.degrees(np.arctan2(smear_m, seen.away_m)) / np.sqrt(3.0)
    tail = settings.p_bearing_tail
    for bearing, sigma, p in reading.bearings:
        turn, usual = _turn(reading, bearing, seen.away_m, settings)
        off = np.radians(seen.toward_deg + turn - bearing)
        for bias, share in ((usual, 1.0 - tail), (settings.bearing_tail_sigma_deg, tail)):
            kappa = 1.0 / np.radians(np.sqrt(sigma**2 + bias**2 + cell**2)) ** 2
            total += p * share * np.exp(kappa * (np.cos(off) - 1.0)) / (360.0 * i0e(kappa))
    return total


def _turn(reading: Reading, bearing: float, away_m: FloatArray, settings: FarSettings) -> tuple[FloatArray, FloatArray]:
    """Return by how much winds turn a bearing from each distance, and its spread, shapes (n,)."""
    turn, sigma = np.zeros_like(away_m), np.full_like(away_m, settings.bearing_bias_sigma_deg)
    if reading.medium != AIR:
        return turn, sigma
    for known in settings.bearing_turns:
        if known.holds(_month(reading), (bearing + 180.0) % 360.0):
            there = (known.from_m <= away_m) & (away_m < known.to_m)
            turn, sigma = np.where(there, known.turn_deg, turn), np.where(there, known.sigma_deg, sigma)
    return turn, sigma


def _month(reading: Reading) -> int:
    return datetime.fromtimestamp(reading.start_s, UTC).month


def in_air(reading: Reading, away_m: FloatArray, settings: FarSettings) -> tuple[CelerityPart, ...]:
    """Return the celerities that hold for a reading of an array at each distance."""
    # LIMIT: the direction of travel is that of the likeliest bearing; a line of elements has two, and takes the first.
    toward = (max(reading.bearings, key=lambda b: b[2])[0] + 180.0) % 360.0 if reading.bearings else None
    return celerities(away_m, _month(reading), settings.celerities, toward)


def path_parts(reading: Reading, away_m: FloatArray, settings: FarSettings) -> list[tuple[FloatArray, ...]]:
    """Return each phase that a reading may be: its weight, travel time and spread at each distance, shapes (n,).

    The weight holds what the trace velocity says of the duct, as a density where it was measured.
    """
    if reading.medium == GROUND:
        return _in_ground(reading, away_m, settings)
    if reading.medium == SOUND:
        direct = celerity_mixture("near_field")[0]
        return [
            (np.ones_like(away_m), away_m / direct.celerity_m_s, away_m * direct.sigma_m_s / direct.celerity_m_s**2)
        ]
    return [
        (
            part.weight * _trace_density(reading, part.label),
            away_m / part.celerity_m_s,
            away_m * part.sigma_m_s / part.celerity_m_s**2,
        )
        for part in in_air(reading, away_m, settings)
    ]


def _trace_density(reading: Reading, label: str) -> float:
    if reading.trace_m_s is None:
        return 1.0
    mean, spread = _TRACE_M_S.get(label, _TRACE_ELSE_M_S)
    sigma = float(np.hypot(spread, reading.trace_sigma_m_s))
    return float(np.exp(-0.5 * ((reading.trace_m_s - mean) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi)))


def _in_ground(reading: Reading, away_m: FloatArray, settings: FarSettings) -> list[tuple[FloatArray, ...]]:
    """Return the phases of the ground; one that does not come to a distance has no weight there.

    What a detector says of the phase is halved with an even guess: pickers take S for P where P is below the noise.
    """
    times = phase_times(away_m, settings.ground)
    said = dict(reading.waves)
    shares = [0.5 / len(times) + 0.5 * (said.get(t.wave, 0.0) if said else 1.0 / len(times)) for t in times]
    comes = [np.isfinite(t.time_s) for t in times]
    total = sum((s * c for s, c in zip(shares, comes, strict=True)), start=np.zeros_like(away_m))
    return [
        (
            np.where(c, s / np.maximum(total, 1e-12), 0.0),
            np.where(c, t.time_s, 0.0),
            np.where(c, settings.ground_own_share * t.sigma_s, 1.0),
        )
        for s, c, t in zip(shares, comes, times, strict=True)
    ]


class TimeTable:
    """The density of one reading's moment, by distance and time of the event: made once a level, looked up often."""

    def __init__(
        self,
        reading: Reading,
        away_m: FloatArray,
        time_s: FloatArray,
        smear_m: float,
        settings: FarSettings,
        n_rows: int = ROWS,
    ) -> None:
        """Work out the table.

        Args:
            reading: what was heard.
            away_m: distances that will be asked for, shifted celerities included.
            time_s: moments of the event, evenly spaced.
            smear_m: half width of the cells.
            settings: priors.
            n_rows: distances in the table.
        """
        self._n_rows = n_rows
        low, high = float(away_m.min()), float(away_m.max())
        self._low, self._step = low, max((high - low) / (n_rows - 1), 1.0)
        rows: FloatArray = low + self._step * np.arange(n_rows, dtype=np.float64)
        slot_s = float(time_s[1] - time_s[0]) / np.sqrt(12.0)
        self._table = np.zeros((n_rows, len(time_s)))
        for weight, travel, spread in path_parts(reading, rows, settings):
            if not weight.any():
                continue
            speed = np.maximum(rows, 1.0) / np.maximum(travel, 1e-6)
            cell_s = smear_m / np.sqrt(3.0) / np.maximum(speed, 100.0)
            sigma = np.sqrt(spread**2 + reading.sigma_s**2 + cell_s**2 + slot_s**2)
            self._table += weight[:, None] * _moment(reading, time_s + travel[:, None], sigma[:, None])

        self._rise = np.diff(self._table, axis=0)
        self.most = float(self._table.max())
        """largest density of all"""

    def at(self, away_m: FloatArray, out: FloatArray) -> None:
        """Write densities per second at distances, shape (n, n_times), into out."""
        place = np.clip((away_m - self._low) / self._step, 0.0, self._n_rows - 1.001)
        row = place.astype(np.int64)
        np.take(self._rise, row, axis=0, out=out, mode="clip")
        out *= (place - row)[:, None]
        out += self._table[row]


def _moment(reading: Reading, due_s: FloatArray, sigma_s: FloatArray) -> FloatArray:
    """Return the density of a train from start to end where its phase is due at a moment, shape (n_rows, n_times).

    Args:
        reading: with its start and end.
        due_s: moments, shape (n_rows, n_times).
        sigma_s: shape (n_rows, 1).
    """
    density = np.zeros_like(due_s)
    near = (due_s > reading.start_s - _FAR_OFF * sigma_s) & (due_s < reading.end_s + _FAR_OFF * sigma_s)
    due, sigma = due_s[near], np.broadcast_to(sigma_s, due_s.shape)[near]
    first = (reading.start_s - due) / sigma
    onset = np.exp(-0.5 * first**2) / (sigma * np.sqrt(2 * np.pi))
    length = reading.end_s - reading.start_s
    if length < _SHORT * float(sigma_s.min()):
        density[near] = onset
        return density
    inside = (ndtr((reading.end_s - due) / sigma) - ndtr(first)) / length
    density[near] = _START_SHARE * onset + (1.0 - _START_SHARE) * inside
    return density


def shifts(readings: Sequence[Reading], settings: FarSettings) -> list[tuple[float, float, float]]:
    """Return the nodes over what all paths share: shift in the air, shift in the ground, weight.

    One path alone in the air has its own spread already; two and more share the day.
    """
    n_air = sum(r.medium in (AIR, SOUND) for r in readings)
    n_ground = sum(r.medium == GROUND for r in readings)
    air = _nodes(settings.air_shift_sigma, 5 if n_air > 1 else 1)
    ground = _nodes(settings.ground_shift_sigma, 5 if n_ground > 1 else min(3, 1 + 2 * n_ground))
    return [(a, g, wa * wg) for a, wa in air for g, wg in ground]


def _nodes(sigma: float, n: int) -> list[tuple[float, float]]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(n)
    return [(float(sigma * x), float(w / weights.sum())) for x, w in zip(nodes, weights, strict=True)]


def shift_of(reading: Reading, shift: tuple[float, float, float]) -> float:
    """Return which of the shared shifts a reading's path has: distances look longer when waves are slow."""
    return shift[1] if reading.medium == GROUND else shift[0]
