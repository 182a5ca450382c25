"""A simulated day as the raw files of a mission folder, so that readers and detectors are tested too."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import yaml

from trucewatch.model.instant import rfc3339
from trucewatch.model.network import Sensor
from trucewatch.physics import Weather, received_level_db, reference_source
from trucewatch.simulate.generate import SimulatedDay
from trucewatch.simulate.raw_files import health_csv, weather_csv
from trucewatch.simulate.sensors import PULSES_PATH, Arrival
from trucewatch.simulate.waveform import FULL_SCALE_PA, recording_pa, wav_bytes

_RATE_HZ = 12_000
_LEAD_S = 2.0
_TRAIL_S = 3.0
_REFERENCE_PA = 20e-6
_PULSE_S = 0.003
"""positive phase of a small charge or muzzle blast some hundred metres away"""


def files(day: SimulatedDay) -> dict[str, bytes]:
    """Return the files of a mission folder by path: inbox, network.yaml, truth.yaml.

    The recorded nodes (scenario.n_recorded) come as WAV files with a sidecar for the first event they hear; their
    pulses of that time are left in, as a node that sends both would.
    """
    out = {
        PULSES_PATH: _pulses(day),
        "inbox/health.csv": health_csv(day.health),
        "inbox/weather.csv": weather_csv(day.weather),
        "network.yaml": _yaml({"sensors": [_sensor(s) for s in day.network.sensors]}),
        "truth.yaml": _yaml({"events": [_truth(day, n) for n in range(len(day.events))]}),
    }
    for sensor in day.network.sensors[: day.scenario.n_recorded]:
        out |= _recording(day, sensor)
    return dict(sorted(out.items()))


def _pulses(day: SimulatedDay) -> bytes:
    rows = [
        {
            "sensor": p.sensor_id,
            "time_utc": rfc3339(p.time.utc),
            "sigma_s": p.time.sigma_s,
            "snr_db": p.snr_db,
            "level_db": p.level_db,
            "group": p.group,
        }
        for p in day.pulses
    ]
    return (json.dumps({"format": "trucewatch-pulses/1", "pulses": rows}, indent=1) + "\n").encode()


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else rfc3339(moment)


def _yaml(value: dict[str, Any]) -> bytes:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True).encode()


def _sensor(sensor: Sensor) -> dict[str, Any]:
    place = sensor.place
    plain: dict[str, Any] = {
        "id": sensor.id,
        "kind": sensor.kind.value,
        "owner": sensor.owner,
        "place": {"lon": place.lon_deg, "lat": place.lat_deg, "sigma_m": float(place.var_east_m2**0.5)},
        "clock_sigma_s": sensor.clock_sigma_s,
        "noise_level_db": sensor.noise_level_db,
    }
    return plain


def _truth(day: SimulatedDay, n: int) -> dict[str, Any]:
    t = day.truth[n]
    return {
        "id": t.id,
        "lon": t.lon_deg,
        "lat": t.lat_deg,
        "sigma_m": t.sigma_m,
        "time": _moment(t.time_utc),
        "window": f"{t.window_s:g} s",
        "count": t.count,
        "label": t.label,
    }


def _recording(day: SimulatedDay, sensor: Sensor) -> dict[str, bytes]:
    heard = [a for a in day.arrivals if a.sensor_id == sensor.id]
    if not heard:
        return {}
    first = min(heard, key=lambda a: a.time_s)
    same = [a for a in heard if a.event_id == first.event_id]
    start_s = np.floor(first.time_s - _LEAD_S)
    duration = max(a.time_s for a in same) - start_s + _TRAIL_S
    rng = np.random.default_rng([day.seed, day.network.sensors.index(sensor)])
    pressure = recording_pa(
        np.array([a.time_s - start_s for a in same]),
        np.array([_peak_pa(day, a) for a in same]),
        duration_s=float(duration),
        rate_hz=_RATE_HZ,
        positive_s=_PULSE_S,
        noise_pa=_REFERENCE_PA * 10 ** (day.scenario.noise_level_db / 20),
        rng=rng,
    )
    sidecar = {
        "sensor": sensor.id,
        "start_utc": rfc3339(day.scenario.start_utc + timedelta(seconds=float(start_s))),
        "clock_sigma_s": sensor.clock_sigma_s,
        "channel": "",
        "unit": "count",
        "pa_per_count": FULL_SCALE_PA / 32767,
    }
    stem = f"inbox/audio/{sensor.id}-{first.event_id}"
    return {
        f"{stem}.wav": wav_bytes(pressure, _RATE_HZ),
        f"{stem}.json": (json.dumps(sidecar, indent=1) + "\n").encode(),
    }


def _peak_pa(day: SimulatedDay, arrival: Arrival) -> float:
    event = next(e for e in day.events if e.id == arrival.event_id)
    weather = Weather(
        temperature_c=day.scenario.temperature_c,
        relative_humidity_pct=70.0,
        pressure_pa=101_325.0,
        wind_m_s=0.0,
        wind_from_deg=0.0,
    )
    level = float(received_level_db(reference_source(event.source), arrival.range_m, weather))
    return float(_REFERENCE_PA * 10 ** (level / 20))
