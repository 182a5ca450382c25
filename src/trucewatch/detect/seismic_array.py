"""Waves that cross an array of seismometers: onsets of its elements that one plane wave explains.

Each element is read as a single station; onsets near in time are lined up by their waveforms, and a plane through their
delays gives the direction and the apparent speed, which tells P from S from a sound in the air.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from trucewatch.detect.ground_onsets import GroundOnset, read_onsets
from trucewatch.detect.listened import unheard_stretch
from trucewatch.detect.plane_wave import PlaneWave, plane_wave
from trucewatch.detect.station_stretches import StationStretch, station_stretches
from trucewatch.geo import LocalFrame
from trucewatch.model.network import Sensor
from trucewatch.model.observation import Waveform
from trucewatch.model.trouble import Trouble

FloatArray = NDArray[np.float64]

LEAST_ELEMENTS = 3
SLOWEST_M_S, SLACK_S = 2_000.0, 0.4
"""An onset of one wave reaches the last element within the aperture over this speed, and the picks' own error. LIMIT: a
sound in the air that crosses the array slower than this is heard by each element, and joined only across some 100 m."""
BEFORE_S, AFTER_S = 0.2, 0.8
"""What of each element is lined up, about its onset."""
MOST_SHIFT_S = 0.25
LEAST_CORRELATION = 0.6
SITE_SIGMA_S = 0.01
"""What the ground under each element adds (our choice: 50 m of slow cover)."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Crossing:
    """One wave across the array."""

    onsets: tuple[GroundOnset, ...]
    """by element used"""
    stretches: tuple[StationStretch, ...]
    time_utc: datetime
    """at the array's place"""
    wave: PlaneWave


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Heard:
    element: int
    stretch: StationStretch
    onset: GroundOnset
    at_s: float
    """since the array's first sample"""


def crossings(waveforms: Sequence[Waveform], sensor: Sensor) -> tuple[tuple[Crossing, ...], tuple[Trouble, ...]]:
    """Find waves that at least three elements, and half of those that recorded, noticed.

    Args:
        waveforms: of the elements; of each the vertical is read, or its only channel.
        sensor: the array.

    Returns:
        The crossings in order of time, and why some stretches could not be read.
    """
    frame = LocalFrame(lon_deg=sensor.place.lon_deg, lat_deg=sensor.place.lat_deg)
    lon, lat = (np.array([getattr(e.place, key) for e in sensor.elements]) for key in ("lon_deg", "lat_deg"))
    offsets = np.asarray(frame.to_enu(lon, lat))[:, :2]
    upright = [
        (n, stretch)
        for n, e in enumerate(sensor.elements)
        for stretch in station_stretches([w for w in waveforms if w.recording.sensor_id == e.id])
    ]
    if not upright:
        return (), ()
    start = min(stretch.start_utc for _, stretch in upright)
    heard: list[_Heard] = []
    refused: list[Trouble] = []
    for n, stretch in upright:
        try:
            onsets = read_onsets(stretch.samples[:1], stretch.rate_hz)
        except ValueError as error:
            name = sensor.elements[n].id
            refused.append(unheard_stretch(sensor, stretch.time, stretch.rate_hz, str(error), element_id=name))
            continue
        since = (stretch.start_utc - start).total_seconds()
        heard += [_Heard(element=n, stretch=stretch, onset=o, at_s=since + o.time_s) for o in onsets]
    n_needed = max(LEAST_ELEMENTS, -(-len({n for n, _ in upright}) // 2))
    groups = _groups(sorted(heard, key=lambda h: (h.at_s, h.element)), _reach_s(offsets), n_needed)
    found = [c for g in groups if (c := _crossing(g, offsets, start, n_needed)) is not None]
    return tuple(found), tuple(refused)


def _reach_s(offsets_m: FloatArray) -> float:
    span = np.hypot(*(offsets_m[:, None] - offsets_m[None]).transpose(2, 0, 1)).max()
    return float(span) / SLOWEST_M_S + SLACK_S


def _groups(heard: list[_Heard], reach_s: float, n_needed: int) -> list[list[_Heard]]:
    """Take from each element the first onset within reach of the earliest that is left."""
    groups, left = [], list(heard)
    while left:
        first = left[0]
        group: dict[int, _Heard] = {}
        for h in left:
            if h.at_s - first.at_s > reach_s:
                break
            group.setdefault(h.element, h)
        if len(group) >= n_needed:
            groups.append(list(group.values()))
            taken = set(map(id, group.values()))
            left = [h for h in left if id(h) not in taken]
        else:
            left = left[1:]
    return groups


def _crossing(group: list[_Heard], offsets_m: FloatArray, start: datetime, n_needed: int) -> Crossing | None:
    clearest = max(group, key=lambda h: h.onset.snr_db)
    delays, sigmas = np.array([_delay(h, clearest) for h in group]).T
    places = offsets_m[[h.element for h in group]]
    wave, used = plane_wave(places, delays, np.hypot(sigmas, SITE_SIGMA_S), least=n_needed)
    if wave is None:
        return None
    return Crossing(
        onsets=tuple(group[n].onset for n in used),
        stretches=tuple(group[n].stretch for n in used),
        time_utc=start + timedelta(seconds=clearest.at_s + wave.time_s),
        wave=wave,
    )


def _delay(heard: _Heard, reference: _Heard) -> tuple[float, float]:
    """Return an onset's delay behind the reference's and its error, by their waveforms or, unlike, by their picks."""
    picked = heard.at_s - reference.at_s
    by_pick = (picked, float(np.hypot(heard.onset.sigma_s, reference.onset.sigma_s)))
    if heard is reference:
        return 0.0, 1.0 / reference.stretch.rate_hz
    if heard.stretch.rate_hz != reference.stretch.rate_hz:
        return by_pick
    band = (reference.onset.band.low_hz, min(reference.onset.band.high_hz, 0.45 * reference.stretch.rate_hz))
    ours, theirs = (_window(h, band, extra_s) for h, extra_s in ((heard, MOST_SHIFT_S), (reference, 0.0)))
    if ours is None or theirs is None:
        return by_pick
    shift, correlation = _shift(ours[0], theirs[0])
    if correlation < LEAST_CORRELATION:
        return by_pick
    rate = reference.stretch.rate_hz
    exact = picked + (ours[1] - theirs[1]) / rate + shift / rate - MOST_SHIFT_S
    independent = 2.0 * (band[1] - band[0]) * (BEFORE_S + AFTER_S)
    noise = np.sqrt((1.0 - correlation**2) / (correlation**2 * independent))
    return exact, float(np.hypot(noise / (2.0 * np.pi * np.sqrt(band[0] * band[1])), 0.1 / rate))


def _window(heard: _Heard, band_hz: tuple[float, float], extra_s: float) -> tuple[FloatArray, float] | None:
    """Return filtered samples about an onset, and by how much of a sample they start before their nominal start."""
    rate, samples = heard.stretch.rate_hz, heard.stretch.samples[0]
    exact = (heard.onset.time_s - BEFORE_S - extra_s) * rate
    first = round(exact)
    last = first + round((BEFORE_S + AFTER_S) * rate) + 2 * round(extra_s * rate)
    settle = max(0, first - round(2.0 * rate))
    if first < 0 or last > len(samples):
        return None
    sos = butter(2, band_hz, "bandpass", fs=rate, output="sos")
    return np.asarray(sosfilt(sos, samples[settle:last] - samples[settle]))[first - settle :], first - exact


def _shift(long: FloatArray, short: FloatArray) -> tuple[float, float]:
    """Return where in the longer trace the shorter one fits best, in samples, and the correlation there."""
    n = len(short)
    products = np.correlate(long, short, mode="valid")
    energy = np.convolve(long**2, np.ones(n), mode="valid") * (short**2).sum()
    correlation = products / np.sqrt(np.maximum(energy, 1e-300))
    best = int(np.argmax(correlation))
    if not 0 < best < len(correlation) - 1:
        return float(best), float(correlation[best])
    before, at, after = correlation[best - 1 : best + 2]
    bend = before - 2.0 * at + after
    return best + (float((before - after) / (2.0 * bend)) if bend < 0 else 0.0), float(at)
