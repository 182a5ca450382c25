"""What makes the noise: reference sources by weapon class, each with its spread."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A short loud event, sized by its charge or by its peak level."""

    kind: str
    """Name of the class, such as "mortar_120"."""
    level_db_1m: float | None = None
    """Peak sound pressure level at 1 m, decibels re 20 uPa, for sources that are no bare charge."""
    charge_kg: float | None = None
    """TNT equivalent, for explosions."""
    dominant_frequency_hz: float | None = None
    """Where its spectrum peaks near the source; absent for a charge, whose pulse length gives it."""
    spread_db: float = 6.0
    """Standard deviation of the peak level among events of the class, all else equal."""

    def __post_init__(self) -> None:
        """Refuse a source without a size.

        Raises:
            ValueError: Not exactly one of level and charge, a level without a frequency, or a value out of range.
        """
        if (self.level_db_1m is None) == (self.charge_kg is None):
            raise ValueError(f"source {self.kind!r} needs exactly one of level_db_1m and charge_kg")
        if self.charge_kg is not None and not 0.0 < self.charge_kg < 1e8:
            raise ValueError(f"charge_kg = {self.charge_kg!r} is not a possible charge")
        if self.level_db_1m is not None and (not isfinite(self.level_db_1m) or self.dominant_frequency_hz is None):
            raise ValueError(f"source {self.kind!r} with a level needs a finite level and a dominant_frequency_hz")
        if self.dominant_frequency_hz is not None and not 0.0 < self.dominant_frequency_hz < 1e5:
            raise ValueError(f"dominant_frequency_hz = {self.dominant_frequency_hz!r} is not possible")
        if not 0.0 <= self.spread_db < 100.0:
            raise ValueError(f"spread_db = {self.spread_db!r} is not possible")


# Peak level of small arms at 1 m from the muzzle, to the side: 159 to 164 dB for pistols and 5.56 mm rifles (Dater,
# Firearm Sound Suppression, measured to MIL-STD-1474D); rifles with a brake pass 170. Muzzle blasts are 6 to 15 dB
# louder ahead than behind (Maher 2006), hence the spread. A muzzle blast lasts 3 to 5 ms (Maher 2006); its spectrum
# peaks at a few hundred hertz.
#
# Explosive fillings are general knowledge, to be checked before they serve as an oracle: 82 mm bomb 0.4 kg, 120 mm bomb
# 1.6 kg (sorts reach 3), 122 mm howitzer shell 3.7 kg, 152 mm shell 6 to 7 kg, 155 mm shell 6.6 kg of TNT (more and
# stronger in recent shells), rocket of 122 mm 6.4 kg. The sound varies as charge to the one third, so a factor of two
# in charge is 2 dB; the rest of the spread is casing, fuse setting and height of burst (a buried burst loses 10 dB and
# more).
# LIMIT: "artillery" and "mortar" name the burst; the discharge of the weapon, which is often what is heard, is the
# source "..._launch" and is known to worse than 8 dB.
_REFERENCE = (
    Source(kind="small_arms", level_db_1m=160.0, dominant_frequency_hz=400.0, spread_db=6.0),
    Source(kind="heavy_machine_gun", level_db_1m=168.0, dominant_frequency_hz=250.0, spread_db=6.0),
    Source(kind="grenade", charge_kg=0.06, spread_db=6.0),
    Source(kind="mortar_82", charge_kg=0.4, spread_db=6.0),
    Source(kind="mortar_120", charge_kg=1.6, spread_db=6.0),
    Source(kind="artillery_122", charge_kg=3.7, spread_db=6.0),
    Source(kind="rocket_122", charge_kg=6.4, spread_db=6.0),
    Source(kind="artillery_152", charge_kg=6.5, spread_db=6.0),
    Source(kind="artillery_155", charge_kg=6.6, spread_db=6.0),
    Source(kind="mortar_82_launch", level_db_1m=175.0, dominant_frequency_hz=80.0, spread_db=8.0),
    Source(kind="mortar_120_launch", level_db_1m=181.0, dominant_frequency_hz=50.0, spread_db=8.0),
    Source(kind="artillery_122_launch", level_db_1m=187.0, dominant_frequency_hz=30.0, spread_db=8.0),
    Source(kind="artillery_152_launch", level_db_1m=190.0, dominant_frequency_hz=20.0, spread_db=8.0),
    Source(kind="mine_antitank", charge_kg=7.0, spread_db=8.0),
    Source(kind="demolition_10kg", charge_kg=10.0, spread_db=5.0),
    Source(kind="demolition_100kg", charge_kg=100.0, spread_db=5.0),
    Source(kind="explosion_1000kg", charge_kg=1000.0, spread_db=5.0),
)
_BY_NAME = {source.kind: source for source in _REFERENCE}
REFERENCE_SOURCE_NAMES: tuple[str, ...] = tuple(_BY_NAME)


def reference_source(name: str) -> Source:
    """Return the reference source of a class.

    Raises:
        ValueError: There is none of that name; the message lists those there are.
    """
    if name not in _BY_NAME:
        raise ValueError(f"unknown source {name!r}: expected one of {', '.join(REFERENCE_SOURCE_NAMES)}")
    return _BY_NAME[name]
