"""From nouns to detections: what a claim carries, and that it does not depend on how the data were cut or ordered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from trucewatch.detect import Listened, ThermalResult, arrivals, fires, from_pulse, from_report, heat_sources, impulses
from trucewatch.detect.fires import PersistentMask
from trucewatch.geo import LocalFrame
from trucewatch.model.count import Count
from trucewatch.model.detection import DetectionKind
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.mission import DetectSettings
from trucewatch.model.network import Element, Sensor
from trucewatch.model.observation import FirePixels, MonitorReport, Pulse, Recording, Waveform
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Description, Means, ObservationType, ObserverKind, WeaponClass

START = datetime(2025, 8, 13, 10, 0, tzinfo=UTC)
DAY_S = 86_400.0
T0 = datetime(2025, 8, 1, tzinfo=UTC).timestamp()


def place(lon: float = 37.8, lat: float = 48.2, sigma_m: float = 2.0) -> Place:
    return Place.circular(lon_deg=lon, lat_deg=lat, sigma_m=sigma_m)


def sensor(kind: ObserverKind = ObserverKind.ACOUSTIC_SENSOR, elements: tuple[Element, ...] = ()) -> Sensor:
    return Sensor(id="S-1", kind=kind, owner="mission", place=place(), clock_sigma_s=0.002, elements=elements)


def waveform(samples: np.ndarray, rate_hz: float, *, name: str = "S-1", start: datetime = START) -> Waveform:
    recording = Recording(
        id=f"rec-{name}",
        input_id="inp-1",
        sensor_id=name,
        channel="",
        start=Instant(utc=start, sigma_s=0.001),
        rate_hz=rate_hz,
        n_samples=len(samples),
        unit="Pa",
    )
    return Waveform(recording=recording, samples=samples)


def bang(rate_hz: float = 12_000.0, at_s: float = 1.25, seconds: float = 3.0) -> np.ndarray:
    rng = np.random.default_rng(7)
    t = np.arange(int(seconds * rate_hz)) / rate_hz - at_s
    pulse = np.where(t >= 0, np.exp(-t / 0.004) * np.sin(2 * np.pi * 500 * t), 0.0)
    return 0.01 * rng.normal(size=len(t)) + 2.0 * pulse


def test_an_impulse_carries_its_moment_its_clock_and_what_it_was_made_from() -> None:
    (found,) = impulses(waveform(bang(), 12_000.0), sensor()).detections
    assert found.kind is DetectionKind.ONSET
    assert abs((found.time.utc - START).total_seconds() - 1.25) < 0.001
    assert found.time.sigma_s >= 0.002  # the sensor's clock is the larger of the two
    assert found.observation_ids == ("rec-S-1",)
    assert found.p_false < 1e-3
    assert {f.name for f in found.features} >= {"duration", "peak", "rise_s", "centroid_hz"}


def test_silence_and_a_dead_channel_give_nothing() -> None:
    assert impulses(waveform(np.zeros(24_000), 12_000.0), sensor()) == Listened()


def array_of(azimuth_deg: float, speed_m_s: float, rate_hz: float = 50.0) -> tuple[list[Waveform], Sensor]:
    """A wave of 20 s that crosses four elements out of noise, 100 s after the start."""
    rng = np.random.default_rng(3)
    offsets = np.array([[0.0, 0.0], [700.0, 100.0], [-200.0, 650.0], [-400.0, -500.0]])
    frame = LocalFrame(lon_deg=37.8, lat_deg=48.2)
    toward = -np.array([np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))])
    delays = offsets @ toward / speed_m_s
    source = rng.normal(size=6000)
    t = np.arange(200 * int(rate_hz)) / rate_hz
    waves, elements = [], []
    for k, (offset, delay) in enumerate(zip(offsets, delays, strict=True)):
        lon, lat, _ = np.ravel(frame.to_geographic(np.array([*offset, 0.0])))
        elements.append(Element(id=f"E{k}", place=place(float(lon), float(lat))))
        local = t - 100.0 - delay
        signal = np.interp(local, np.arange(len(source)) / 10.0, source) * ((local > 0) & (local < 20))
        waves.append(waveform(signal + 0.3 * rng.normal(size=len(t)), rate_hz, name=f"E{k}"))
    return waves, sensor(ObserverKind.INFRASOUND_ARRAY, tuple(elements))


def test_a_wave_across_an_array_gives_its_direction_and_speed() -> None:
    waves, array = array_of(110.0, 340.0)
    found = arrivals(waves, array, DetectSettings()).detections
    strongest = max(found, key=lambda d: next(f.value for f in d.features if f.name == "f_statistic"))
    assert strongest.bearing_deg == pytest.approx(110.0, abs=3.0)
    assert strongest.trace_velocity_m_s == pytest.approx(340.0, abs=12.0)
    assert abs((strongest.time.utc - START).total_seconds() - 110.0) < 12.0
    assert strongest.observation_ids == ("rec-E0", "rec-E1", "rec-E2", "rec-E3")


def test_the_order_of_channels_and_a_late_start_change_nothing_but_the_stretch() -> None:
    waves, array = array_of(110.0, 340.0)
    assert arrivals(waves[::-1], array, DetectSettings()) == arrivals(waves, array, DetectSettings())
    late = waves[0].samples[1000:]
    shifted = [waveform(late, 50.0, name="E0", start=START + timedelta(seconds=20)), *waves[1:]]
    best = max(arrivals(shifted, array, DetectSettings()).detections, key=lambda d: -d.p_false)
    assert best.bearing_deg == pytest.approx(110.0, abs=3.0)


def test_two_elements_are_no_array_and_that_is_said() -> None:
    waves, array = array_of(110.0, 340.0)
    listened = arrivals(waves[:2], array, DetectSettings())
    assert listened.detections == ()
    assert "2 elements recorded" in str(listened.unheard[0])


def test_dead_channels_and_a_band_beyond_the_rate_are_said_and_not_raised() -> None:
    waves, array = array_of(110.0, 340.0)
    dead = [waves[0], *(waveform(np.zeros(10_000), 50.0, name=f"E{k}") for k in (1, 2, 3))]
    for listened in (
        arrivals(dead, array, DetectSettings()),
        arrivals(waves, array, DetectSettings(array_band_hz=(30.0, 40.0))),
    ):
        assert listened.detections == ()
        assert [u.sensor_id for u in listened.unheard] == ["S-1"]


@pytest.mark.parametrize(
    ("kind", "rate_hz", "word"),
    [
        (ObserverKind.SEISMIC_STATION, 100.0, "a microphone, not one seismic_station"),
        (ObserverKind.ACOUSTIC_SENSOR, 100.0, "hold none of"),
    ],
)
def test_what_the_detector_cannot_take_is_said(kind: ObserverKind, rate_hz: float, word: str) -> None:
    listened = impulses(waveform(np.random.default_rng(1).normal(size=6000), rate_hz), sensor(kind))
    assert listened.detections == ()
    assert word in str(listened.unheard[0])


def pixels(lon: list[float], lat: list[float], day: list[float], row: list[int] | None = None) -> FirePixels:
    n = len(lon)
    nothing = np.full(n, np.nan)
    rows = np.array(row if row is not None else range(2, n + 2), dtype=np.int64)
    return FirePixels(
        input_id="inp-1",
        first_row=int(rows[0]),
        row=rows,
        lon_deg=np.array(lon),
        lat_deg=np.array(lat),
        time_s=T0 + DAY_S * np.array(day),
        time_sigma_s=np.full(n, DAY_S / 12**0.5),
        scan_m=nothing,
        track_m=nothing,
        frp_mw=nothing,
        confidence=nothing,
        night=np.zeros(n, dtype=bool),
        satellite=("",) * n,
        version=("",) * n,
    )


def blocks(lon: float, lat: float, days: list[float]) -> list[FirePixels]:
    return [pixels([lon] * len(days), [lat] * len(days), days)]


def found_in(*given: FirePixels, sources: PersistentMask | None = None) -> ThermalResult:
    return fires(lambda: given, since_s=T0 - DAY_S, sources=sources or NO_SOURCES)


def sources_of(days: list[float], until_s: float) -> PersistentMask:
    return heat_sources(lambda: blocks(37.5004, 48.0004, days), until_s=until_s)


NO_SOURCES = heat_sources(lambda: [], until_s=T0)
CLUSTER = ([37.50, 37.505, 37.50, 37.503, 37.9], [48.00, 48.00, 48.004, 48.002, 48.5], [0.0, 0.0, 0.0, 0.0, 0.0])


def test_neighbouring_pixels_are_one_fire_and_a_lone_one_is_counted_only() -> None:
    result = found_in(pixels(*CLUSTER))
    (found,) = result.detections
    assert (result.n_pixels, result.n_single, result.n_persistent) == (5, 1, 0)
    assert found.place is not None
    assert found.place.lon_deg == pytest.approx(37.502, abs=1e-6)
    # A pixel of a kilometre alone gives 289 m; the fire is its footprint, not a point.
    assert found.place.var_east_m2 > 1000.0**2 / 12
    assert found.interval == Interval(
        start_utc=datetime(2025, 8, 1, tzinfo=UTC), end_utc=datetime(2025, 8, 2, tzinfo=UTC)
    )
    assert found.observation_ids == ("inp-1#2", "inp-1#3", "inp-1#4", "inp-1#5")
    assert [f.name for f in found.features] == ["pixels", "fire_days"], "a power that no file gives is left out"


def test_pixels_in_another_order_or_cut_otherwise_make_the_same_fire() -> None:
    whole = found_in(pixels(*CLUSTER))
    turned = pixels(*(part[::-1] for part in CLUSTER), row=[6, 5, 4, 3, 2])
    assert found_in(turned).detections == whole.detections
    cut = [pixels(*([part[k]] for part in CLUSTER), row=[k + 2]) for k in (4, 2, 0, 1, 3)]
    assert found_in(*cut).detections == whole.detections


def test_older_pixels_are_left_out_and_do_not_shift_the_others() -> None:
    old = pixels([37.9, 37.50], [48.5, 48.00], [-300.0, -300.0], row=[90, 91])
    assert found_in(old, pixels(*CLUSTER), old) == found_in(pixels(*CLUSTER))


def test_no_pixels_no_fires() -> None:
    assert found_in().detections == ()


def test_heat_that_burns_on_many_days_of_several_years_is_set_aside() -> None:
    year = 365.25
    days = [-year * k - d for k in (1, 2, 3) for d in range(12)]
    sources = sources_of(days, T0 - 100 * DAY_S)
    assert len(sources) == 1
    assert found_in(pixels(*CLUSTER), sources=sources).n_persistent > 0
    # One fire-day fewer in one of the years, and it is an ordinary place.
    assert len(sources_of(days[:-1], T0)) == 0
    # What burned after the baseline ends does not hide itself.
    assert len(sources_of(days, T0 - 2 * year * DAY_S)) == 0


def test_a_source_is_found_the_same_however_the_fires_are_cut_into_blocks() -> None:
    days = [-365.25 * k - d for k in (1, 2, 3) for d in range(12)]
    whole = sources_of(days, T0)
    cut = [b for d in days for b in blocks(37.5004, 48.0004, [d])]
    assert heat_sources(lambda: cut, until_s=T0) == whole


def report(time: Interval) -> MonitorReport:
    return MonitorReport(
        id="obs-1",
        input_id="inp-1",
        row=3,
        observer_id="POST-1",
        observer_kind=ObserverKind.STATIC_POST,
        observer_place=place(sigma_m=20),
        means=Means.HEARD,
        time=time,
        time_sigma_s=60.0,
        local_time_text="13 August 2025, 13:00 - 13:20 EEST",
        observation_type=ObservationType.EXPLOSION,
        description=Description.UNDETERMINED,
        count=Count.exactly(3),
        range_m=(3000.0, 5000.0),
        bearings_deg=(90.0, 112.5),
        bearing_half_width_deg=11.25,
        weapon_class=WeaponClass.NOT_KNOWN,
        weapon_text="N/K",
        event_location_text="3-5km E",
        text="",
        language="en",
    )


def test_a_report_keeps_its_directions_apart_and_spreads_its_time_over_its_interval() -> None:
    found = from_report(report(Interval(start_utc=START, end_utc=START + timedelta(minutes=20))))
    assert found.bearings_deg == (90.0, 112.5)
    assert found.time.utc == START + timedelta(minutes=10)
    assert found.time.sigma_s == pytest.approx((1200.0**2 / 12 + 60.0**2) ** 0.5)


def test_a_report_with_one_open_end_is_half_a_day_wide_and_one_without_any_time_is_no_detection() -> None:
    assert from_report(report(Interval(start_utc=START, end_utc=None))).time.sigma_s == 43_200.0
    with pytest.raises(ValueError, match="without any time"):
        from_report(report(Interval(start_utc=None, end_utc=None)))


@pytest.mark.parametrize(("group", "worse"), [(None, True), ("shot-1", False)])
def test_a_pulse_that_its_network_joined_with_others_is_less_likely_nothing(group: str | None, worse: bool) -> None:
    pulse = Pulse(
        id="obs-9",
        input_id="inp-1",
        row=1,
        sensor_id="S-1",
        time=Instant(utc=START, sigma_s=0.001),
        snr_db=20.0,
        level_db=91.0,
        group=group,
    )
    found = from_pulse(pulse, sensor())
    assert (found.p_false > 0.1) is worse
    assert found.features[0].value == 91.0
