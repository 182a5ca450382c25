"""The centre takes what a key of the network signed, once, and nothing else."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from trucewatch.evidence import new_signer
from trucewatch.model.count import Count
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.errors import TrucewatchError
from trucewatch.model.instant import Instant
from trucewatch.model.vocabulary import Means, ObservationType, ObserverKind
from trucewatch.observe import Batch, batch_bytes
from trucewatch.web.receiving import create_receiver
from trucewatch.wiring import MissionFolder, load_texts

AT = datetime(2018, 12, 19, 5, 23, 15, tzinfo=UTC)
SIGNER = new_signer("node-1", bytes)
STRANGER = new_signer("node-1", lambda n: b"\1" * n)
NAME = "/batches/node-1/2018-12-19/052310-0badcafe.edge"


@pytest.fixture
def mission(repository: Path, tmp_path: Path) -> MissionFolder:
    root = tmp_path / "m"
    shutil.copytree(repository / "missions" / "live-fire", root, ignore=shutil.ignore_patterns("FP*"))
    text = (root / "network.yaml").read_text(encoding="utf-8")
    first = load_texts(MissionFolder(root)).network.sensors[0].id
    keyed = text.replace(f"id: {first}\n", f"id: {first}\n  node_key: {SIGNER.verifier.vkey}\n", 1)
    assert keyed != text
    (root / "network.yaml").write_text(keyed, encoding="utf-8")
    return MissionFolder(root)


def batch(mission: MissionFolder, which: int = 0, **changes: Any) -> Batch:
    sensor = load_texts(mission).network.sensors[which]
    found = Detection(
        id="det-1",
        kind=DetectionKind.ONSET,
        sensor_id=sensor.id,
        observer_kind=ObserverKind.ACOUSTIC_SENSOR,
        means=Means.RECORDED,
        method="m/1",
        observation_ids=(),
        observation_type=ObservationType.EXPLOSION,
        time=Instant(utc=AT, sigma_s=0.001),
        origin=None,
        count=Count.exactly(1),
        p_false=0.01,
    )
    end = AT + timedelta(seconds=9)
    return Batch(node="node-1", from_utc=AT, to_utc=end, detections=(replace(found, **changes),), listening=())


def test_a_signed_batch_is_taken_once(mission: MissionFolder, app_client: Any) -> None:
    client = app_client(create_receiver(mission, unsigned=False))
    content = batch_bytes(batch(mission), SIGNER)
    first, again = (client.request("PUT", NAME, content=content) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert (mission.root / "inbox/edge/node-1/2018-12-19/052310-0badcafe.edge").read_bytes() == content
    other = client.request("PUT", NAME, content=batch_bytes(batch(mission, p_false=0.5), SIGNER))
    assert other.status_code == 409


@pytest.mark.parametrize("signer", [None, STRANGER])
def test_no_signature_or_a_strangers_is_refused(mission: MissionFolder, app_client: Any, signer: Any) -> None:
    client = app_client(create_receiver(mission, unsigned=False))
    answer = client.request("PUT", NAME, content=batch_bytes(batch(mission), signer))
    assert answer.status_code == 403
    assert not (mission.root / "inbox" / "edge").exists()


def test_a_sensor_without_a_key_only_where_it_was_said(mission: MissionFolder, app_client: Any) -> None:
    content = batch_bytes(batch(mission, which=1), None)
    strict = app_client(create_receiver(mission, unsigned=False)).request("PUT", NAME, content=content)
    open_ = app_client(create_receiver(mission, unsigned=True)).request("PUT", NAME, content=content)
    assert (strict.status_code, open_.status_code) == (403, 201)


@pytest.mark.parametrize(
    "path",
    [
        "x.edge",
        "../../evil/2018-12-19/x.edge",
        "n/2018-12-19/x.wav",
        "n/2018-12-19/..edge/x.edge",
        "%2e%2e/2018-12-19/x.edge",
    ],
)
def test_names_that_are_none(mission: MissionFolder, app_client: Any, path: str) -> None:
    client = app_client(create_receiver(mission, unsigned=True))
    answer = client.request("PUT", f"/batches/{path}", content=b"x")
    assert answer.status_code in (400, 404)


def test_what_is_no_batch_or_too_long(mission: MissionFolder, app_client: Any) -> None:
    client = app_client(create_receiver(mission, unsigned=True))
    assert client.request("PUT", NAME, content=b"RIFF....WAVE").status_code == 422
    assert client.request("PUT", NAME, content=b"x" * 1_000_001).status_code == 413
    future = batch(mission, time=Instant(utc=datetime(2099, 1, 1, tzinfo=UTC), sigma_s=0.1))
    assert client.request("PUT", NAME, content=batch_bytes(future, SIGNER)).status_code == 422


def test_nothing_to_take_is_said_at_once(repository: Path, tmp_path: Path) -> None:
    root = tmp_path / "m"
    shutil.copytree(repository / "missions" / "live-fire", root, ignore=shutil.ignore_patterns("FP*"))
    with pytest.raises(TrucewatchError, match="node_key"):
        create_receiver(MissionFolder(root), unsigned=False)
