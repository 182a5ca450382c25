"""The weather of a simulated day: as it is, hour by hour and place by place, and as a station reports it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from trucewatch.model.observation import Weather as WeatherReport
from trucewatch.physics import Weather
from trucewatch.simulate.laws import Laws
from trucewatch.simulate.preset import Preset
from trucewatch.simulate.streams import stream

FloatArray = NDArray[np.float64]

WEATHER_PATH = "inbox/weather.csv"
PRESSURE_PA = 101_325.0
_WARMEST_H = 15.0
_KEEPS = 0.85
"""of an hour's departure that is left in the next hour"""
_MODES = 6
_METRES_PER_DEG = 111_200.0
_NIGHT_LAPSE, _DAY_LAPSE = -0.02, 0.01
_NOISY_FROM_M_S, _NOISE_DB_PER_M_S = 7.0, 1.5
"""Wind beyond this drowns sounds at a screened microphone; about 15 dB for twice the wind (van den Berg 2006)."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sky:
    """The true weather of a theatre."""

    preset: Preset
    laws: Laws
    temperature_c: FloatArray
    """(n_hours + 1,) at each full hour from the start"""
    wind_m_s: FloatArray
    """(n_hours + 1, 2) towards east and north, at 10 m"""
    modes: FloatArray
    """(n, 5) of the wind's change from place to place: wave numbers east and north (1/m), phase, east and north m/s"""

    def weather_at(self, at_s: float, lon_deg: float, lat_deg: float) -> Weather:
        """Return the weather that carries sound at a moment (seconds after the start) and place."""
        hours = np.arange(len(self.temperature_c))
        hour = float(np.clip(at_s / 3600.0, 0.0, hours[-1]))
        wind = np.array([np.interp(hour, hours, self.wind_m_s[:, k]) for k in (0, 1)]) + self._local(lon_deg, lat_deg)
        wind = wind * self.laws.wind_aloft
        local_h = self.local_hour(at_s, lon_deg)
        high = np.cos(2 * np.pi * (local_h - 13.0) / 24.0)
        return Weather(
            temperature_c=float(np.interp(hour, hours, self.temperature_c)),
            relative_humidity_pct=float(np.clip(self.preset.sky.humidity_pct - 20.0 * high, 20.0, 100.0)),
            pressure_pa=PRESSURE_PA,
            wind_m_s=float(np.hypot(*wind)),
            wind_from_deg=float(np.degrees(np.arctan2(-wind[0], -wind[1])) % 360.0),
            temperature_sigma_c=0.0,
            wind_sigma_m_s=0.0,
            visibility_m=self.preset.sky.visibility_m,
            is_night=self.sun_height(at_s, lon_deg, lat_deg) < 0.0,
            lapse_k_per_m=self.laws.lapse_share * (_DAY_LAPSE if high > 0.0 else _NIGHT_LAPSE) * abs(float(high)),
        )

    def local_hour(self, at_s: float, lon_deg: float) -> float:
        """Return the hour of the sun at a moment and longitude, 0 to 24."""
        start = self.preset.start_utc
        return float((start.hour + start.minute / 60.0 + at_s / 3600.0 + lon_deg / 15.0) % 24.0)

    def sun_height(self, at_s: float, lon_deg: float, lat_deg: float) -> float:
        """Return the sine of the sun's height; its declination to a degree, the equation of time left out."""
        day = (self.preset.start_utc + timedelta(seconds=at_s)).timetuple().tm_yday
        tilt = np.radians(23.44) * np.sin(2 * np.pi * (day - 81) / 365.25)
        turn = 2 * np.pi * (self.local_hour(at_s, lon_deg) - 12.0) / 24.0
        north = np.radians(lat_deg)
        return float(np.sin(north) * np.sin(tilt) + np.cos(north) * np.cos(tilt) * np.cos(turn))

    def noise_db(self, at_s: float) -> float:
        """Return by how much wind raises the noise of every microphone."""
        hour = int(np.clip(at_s / 3600.0, 0, len(self.temperature_c) - 1))
        return float(_NOISE_DB_PER_M_S * max(0.0, float(np.hypot(*self.wind_m_s[hour])) - _NOISY_FROM_M_S))

    def _local(self, lon_deg: float, lat_deg: float) -> FloatArray:
        east, north = lon_deg * _METRES_PER_DEG * 0.67, lat_deg * _METRES_PER_DEG
        wave = np.sin(self.modes[:, 0] * east + self.modes[:, 1] * north + self.modes[:, 2])
        change: FloatArray = wave @ self.modes[:, 3:]
        return change


def make_sky(preset: Preset, seed: int, laws: Laws) -> tuple[Sky, tuple[WeatherReport, ...]]:
    """Draw the weather that is, and the hourly reports of it, which are off by what the laws say."""
    plan, rng = preset.sky, stream(seed, "sky")
    hours = np.arange(preset.hours + 1)
    local_h = (preset.start_utc.hour + hours + preset.lon_deg / 15.0) % 24.0
    warm = np.cos(2 * np.pi * (local_h - _WARMEST_H) / 24.0)
    said_c = plan.temperature_c + plan.temperature_swing_c * warm + 0.7 * _wandering(len(hours), rng)
    turning = plan.wind_from_deg + 15.0 * _wandering(len(hours), rng)
    speed = np.maximum(0.3, plan.wind_m_s * (1.0 + 0.3 * warm + 0.2 * _wandering(len(hours), rng)))
    toward = np.radians(turning + 180.0)
    said = np.stack((speed * np.sin(toward), speed * np.cos(toward)), axis=-1)
    sigma = np.hypot(laws.wind_sigma_m_s, 0.1 * speed)
    off = np.stack([_wandering(len(hours), rng) for _ in range(2)], axis=-1) * sigma[:, None]
    off_c = laws.temperature_sigma_c * _wandering(len(hours), rng)
    sky = Sky(preset=preset, laws=laws, temperature_c=said_c + off_c, wind_m_s=said + off, modes=_modes(seed, laws))
    return sky, tuple(_report(preset, n, said_c[n], speed[n], turning[n]) for n in range(preset.hours))


def _wandering(n: int, rng: np.random.Generator) -> FloatArray:
    """Return a stationary series of unit variance that keeps most of itself from hour to hour."""
    z, out = rng.normal(size=n), np.empty(n)
    out[0] = z[0]
    for k in range(1, n):
        out[k] = _KEEPS * out[k - 1] + np.sqrt(1.0 - _KEEPS**2) * z[k]
    return out


def _modes(seed: int, laws: Laws) -> FloatArray:
    rng = stream(seed, "wind field")
    length_m = np.exp(rng.uniform(np.log(40_000.0), np.log(400_000.0), _MODES))
    angle, phase = rng.uniform(0, 2 * np.pi, (2, _MODES))
    # Sines of unit height have a variance of a half.
    height = laws.wind_local_sigma_m_s * rng.normal(size=(_MODES, 2)) * np.sqrt(2.0 / _MODES)
    number = 2 * np.pi / length_m
    return np.column_stack((number * np.cos(angle), number * np.sin(angle), phase, height))


def _report(preset: Preset, hour: int, temperature_c: float, wind_m_s: float, from_deg: float) -> WeatherReport:
    return WeatherReport(
        id=f"weather-{hour + 1:03d}",
        input_id=WEATHER_PATH,
        row=hour + 2,
        time_utc=preset.start_utc + timedelta(hours=hour),
        temperature_c=round(float(temperature_c), 1),
        relative_humidity_pct=float(round(preset.sky.humidity_pct)),
        pressure_pa=PRESSURE_PA,
        wind_m_s=round(float(wind_m_s), 1),
        wind_from_deg=float(round(float(from_deg % 360.0)) % 360),
        source="simulated station",
    )
