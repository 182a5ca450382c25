"""Draw the pictures of the range tutorial from a mission folder that was run; no waveform is shown.

    python scripts/range_plots.py MISSION_FOLDER IMAGE_FOLDER

Writes range-arrivals.svg (F statistic and back azimuth of every window) and range-map.svg (the posterior).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import decimate

from trucewatch.detect.beam import beamform
from trucewatch.detect.steering import BeamSettings
from trucewatch.fuse.ears import physics_weather
from trucewatch.fuse.far_events import FarEvent, far_events
from trucewatch.fuse.far_hearing import watch_of
from trucewatch.fuse.far_reading import is_far, readings_of
from trucewatch.fuse.far_region import region
from trucewatch.fuse.settings import FuseSettings
from trucewatch.geo import LocalFrame
from trucewatch.geo.geodesic import bearing_deg, destination
from trucewatch.model.detection import Detection
from trucewatch.model.network import Network, Sensor
from trucewatch.model.wire import from_bytes
from trucewatch.observe.sac import HEADER_BYTES, read_header
from trucewatch.wiring import MissionFolder, open_workshop

SOURCE = (-106.333961, 33.5377)
WIDTH, ROW, LEFT, PLOT = 900, 130, 70, 370
_STYLE = "font-family='sans-serif' font-size='12'"
_EVERY = 10
"""500 Hz down to 50 Hz: the band ends at 5 Hz"""


def main() -> None:
    """Read the mission and write both pictures."""
    folder, images = Path(sys.argv[1]), Path(sys.argv[2])
    with open_workshop(MissionFolder(folder)) as shop:
        network = shop.texts.network
        detections = [from_bytes(Detection, r.payload) for r in shop.register.current("detection")]
    images.mkdir(parents=True, exist_ok=True)
    rows = [(s, windows(folder / "inbox" / s.id, s)) for s in network.sensors]
    (images / "range-arrivals.svg").write_text(arrivals_svg(rows), encoding="utf-8")
    (images / "range-map.svg").write_text(map_svg(event_of(detections, network), network, detections), encoding="utf-8")


def windows(folder: Path, sensor: Sensor) -> dict[str, np.ndarray]:
    """Return time of day in minutes, F and back azimuth of an array's windows."""
    contents = {read_header(c).station: (read_header(c), c) for c in (p.read_bytes() for p in folder.iterdir())}
    start = max(h.start_utc for h, _ in contents.values())
    series, places = [], []
    for element in sensor.elements:
        header, content = contents[element.id]
        first = round((start - header.start_utc).total_seconds() * header.rate_hz)
        samples = np.frombuffer(content, f"{header.byte_order}f4", header.n_samples, HEADER_BYTES)[first:]
        series.append(decimate(samples.astype(np.float64), _EVERY, ftype="fir"))
        places.append((element.place.lon_deg, element.place.lat_deg))
    n = min(len(s) for s in series)
    lon, lat = np.array(places).T
    frame = LocalFrame(lon_deg=float(lon.mean()), lat_deg=float(lat.mean()))
    offsets = np.asarray(frame.to_enu(lon, lat))[:, :2]
    settings = BeamSettings(band_hz=(0.5, 5.0), window_s=10.0, step_s=5.0)
    beams = beamform(np.array([s[:n] for s in series]), header.rate_hz / _EVERY, offsets, settings)
    minute = start.hour * 60 + start.minute + start.second / 60 + beams.time_s / 60
    return {"minute": minute, "f": beams.f_statistic, "bearing": beams.back_azimuth_deg}


def event_of(detections: Sequence[Detection], network: Network) -> FarEvent:
    settings = FuseSettings()
    readings = readings_of([d for d in detections if is_far(d)], network, settings.far)
    events, _ = far_events(readings, watch_of(network, physics_weather(None, settings), settings.far), settings.far)
    return max(events, key=lambda e: e.log_odds)


def arrivals_svg(rows: Sequence[tuple[Sensor, dict[str, np.ndarray]]]) -> str:
    """Return F on the left and back azimuth of windows with F of 3 and more on the right, one row an array."""
    first = min(float(w["minute"].min()) for _, w in rows)
    last = max(float(w["minute"].max()) for _, w in rows)
    parts = []
    for n, (sensor, w) in enumerate(rows):
        top = 30 + n * ROW
        x = (w["minute"] - first) / (last - first) * (PLOT - 20)
        true = float(bearing_deg(sensor.place.lon_deg, sensor.place.lat_deg, *SOURCE))
        parts.append(f"<text x='6' y='{top + 45}'>{sensor.id}</text>")
        parts.append(panel(LEFT, top, "F", 20, x, np.minimum(w["f"], 20.0), None))
        strong = w["f"] >= 3.0
        parts.append(panel(LEFT + PLOT + 60, top, "deg", 360, x[strong], w["bearing"][strong] % 360.0, true))
    parts += [minutes(LEFT + k * (PLOT + 60), 30 + len(rows) * ROW, first, last) for k in (0, 1)]
    head = f"<text x='{LEFT}' y='18'>F statistic</text><text x='{LEFT + PLOT + 60}' y='18'>"
    head += "back azimuth where F is 3 or more; line: where the test took place</text>"
    return svg(WIDTH, 60 + len(rows) * ROW, head + "".join(parts))


def panel(left: int, top: int, unit: str, most: float, x: np.ndarray, y: np.ndarray, line: float | None) -> str:
    high = ROW - 30
    out = f"<rect x='{left}' y='{top}' width='{PLOT - 20}' height='{high}' fill='none' stroke='#999'/>"
    out += f"<text x='{left - 30}' y='{top + 10}'>{most:g}</text><text x='{left - 30}' y='{top + high}'>0 {unit}</text>"
    if line is not None:
        at = top + high * (1 - line / most)
        out += f"<path d='M{left} {at:.1f}h{PLOT - 20}' stroke='#c33' stroke-dasharray='4 3'/>"
    dots = "".join(f"M{left + a:.1f} {top + high * (1 - b / most):.1f}h0" for a, b in zip(x, y, strict=True))
    return out + f"<path d='{dots}' stroke='#136' stroke-width='4' stroke-linecap='round'/>"


def minutes(left: int, top: int, first: float, last: float) -> str:
    marks = range(int(np.ceil(first / 5)) * 5, int(last) + 1, 5)
    at = [(left + (m - first) / (last - first) * (PLOT - 20) - 14, f"{m // 60}:{m % 60:02d}") for m in marks]
    return "".join(f"<text x='{x:.0f}' y='{top}'>{words}</text>" for x, words in at)


def map_svg(event: FarEvent, network: Network, detections: Sequence[Detection]) -> str:
    """Return the 50 and 90 per cent regions, the arrays with their bearings, and where the test took place."""
    west, east, south, north, height = -112.5, -103.5, 31.5, 37.5, 720
    scale_y = height / (north - south)
    scale_x = scale_y * np.cos(np.radians(34.5))

    def at(lon: Any, lat: Any) -> tuple[Any, Any]:
        return (np.asarray(lon) - west) * scale_x, (north - np.asarray(lat)) * scale_y

    parts = []
    side = event.cloud.cell_m / 111_200.0 * scale_y
    for level, colour in ((0.9, "#9cc4e4"), (0.5, "#3f7fb5")):
        x, y = at(*event.cloud.lon_lat[region(event.cloud, level)].T)
        cells = "".join(
            f"M{a - side / 2:.1f} {b - side / 2:.1f}h{side:.1f}v{side:.1f}h-{side:.1f}z"
            for a, b in zip(x, y, strict=True)
        )
        parts.append(f"<path d='{cells}' fill='{colour}'/>")
    used = {d.id for r in event.members for d in r.detections}
    for d in detections:
        sensor = network.sensor(d.sensor_id)
        if sensor is None or d.bearing_deg is None:
            continue
        lon, lat = destination(sensor.place.lon_deg, sensor.place.lat_deg, d.bearing_deg, np.array([0.0, 520e3]))
        x, y = at(lon, lat)
        dash = "" if d.id in used else " stroke-dasharray='5 5'"
        parts.append(f"<path d='M{x[0]:.0f} {y[0]:.0f}L{x[1]:.0f} {y[1]:.0f}' stroke='#555'{dash}/>")
    for sensor in network.sensors:
        x, y = at(sensor.place.lon_deg, sensor.place.lat_deg)
        parts.append(f"<circle cx='{x:.0f}' cy='{y:.0f}' r='5' fill='#222'/>")
        parts.append(f"<text x='{x + 8:.0f}' y='{y - 6:.0f}'>{sensor.id}</text>")
    x, y = at(*SOURCE)
    parts.append(f"<path d='M{x - 8:.0f} {y:.0f}h16m-8 -8v16' stroke='#c33' stroke-width='3'/>")
    parts.append(f"<text x='{x - 60:.0f}' y='{y + 75:.0f}' fill='#c33'>where the test took place</text>")
    words = "50 and 90 per cent regions; full lines: arrivals that were joined, broken: left out"
    parts.append(f"<text x='10' y='{height - 10}'>{words}</text>")
    return svg(int((east - west) * scale_x), height, "".join(parts))


def svg(width: int, height: int, content: str) -> str:
    size = f"width='{width}' height='{height}' viewBox='0 0 {width} {height}'"
    ground = f"<rect width='{width}' height='{height}' fill='white'/>"
    return f"<svg xmlns='http://www.w3.org/2000/svg' {size} {_STYLE}>{ground}{content}</svg>\n"


if __name__ == "__main__":
    main()
