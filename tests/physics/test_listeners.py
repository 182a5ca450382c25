from dataclasses import replace

from trucewatch.model.network import Element, Sensor
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import ObserverKind
from trucewatch.physics import listener_of, reference_listener

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
