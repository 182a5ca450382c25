"""What a person's line says of an event: winds, a band of distance, minutes, and a number."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from trucewatch.fuse.claim_settings import ClaimSettings
from trucewatch.fuse.claims import Claims, Said, normal, p_noticed
from trucewatch.fuse.hypothesis import Hypothesis
from trucewatch.fuse.sectors import FARTHEST_M, membership
from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.single import sectors_of, span_s
from trucewatch.geo.geodesic import to_azimuthal
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Sector
from trucewatch.model.vocabulary import CountQuality, Means
from trucewatch.physics import reference_listener

FloatArray = NDArray[np.float64]

_NEAREST_M = 200.0
_HOUR_S = 3600.0
_UNDER = 0.2
"""people tell of barrages e-0.2 = 0.82 of the rounds, with this and half as much again of spread"""
_COUNT_SIGMA = 0.35
_FEW = 5
_RIGHT = 0.85
"""how often a few rounds are counted rightly"""


def said_by_report(detection: Detection, hypothesis: Hypothesis, claims: Claims) -> Said | None:
    """Return what a line says; None where it was written nobody knows where."""
    own = claims.settings.claims
    sectors = sectors_of(detection, claims.sensors)
    origin = sectors[0].origin if sectors else detection.origin
    if origin is None:
        return None
    points, weight = hypothesis.spread()
    enu = to_azimuthal(origin.lon_deg, origin.lat_deg, points[:, 0], points[:, 1])
    away, bearing = np.hypot(enu[:, 0], enu[:, 1]), np.degrees(np.arctan2(enu[:, 0], enu[:, 1]))
    p = own.report_p * _p_notices(detection, hypothesis, claims, away, (bearing + 180.0) % 360.0)
    rate = claims.rate_hz(detection, own.report_window_s, own.report_false_per_hour / _HOUR_S)
    moment, number = _moment(detection, hypothesis, own) / rate, _number(detection, hypothesis)
    ratio = moment * number * likelier_places(sectors, points, claims.settings)
    told = float(weight @ p)
    mean = float(weight @ (p * ratio)) / told if told > 0.0 else 0.0
    words = f"its time, direction, distance and number, against {_HOUR_S * rate:.2f} lines an hour from there then"
    return Said(p=told, ratio=mean, words=words, most=own.slow_log_odds)


def _p_notices(detection: Detection, h: Hypothesis, claims: Claims, away: FloatArray, toward: FloatArray) -> FloatArray:
    """Return the probability that a person there hears it; one who saw it had it in sight."""
    if detection.means is Means.SEEN:
        return np.asarray(np.exp(-away / claims.settings.claims.camera_clear_m), dtype=np.float64)
    weather = claims.weather_at(float(h.times_s[0]))
    return p_noticed(h, reference_listener("patrol"), weather, np.maximum(away, 10.0), toward)


def _moment(detection: Detection, h: Hypothesis, own: ClaimSettings) -> float:
    """Return the density a second of a line's time: evenly over its interval, by a watch, now and then an hour off."""
    sigma = math.hypot(own.report_minute_sigma_s, h.sigma_s)
    # An interval has its slack in it; what is left of a single minute is a minute.
    start, end = span_s(detection)
    if detection.interval is not None and detection.interval.start_utc and detection.interval.end_utc:
        start, end = detection.interval.start_utc.timestamp(), detection.interval.end_utc.timestamp()
    hours = ((0.0, 1.0 - own.report_wrong_hour_p), *((o, own.report_wrong_hour_p / 2) for o in (-_HOUR_S, _HOUR_S)))
    return sum(share * _evenly(h.times_s - off, start, end, sigma) for off, share in hours)


def _evenly(at_s: FloatArray, start: float, end: float, sigma: float) -> float:
    if end - start < sigma:
        return float(normal(at_s - (start + end) / 2, np.full(len(at_s), sigma)).mean())
    return float(((ndtr((at_s - start) / sigma) - ndtr((at_s - end) / sigma)) / (end - start)).mean())


def likelier_places(sectors: tuple[Sector, ...], points: FloatArray, settings: FuseSettings) -> FloatArray:
    """Return how much likelier places make the winds and the band than chance does, shape (n,)."""
    if not sectors:
        return np.ones(len(points))
    wrong = settings.claims.report_wrong_wind_p
    fits = np.max([membership(s, points[:, 0], points[:, 1], settings.report_slack_m) for s in sectors], axis=0)
    arc = min(360.0, sum(2 * s.half_width_deg for s in sectors))
    return np.asarray((1.0 - wrong) * fits * 360.0 / arc / _share_of_bands(sectors[0]) + wrong, dtype=np.float64)


def _share_of_bands(sector: Sector) -> float:
    """Return which part of all distances, by their logarithm, a band covers: 1 where none is told."""
    if sector.range_m is None:
        return 1.0
    near, far = max(_NEAREST_M, sector.range_m[0]), max(2 * _NEAREST_M, sector.range_m[1])
    return min(1.0, math.log(far / near) / math.log(FARTHEST_M / _NEAREST_M))


def _number(detection: Detection, h: Hypothesis) -> float:
    """Return how much likelier the event's number makes the one that is told than the usual run of lines does.

    Usual are numbers n with 1 / (n (n + 1)). An open number only bounds.
    """
    n, said = max(1, h.count.best or h.count.low), detection.count.best or detection.count.low
    if said < 1 or detection.count.best is None:
        return 1.0
    return p_number(detection.count, n) * said * (said + 1)


def p_number(said: Count, n: int) -> float:
    """Return the probability that one who was there tells this number where n happened; barrages are under-counted."""
    best = said.best or max(1, said.low)
    if n <= _FEW:
        off = abs(best - n)
        return _RIGHT if off == 0 else (1.0 - _RIGHT) / 2 * 0.5 ** (off - 1)
    middle, sigma = math.log(n) - _UNDER, _COUNT_SIGMA
    if said.quality is CountQuality.AT_LEAST:
        middle -= _UNDER
    return float(normal(np.array([math.log(best) - middle]), np.array([sigma]))[0]) / best
