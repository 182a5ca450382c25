from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from trucewatch.model.instant import Interval
from trucewatch.model.listening import Listening
from trucewatch.model.network import Element, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.physics import listener_of, reference_listener, usable_part

HERE = Place.circular(lon_deg=37.7, lat_deg=48.1, sigma_m=2.0)
NODE = Sensor(id="AC-1", kind=ObserverKind.ACOUSTIC_SENSOR, owner="mission", place=HERE, clock_sigma_s=0.001)


def test_a_sensor_listens_with_the_reference_of_its_kind_and_its_own_noise():
    assert listener_of(NODE) == reference_listener("microphone")
    assert listener_of(replace(NODE, noise_level_db=41.0)).noise_level_db == 41.0


def test_elements_of_an_array_are_counted():
    elements = tuple(Element(id=f"E{n}", place=HERE) for n in range(6))
    array = replace(NODE, kind=ObserverKind.INFRASOUND_ARRAY, elements=elements)
    assert listener_of(array) == replace(reference_listener("infrasound_array"), n_elements=6)


def test_a_kind_without_a_model_has_no_listener():
    assert listener_of(replace(NODE, kind=ObserverKind.SATELLITE_THERMAL)) is None


def measured(**other: float | None) -> Listening:
    values = {"recorded_share": 1.0, "usable_share": 1.0, "noise_level_db": None, "noise_sigma_db": None} | other
    return Listening(
        id="lst-1",
        sensor_id="AC-1",
        time=Interval(start_utc=datetime(2026, 3, 1, 5, tzinfo=UTC), end_utc=datetime(2026, 3, 1, 6, tzinfo=UTC)),
        clock_offset_s=None,
        clock_offset_sigma_s=None,
        clock_drift_s_per_day=None,
        signs=(),
        input_ids=(),
        method="test/1",
        **values,
    )


def test_the_noise_that_was_measured_replaces_what_is_usual():
    stated = replace(NODE, noise_level_db=45.0)
    told = listener_of(stated, measured(noise_level_db=62.3, noise_sigma_db=4.4))
    # 62.3 dB over five octaves: 7 dB less in one of them, 11 dB from level to peak.
    assert (told.noise_level_db, told.noise_sigma_db) == (66.0, 4.0)
    assert told.threshold_snr_db == reference_listener("microphone").threshold_snr_db


def test_an_array_is_measured_in_the_band_that_its_model_is_meant_for():
    array = replace(NODE, kind=ObserverKind.INFRASOUND_ARRAY)
    told = listener_of(array, measured(noise_level_db=80.0, noise_sigma_db=0.3))
    assert (told.noise_level_db, told.noise_sigma_db) == (80.0, 2.0)


def test_without_a_calibration_an_hour_is_louder_or_quieter_than_usual():
    usual = reference_listener("microphone")
    told = listener_of(NODE, measured(relative_level_db=7.0))
    assert (told.noise_level_db, told.noise_sigma_db) == (usual.noise_level_db + 7.0, usual.noise_sigma_db)


def test_clips_say_nothing_of_what_is_usual():
    clips = replace(NODE, sends_clips=True)
    assert listener_of(clips, measured(noise_level_db=90.0, noise_sigma_db=1.0)) == reference_listener("microphone")
    assert usable_part(clips, measured(recorded_share=0.01, usable_share=0.001)) == 1.0


def test_a_dead_quarter_of_what_was_recorded_cannot_have_heard():
    whole = replace(NODE, recorded=())
    assert usable_part(whole, measured(recorded_share=0.8, usable_share=0.6)) == 0.6 / 0.8
    assert usable_part(whole, None) == 1.0
    assert usable_part(NODE, measured(recorded_share=0.8, usable_share=0.6)) == 0.6  # sent by a node: gaps not known


def test_a_seismic_station_listens_and_a_single_infrasound_channel_is_no_array():
    station = replace(NODE, kind=ObserverKind.SEISMIC_STATION)
    assert listener_of(station) == reference_listener("seismometer")
    assert listener_of(replace(station, noise_level_db=3.0)).noise_level_db == 3.0
    single = listener_of(replace(NODE, kind=ObserverKind.INFRASOUND_ARRAY))
    array = reference_listener("infrasound_array")
    assert single.n_elements == 1
    assert single.threshold_snr_db > array.threshold_snr_db - 10.0 * np.log10(array.n_elements)
