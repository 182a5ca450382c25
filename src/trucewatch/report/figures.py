"""How the figures that detections and incidents were made from are called and rounded: one table for all of them.

A name that is not here, of a node with a newer program say, is written as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from trucewatch.model.vocabulary import WeaponClass
from trucewatch.report.labels import WEAPON

Writing = Callable[[float, str], str]
"""A value and its unit in words; "" where the name says it all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How one figure is shown."""

    name: str
    write: Writing


def figure_text(name: str, value: float, unit: str) -> str:
    """Write a figure: "peak 2.67 Pa", "shock wave heard 95 %", "positive phase 1.2 ms".

    Args:
        name: as it stands in the record.
        value: in the unit.
        unit: "1" for a pure number.
    """
    figure = known(name) or Figure(name=name.replace("_", " "), write=_plain)
    said = figure.write(value, unit)
    return f"{figure.name} {said}" if said else figure.name


def known(name: str) -> Figure | None:
    """Return how a figure is shown, None for a name that is in no table."""
    if name in FIGURES:
        return FIGURES[name]
    for pattern, form, write in _FAMILIES:
        if found := pattern.fullmatch(name):
            return Figure(name=form.format(*(_word(part) for part in found.groups())), write=write)
    return None


def _word(part: str) -> str:
    """Write a part of a name: a class of weapon by its word, a frequency as it is."""
    plain = part.replace("_", " ")
    return WEAPON.get(WeaponClass(part), plain) if part in _CLASSES else plain


def _plain(value: float, unit: str) -> str:
    return f"{value:.4g}" + (f" {unit}" if unit != "1" else "")


def _three(value: float, unit: str) -> str:
    """Three digits: more than any level or frequency here is known to."""
    said = f"{value:,.0f}" if 1000.0 <= abs(value) < 1e6 else f"{value:.3g}"
    return said + (f" {unit}" if unit != "1" else "")


def _whole(value: float, unit: str) -> str:
    return f"{value:,.0f}" + (f" {unit}" if unit != "1" else "")


def _level(value: float, unit: str) -> str:
    return f"{value:.0f} {'dB re 20 µPa' if unit == 'dB re 20 uPa' else unit if unit != '1' else 'dB'}"


def _change(value: float, _unit: str) -> str:
    return f"{value:+.0f} dB"


def _bearing(value: float, _unit: str) -> str:
    return f"{round(value, 1) % 360.0:.1f}°"


def _error(value: float, _unit: str) -> str:
    return f"±{value:.1f}°"


def _share(value: float, _unit: str) -> str:
    return f"{100.0 * value:.0f} %"


def _chance(value: float, _unit: str) -> str:
    """A chance is never written as none or all."""
    return "> 99 %" if value > 0.99 else "< 1 %" if value < 0.01 else f"{100.0 * value:.0f} %"


def _time(value: float, _unit: str) -> str:
    return f"{1000.0 * value:.2g} ms" if abs(value) < 0.0995 else f"{value:.3g} s"


def _range(value: float, _unit: str) -> str:
    return f"{value:.0f} m" if value < 1000.0 else f"{value / 1000.0:.3g} km"


def _mass(value: float, _unit: str) -> str:
    return (
        f"{1000.0 * value:.2g} g" if value < 1.0 else f"{value:.2g} kg" if value < 1000.0 else f"{value / 1000:.2g} t"
    )


def _yes(value: float, _unit: str) -> str:
    return "yes" if value else "no"


def _direction(value: float, _unit: str) -> str:
    return "up" if value > 0 else "down"


def _counted(value: float, _unit: str) -> str:
    """A burst's count: counted, at least so many, or weapons that overlap (1, 0.5, 0)."""
    return "each counted" if value >= 1.0 else "at least so many" if value > 0.0 else "weapons overlap"


def _no_more(_value: float, _unit: str) -> str:
    return ""


_CLASSES = frozenset(w.value for w in WeaponClass)

FIGURES: dict[str, Figure] = {
    name: Figure(name=said, write=write)
    for name, said, write in (
        # a sound or a movement of the ground at one sensor
        ("peak", "peak", _three),
        ("clipped", "clipped", _yes),
        ("duration", "length down to a tenth of its peak", _time),
        ("score_db", "rise over what came before", _level),
        ("rise_s", "rise of its edge", _time),
        ("polarity", "first swing", _direction),
        ("centroid_hz", "mean frequency", lambda v, _: f"{v:.3g} Hz"),
        ("first_lobe_s", "first swing lasts", _time),
        ("second_lobe_s", "second swing lasts", _time),
        ("second_share", "second swing against the first", _share),
        ("after_share", "energy after the two swings against theirs", _share),
        ("low_share", "share of energy at 15 to 150 Hz", _share),
        ("tail_db", "ringing after it", _level),
        ("disagreement_s", "pickers disagree by", _time),
        ("n_merged", "pulses that follow at once", _whole),
        ("strongest_lag_s", "strongest of them later by", _time),
        ("pressure_peak", "peak of the pulse", _three),
        ("pressure_snr_db", "pulse above noise", _level),
        ("positive_phase", "positive phase", _time),
        ("first_width", "width of the strongest swing", _time),
        ("corner", "strongest third octave", _three),
        ("pulse_centroid", "mean frequency of the pulse", _three),
        ("band_peak", "peak in the band", _three),
        ("level", "level", _level),
        # rounds of a burst
        ("burst_rounds", "rounds", _whole),
        ("burst_rounds_low", "rounds at least", _whole),
        ("burst_rounds_high", "rounds at most", _whole),
        ("burst_quality", "how they were counted:", _counted),
        ("burst_weapons", "weapons that fire", _whole),
        ("burst_rate_per_min", "rounds a minute", _whole),
        ("burst_rate_sigma_per_min", "error of rounds a minute ±", _whole),
        # arrays
        ("f_statistic", "F statistic", _three),
        ("background_f", "F of the background", _three),
        ("semblance", "semblance", lambda v, _: f"{v:.2f}"),
        ("back_azimuth_array_sigma", "error of the bearing from the layout", _error),
        ("windows", "windows", _whole),
        ("elements", "elements", _whole),
        ("false_alarms", "noise alone does so", lambda v, _: f"{v:.2g} times a day"),
        ("misfit", "misfit to a plane wave", _three),
        # the ground
        ("energy_ratio", "energy against what came before", lambda v, _: f"{v:.3g} times"),
        ("middle_hz", "middle frequency", lambda v, _: f"{v:.3g} Hz"),
        ("rectilinearity", "ground moves on a line", _share),
        ("vertical_share", "share that is vertical", _share),
        ("s_minus_p_s", "S later than P by", _time),
        ("wood_anderson", "on a Wood-Anderson seismograph", _three),
        # fires
        ("pixels", "pixels", _whole),
        # compared images, sightings
        ("area", "area that changed", lambda v, _: f"{v:,.0f} m²" if v < 1e5 else f"{v / 1e6:.2g} km²"),
        ("range", "distance", _range),
        ("range_sigma", "its error ±", _range),
        ("altitude", "altitude", _range),
        ("altitude_sigma", "its error ±", _range),
        ("speed", "speed", lambda v, _: f"{v:.0f} m/s"),
        ("course", "course", _bearing),
        ("largest_frp", "largest radiative power", _three),
        ("fire_days", "days on which it burned", _whole),
        # size
        ("sensors_with_pressure", "microphones with a level", _whole),
        ("loudest_pressure", "loudest of them", _level),
        ("loudest_pressure_range", "at", _range),
        ("sensors_with_infrasound", "infrasound arrays with a level", _whole),
        ("loudest_infrasound", "loudest of them", _level),
        ("loudest_infrasound_range", "at", _range),
        ("sensors_with_ground", "seismic stations with a level", _whole),
        ("loudest_ground", "strongest of them", _level),
        ("loudest_ground_range", "at", _range),
        ("clipped_lower_bounds", "clipped recordings, taken as lower bounds", _whole),
        ("silent_upper_bounds", "sensors that noticed nothing, taken as upper bounds", _whole),
        ("shared_loss_spread", "loss that all paths may share", lambda v, _: f"±{v:.2g} dB"),
        ("stated_loss_spread", "loss allowed for a lone sensor", lambda v, _: f"±{v:.2g} dB"),
        ("p_air", "burst in the air", _chance),
        ("p_surface", "burst on the ground", _chance),
        ("p_buried", "burst in the ground", _chance),
        # kind of weapon
        ("p_gun_size", "no louder than a gun, by who heard it", _chance),
        ("p_gunfire_sound", "sounds like gunfire and not like a burst", _chance),
        ("p_shock_wave", "shock wave of a bullet heard", _chance),
        ("median_gap", "middle time between rounds", _time),
        ("charge_low", "charge at least", _mass),
        ("charge_high", "charge at most", _mass),
        ("arrays_and_stations", "arrays and seismic stations that noticed it", _whole),
        ("p_launch_and_impact", "launch and impact belong together", _chance),
        # the mission's own classifier
        ("classifier_skill", "skill", _share),
        ("classifier_too_few_figures", "gave no class: too few figures were measured", _no_more),
        ("classifier_not_like_its_training", "gave no class: unlike all that it was trained on", _no_more),
        ("classifier_no_probabilities", "gave no class: its answer was no probability", _no_more),
    )
}
"""by name in the records: what it is called, and how its value is written"""

_NUMBER = r"(\d+(?:\.\d+)?)"
_FAMILIES: tuple[tuple[re.Pattern[str], str, Writing], ...] = (
    (re.compile(rf"step_{_NUMBER}_{_NUMBER}_hz_db"), "rise at {} to {} Hz", _change),
    (re.compile(rf"band_{_NUMBER}_{_NUMBER}_hz"), "share of {} to {} Hz", _change),
    (re.compile(rf"back_azimuth_{_NUMBER}_{_NUMBER}_hz"), "bearing at {} to {} Hz", _bearing),
    (re.compile(r"reported_(\w+)"), "monitors who named it {}:", _whole),
    (re.compile(r"classifier_p_(.+)"), "{}", _chance),
)
"""names that hold frequencies or a label"""
