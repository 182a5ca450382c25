"""The only place where concrete parts meet: a mission opened for work or for proof, and a node beside a sensor."""

from trucewatch.wiring.evidence import export, open_evidence
from trucewatch.wiring.folder import MissionFolder
from trucewatch.wiring.mission import Quiet, clock, moment, open_reading, open_workshop
from trucewatch.wiring.texts import check_folder, load_texts, read_places

__all__ = [
    "MissionFolder",
    "Quiet",
    "check_folder",
    "clock",
    "export",
    "load_texts",
    "moment",
    "open_evidence",
    "open_reading",
    "open_workshop",
    "read_places",
]
