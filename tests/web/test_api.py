"""The data behind the pages: the same incidents, the same window, proofs that hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trucewatch.evidence import leaf_hash, verify_inclusion
from trucewatch.model.instant import rfc3339
from trucewatch.report import Outcome
from trucewatch.service.lookup import Overview


def test_incidents_are_those_of_the_list(client: Any, view: Overview) -> None:
    answer = client.get("/api/incidents.geojson")
    assert answer.headers["content-type"].startswith("application/geo+json")
    found = answer.json()
    assert [f["id"] for f in found["features"]] == [r.incident.id for r in view.rows]
    assert (found["n_shown"], found["n_all"]) == (len(view.rows), len(view.rows))
    assert {f["properties"]["outcome"] for f in found["features"]} == {r.outcome.value for r in view.rows}
    located = [f for f in found["features"] if f["geometry"] and f["geometry"]["type"] == "Point"]
    assert located
    assert all(f["properties"]["region_95"]["type"] == "Polygon" for f in located)


def test_incidents_by_result(client: Any, view: Overview) -> None:
    found = client.get("/api/incidents.geojson", params={"result": Outcome.VIOLATION.value}).json()
    assert found["n_shown"] == sum(r.outcome is Outcome.VIOLATION for r in view.rows) == len(found["features"])


def test_incident_with_a_proof_that_holds(client: Any, view: Overview) -> None:
    incident = view.rows[0].incident
    found = client.get(f"/api/incidents/{incident.id}").json()
    assert found["incident"]["id"] == incident.id
    assert len(found["detections"]) == len(incident.supports)
    proof = found["proofs"][-1]
    leaf = proof["leaf"].encode()
    assert json.loads(leaf)["id"] == incident.id
    verify_inclusion(
        index=proof["index"],
        size=proof["tree_size"],
        leaf=leaf_hash(leaf),
        proof=[bytes.fromhex(h) for h in proof["path"]],
        root=bytes.fromhex(proof["root"]),
    )


def test_unknown_incident(client: Any) -> None:
    answer = client.get("/api/incidents/inc-0000000000000000")
    assert answer.status_code == 404
    assert "no incident" in answer.json()["error"]


def test_sensors_are_untasked_outside_their_watch(client: Any, view: Overview) -> None:
    found = client.get("/api/sensors.geojson").json()["features"]
    assert {f["properties"]["id"] for f in found} == {s.id for s in view.network.sensors}
    watched = {f["properties"]["state"] for f in found}
    assert watched == {"operational"}
    before = client.get(
        "/api/sensors.geojson", params={"from": "2018-12-18T13:00:00Z", "to": "2018-12-18T14:00:00Z"}
    ).json()["features"]
    assert {f["properties"]["state"] for f in before} == {"not_tasked"}


def test_coverage_says_what_was_not_observed(client: Any) -> None:
    small, large = (client.get("/api/coverage", params={"source": s}).json() for s in ("small_arms", "artillery_152"))
    dark = [sum(f["properties"]["not_observed"] for f in c["features"]) for c in (small, large)]
    assert len(small["features"]) == len(large["features"]) > 50
    assert dark[0] > dark[1]
    assert all(0 <= f["properties"]["p_two"] <= f["properties"]["p_one"] <= 1 for f in small["features"])


def test_long_windows_have_no_shares(client: Any) -> None:
    window = {"from": "2018-11-01T00:00:00Z", "to": "2018-12-19T13:00:00Z"}
    assert client.get("/api/effort", params=window).json()["shares"] == []
    assert client.get("/api/coverage", params=window).json()["features"] == []
    assert "up to 14 days" in client.get("/effort", params=window).text


def test_effort_is_of_the_window(client: Any, view: Overview) -> None:
    start = view.rows[0].incident.time.utc
    found = client.get("/api/effort", params={"from": rfc3339(start)}).json()
    assert found["period"]["start_utc"] == rfc3339(start)
    assert len(found["sensors"]) == len(view.network.sensors)


def test_agreement_names_its_status(client: Any, view: Overview) -> None:
    found = client.get("/api/agreement.geojson").json()
    assert found["status"] == "illustrative"
    assert [f["properties"]["id"] for f in found["features"]] == [z.id for z in view.texts.agreement.zones]


def test_no_base_map_where_none_is_bundled(client: Any) -> None:
    assert client.get("/api/base.geojson").json()["features"] == []


def test_open_api_and_health(client: Any, view: Overview) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/api/incidents.geojson", "/api/incidents/{incident_id}", "/api/coverage", "/healthz"} <= set(paths)
    assert all(set(methods) == {"get"} for methods in paths.values())
    assert client.get("/healthz").json()["incidents"] == len(view.rows)


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_can_be_written(client: Any, method: str) -> None:
    for address in ("/", "/api/effort", "/reports"):
        assert client.request(method.upper(), address).status_code == 405


def test_bad_query_is_json(client: Any) -> None:
    answer = client.get("/api/incidents.geojson?pmin=7")
    assert answer.status_code == 400
    assert "pmin='7'" in answer.json()["error"]
