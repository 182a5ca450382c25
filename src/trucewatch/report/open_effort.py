"""The tables of the open data on effort and inputs: what was watched, and what came in."""

from __future__ import annotations

from trucewatch.model.effort import HourShare, Outage, SensorEffort, Share
from trucewatch.model.intake import Input
from trucewatch.model.listening import Listening
from trucewatch.model.loss import Loss
from trucewatch.model.trouble import Trouble
from trucewatch.report.csv_table import Column, Table
from trucewatch.report.loss_rows import CAUSE_OF_LOSS

_E = Column[SensorEffort]
EFFORT = Table[SensorEffort](
    file="effort.csv",
    row_is="one sensor over the period",
    columns=(
        _E(name="sensor_id", unit="text", meaning="sensor", get=lambda e: e.sensor_id),
        _E(name="kind", unit="value", meaning="kind of observer", get=lambda e: e.kind),
        _E(name="tasked_s", unit="s", meaning="time it was asked to watch", get=lambda e: e.tasked_s),
        _E(name="operational_s", unit="s", meaning="time it could watch", get=lambda e: e.operational_s),
        _E(name="n_outages", unit="1", meaning="stretches it could not (outages.csv)", get=lambda e: len(e.outages)),
    ),
)

_O = Column[Outage]
OUTAGES = Table[Outage](
    file="outages.csv",
    row_is="one stretch in which one sensor could not watch",
    columns=(
        _O(name="sensor_id", unit="text", meaning="sensor", get=lambda o: o.sensor_id),
        _O(name="start_utc", unit="RFC 3339, UTC", meaning="empty: not known", get=lambda o: o.time.start_utc),
        _O(name="end_utc", unit="RFC 3339, UTC", meaning="empty: not ended", get=lambda o: o.time.end_utc),
        _O(name="state", unit="value", meaning="state", get=lambda o: o.state),
        _O(name="reason", unit="text", meaning="as recorded", get=lambda o: o.reason),
    ),
)

_S = Column[Share]
SHARES = Table[Share](
    file="shares.csv",
    row_is="one kind of reference event: how much of it would have been noticed",
    columns=(
        _S(name="source", unit="text", meaning="reference source", get=lambda s: s.source),
        _S(name="label", unit="text", meaning="in words", get=lambda s: s.label),
        _S(
            name="p_mean",
            unit="share",
            meaning="by at least one sensor, over place and time",
            get=lambda s: round(s.p_mean, 4),
        ),
        _S(name="p_low", unit="share", meaning="5th percentile over the hours", get=lambda s: round(s.p_low, 4)),
        _S(name="p_high", unit="share", meaning="95th percentile over the hours", get=lambda s: round(s.p_high, 4)),
        _S(name="p_two", unit="share", meaning="by at least two", get=lambda s: round(s.p_two, 4)),
    ),
)

_H = Column[HourShare]
HOURS = Table[HourShare](
    file="hours.csv",
    row_is="one hour and one kind of reference event: what it says that nothing was heard",
    columns=(
        _H(name="start_utc", unit="RFC 3339, UTC", meaning="start of the hour", get=lambda h: h.time.start_utc),
        _H(name="end_utc", unit="RFC 3339, UTC", meaning="its end", get=lambda h: h.time.end_utc),
        _H(name="source", unit="text", meaning="reference source", get=lambda h: h.source),
        _H(
            name="p_mean",
            unit="share",
            meaning="would have been noticed by at least one sensor, over place",
            get=lambda h: round(h.p_mean, 4),
        ),
        _H(name="p_least", unit="share", meaning="the same where it was least", get=lambda h: round(h.p_least, 4)),
    ),
)

_L = Column[Listening]
LISTENING = Table[Listening](
    file="listening.csv",
    row_is="one sensor in one hour, as its own recordings show it",
    columns=(
        _L(name="sensor_id", unit="text", meaning="sensor", get=lambda q: q.sensor_id),
        _L(name="start_utc", unit="RFC 3339, UTC", meaning="start of the hour", get=lambda q: q.time.start_utc),
        _L(name="end_utc", unit="RFC 3339, UTC", meaning="its end", get=lambda q: q.time.end_utc),
        _L(name="recorded_share", unit="share", meaning="part of it recorded", get=lambda q: q.recorded_share),
        _L(
            name="usable_share",
            unit="share",
            meaning="part recorded and neither dead, clipped nor drowned",
            get=lambda q: q.usable_share,
        ),
        _L(
            name="noise_level_db",
            unit="dB",
            meaning="median background re 20 µPa (ground: 1 nm); empty without a calibration",
            get=lambda q: q.noise_level_db,
        ),
        _L(name="noise_sigma_db", unit="dB", meaning="its spread over the hour", get=lambda q: q.noise_sigma_db),
        _L(
            name="relative_level_db",
            unit="dB",
            meaning="median background against the sensor's usual level of the day",
            get=lambda q: q.relative_level_db,
        ),
        _L(name="drowned_minutes", unit="min", meaning="lost to wind or engines", get=lambda q: q.drowned_minutes),
        _L(name="clock_offset_s", unit="s", meaning="clock late by; empty: not known", get=lambda q: q.clock_offset_s),
        _L(
            name="clock_offset_sigma_s",
            unit="s",
            meaning="standard error of that",
            get=lambda q: q.clock_offset_sigma_s,
        ),
        _L(
            name="clock_drift_s_per_day",
            unit="s/d",
            meaning="how fast the clock gains; empty: not known",
            get=lambda q: q.clock_drift_s_per_day,
        ),
        _L(
            name="signs",
            unit="text",
            meaning="what does not look right, times in UTC",
            get=lambda q: "; ".join(q.signs),
        ),
        _L(name="method", unit="text", meaning="measure and its version", get=lambda q: q.method),
    ),
)

_T = Column[Trouble]
TROUBLES = Table[Trouble](
    file="troubles.csv",
    row_is="one trouble of one sensor: what kept it from listening, or from giving all that it heard",
    columns=(
        _T(name="sensor_id", unit="text", meaning="sensor", get=lambda t: t.sensor_id),
        _T(name="element_id", unit="text", meaning="of an array; empty: all of it", get=lambda t: t.element_id),
        _T(name="start_utc", unit="RFC 3339, UTC", meaning="empty: not known", get=lambda t: t.time.start_utc),
        _T(name="end_utc", unit="RFC 3339, UTC", meaning="empty: not ended", get=lambda t: t.time.end_utc),
        _T(name="kind", unit="value", meaning="how much was lost", get=lambda t: t.kind),
        _T(name="what", unit="text", meaning="what was found", get=lambda t: t.what),
        _T(name="meaning", unit="text", meaning="what follows from it", get=lambda t: t.meaning),
    ),
)

_X = Column[Loss]
LOSSES = Table[Loss](
    file="losses.csv",
    row_is="one sensor and one cause: tasked time that it took over the period; causes may overlap and do not add up",
    columns=(
        _X(name="sensor_id", unit="text", meaning="sensor", get=lambda x: x.sensor_id),
        _X(name="cause", unit="value", meaning="what took it", get=lambda x: x.cause),
        _X(name="cause_text", unit="text", meaning="the same in words", get=lambda x: CAUSE_OF_LOSS[x.cause]),
        _X(name="lost_s", unit="s", meaning="tasked time that it touched", get=lambda x: round(x.lost_s, 3)),
        _X(
            name="share_of_tasked",
            unit="share",
            meaning="of the time that the sensor was asked to watch",
            get=lambda x: round(x.lost_s / x.tasked_s, 6) if x.tasked_s else None,
        ),
        _X(name="n_stretches", unit="1", meaning="stretches apart from each other", get=lambda x: x.n_stretches),
        _X(
            name="wholly",
            unit="true/false",
            meaning="true: nothing could be noticed in it; false: less could be",
            get=lambda x: x.wholly,
        ),
    ),
)

_N = Column[Input]
INPUTS = Table[Input](
    file="inputs.csv",
    row_is="one file that was taken in",
    columns=(
        _N(name="id", unit="text", meaning="identifier from its bytes", get=lambda i: i.id),
        _N(name="path", unit="text", meaning="where it lay; empty for the public", get=lambda i: i.path),
        _N(name="sha256", unit="hex", meaning="hash of its bytes", get=lambda i: i.sha256),
        _N(name="size", unit="byte", meaning="size", get=lambda i: i.size),
        _N(name="reader", unit="text", meaning="what read it; empty: nothing could", get=lambda i: i.reader),
        _N(name="n_observations", unit="1", meaning="records read", get=lambda i: i.n_observations),
        _N(name="n_rejected", unit="1", meaning="records kept aside", get=lambda i: i.n_rejected),
    ),
)
