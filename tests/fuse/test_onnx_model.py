import builtins
import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from trucewatch.fuse import read_classifier
from trucewatch.fuse.classifier import WhyNot
from trucewatch.fuse.load_classifier import sidecar_name
from trucewatch.model.errors import TrucewatchError, UnreadableInput

SIDE = {
    "format": "trucewatch-onnx/1",
    "labels": ["small_arms", "mortar"],
    "features": [
        {"name": "log_width", "mean": -6.0, "scale": 0.5},
        {"name": "level_300m", "mean": 110.0, "scale": 10.0},
    ],
    "output": "probabilities",
    "skill": 0.6,
    "provenance": {"data": "made", "licence": "none"},
}
ROW = {"log_width": -7.0, "level_300m": 95.0}


def built(weights=((-1.0, 1.0), (-1.0, 1.0)), last="Softmax", n_in=2) -> bytes:
    """A linear model of two features with a last step, as bytes."""
    w = numpy_helper.from_array(np.array(weights, dtype=np.float32), "w")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["s"]), helper.make_node(last, ["s"], ["y"])]
    n_out = len(weights[0])
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, n_in])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, n_out])],
        [w],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made.SerializeToString()


def load(content=None, **change):
    side = json.dumps(SIDE | change).encode()
    return read_classifier("sounds.onnx", built() if content is None else content, side)


def test_it_answers_as_its_arithmetic_says():
    verdict = load().judge(ROW)
    score = np.array([2.0 + 1.5, -2.0 - 1.5])
    p = np.exp(score) / np.exp(score).sum()
    assert verdict.is_like
    assert verdict.p["small_arms"] == pytest.approx(p[0], abs=1e-6)
    assert verdict.skill == 0.6
    assert load().judge(ROW) == verdict


def test_logits_are_calibrated_by_their_temperature():
    verdict = load(built(last="Identity"), output="logits", temperature=7.0).judge(ROW)
    assert verdict.p["small_arms"] == pytest.approx(1 / (1 + np.exp(-1.0)), abs=1e-6)


def test_its_own_way_out_is_taken():
    verdict = load(labels=["other", "mortar"], like_label="other").judge(ROW)
    assert not verdict.is_like


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (built(last="Identity"), "sum to 1"),
        (built(weights=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))), "2 labels"),
        (built(weights=((1.0, 0.0), (0.0, 1.0), (1.0, 1.0)), n_in=3), "2 numbers"),
        (b"no model", "can be loaded"),
    ],
)
def test_what_does_not_belong_together_is_refused_when_it_is_loaded(content, said):
    with pytest.raises(UnreadableInput, match=said):
        load(content)


def test_an_answer_that_is_no_number_gives_no_label():
    # Weights at the end of single precision: fine for usual values, infinite less infinite for this one.
    verdict = load(built(weights=((1e38, -1e38), (1e38, -1e38)))).judge(ROW | {"log_width": -6.0 + 1e3})
    assert not verdict.is_like
    assert verdict.why_not is WhyNot.NO_PROBABILITIES


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"skill": 1.5}, "skill"),
        ({"output": "guesses"}, "output"),
        ({"labels": ["a", "a"]}, "labels"),
        ({"features": []}, "features"),
        ({"format": "x"}, "format"),
    ],
)
def test_a_wrong_sidecar_is_refused_by_name(change, said):
    with pytest.raises(UnreadableInput, match=said):
        load(**change)


def test_a_model_without_its_sidecar_is_refused():
    assert sidecar_name("models/sounds.onnx") == "models/sounds.json"
    with pytest.raises(UnreadableInput, match=r"sounds\.json"):
        read_classifier("sounds.onnx", built(), None)


def test_without_the_extra_it_names_the_extra(monkeypatch):
    real = builtins.__import__

    def gone(name, *args, **kwargs):
        if name == "onnxruntime":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", gone)
    with pytest.raises(TrucewatchError, match=r"trucewatch\[onnx\]"):
        load()
