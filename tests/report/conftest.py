"""A hand-made day: one of everything that a report has to say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from trucewatch.model.agreement import (
    Acknowledgement,
    Agreement,
    ExceptionRule,
    Line,
    NotifiedActivity,
    Party,
    Term,
    Zone,
)
from trucewatch.model.assessment import Assessment, Predicate
from trucewatch.model.case import Case, CaseEvent, CaseStep, Finding
from trucewatch.model.commitment import Activation, ClockAnchor, Commitment, Due, Trigger
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.effort import CoverageGrid, Effort, Outage, SensorEffort, Share
from trucewatch.model.incident import Incident, KindProbability, Sector, Silence, Support
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.intake import Input
from trucewatch.model.mission import Mission, MissionArea
from trucewatch.model.network import Network, Sensor
from trucewatch.model.place import Place
from trucewatch.model.publication import Correction
from trucewatch.model.vocabulary import (
    CommitmentStatus,
    Compliance,
    CountQuality,
    Description,
    Means,
    ObservationType,
    ObserverKind,
    SensorState,
    VerificationFinding,
    WeaponClass,
)
from trucewatch.report.daybook import DayBook, LogState, NamedPlace, PreviousPeriod, RefusedInput

START = datetime(2025, 8, 12, 16, 30, tzinfo=UTC)
PERIOD = Interval(start_utc=START, end_utc=START + timedelta(days=1))
PLACES = (
    NamedPlace(name="Донецьк", lon_deg=37.80224, lat_deg=48.023, population=901_645, admin="05"),
    NamedPlace(name="Горлівка", lon_deg=38.0925, lat_deg=48.30408, population=280_000, admin="05"),
    NamedPlace(name="Авдіївка", lon_deg=37.74491, lat_deg=48.13992, population=35_000, admin="05"),
    NamedPlace(name="Бахмут", lon_deg=38.00138, lat_deg=48.59441, population=75_000, admin="05"),
    NamedPlace(name="Маріуполь", lon_deg=37.54131, lat_deg=47.09514, population=425_681, admin="05"),
    NamedPlace(name="Луганськ", lon_deg=39.30553, lat_deg=48.56705, population=417_000, admin="14"),
    NamedPlace(name="Село", lon_deg=37.9, lat_deg=48.2, population=700, admin="05"),
)


def at(hours: float, sigma_s: float = 0.4) -> Instant:
    """A moment so many hours after the period began."""
    return Instant(utc=START + timedelta(hours=hours), sigma_s=sigma_s)


def span(hours: float, seconds: float) -> Interval:
    """An interval that begins so many hours after the period did."""
    begin = START + timedelta(hours=hours)
    return Interval(start_utc=begin, end_utc=begin + timedelta(seconds=seconds))


def mission() -> Mission:
    return Mission(
        id="line",
        name="Demonstration line mission",
        purpose="To show a day.",
        area=MissionArea(west_deg=36.8, south_deg=46.9, east_deg=39.6, north_deg=49.0),
        time_zone="Europe/Kyiv",
        reporting_time="19:30",
        languages=("en", "uk"),
        demonstration=True,
        attribution=("GeoNames, CC BY 4.0",),
    )


def agreement() -> Agreement:
    contact = Line(
        id="contact",
        name="Line of contact (illustrative)",
        coordinates=((37.6, 46.95), (37.75, 47.6), (37.85, 48.1), (38.2, 48.45), (38.9, 48.8), (39.2, 49.0)),
        source="drawn for this demonstration",
    )
    exception = ExceptionRule(kind="notified_activity", activities=("demolition",), min_notice_s=86400.0, text="...")
    term = Term(
        id="T1",
        article="Art. 1",
        text="No fire in the buffer zone.",
        addressees=("A", "B"),
        prohibits=(ObservationType.EXPLOSION, ObservationType.SHOT),
        weapon_classes=(),
        zone_ids=("buffer",),
        outside_zone_ids=(),
        period=Interval(start_utc=START - timedelta(days=12), end_utc=None),
        period_text="from 1 August 2025, 00:00 (Kyiv time)",
        exceptions=(exception,),
        open_words=(),
    )
    ring = ((38.4, 48.35), (38.5, 48.35), (38.5, 48.42), (38.4, 48.42), (38.4, 48.35))
    return Agreement(
        id="illustrative-line-2025",
        title="Illustrative agreement for the demonstration line",
        version="1",
        status="illustrative",
        time_zone="Europe/Kyiv",
        parties=(Party(id="A", name="Party A"), Party(id="B", name="Party B")),
        lines=(contact,),
        zones=(
            Zone(id="buffer", name="Buffer zone", line_id="contact", within_m=7500.0, source="Art. 2"),
            Zone(id="area-1", name="Disengagement area 1", rings=(ring,), source="Annex"),
        ),
        terms=(term,),
        source="Written for this demonstration; not an agreed text",
        text_sha256="ab" * 32,
    )


def sensor(name: str, lon: float, lat: float, kind: ObserverKind = ObserverKind.ACOUSTIC_SENSOR) -> Sensor:
    place = Place.circular(lon_deg=lon, lat_deg=lat, sigma_m=2.5)
    return Sensor(id=name, kind=kind, owner="mission", place=place, clock_sigma_s=0.005)


SENSORS = (
    sensor("AC-01", 37.70, 48.20),
    sensor("AC-02", 37.95, 48.10),
    sensor("AC-03", 38.10, 48.40),
    sensor("AC-04", 38.60, 48.60),
    sensor("CAM-1", 37.65, 47.50, ObserverKind.CAMERA),
    sensor("PP-7", 37.7123456, 48.1654321, ObserverKind.STATIC_POST),
)


def onset(n: int, sensor_id: str, hours: float) -> Detection:
    found = next(s for s in SENSORS if s.id == sensor_id)
    return Detection(
        id=f"det-{n:016x}",
        kind=DetectionKind.ONSET,
        sensor_id=sensor_id,
        observer_kind=found.kind,
        means=Means.DETECTED,
        method="onset/1",
        observation_ids=(f"obs-{n}",),
        observation_type=ObservationType.EXPLOSION,
        time=at(hours, 0.005),
        origin=found.place,
        count=Count.exactly(1),
        snr_db=18.0,
        p_false=0.02,
    )


def report(n: int, hours: float, **changes: Any) -> Detection:
    found = SENSORS[5]
    made = Detection(
        id=f"det-{n:016x}",
        kind=DetectionKind.REPORT,
        sensor_id="PP-7",
        observer_kind=ObserverKind.STATIC_POST,
        means=Means.HEARD,
        method="report/1",
        observation_ids=(f"inp-1#{n}",),
        observation_type=ObservationType.EXPLOSION,
        description=Description.OUTGOING,
        time=at(hours, 60.0),
        interval=span(hours, 600),
        origin=found.place,
        bearings_deg=(135.0, 157.5),
        bearing_half_width_deg=11.25,
        range_m=(5000.0, 7000.0),
        count=Count(low=12, best=12, high=12),
        weapon_class=WeaponClass.MORTAR,
        weapon_text="mortar (120mm)",
        text="heard from the roof of 12 Shevchenko Street",
        p_false=0.1,
        interval_text="13-Aug, 02:10 - 02:20 EEST",
    )
    return replace(made, **changes)


def support(
    detection: Detection, *, counted: bool = True, reason: str = "within 2 sigma of the predicted time"
) -> Support:
    return Support(
        detection_id=detection.id,
        sensor_id=detection.sensor_id,
        used=True,
        residual_s=0.01,
        residual_sigma_s=0.02,
        residual_deg=None,
        log_odds=2.0,
        counted=counted,
        reason=reason,
    )


def incident(n: int, hours: float, detections: tuple[Detection, ...], **changes: Any) -> Incident:
    silence = Silence(
        sensor_id="AC-04", p_detect=0.7, state=SensorState.OPERATIONAL, log_odds=-1.2, reason="should have noticed"
    )
    made = Incident(
        id=f"inc-{n:016x}",
        revision=1,
        kinds=(
            KindProbability(kind=ObservationType.EXPLOSION, p=0.93),
            KindProbability(kind=ObservationType.SHOT, p=0.07),
        ),
        description=Description.UNDETERMINED,
        place=Place(
            lon_deg=37.8567891,
            lat_deg=48.1234567,
            var_east_m2=400.0**2,
            var_north_m2=200.0**2,
            cov_east_north_m2=30000.0,
        ),
        place_method="arrival times at 3 sensors",
        time=at(hours),
        interval=span(hours, 600),
        count=Count(low=10, best=12, high=15),
        weapon_class=WeaponClass.NOT_KNOWN,
        weapon_text="N/K",
        p_exists=0.987,
        owners=("mission",),
        supports=tuple(support(d) for d in detections),
        silences=(silence,),
        rationale=("three arrivals fit one source",),
        method="fuse/1",
    )
    return replace(made, **changes)


def assessment(n: int, of: Incident, result: Compliance, **changes: Any) -> Assessment:
    made = Assessment(
        id=f"ass-{n:016x}",
        incident_id=of.id,
        incident_revision=of.revision,
        agreement_id="illustrative-line-2025",
        agreement_version="1",
        agreement_sha256="ab" * 32,
        term_id="T1",
        result=result,
        p_violated=0.94 if result is Compliance.VIOLATED else 0.03,
        p_inside=0.99,
        distance_to_line_m=-2300.0,
        distance_sigma_m=300.0,
        exempted_by=None,
        needs_ruling=None,
        trace=(Predicate(name="inside zone", p=0.99, text="2.3 km from the line"),),
        method="assess/1",
    )
    return replace(made, **changes)


def effort() -> Effort:
    outage = Outage(sensor_id="AC-03", time=span(9.67, 4 * 3600), state=SensorState.POWER_CUT, reason="mains lost")
    jammed = Outage(sensor_id="CAM-1", time=span(2, 3600), state=SensorState.OBSTRUCTED_WEATHER, reason="fog")
    sensors = tuple(
        SensorEffort(
            sensor_id=s.id,
            kind=s.kind,
            tasked_s=86400.0,
            operational_s=86400.0 - sum(o.time.duration_s for o in (outage, jammed) if o.sensor_id == s.id),
            outages=tuple(o for o in (outage, jammed) if o.sensor_id == s.id),
        )
        for s in SENSORS
    )
    share = Share(source="mortar_82", label="mortar round (82 mm)", p_mean=0.71, p_low=0.58, p_high=0.82, p_two=0.4)
    return Effort(period=PERIOD, sensors=sensors, shares=(share,), overpasses=3, watched_area="the buffer zone")


def coverage() -> CoverageGrid:
    lon, lat = np.arange(36.85, 39.6, 0.1), np.arange(46.95, 49.0, 0.1)
    away = np.min(
        [np.hypot((lon[None, :] - s.place.lon_deg) * 0.67, lat[:, None] - s.place.lat_deg) for s in SENSORS], axis=0
    )
    p = np.exp(-((away / 0.25) ** 2))
    return CoverageGrid(source="mortar_82", period=PERIOD, lon_deg=lon, lat_deg=lat, p_one=p, p_two=p**2)


def notified() -> tuple[NotifiedActivity, ...]:
    made = NotifiedActivity(
        id="N-17",
        kind="demolition",
        notifier="A",
        notified_utc="2025-08-12T09:00:00Z",
        place=Place.circular(lon_deg=38.3, lat_deg=48.3, sigma_m=100.0),
        radius_m=500.0,
        time=span(14.5, 7200),
        margin_s=900.0,
        observation_types=(ObservationType.EXPLOSION,),
        max_count=6,
        charge_kg=100.0,
        acknowledgements=(
            Acknowledgement(recipient="JCCC", at="2025-08-12T10:00:00Z"),
            Acknowledgement(recipient="Party B", at=""),
        ),
    )
    return (made, replace(made, id="N-18", time=span(20, 3600)), replace(made, id="N-1", time=span(-90, 3600)))


def full_book() -> DayBook:
    """One violation seen by sensors and heard by a post, one indeterminate, one notified, one by direction only."""
    heard = report(10, 6.7)
    first = incident(
        1,
        6.67,
        (onset(1, "AC-01", 6.67), onset(2, "AC-02", 6.671), onset(3, "AC-03", 6.672), heard),
        weapon_class=WeaponClass.MORTAR,
        weapon_text="mortar (120mm)",
        count=Count.exactly(12),
    )
    first = replace(first, supports=(*(replace(s, counted=False) for s in first.supports[:3]), first.supports[3]))
    edge = incident(2, 8.0, (onset(4, "AC-03", 8.0), onset(5, "AC-04", 8.01), onset(6, "AC-02", 8.02)))
    edge = replace(edge, place=Place.circular(lon_deg=38.36, lat_deg=48.49, sigma_m=1300.0), count=Count.exactly(2))
    blast = incident(3, 15.0, (onset(7, "AC-03", 15.0), onset(8, "AC-02", 15.01)), count=Count.exactly(3))
    blast = replace(blast, place=Place.circular(lon_deg=38.301, lat_deg=48.3, sigma_m=90.0))
    bursts = report(
        11, 20.0, observation_type=ObservationType.BURST, description=Description.UNDETERMINED, range_m=None,
        count=Count(low=1, best=None, high=None, quality=CountQuality.UNCOUNTABLE), weapon_class=WeaponClass.NOT_KNOWN,
        weapon_text="N/K", interval_text="",
    )  # fmt: skip
    away = incident(
        4, 20.0, (bursts,), place=None, count=bursts.count, place_method="direction only",
        kinds=(KindProbability(kind=ObservationType.BURST, p=1.0),), time=at(20.0, 300.0), p_exists=0.62,
        sector=Sector(origin=SENSORS[5].place, bearing_deg=135.0, half_width_deg=11.25, range_m=None),
    )  # fmt: skip
    hot = incident(
        5, 21.0, (), kinds=(KindProbability(kind=ObservationType.THERMAL_ANOMALY, p=1.0),), count=Count.exactly(1),
        place=Place.circular(lon_deg=37.3, lat_deg=47.9, sigma_m=190.0), supports=(), silences=(),
    )  # fmt: skip
    incidents = (first, edge, blast, away, hot)
    detections = [onset(n, s, h) for n, s, h in ONSETS] + [heard, bursts]
    finding = Finding(
        case_id=first.id,
        incident_revision=1,
        finding=VerificationFinding.REASONABLE_GROUNDS,
        reviewers=("officer-1", "officer-2"),
        found_utc=START + timedelta(hours=12),
        reasons=("three sensors and a post agree",),
        dissents=("the count may be lower",),
    )
    comment = CaseEvent(
        case_id=first.id,
        number=4,
        at_utc=START + timedelta(hours=13),
        step=CaseStep.PARTY_COMMENTED,
        actor="B",
        role="party_liaison",
        incident_revision=1,
        reason="The enemy fired first, <b>we</b> only answered.",
    )
    case = Case(
        id=first.id, incident_revision=1, author="duty", holder=None, reviews=(), comments=(comment,), finding=finding,
        n_events=5,
    )  # fmt: skip
    commitment = Commitment(
        id="G1",
        instrument="Declaration",
        clause="p. 3",
        text="to consult",
        obligors=("Guarantor 1",),
        beneficiary="A",
        kind="consult",
        trigger=Trigger(term_ids=("T1",), findings=(VerificationFinding.REASONABLE_GROUNDS,), kinds=()),
        deadline_s=86400.0,
        deadline_text="24 h",
        anchors=(ClockAnchor.OCCURRENCE, ClockAnchor.VERIFICATION),
        discretion="as_deemed_necessary",
        status=CommitmentStatus.SIGNED,
        note="reported, unconfirmed",
    )
    activation = Activation(
        id="act-1",
        commitment_id="G1",
        case_id=first.id,
        term_id="T1",
        obligors=("Guarantor 1",),
        what="consult within 24 h",
        dues=tuple(
            Due(anchor=a, starts_utc=START + timedelta(hours=h), due_utc=START + timedelta(hours=h + 24))
            for a, h in ((ClockAnchor.OCCURRENCE, 6.67), (ClockAnchor.VERIFICATION, 12))
        ),
        note="reported, unconfirmed",
    )
    return DayBook(
        mission=mission(),
        agreement=agreement(),
        network=Network(sensors=SENSORS),
        notified=notified(),
        day=date(2025, 8, 13),
        period=PERIOD,
        as_of_utc=START + timedelta(days=1, hours=1),
        provisional=False,
        version=2,
        supersedes="pub-line-2025-08-13-1",
        incidents=incidents,
        assessments=(
            assessment(1, first, Compliance.VIOLATED),
            assessment(
                2, edge, Compliance.INDETERMINATE, p_violated=0.5, p_inside=0.61, distance_to_line_m=-700.0,
                distance_sigma_m=1300.0,
            ),
            assessment(3, blast, Compliance.COMPLIED, exempted_by="N-17"),
            assessment(
                4, away, Compliance.INDETERMINATE, p_inside=None, p_violated=0.3, distance_to_line_m=None,
                distance_sigma_m=None, needs_ruling='what "near" means',
            ),
        ),
        findings=(finding,),
        cases=(case,),
        detections={d.id: d for d in detections},
        effort=effort(),
        coverage=(coverage(),),
        activations=(activation,),
        commitments=(commitment,),
        corrections=(Correction(incident_id=first.id, text="count changed from 10 to 12 after a second review"),),
        rejections=(RefusedInput(source="reports/day.csv", row="row 17", value="25:99", expected="a time HH:MM"),),
        inputs=(
            Input(
                id="inp-1", path="reports/day.csv", sha256="cd" * 32, size=1200, reader="monitors", n_observations=40,
                n_rejected=1,
            ),
        ),
        places=PLACES,
        log=LogState(
            origin="trucewatch/line", size=812, root_hash="m3Q0c4y0Zr8=", verifier_key="trucewatch/line+abcd1234+AQID"
        ),
        previous=PreviousPeriod(n_incidents=9, n_explosions=31, operational_h=139.0),
    )  # fmt: skip


ONSETS = (
    (1, "AC-01", 6.67),
    (2, "AC-02", 6.671),
    (3, "AC-03", 6.672),
    (4, "AC-03", 8.0),
    (5, "AC-04", 8.01),
    (6, "AC-02", 8.02),
    (7, "AC-03", 15.0),
    (8, "AC-02", 15.01),
)


def large_book(n: int) -> DayBook:
    """A bad day: n incidents, each located by two sensors and heard by a post."""
    rng = np.random.default_rng(11)
    incidents, detections, assessments = [], [], []
    results = (Compliance.VIOLATED, Compliance.INDETERMINATE, Compliance.NOT_APPLICABLE)
    for k in range(n):
        hours = float(rng.uniform(0.0, 23.9))
        found = (onset(1000 + 3 * k, "AC-01", hours), onset(1001 + 3 * k, "AC-02", hours), report(1002 + 3 * k, hours))
        place = Place.circular(
            lon_deg=float(rng.uniform(37.0, 39.4)),
            lat_deg=float(rng.uniform(47.0, 48.9)),
            sigma_m=float(rng.uniform(50, 900)),
        )
        made = incident(100 + k, hours, found, place=place, count=Count.exactly(int(rng.integers(1, 30))))
        incidents.append(made)
        detections += found
        assessments.append(assessment(100 + k, made, results[k % 3], p_inside=0.5 if k % 3 == 1 else 0.99))
    return replace(
        full_book(),
        incidents=tuple(incidents),
        detections={d.id: d for d in detections},
        assessments=tuple(assessments),
        findings=(),
        cases=(),
        activations=(),
        commitments=(),
        corrections=(),
    )


def empty_book() -> DayBook:
    """A day on which nothing was recorded, in a mission with nothing but sensors."""
    return replace(
        full_book(),
        notified=(),
        incidents=(),
        assessments=(),
        findings=(),
        cases=(),
        detections={},
        coverage=(),
        activations=(),
        commitments=(),
        corrections=(),
        rejections=(),
        inputs=(),
        log=None,
        previous=None,
        version=1,
        supersedes=None,
    )


@pytest.fixture
def book() -> DayBook:
    return full_book()


@pytest.fixture
def empty() -> DayBook:
    return empty_book()


@pytest.fixture(scope="session")
def bad_day() -> DayBook:
    return large_book(300)


@pytest.fixture
def make_large() -> Callable[[int], DayBook]:
    return large_book
