"""By how much the simulated world differs from what fusion takes for granted.

With `perturb` 0 the errors are those of fusion's own settings. With 1, winds, absorption, levels, clutter, clocks and
detours are drawn from wider laws, some of them with a bias that all sensors of the day share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trucewatch.simulate.streams import stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Laws:
    """The errors of one theatre, drawn once."""

    perturb: float
    wind_sigma_m_s: float
    """each component of the true wind about the reported one, shared by the region"""
    wind_local_sigma_m_s: float
    """each component from place to place, over tens of kilometres"""
    wind_aloft: float
    """wind that carries sound over that at 10 m"""
    temperature_sigma_c: float
    lapse_share: float
    """of the day's lapse of temperature with height; fusion takes none"""
    absorption_db_per_km: float
    """beyond that of physics, for everything that is heard"""
    level_bias_db: float
    """all sounds of the day are louder by this"""
    sensor_bias_db: float
    """standard deviation of the gain from sensor to sensor"""
    clutter: float
    """false onsets of all sensors of the day, as a factor"""
    clutter_sigma: float
    """standard deviation of the log of that factor from sensor to sensor"""
    path_excess_m: float
    """a detour is the size of a normal number with this sigma; it scatters by 0.6 of it"""
    shift_m: float
    """standard deviation of how far a source seems to stand elsewhere"""
    pick: float
    """errors of picks over what the sensors state"""
    clock: float
    """errors of clocks over what the network states"""
    unsaid: float
    """share of outages that nobody reports"""


def draw_laws(seed: int, perturb: float) -> Laws:
    """Draw the laws of a theatre.

    Args:
        seed: of the theatre.
        perturb: 0 as fusion assumes, 1 the wider laws; between and beyond is allowed.

    Raises:
        ValueError: perturb is negative or not finite.
    """
    if not 0.0 <= perturb < np.inf:
        raise ValueError(f"perturb = {perturb!r}: expected 0 or more")
    rng = stream(seed, "laws")
    # Every number is drawn whatever perturb is, so that it scales one and the same departure.
    u, z = rng.uniform(size=6), rng.normal(size=4)
    return Laws(
        perturb=perturb,
        wind_sigma_m_s=1.0 + perturb * 1.5 * float(u[0]),
        wind_local_sigma_m_s=0.3 + perturb * 0.9 * float(u[1]),
        wind_aloft=1.0 + perturb * float(-0.1 + 0.5 * u[2]),
        temperature_sigma_c=2.0 + perturb * 1.5 * float(u[3]),
        lapse_share=min(1.0, perturb),
        absorption_db_per_km=perturb * float(-0.5 + 2.0 * u[4]),
        level_bias_db=perturb * 3.0 * float(z[0]),
        sensor_bias_db=3.0 * perturb,
        clutter=float(np.exp(0.7 * perturb * z[1])),
        clutter_sigma=0.4 + 0.4 * perturb,
        path_excess_m=6.6 * float(np.exp(0.3 * perturb * z[2])),
        shift_m=2.2 * float(np.exp(0.3 * perturb * z[3])),
        pick=1.0 + perturb * float(u[5]),
        clock=1.0 + 0.5 * perturb,
        unsaid=0.15 * min(1.0, perturb),
    )
