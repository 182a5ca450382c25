"""What is taken for granted when a charge is read from its blast, each number with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """One way in which a charge may have gone off, as far as the sound and the ground tell ways apart."""

    name: str
    weight: float
    """prior"""
    factor: float
    """free-air charge that sounds alike, for one kilogram"""
    loss_db: float
    """taken from its pressure"""
    magnitude_shift: float
    """added to the magnitude of an open burst on the surface"""


BURSTS = (
    Burst(name="surface", weight=0.60, factor=1.8, loss_db=0.0, magnitude_shift=0.0),
    Burst(name="air", weight=0.30, factor=1.0, loss_db=0.0, magnitude_shift=-0.5),
    Burst(name="buried", weight=0.05, factor=1.0, loss_db=4.0, magnitude_shift=0.4),
    Burst(name="buried", weight=0.03, factor=1.0, loss_db=10.0, magnitude_shift=0.8),
    Burst(name="buried", weight=0.02, factor=1.0, loss_db=16.0, magnitude_shift=1.2),
)
"""A burst on hard ground sounds like 1.8 times the charge (UFC 3-340-02, hemispherical against free-air curves; twice
on rigid ground). Weights, the loss of charges that enter the ground first, and what coupling adds to a magnitude (an
open burst loses 1 to 2 units against a well coupled one: Khalturin et al. 1998) are ours; refit on known shots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeSettings:
    """Priors of the charge; two missions with the same settings and data give the same interval."""

    least_kg: float = 1e-5
    most_kg: float = 1e7
    """the logarithm of the charge is even between these beforehand: nothing is known of it"""
    least_said_kg: float = 0.02
    """what sounds smaller is no charge that is told from a muzzle blast or a firecracker; a hand grenade holds 60 g"""
    shared_loss_db: float = 3.0
    """what all paths of one event share: casing, filling, height of burst, the day's gradient; standard deviation"""
    duct_share: float = 0.78
    """of the spread of infrasound that all arrays share: 7 of 9 dB, the unknown wind of the ducts"""
    outlier_share: float = 0.05
    outlier_db: float = 20.0
    """a level behind a wall, in a duct or of another sound: this share of levels scatters this far"""
    edge_extra_db: float = 4.0
    """more spread of a level that a sensor stated itself, in a band that is not known"""
    duration_shared: float = 0.4
    duration_own: float = 0.5
    """spread of the logarithm of the pulse's length, shared and each path's own; a pulse lengthens on its way
    (weak-shock theory) and ground reflections cut it: ours, wide enough for a factor of two"""
    silence_cap: float = 0.9
    """largest probability of detection that silence is weighed with"""
    widest_factor: float = 10_000.0
    """an interval wider than this says nothing and is not given"""
    lone_sensor_loss_db: float | None = None
    """spread of the loss on the path of a single sensor, where the mission has measured and states it; without it one
    sensor alone gives no charge"""
    magnitude_sigma_db: float = 10.0
    """half a magnitude, as in the model of the ground"""
