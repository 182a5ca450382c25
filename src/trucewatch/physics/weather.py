"""The weather between a source and those who listen."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Near-ground weather, with how well it is known."""

    temperature_c: float
    """Air temperature."""
    relative_humidity_pct: float
    """Relative humidity, in (0, 100]."""
    pressure_pa: float
    """Air pressure at the place, not reduced to sea level."""
    wind_m_s: float
    """Mean wind speed at 10 m."""
    wind_from_deg: float
    """Direction the wind comes from, clockwise from true north."""
    temperature_sigma_c: float = 2.0
    """Standard deviation of the temperature along a path, given one reading near it."""
    wind_sigma_m_s: float = 2.0
    """Standard deviation of each horizontal component of the wind along a path, given one reading near it."""
    visibility_m: float = 10_000.0
    """Meteorological optical range: contrast falls to 5 % (WMO No. 8)."""
    is_night: bool = False
    """Whether the sky is dark, so that flashes are seen against black."""

    lapse_k_per_m: float = 0.0
    """How fast it gets colder upwards near the ground: 0.01 in well mixed air, negative in an inversion."""

    def __post_init__(self) -> None:
        """Refuse weather that cannot be.

        Raises:
            ValueError: A value is not finite or out of its range; the message names it.
        """
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if not (isfinite(value) and low <= value <= high):
                raise ValueError(f"{name} = {value!r} is outside {low:g} to {high:g}")


_RANGES = (
    ("temperature_c", -90.0, 60.0),
    ("relative_humidity_pct", 0.01, 100.0),
    ("pressure_pa", 20_000.0, 110_000.0),
    ("wind_m_s", 0.0, 120.0),
    ("wind_from_deg", -360.0, 360.0),
    ("temperature_sigma_c", 0.0, 60.0),
    ("wind_sigma_m_s", 0.0, 60.0),
    ("visibility_m", 1.0, 1e6),
    ("lapse_k_per_m", -1.0, 1.0),
)
