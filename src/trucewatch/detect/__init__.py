"""Says where in recordings, pixels and reports something of a kind is present.

Takes: waveforms, fire pixels as columns, monitors' reports and pulses, with the sensors that made them.
Gives: detections, each with time, error, the chance that it is nothing, and the features that made it; how well each
sensor listened, hour by hour.
Never: joins what different sensors say, names a side, or does I/O.
"""

from trucewatch.detect import (
    acoustic,
    changes,
    infrasound,
    quality,
    reports,
    seismic_arrivals,
    sightings,
    stations,
    thermal,
)
from trucewatch.detect.acoustic import MICROPHONES, impulses
from trucewatch.detect.block_levels import SENSES
from trucewatch.detect.changes import from_change
from trucewatch.detect.ear import ear_of, held_s
from trucewatch.detect.hourly import HourlyGauge
from trucewatch.detect.infrasound import arrivals
from trucewatch.detect.listened import Listened
from trucewatch.detect.quality import ClockOffset, listening
from trucewatch.detect.reports import from_edge, from_pulse, from_report
from trucewatch.detect.sightings import from_sighting
from trucewatch.detect.stations import STATIONS, infrasound_onsets, seismic_onsets
from trucewatch.detect.thermal import ThermalResult, fires, heat_sources

METHODS = {
    "onset": acoustic.METHOD,
    "arrival": infrasound.METHOD,
    "seismic": stations.SEISMIC_METHOD,
    "seismic_array": seismic_arrivals.METHOD,
    "infrasound_onset": stations.INFRASOUND_METHOD,
    "fires": thermal.METHOD,
    "report": reports.REPORT_METHOD,
    "pulse": reports.PULSE_METHOD,
    "sighting": sightings.METHOD,
    "change": changes.METHOD,
    "edge": reports.EDGE_METHOD,
    "listening": quality.METHOD,
}
"""name and version of what makes each kind of detection; a new version makes them anew"""

HEARING = frozenset(SENSES)
"""kinds of sensor whose recordings are measured"""

__all__ = [
    "HEARING",
    "METHODS",
    "MICROPHONES",
    "STATIONS",
    "ClockOffset",
    "HourlyGauge",
    "Listened",
    "ThermalResult",
    "arrivals",
    "ear_of",
    "fires",
    "from_change",
    "from_edge",
    "from_pulse",
    "from_report",
    "from_sighting",
    "heat_sources",
    "held_s",
    "impulses",
    "infrasound_onsets",
    "listening",
    "seismic_onsets",
]
