"""Observations of a theatre in the form in which their sources write them: JSON, CSV, GeoJSON, batches of nodes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from trucewatch.geo import wind_name
from trucewatch.model.count import Count
from trucewatch.model.instant import rfc3339
from trucewatch.model.observation import (
    EdgeDetection,
    FirePixels,
    HealthReport,
    ImageChange,
    MonitorReport,
    Pulse,
    Sighting,
    Weather,
)
from trucewatch.model.vocabulary import CountQuality, ObserverKind
from trucewatch.model.wire import to_bytes, to_plain
from trucewatch.simulate.overpasses import SATELLITES

PULSES_FORMAT = "trucewatch-pulses/1"
SIGHTINGS_FORMAT = "trucewatch-sightings/1"
CHANGES_FORMAT = "trucewatch-changes/1"
BATCH_FORMAT = "trucewatch-detections/1"
_FIRMS = (
    *("latitude", "longitude", "scan", "track", "acq_date", "acq_time"),
    *("satellite", "instrument", "confidence", "version", "frp", "daynight"),
)
_MONITORS_BEFORE = (
    *("Observer", "SMM position", "lon", "lat", "Event location", "Means", "No."),
    *("Observation", "Description", "Weapon"),
)
_MONITORS_AFTER = ("Range", "Bearing", "Remarks", "Language")


def pulses_json(pulses: Iterable[Pulse]) -> bytes:
    """Return pulses as nodes list them."""
    rows = [
        {
            "sensor": p.sensor_id,
            "time_utc": rfc3339(p.time.utc),
            "sigma_s": p.time.sigma_s,
            "snr_db": p.snr_db,
            "level_db": p.level_db,
        }
        for p in pulses
    ]
    return _listed({"format": PULSES_FORMAT}, "pulses", rows)


def sightings_json(sightings: Iterable[Sighting]) -> bytes:
    """Return sightings as cameras and radars list them; what was not measured is left out."""
    rows = []
    for s in sightings:
        row = {
            "sensor": s.sensor_id,
            "time_utc": rfc3339(s.time.utc),
            "sigma_s": s.time.sigma_s,
            "kind": s.observation_type.value,
            "bearing_deg": s.bearing_deg,
            "bearing_sigma_deg": s.bearing_sigma_deg,
            "elevation_deg": s.elevation_deg,
            "elevation_sigma_deg": s.elevation_sigma_deg,
            "range_m": s.distance_m,
            "range_sigma_m": s.distance_sigma_m,
            "track": s.track_ref or None,
            "identity": s.identity_ref or None,
            "p_false": s.p_false,
        }
        rows.append({k: v for k, v in row.items() if v is not None})
    return _listed({"format": SIGHTINGS_FORMAT}, "sightings", rows)


def changes_geojson(changes: Iterable[ImageChange]) -> bytes:
    """Return outlines of what differs between two images."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [[list(corner) for corner in c.footprint]]},
            "properties": {
                "sensor": c.sensor_id,
                "observer": c.observer_kind.value,
                "kind": c.observation_type.value,
                "before_utc": rfc3339(c.before_utc),
                "after_utc": rfc3339(c.after_utc),
                "p_false": c.p_false,
                "log_ratio": c.log_ratio,
            },
        }
        for c in changes
    ]
    return _listed({"type": "FeatureCollection", "format": CHANGES_FORMAT}, "features", features)


def batch_text(node: str, from_utc: datetime, to_utc: datetime, edge: Sequence[EdgeDetection]) -> bytes:
    """Return what a node detected as an unsigned batch."""
    rows = [to_bytes({"detection": _said(to_plain(e.detection))}).decode() for e in edge]
    head = to_bytes({"node": node, "from_utc": from_utc, "to_utc": to_utc, "n": len(rows)}).decode()
    return ("\n".join([BATCH_FORMAT, head, *rows]) + "\n").encode()


def batch_path(node: str, from_utc: datetime, content: bytes) -> str:
    """Return the name of a node's batch, as nodes name them."""
    return f"inbox/edge/{node}/{from_utc:%Y-%m-%d}/{from_utc:%H%M%S}-{sha256(content).hexdigest()[:8]}.edge"


def _said(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in plain.items() if v not in (None, "", []) or k in ("origin", "features")}


def fires_csv(pixels: FirePixels) -> bytes:
    """Return the pixels of one overpass as FIRMS lists them."""
    by_name = {s.name: s for s in SATELLITES}
    at = datetime.fromtimestamp(float(pixels.time_s[0]), tz=UTC)
    words = {0.15: "l", 0.5: "n", 0.9: "h"}
    rows = []
    for n in range(len(pixels)):
        satellite = by_name[pixels.satellite[n]]
        rows.append(
            (
                f"{pixels.lat_deg[n]:.5f}",
                f"{pixels.lon_deg[n]:.5f}",
                f"{pixels.scan_m[n] / 1e3:.2f}",
                f"{pixels.track_m[n] / 1e3:.2f}",
                f"{at:%Y-%m-%d}",
                f"{at:%H%M}",
                satellite.code,
                satellite.instrument,
                words[float(pixels.confidence[n])],
                pixels.version[n],
                f"{pixels.frp_mw[n]:.2f}",
                "N" if pixels.night[n] else "D",
            )
        )
    return csv_bytes(_FIRMS, rows)


def health_csv(reports: Iterable[HealthReport]) -> bytes:
    """Return sensors' states as a table."""
    rows = [(r.sensor_id, _moment(r.time.start_utc), _moment(r.time.end_utc), r.state.value, r.reason) for r in reports]
    return csv_bytes(("sensor", "from", "to", "state", "reason"), rows)


def weather_csv(reports: Iterable[Weather]) -> bytes:
    """Return weather reports as a table."""
    head = ("time", "temperature_c", "relative_humidity_pct", "pressure_hpa", "wind_m_s", "wind_from_deg", "source")
    rows = [
        (
            rfc3339(w.time_utc),
            w.temperature_c,
            w.relative_humidity_pct,
            None if w.pressure_pa is None else w.pressure_pa / 100,
            w.wind_m_s,
            w.wind_from_deg,
            w.source,
        )
        for w in reports
    ]
    return csv_bytes(head, rows)


def monitors_csv(reports: Iterable[MonitorReport], zone: str) -> bytes:
    """Return reports in the columns of a monitoring mission's tables."""
    head = (*_MONITORS_BEFORE, f"Date, time ({zone})", *_MONITORS_AFTER)
    return csv_bytes(head, [_report_row(r, zone) for r in reports])


def _report_row(r: MonitorReport, zone: str) -> tuple[Any, ...]:
    # A post of the network stands where the network says; a patrol writes down where it stood.
    moves = r.observer_kind is ObserverKind.PATROL
    return (
        r.observer_id,
        "",
        r.observer_place.lon_deg if moves else "",
        r.observer_place.lat_deg if moves else "",
        "",
        r.means.value.capitalize().replace("Seen", "Saw"),
        _count_text(r.count),
        r.observation_type.value.replace("_", " ").capitalize(),
        r.description.value.replace("_", " ").capitalize(),
        r.weapon_text,
        r.local_time_text.removesuffix(f" ({zone})"),
        _range_text(r.range_m),
        ", ".join(wind_name(b) for b in r.bearings_deg),
        "",
        r.language,
    )


def _count_text(count: Count) -> str:
    words = {CountQuality.EXACT: "", CountQuality.ABOUT: "about ", CountQuality.AT_LEAST: "at least "}
    return f"{words[count.quality]}{count.best}" if count.quality in words else count.quality.value


def _range_text(range_m: tuple[float, float] | None) -> str:
    if range_m is None:
        return "undetermined distance"
    scale, unit = (1_000.0, "km") if min(range_m) >= 1_000.0 else (1.0, "m")
    return f"{range_m[0] / scale:g}-{range_m[1] / scale:g}{unit}"


def csv_bytes(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a table with a header."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else rfc3339(moment)


def _listed(head: Mapping[str, str], key: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return JSON with a row a line, so that a person can look at it."""
    start = json.dumps(dict(head))[:-1]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f'{start}, "{key}": [\n{lines}\n]}}\n'.encode()
