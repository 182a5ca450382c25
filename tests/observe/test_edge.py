"""Batches of detections from nodes: what is written is read again, and nothing else is let in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from trucewatch.detect import from_edge
from trucewatch.evidence import new_signer
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind, Feature
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.listening import Listening
from trucewatch.model.network import Network
from trucewatch.model.observation import EdgeDetection, Rejection
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind
from trucewatch.observe.edge import Batch, EdgeReader, batch_bytes

AT = datetime(2025, 8, 13, 18, 10, 5, 250_000, tzinfo=UTC)
SIGNER = new_signer("node-1", lambda n: bytes(range(n)))
STRANGER = new_signer("node-1", bytes)


def onset(**changes):
    fields = {
        "id": "det-0000000000000001",
        "kind": DetectionKind.ONSET,
        "sensor_id": "AC-01",
        "observer_kind": ObserverKind.CAMERA,
        "means": Means.RECORDED,
        "method": "step-kernel/1",
        "observation_ids": ("obs-1",),
        "observation_type": ObservationType.EXPLOSION,
        "time": Instant(utc=AT, sigma_s=0.001),
        "origin": Place.circular(lon_deg=0.0, lat_deg=0.0, sigma_m=1.0),
        "count": Count.exactly(1),
        "p_false": 0.01,
        "features": (Feature(name="score_db", value=9.5, unit="dB"),),
    }
    return Detection(**fields | changes)


def heard(**changes):
    fields = {
        "id": "x",
        "sensor_id": "AC-01",
        "time": Interval(start_utc=AT - timedelta(seconds=5), end_utc=AT + timedelta(seconds=55)),
        "recorded_share": 1.0,
        "usable_share": 0.5,
        "noise_level_db": 44.0,
        "noise_sigma_db": 2.0,
        "clock_offset_s": None,
        "clock_offset_sigma_s": None,
        "clock_drift_s_per_day": None,
        "signs": (),
        "input_ids": (),
        "method": "quality/1",
    }
    return Listening(**fields | changes)


def batch(*detections, listening=()):
    return Batch(
        node="node-1",
        from_utc=AT - timedelta(seconds=5),
        to_utc=AT + timedelta(seconds=55),
        detections=detections,
        listening=tuple(listening),
    )


def read(make, content, network=None):
    context = make.context() if network is None else replace(make.context(), network=network)
    items = make.read(EdgeReader(), content, context)
    return items


def keyed(make, key):
    sensors = make.network().sensors
    return Network(sensors=(replace(sensors[0], node_key=key), *sensors[1:]))


@pytest.mark.parametrize("signer", [None, SIGNER])
def test_what_was_written_is_read_again(make, signer):
    kept, rejected = read(make, batch_bytes(batch(onset(), listening=[heard()]), signer))
    assert not rejected
    edge, listening = kept
    assert isinstance(edge, EdgeDetection)
    assert edge.detection.time == onset().time
    assert edge.detection.features == onset().features
    assert (listening.usable_share, listening.input_ids) == (0.5, (make.context().input_id,))


def test_what_no_key_of_the_network_signed_counts_as_unsigned(make):
    key = SIGNER.verifier.vkey
    (known,), _ = read(make, batch_bytes(batch(onset(unsigned_node="n9")), SIGNER), keyed(make, key))
    assert (known.signed_by, from_edge(known).unsigned_node) == (key, "")
    (unknown,), _ = read(make, batch_bytes(batch(onset()), SIGNER))
    (bare,), _ = read(make, batch_bytes(batch(onset()), None))
    for edge in (unknown, bare):
        assert (edge.signed_by, from_edge(edge).unsigned_node) == ("", edge.node)


def test_place_and_kind_are_the_networks_to_say(make):
    (edge,), _ = read(make, batch_bytes(batch(onset(text="tank seen", weapon_text="T-72")), None))
    sensor = make.network().sensor("AC-01")
    assert edge.detection.origin == sensor.place
    assert edge.detection.observer_kind is sensor.kind
    assert edge.detection.means is Means.DETECTED
    assert (edge.detection.text, edge.detection.weapon_text) == ("", "N/K")


def test_the_same_batch_under_another_name_gives_the_same_ids(make):
    content = batch_bytes(batch(onset()), SIGNER)
    assert read(make, content)[0][0].id == read(make, content)[0][0].id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sensor_id": "AC-99"}, "nearest names: AC-0"),
        ({"kind": DetectionKind.FIRE}, "onset or arrival"),
        ({"p_false": 1.5}, "probability"),
        ({"place": Place.circular(lon_deg=37.7, lat_deg=48.1, sigma_m=1.0)}, "a sensor hears"),
        ({"time": Instant(utc=datetime(2031, 1, 1, tzinfo=UTC), sigma_s=0.1)}, "not in the future"),
        ({"time": Instant(utc=datetime(1980, 1, 6, tzinfo=UTC), sigma_s=0.1)}, "2000 or later"),
        ({"features": tuple(Feature(name=f"s{n}", value=1.0, unit="") for n in range(65))}, "at most 64"),
        ({"features": (Feature(name="a b", value=1.0, unit=""),)}, "a feature's name"),
        ({"text": "x" * 9000}, "not what it heard"),
    ],
)
def test_a_bad_row_is_rejected_and_the_others_kept(make, changes, words):
    kept, rejected = read(make, batch_bytes(batch(onset(**changes), onset()), None))
    assert len(kept) == 1
    assert isinstance(rejected[0], Rejection)
    assert rejected[0].row == "line 3"
    assert words in rejected[0].expected


@pytest.mark.parametrize("extra", ['"samples":[1,2,3],', '"audio":"UklGRg==",'])
def test_a_detection_cannot_carry_what_it_heard(make, extra):
    content = batch_bytes(batch(onset()), None).replace(b'{"detection":{', b'{"detection":{' + extra.encode())
    kept, _ = read(make, content)
    assert all("samples" not in repr(k) and "UklGRg" not in repr(k) for k in kept)


@pytest.mark.parametrize("usable", [1.1, -0.1])
def test_shares_must_be_shares(make, usable):
    kept, rejected = read(make, batch_bytes(batch(listening=[heard(usable_share=usable)]), None))
    assert not kept
    assert "usable_share" in rejected[0].expected


@pytest.mark.parametrize("cut", [1, 40, 200, 700])
def test_a_batch_that_was_cut_off_is_refused_whole(make, cut):
    content = batch_bytes(batch(onset(), onset(sensor_id="AC-02"), listening=[heard()]), None)
    with pytest.raises(UnreadableInput, match=r"cut off|JSON|trucewatch-detections"):
        read(make, content[:-cut])


class TestSignatures:
    def test_the_key_that_the_network_names(self, make):
        network = keyed(make, SIGNER.verifier.vkey)
        kept, rejected = read(make, batch_bytes(batch(onset()), SIGNER), network)
        assert (len(kept), rejected) == (1, [])

    @pytest.mark.parametrize("signer", [None, STRANGER])
    def test_no_signature_or_a_strangers_is_rejected(self, make, signer):
        network = keyed(make, SIGNER.verifier.vkey)
        kept, rejected = read(make, batch_bytes(batch(onset()), signer), network)
        assert not kept
        assert SIGNER.verifier.vkey in rejected[0].expected

    def test_an_altered_batch_is_rejected(self, make):
        network = keyed(make, SIGNER.verifier.vkey)
        content = batch_bytes(batch(onset()), SIGNER).replace(b'"p_false":0.01', b'"p_false":0.02')
        kept, rejected = read(make, content, network)
        assert not kept
        assert "does not belong to this text" in rejected[0].value

    def test_one_node_cannot_speak_for_anothers_sensor(self, make):
        network = keyed(make, SIGNER.verifier.vkey)
        kept, rejected = read(make, batch_bytes(batch(onset(), onset(sensor_id="AC-02")), STRANGER), network)
        assert [k.sensor_id for k in kept] == ["AC-02"]
        assert len(rejected) == 1


def test_another_version_is_named(make):
    content = batch_bytes(batch(onset()), None).replace(b"detections/1", b"detections/2")
    with pytest.raises(UnreadableInput, match="trucewatch-detections/1"):
        read(make, content)


def test_a_batch_too_long_to_sign_is_not_written():
    many = batch(*(onset(text="x" * 4000) for _ in range(250)))
    with pytest.raises(ValueError, match="longer than"):
        batch_bytes(many, SIGNER)
