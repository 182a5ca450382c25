"""Recordings that a few nodes and stations send of their loudest moments, with real noise mixed in if there is any."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.instant import rfc3339
from trucewatch.model.network import Sensor
from trucewatch.model.observation import EdgeDetection, Pulse
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.simulate.ground_record import ground_counts, mini_seed
from trucewatch.simulate.streams import stream
from trucewatch.simulate.waveform import FULL_SCALE_PA, recording_pa, wav_bytes

FloatArray = NDArray[np.float64]

CLIP_RATE_HZ = 12_000
_LEAD_S, _TRAIL_S = 2.0, 4.0
_LEAST_SNR_DB = 20.0
_REFERENCE_PA = 20e-6
_PULSE_S = 0.004
_GROUND_LEAD_S, _GROUND_S = 30.0, 90.0
_GROUND_SNR_DB = 26.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Noise:
    """A recording that a person gives, to be heard behind what is made."""

    samples: FloatArray
    """in any unit; it is scaled to each node's own noise"""
    rate_hz: float


def sound_clips(
    pulses: Sequence[Pulse], sensors: Sequence[Sensor], start_utc: datetime, seed: int, noise: Noise | None
) -> dict[str, bytes]:
    """Return WAV files with sidecars of the loudest onset of each sensor in an hour, by path.

    Args:
        pulses: of an hour.
        sensors: those that send clips.
        start_utc: of the hour.
        seed: of the theatre.
        noise: to be mixed in, if any.
    """
    out: dict[str, bytes] = {}
    for sensor in sensors:
        own = [p for p in pulses if p.sensor_id == sensor.id]
        loud = [p for p in own if p.snr_db is not None and p.snr_db >= _LEAST_SNR_DB]
        if loud:
            out |= _clip(max(loud, key=lambda p: (p.snr_db or 0.0, p.time.utc)), own, sensor, start_utc, seed, noise)
    return out


def _clip(
    loudest: Pulse, own: Sequence[Pulse], sensor: Sensor, start_utc: datetime, seed: int, noise: Noise | None
) -> dict[str, bytes]:
    begin = (loudest.time.utc - timedelta(seconds=_LEAD_S)).replace(microsecond=0)
    duration = _LEAD_S + _TRAIL_S
    at = np.array([(p.time.utc - begin).total_seconds() for p in own])
    inside = (at > 0.1) & (at < duration - 0.1)
    level = np.array([p.level_db or 0.0 for p in own])
    rng = stream(seed, "clip", sensor.id, rfc3339(start_utc))
    quiet_pa = _REFERENCE_PA * 10 ** ((sensor.noise_level_db or 50.0) / 20.0)
    pressure = recording_pa(
        at[inside],
        _REFERENCE_PA * 10 ** (level[inside] / 20.0),
        duration_s=duration,
        rate_hz=CLIP_RATE_HZ,
        positive_s=_PULSE_S,
        noise_pa=quiet_pa if noise is None else 0.1 * quiet_pa,
        rng=rng,
    )
    if noise is not None:
        pressure = pressure + quiet_pa * _piece(noise, len(pressure), rng)
    sidecar = {
        "sensor": sensor.id,
        "start_utc": rfc3339(begin),
        "clock_sigma_s": sensor.clock_sigma_s,
        "channel": "",
        "unit": "count",
        "pa_per_count": FULL_SCALE_PA / 32767,
    }
    stem = f"inbox/audio/{begin:%Y-%m-%d}/{sensor.id}-{begin:%H%M%S}"
    return {f"{stem}.wav": wav_bytes(pressure, CLIP_RATE_HZ), f"{stem}.json": _json(sidecar)}


def _piece(noise: Noise, n: int, rng: np.random.Generator) -> FloatArray:
    """Return a stretch of a recording of unit variance at the clips' rate, from the start again where it ends."""
    length = n / CLIP_RATE_HZ * noise.rate_hz
    first = rng.uniform(0.0, max(1.0, len(noise.samples) - length))
    at = (first + np.arange(n) * noise.rate_hz / CLIP_RATE_HZ) % len(noise.samples)
    piece = np.interp(at, np.arange(len(noise.samples)), noise.samples)
    spread = float(piece.std())
    return np.asarray((piece - piece.mean()) / spread if spread > 0.0 else np.zeros(n), dtype=np.float64)


def ground_clips(edge: Sequence[EdgeDetection], sensors: Sequence[Sensor], seed: int) -> dict[str, bytes]:
    """Return miniSEED files about the first onset of each station in an hour, by path.

    Args:
        edge: detections of an hour.
        sensors: stations that send clips.
        seed: of the theatre.
    """
    out: dict[str, bytes] = {}
    for sensor in sensors:
        own = [e.detection.time.utc for e in edge if e.sensor_id == sensor.id]
        if sensor.kind is not ObserverKind.SEISMIC_STATION or not own:
            continue
        begin = (min(own) - timedelta(seconds=_GROUND_LEAD_S)).replace(microsecond=0)
        at = np.array([(t - begin).total_seconds() for t in own])
        counts = ground_counts(
            at[at < _GROUND_S - 1.0],
            duration_s=_GROUND_S,
            rng=stream(seed, "ground", sensor.id, rfc3339(begin)),
            snr_db=_GROUND_SNR_DB,
        )
        out[f"inbox/ground/{begin:%Y-%m-%d}/{sensor.id}-{begin:%H%M%S}.mseed"] = mini_seed(sensor.id, begin, counts)
    return out


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()
