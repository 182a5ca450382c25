"""What pairs of satellite images show: craters and burnt ground, and fields that were only ploughed.

LIMIT: one pair of radar images a theatre, from the day before to the evening after; a change is seen as a whole, not
pixel by pixel.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo import from_azimuthal
from trucewatch.model.observation import ImageChange
from trucewatch.model.vocabulary import ObservationType, ObserverKind
from trucewatch.physics.level import equivalent_charge_kg
from trucewatch.simulate.contact import Contact
from trucewatch.simulate.happening import Happening
from trucewatch.simulate.preset import Preset
from trucewatch.simulate.streams import stream

FloatArray = NDArray[np.float64]

SENSOR = "SAR-1"
CHANGES_PATH = "inbox/changes/sar-pair.geojson"
_BEFORE, _AFTER = timedelta(hours=20), timedelta(hours=4)
_SEEN_KG = 25.0
"""of explosive in the ground at one place that is seen with 1 - 1/e"""
_BURNT_MW = 30.0
_PLOUGHED_PER_DAY = 3.0
"""on 40 km of line"""
_APART = 2.0
"""by how many standard deviations the score of a change exceeds that of none"""
_LEAST_SCORE = 0.8
_P_CHANGE = 0.3
"""that a candidate is a change of this kind, before its score; stated in p_false"""
_CORNERS = np.linspace(0.0, 2 * np.pi, 13)
_GRAIN_M = 20.0


def image_times(preset: Preset) -> tuple[datetime, datetime]:
    """Return when the two images of the pair were taken."""
    return preset.start_utc - _BEFORE, preset.start_utc + timedelta(hours=preset.hours) + _AFTER


def changes_of(happening: Happening, preset: Preset, seed: int) -> tuple[ImageChange, ...]:
    """Draw whether the pair shows an event."""
    rng = stream(seed, "change", happening.truth.id)
    if happening.impact and happening.source is not None:
        much = len(happening.rounds_s) * equivalent_charge_kg(happening.source) / _SEEN_KG
        spread = float(happening.offset_m.std()) if len(happening.rounds_s) > 1 else 0.0
        radius, what = 2.0 * spread + 15.0, ObservationType.CRATER
    elif happening.frp_mw > 0.0:
        much, radius, what = happening.frp_mw / _BURNT_MW, happening.burn_m, ObservationType.DAMAGE
    else:
        return ()
    score = float(rng.normal(_APART, 1.0))
    if rng.uniform() > 1.0 - np.exp(-much) or score < _LEAST_SCORE:
        return ()
    truth = happening.truth
    at = np.array([truth.lon_deg, truth.lat_deg])
    return (_change(at, radius, what, score, preset, rng),)


def ploughed(preset: Preset, contact: Contact, seed: int) -> tuple[ImageChange, ...]:
    """Draw changes that nothing of interest made."""
    rng = stream(seed, "ploughed")
    expected = _PLOUGHED_PER_DAY * preset.length_m / 40_000.0
    out = []
    for _ in range(rng.poisson(expected)):
        at = contact.place(rng.uniform(0.0, contact.length_m), rng.uniform(-12_000.0, 12_000.0))
        score = float(_LEAST_SCORE + rng.exponential(0.5))
        out.append(_change(at, float(rng.uniform(40.0, 200.0)), ObservationType.DAMAGE, score, preset, rng))
    return tuple(out)


def _change(
    at: FloatArray, radius_m: float, what: ObservationType, score: float, preset: Preset, rng: np.random.Generator
) -> ImageChange:
    before, after = image_times(preset)
    reach = np.hypot(radius_m, _GRAIN_M) * rng.uniform(0.8, 1.25, len(_CORNERS))
    reach[-1] = reach[0]
    corners = np.stack((np.sin(-_CORNERS), np.cos(-_CORNERS)), axis=-1) * reach[:, None]
    ring = np.round(from_azimuthal(at[0], at[1], corners + rng.normal(0.0, _GRAIN_M / 2.0, 2)), 6)
    log_ratio = round(_APART * score - _APART**2 / 2.0, 3)
    odds = np.exp(log_ratio) * _P_CHANGE / (1.0 - _P_CHANGE)
    return ImageChange(
        id="",
        input_id=CHANGES_PATH,
        row=1,
        sensor_id=SENSOR,
        observer_kind=ObserverKind.SATELLITE_SAR,
        observation_type=what,
        before_utc=before,
        after_utc=after,
        footprint=tuple((float(x), float(y)) for x, y in ring),
        p_false=round(float(1.0 / (1.0 + odds)), 4),
        log_ratio=log_ratio,
    )
