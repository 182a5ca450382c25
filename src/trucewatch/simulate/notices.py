"""What a party announced the day before of what it then did: about where, about when, about how much."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from trucewatch.geo import from_azimuthal
from trucewatch.model.agreement import Acknowledgement, NotifiedActivity
from trucewatch.model.instant import Interval, rfc3339
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObservationType
from trucewatch.physics.level import equivalent_charge_kg
from trucewatch.simulate.happening import Happening
from trucewatch.simulate.streams import stream

_KINDS = {"demolition": "demolition", "mine_clearance": "mine_clearance", "exercise": "live_fire"}
_AHEAD = timedelta(hours=30)
_PLACE_M = 100.0
_MARGIN_S = 900.0
_QUARTER = timedelta(minutes=15)


def notice_of(happening: Happening, seed: int) -> NotifiedActivity:
    """Return the announcement of a happening; its place is rounded and its time is the quarter of an hour about it."""
    truth, rng = happening.truth, stream(seed, "notice", happening.truth.id)
    at = np.round(from_azimuthal(truth.lon_deg, truth.lat_deg, rng.normal(0.0, _PLACE_M, 2)), 4)
    spread = float(np.abs(happening.offset_m).max(initial=0.0))
    start, end = _down(truth.start_utc), _down(truth.end_utc) + 2 * _QUARTER
    notified = start - _AHEAD
    return NotifiedActivity(
        id=f"N-{truth.id}",
        kind=_KINDS[happening.activity],
        notifier=truth.side,
        notified_utc=rfc3339(notified),
        place=Place.circular(lon_deg=float(at[0]), lat_deg=float(at[1]), sigma_m=_PLACE_M),
        radius_m=float(np.ceil((300.0 + 2.0 * spread) / 100.0) * 100.0),
        time=Interval(start_utc=start, end_utc=end),
        margin_s=_MARGIN_S,
        observation_types=(ObservationType.EXPLOSION,),
        max_count=int(truth.count + rng.integers(0, 3)),
        charge_kg=None if happening.source is None else round(1.5 * equivalent_charge_kg(happening.source), 1),
        acknowledgements=(Acknowledgement(recipient="mission", at=rfc3339(notified + timedelta(hours=1))),),
    )


def _down(moment: datetime) -> datetime:
    """Return the last full quarter of an hour before a moment."""
    return moment - timedelta(minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond)
