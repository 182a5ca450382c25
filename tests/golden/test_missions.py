"""The demonstration missions say what they said, within tolerances far below their stated errors."""

from __future__ import annotations

import importlib.util
import json
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent
TIME_S = 0.001
PLACE_DEG = 2e-6
"""20 cm"""
RELATIVE = 0.01
PROBABILITY = 0.005


def _maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("golden_missions", HERE / "missions.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKER = _maker()
REFERENCE: dict[str, list[dict[str, Any]]] = json.loads((HERE / "missions.json").read_text(encoding="utf-8"))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@pytest.mark.parametrize("name", MAKER.MISSIONS)
def test_a_mission_says_what_it_said(name: str) -> None:
    now, then = MAKER.results(name), REFERENCE[name]
    assert [(i["kind"], i["count"], i["n_supports"]) for i in now] == [
        (i["kind"], i["count"], i["n_supports"]) for i in then
    ]
    for is_, was in zip(now, then, strict=True):
        assert abs((moment(is_["time"]) - moment(was["time"])).total_seconds()) < TIME_S
        assert is_["time_sigma_s"] == pytest.approx(was["time_sigma_s"], rel=RELATIVE)
        assert is_["p_exists"] == pytest.approx(was["p_exists"], abs=PROBABILITY)
        assert is_["place"] == (None if was["place"] is None else pytest.approx(was["place"], abs=PLACE_DEG))
        assert is_["sigma_m"] == (None if was["sigma_m"] is None else pytest.approx(was["sigma_m"], rel=RELATIVE))
        assert is_["bearing_deg"] == pytest.approx(was["bearing_deg"], abs=0.01)
        assert list(is_["terms"]) == list(was["terms"])
        for term, (result, p, exempted) in is_["terms"].items():
            assert (result, exempted) == (was["terms"][term][0], was["terms"][term][2])
            assert p == pytest.approx(was["terms"][term][1], abs=PROBABILITY)
