"""The demonstration missions' sensors, read and detected as a run does, without a store."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from trucewatch.agreements.network import load_network
from trucewatch.agreements.truth import load_truth
from trucewatch.detect import from_pulse, from_report, impulses
from trucewatch.fuse import FuseSettings, fuse
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Incident
from trucewatch.model.mission import MissionArea, Truth
from trucewatch.model.network import Network
from trucewatch.model.observation import HealthReport, MonitorReport, Pulse, Waveform, Weather
from trucewatch.observe import HEAD_BYTES, ReadContext, is_companion, reader_for, sidecar_of
from trucewatch.service.texts import with_health

MISSIONS = Path(__file__).parents[2] / "missions"


@dataclass(frozen=True, kw_only=True)
class Bundled:
    """What fusion is given, and the truth that it is not."""

    detections: tuple[Detection, ...]
    network: Network
    weather: tuple[Weather, ...]
    settings: FuseSettings
    truth: tuple[Truth, ...]

    def incidents(self) -> tuple[Incident, ...]:
        return fuse(self.detections, self.network, self.weather, self.settings)


def bundled(name: str) -> Bundled:
    """Read a mission's acoustic sensors, monitors, health and weather."""
    folder = MISSIONS / name
    mission = tomllib.loads((folder / "mission.toml").read_text(encoding="utf-8"))
    area = MissionArea(**{f"{side}_deg": float(mission["area"][side]) for side in ("west", "south", "east", "north")})
    network = load_network((folder / "network.yaml").read_bytes(), "network.yaml", area).value
    truth = load_truth((folder / "truth.yaml").read_bytes(), "truth.yaml", area).value
    read = _read(folder / "inbox", area, network, mission["time_zone"])
    health = tuple(o for o in read if isinstance(o, HealthReport))
    return Bundled(
        detections=tuple(d for o in read for d in _detections(o, network)),
        network=with_health(network, health),
        weather=tuple(o for o in read if isinstance(o, Weather)),
        settings=FuseSettings(
            temperature_c=mission["weather"]["temperature_c"],
            temperature_sigma_c=mission["weather"]["temperature_sigma_c"],
        ),
        truth=truth,
    )


def _read(inbox: Path, area: MissionArea, network: Network, time_zone: str) -> list:
    files = {str(p.relative_to(inbox)): p for p in sorted(inbox.rglob("*")) if p.is_file()}
    out = []
    for name, path in files.items():
        if is_companion(name, files) or "firms" in name:
            continue
        companion = sidecar_of(name, files)
        context = ReadContext(
            source=name,
            input_id=name,
            area=area,
            network=network,
            now_utc=datetime(2022, 1, 1, tzinfo=UTC),
            time_zone=time_zone,
            sidecar=None if companion is None else files[companion].read_bytes(),
        )
        with path.open("rb") as stream:
            reader = reader_for(name, stream.read(HEAD_BYTES))
            stream.seek(0)
            out += list(reader.read(stream, context))
    return out


def _detections(observation: object, network: Network) -> tuple[Detection, ...]:
    if isinstance(observation, Pulse):
        return (from_pulse(observation, network.sensor(observation.sensor_id)),)
    if isinstance(observation, Waveform):
        return impulses(observation, network.sensor(observation.recording.sensor_id)).detections
    return (from_report(observation),) if isinstance(observation, MonitorReport) else ()
