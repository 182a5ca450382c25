"""The numbers that a classifier is given of one event, from the pulses that its sensors recorded.

Middle values over the sensors stand for the event: one wall bends one sensor. What nobody measured is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from trucewatch.fuse.onsets import by_id, place_of
from trucewatch.fuse.witness import LEAST_SNR_DB, REFERENCE_PRESSURE_PA, figures
from trucewatch.geo.geodesic import distance_m
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.network import Network
from trucewatch.model.place import Place

REFERENCE_RANGE_M = 300.0
_LEAST_RANGE_M = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What one sensor recorded of an event."""

    range_m: float | None
    """None where the place is not known"""
    named: Mapping[str, tuple[float, str]]
    """figures with their units, as a detection carries them"""

    def value(self, name: str) -> float | None:
        """Return a figure, None where it was not measured."""
        return self.named[name][0] if name in self.named else None

    @property
    def level_db(self) -> float | None:
        """Peak at the reference range, were there nothing but spreading; of any zero unless it is in pascal."""
        peak = self.value("pressure_peak")
        if peak is None or peak <= 0 or self.range_m is None:
            return None
        spreading = 20.0 * math.log10(max(self.range_m, _LEAST_RANGE_M) / REFERENCE_RANGE_M)
        return 20.0 * math.log10(peak / REFERENCE_PRESSURE_PA) + spreading


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureKind:
    """One entry of the documented list."""

    name: str
    unit: str
    meaning: str
    measure: Callable[[Sequence[Pulse]], float | None]


def _middle(of: Callable[[Pulse], float | None]) -> Callable[[Sequence[Pulse]], float | None]:
    def measure(pulses: Sequence[Pulse]) -> float | None:
        values = [v for p in pulses if (v := of(p)) is not None]
        return median(values) if values else None

    return measure


def _named(name: str) -> Callable[[Sequence[Pulse]], float | None]:
    return _middle(lambda p: p.value(name))


def _log(name: str) -> Callable[[Sequence[Pulse]], float | None]:
    return _middle(lambda p: math.log(v) if (v := p.value(name)) is not None and v > 0 else None)


def _level(pulses: Sequence[Pulse]) -> float | None:
    calibrated = [p for p in pulses if p.named.get("pressure_peak", (0.0, ""))[1] == "Pa"]
    return _middle(lambda p: p.level_db)(calibrated)


def _level_scatter(pulses: Sequence[Pulse]) -> float | None:
    levels = [v for p in pulses if (v := p.level_db) is not None]
    if len(levels) < 3:
        return None
    middle = median(levels)
    return median(abs(v - middle) for v in levels)


def _log_range(pulses: Sequence[Pulse]) -> float | None:
    return _middle(lambda p: None if p.range_m is None else math.log(max(p.range_m, _LEAST_RANGE_M)))(pulses)


FEATURES: tuple[FeatureKind, ...] = (
    FeatureKind(name="level_300m", unit="dB re 20 uPa", meaning="peak pressure brought to 300 m", measure=_level),
    FeatureKind(
        name="level_scatter", unit="dB", meaning="spread of that over the sensors, any unit", measure=_level_scatter
    ),
    FeatureKind(name="log_range", unit="ln m", meaning="distance of the sensors", measure=_log_range),
    FeatureKind(name="log_width", unit="ln s", meaning="width of the strongest swing", measure=_log("first_width")),
    FeatureKind(name="log_phase", unit="ln s", meaning="positive phase", measure=_log("positive_phase")),
    FeatureKind(name="log_rise", unit="ln s", meaning="rise of the leading edge", measure=_log("rise_s")),
    FeatureKind(name="log_duration", unit="ln s", meaning="length down to -20 dB", measure=_log("duration")),
    FeatureKind(name="log_corner", unit="ln Hz", meaning="strongest third octave", measure=_log("corner")),
    FeatureKind(name="log_centroid", unit="ln Hz", meaning="mean frequency", measure=_log("pulse_centroid")),
    FeatureKind(name="band_20_80", unit="dB", meaning="share of 20-80 Hz", measure=_named("band_20_80_hz")),
    FeatureKind(name="band_80_250", unit="dB", meaning="share of 80-250 Hz", measure=_named("band_80_250_hz")),
    FeatureKind(name="band_250_700", unit="dB", meaning="share of 250-700 Hz", measure=_named("band_250_700_hz")),
    FeatureKind(name="band_700_2000", unit="dB", meaning="share of 700-2000 Hz", measure=_named("band_700_2000_hz")),
    FeatureKind(name="band_2000_5000", unit="dB", meaning="share of 2-5 kHz", measure=_named("band_2000_5000_hz")),
)
FEATURE_NAMES: tuple[str, ...] = tuple(f.name for f in FEATURES)


def measure(pulses: Sequence[Pulse]) -> dict[str, float]:
    """Return the features of one event that could be measured, by name, from sensors where it stands out."""
    clear = [p for p in pulses if (p.value("pressure_snr_db") or 0.0) >= LEAST_SNR_DB] or list(pulses)
    values = ((f.name, f.measure(clear)) for f in FEATURES)
    return {name: float(v) for name, v in values if v is not None}


def sounding(detections: Sequence[Detection], place: Place | None, network: Network) -> dict[str, float]:
    """Return the features of an incident: the first pulse of each microphone counts; empty where none was measured."""
    sensors = by_id(network)
    first: dict[str, Detection] = {}
    for d in sorted(detections, key=lambda d: (d.time.utc, d.id)):
        if d.kind is DetectionKind.ONSET and "pressure_peak" in figures(d):
            first.setdefault(d.sensor_id, d)
    pulses = []
    for name in sorted(first):
        origin = place_of(first[name], sensors)
        known = place is not None and origin is not None
        away = None
        if place is not None and origin is not None and known:
            away = float(distance_m(place.lon_deg, place.lat_deg, origin.lon_deg, origin.lat_deg))
        pulses.append(Pulse(range_m=away, named=figures(first[name])))
    return measure(pulses) if pulses else {}
