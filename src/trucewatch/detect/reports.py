"""From what people and sensors report already detected to detections."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, Feature
from trucewatch.model.ids import content_id
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.network import Sensor
from trucewatch.model.observation import EdgeDetection, MonitorReport, Pulse
from trucewatch.model.vocabulary import Means, ObservationType

REPORT_METHOD = "monitor-report/1"
PULSE_METHOD = "edge-pulse/1"
EDGE_METHOD = "edge-detection/1"

P_FALSE_REPORT = 0.02
"""Chance that a trained monitor's line describes nothing of the kind.
LIMIT: no mission publishes such a rate; it is a stated guess that verification by people does not rely on."""
P_FALSE_PULSE = 0.2
"""Chance that a lone impulse on one microphone is no shot or explosion (a door, an echo, a passing lorry)."""
P_FALSE_GROUPED_PULSE = 0.02
"""The same where the sensor's own network has already joined it with others."""


def from_report(report: MonitorReport) -> Detection:
    """Read one line of a monitor's report as a claim."""
    middle, sigma_s = _middle(report.time, report.time_sigma_s)
    return Detection(
        id=content_id("det", f"{REPORT_METHOD}|{report.id}".encode()),
        kind=DetectionKind.REPORT,
        sensor_id=report.observer_id,
        observer_kind=report.observer_kind,
        means=report.means,
        method=REPORT_METHOD,
        observation_ids=(report.id,),
        observation_type=report.observation_type,
        description=report.description,
        time=Instant(utc=middle, sigma_s=sigma_s),
        interval=report.time,
        origin=report.observer_place,
        bearings_deg=report.bearings_deg,
        bearing_half_width_deg=report.bearing_half_width_deg,
        range_m=report.range_m,
        count=report.count,
        weapon_class=report.weapon_class,
        weapon_text=report.weapon_text,
        event_location_text=report.event_location_text,
        text=report.text,
        p_false=P_FALSE_REPORT,
        interval_text=report.local_time_text,
    )


def from_pulse(pulse: Pulse, sensor: Sensor) -> Detection:
    """Read an onset that a sensor found itself as a claim."""
    features = (
        () if pulse.level_db is None else (Feature(name="level", value=float(pulse.level_db), unit="dB re 20 uPa"),)
    )
    return Detection(
        id=content_id("det", f"{PULSE_METHOD}|{pulse.id}".encode()),
        kind=DetectionKind.ONSET,
        sensor_id=pulse.sensor_id,
        observer_kind=sensor.kind,
        means=Means.DETECTED,
        method=PULSE_METHOD,
        observation_ids=(pulse.id,),
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=pulse.time.utc, sigma_s=pulse.time.sigma_s),
        origin=sensor.place,
        count=Count.exactly(1),
        snr_db=pulse.snr_db,
        p_false=P_FALSE_PULSE if pulse.group is None else P_FALSE_GROUPED_PULSE,
        group=pulse.group,
        features=features,
    )


def from_edge(edge: EdgeDetection) -> Detection:
    """Take over what a sensor's own computer detected: its numbers as they are, named by the batch's row."""
    return replace(
        edge.detection,
        id=content_id("det", f"{EDGE_METHOD}|{edge.id}".encode()),
        observation_ids=(edge.id,),
        unsigned_node="" if edge.signed_by else edge.node,
    )


def _middle(time: Interval, sigma_s: float) -> tuple[datetime, float]:
    """Middle of an interval and the standard deviation of a uniform time within it."""
    start, end = time.start_utc, time.end_utc
    if start is None or end is None:
        known = start or end
        if known is None:
            raise ValueError("a report without any time cannot become a detection")
        return known, max(sigma_s, OPEN_END_SIGMA_S)
    length = (end - start).total_seconds()
    return start + timedelta(seconds=length / 2), (length**2 / 12 + sigma_s**2) ** 0.5


OPEN_END_SIGMA_S = 43_200.0
"""half a day: what a report with one open end says about its time"""
