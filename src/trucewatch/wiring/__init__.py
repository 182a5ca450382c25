"""The only place where concrete parts meet: `mission` puts together a mission's, `node` those beside a sensor."""

from trucewatch.wiring.mission import (
    MissionFolder,
    Quiet,
    check_folder,
    clock,
    export,
    load_texts,
    moment,
    open_evidence,
    open_reading,
    open_workshop,
    read_places,
)

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
