"""What acoustic nodes send of an hour: onsets with echoes and false ones, in the limits of the node and its link."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.instant import Instant
from trucewatch.model.network import Network
from trucewatch.model.observation import Pulse
from trucewatch.simulate.fielded import Fielded
from trucewatch.simulate.hearing import Onsets, joined, stated_sigma_s
from trucewatch.simulate.preset import NetworkPlan

FloatArray = NDArray[np.float64]

FILE_S = 900
"""a file of pulses covers a quarter of an hour"""
_FALSE_SNR_DB = (13.0, 6.0)
_ECHO_S = (0.15, 1.5)
_ECHO_LOSS_DB = (4.0, 16.0)


def with_echoes(onsets: Onsets, plan: NetworkPlan, threshold_db: FloatArray, rng: np.random.Generator) -> Onsets:
    """Add echoes that were taken for onsets; the fainter an onset, the seldomer its echo passes the threshold."""
    n = len(onsets)
    chosen, delay, loss = rng.uniform(size=n), rng.uniform(*_ECHO_S, n), rng.uniform(*_ECHO_LOSS_DB, n)
    # Half of them fall below the threshold, so twice as many are tried.
    made = (chosen < 2.0 * plan.echo_share) & (onsets.snr_db - loss > threshold_db[onsets.sensor])
    first = onsets.take(made)
    snr = first.snr_db - loss[made]
    echoes = Onsets(
        sensor=first.sensor,
        at_s=first.at_s + delay[made],
        snr_db=snr,
        level_db=first.level_db - loss[made],
        sigma_s=stated_sigma_s(snr, plan),
        round=np.full(len(first), -1, dtype=np.int64),
    )
    return joined([onsets, echoes])


def false_onsets(fielded: Fielded, plan: NetworkPlan, hour: int, rng: np.random.Generator) -> Onsets:
    """Draw an hour's onsets that nothing of interest made."""
    nodes = fielded.microphones
    sensor = np.repeat(nodes, rng.poisson(plan.false_per_hour * fielded.clutter[nodes]))
    at = hour * 3600.0 + rng.uniform(0.0, 3600.0, len(sensor))
    snr = np.maximum(rng.normal(*_FALSE_SNR_DB, len(sensor)), fielded.threshold_db[sensor])
    made = Onsets(
        sensor=sensor,
        at_s=at,
        snr_db=snr,
        level_db=fielded.noise_db[sensor] + fielded.gain_db[sensor] + snr,
        sigma_s=stated_sigma_s(snr, plan),
        round=np.full(len(sensor), -1, dtype=np.int64),
    )
    return made.take(fielded.works(sensor, at))


def sent(onsets: Onsets, plan: NetworkPlan) -> Onsets:
    """Return the onsets that nodes send, by time: none in a dead time, no more a minute than the link carries."""
    order = np.lexsort((onsets.at_s, onsets.sensor))
    ordered = onsets.take(order)
    kept = np.ones(len(ordered), dtype=np.bool_)
    last_sensor, last_s = -1, -np.inf
    for n, (sensor, at) in enumerate(zip(ordered.sensor.tolist(), ordered.at_s.tolist(), strict=True)):
        kept[n] = sensor != last_sensor or at - last_s >= plan.dead_time_s
        if kept[n]:
            last_sensor, last_s = sensor, at
    alive = ordered.take(kept)
    minute = np.floor(alive.at_s / 60.0)
    begins = np.ones(len(alive), dtype=np.bool_)
    begins[1:] = (np.diff(alive.sensor) != 0) | (np.diff(minute) != 0)
    run = np.flatnonzero(begins)
    rank = np.arange(len(alive)) - np.repeat(run, np.diff(np.append(run, len(alive))))
    carried = alive.take(rank < plan.most_per_minute)
    return carried.take(np.lexsort((carried.sensor, carried.at_s)))


def pulse_path(start_utc: datetime, quarter: int) -> str:
    """Return the name of the file that holds the pulses of a quarter of an hour after the start."""
    at = start_utc + timedelta(seconds=quarter * FILE_S)
    return f"inbox/acoustic/{at:%Y-%m-%d}/{at:%H%M}.pulses.json"


def pulses(onsets: Onsets, network: Network, start_utc: datetime) -> tuple[Pulse, ...]:
    """Return onsets in order of time as the observations that a reader makes of the nodes' files."""
    out: list[Pulse] = []
    row, before, path = 0, -1, ""
    columns = (onsets.sensor, onsets.at_s, onsets.snr_db, onsets.level_db, onsets.sigma_s)
    for sensor, at, snr, level, sigma in zip(*(c.tolist() for c in columns), strict=True):
        quarter = int(at // FILE_S)
        if quarter != before:
            row, before, path = 0, quarter, pulse_path(start_utc, quarter)
        row += 1
        moment = start_utc + timedelta(microseconds=round(at * 1e6))
        out.append(
            Pulse(
                id=f"pulse-{quarter + 1:05d}-{row:06d}",
                input_id=path,
                row=row,
                sensor_id=network.sensors[sensor].id,
                time=Instant(utc=moment, sigma_s=sigma),
                snr_db=round(snr, 1),
                level_db=round(level, 1),
                group=None,
            )
        )
    return tuple(out)


def split(onsets: Onsets, until_s: float) -> tuple[Onsets, Onsets]:
    """Return onsets before a moment and those from it on."""
    early = onsets.at_s < until_s
    return onsets.take(early), onsets.take(~early)
