"""A socket for a better classifier that was trained elsewhere: ONNX with a JSON beside it that says what it means.

LIMIT: a model's arithmetic is the runtime's; its skill is taken at its maker's word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from scipy.special import log_softmax

from trucewatch.fuse.classifier import Verdict, WhyNot, enough
from trucewatch.model.errors import TrucewatchError, UnreadableInput

FloatArray = NDArray[np.float64]
FORMAT = "trucewatch-onnx/1"
_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFeature:
    """One column of the model's input, standardised as (value - mean) / scale."""

    name: str
    mean: float = 0.0
    scale: Annotated[float, Field(gt=0)] = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """What the JSON beside the model says."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    format: Literal["trucewatch-onnx/1"]
    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    features: Annotated[tuple[InputFeature, ...], Field(min_length=1)]
    """in the order of the input's columns; a float tensor of one row"""
    output: Literal["probabilities", "logits"]
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """divides logits; probabilities are taken as they are"""
    input_name: str | None = None
    """the first input where it is not named"""
    output_name: str | None = None
    like_label: str | None = None
    """a label that stands for "nothing that I was trained on", where the model has one"""
    skill: Annotated[float, Field(ge=0, le=1)]
    """(accuracy - chance) / (1 - chance) on sites that it was not trained on"""
    provenance: dict[str, Any] = field(default_factory=dict)
    """data, licence, method, figures"""


_SIDECAR = TypeAdapter(Sidecar)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OnnxModel:
    """A loaded model."""

    name: str
    sidecar: Sidecar
    session: Any
    """onnxruntime.InferenceSession; the runtime has no types"""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What it wants to be given."""
        return tuple(f.name for f in self.sidecar.features)

    def judge(self, features: Mapping[str, float]) -> Verdict:
        """Say what one event is; an answer that is none (wrong size, not finite, no probabilities) is refused."""
        if not enough(self.feature_names, features):
            return self._no(WhyNot.TOO_FEW_FIGURES)
        row = [(features.get(f.name, f.mean) - f.mean) / f.scale for f in self.sidecar.features]
        try:
            p = self.ask(np.array([row]))
        except UnreadableInput:
            return self._no(WhyNot.NO_PROBABILITIES)
        shares = dict(zip(self.sidecar.labels, p.tolist(), strict=True))
        if self.sidecar.like_label is not None and max(shares, key=lambda k: shares[k]) == self.sidecar.like_label:
            return self._no(WhyNot.NOT_LIKE_ITS_TRAINING)
        return Verdict(name=self.name, p=shares, skill=self.sidecar.skill)

    def ask(self, rows: FloatArray) -> FloatArray:
        """Return the probabilities of one row of standardised features, shape (n_labels,).

        Raises:
            UnreadableInput: what came back are no probabilities of the labels.
        """
        side = self.sidecar
        given = side.input_name or self.session.get_inputs()[0].name
        wanted = None if side.output_name is None else [side.output_name]
        try:
            raw = self.session.run(wanted, {given: rows.astype(np.float32)})[0]
            out = np.asarray(raw, dtype=np.float64)
        except Exception as error:  # the runtime raises types of its own, outside of any tree
            expected = f"a model that takes one row of {len(side.features)} numbers"
            raise UnreadableInput(source=self.name, value=str(error), expected=expected) from error
        if out.shape not in ((1, len(side.labels)), (len(side.labels),)):
            expected = f"one number for each of {len(side.labels)} labels"
            raise UnreadableInput(source=self.name, value=f"shape {out.shape}", expected=expected)
        return self._probabilities(out.reshape(-1))

    def _probabilities(self, out: FloatArray) -> FloatArray:
        if not np.isfinite(out).all():
            raise UnreadableInput(source=self.name, value=str(out.tolist()), expected="finite numbers")
        if self.sidecar.output == "logits":
            return np.asarray(np.exp(log_softmax(out / self.sidecar.temperature)), dtype=np.float64)
        if out.min() < 0.0 or abs(float(out.sum()) - 1.0) > _SUM_TOLERANCE:
            expected = 'probabilities that sum to 1, or "output": "logits" beside the model'
            raise UnreadableInput(source=self.name, value=str(out.round(4).tolist()), expected=expected)
        return np.asarray(out / out.sum(), dtype=np.float64)

    def _no(self, why: WhyNot) -> Verdict:
        return Verdict(name=self.name, p={}, why_not=why, skill=self.sidecar.skill)


def read_onnx(content: bytes, sidecar: bytes, source: str) -> OnnxModel:
    """Load a model and try it once with usual values.

    Args:
        content: the ONNX file.
        sidecar: the JSON beside it.
        source: the model's path as the user knows it.

    Raises:
        UnreadableInput: model or JSON is none, or they do not belong together.
        TrucewatchError: the extra that loads such models is not installed.
    """
    side = _read_sidecar(sidecar, source)
    model = OnnxModel(
        name=f"{source}@{hashlib.sha256(content + sidecar).hexdigest()[:12]}",
        sidecar=side,
        session=_session(content, source),
    )
    model.ask(np.zeros((1, len(side.features))))
    return model


def _read_sidecar(content: bytes, source: str) -> Sidecar:
    try:
        side = _SIDECAR.validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or None
        named = f"{source} (sidecar)"
        raise UnreadableInput(source=named, row=where, expected=f"{FORMAT} JSON: {first['msg']}") from error
    if len(set(side.labels)) < len(side.labels):
        raise UnreadableInput(source=f"{source} (sidecar)", row="labels", expected="labels that differ")
    return side


def _session(content: bytes, source: str) -> Any:  # noqa: ANN401 - the runtime has no types
    try:
        import onnxruntime  # noqa: PLC0415 - an extra, needed only where a mission has such a model
    except ImportError as error:
        why = "a classifier in ONNX needs the extra that reads it; install trucewatch[onnx]"
        raise TrucewatchError(f"{source}: {why}") from error
    options = onnxruntime.SessionOptions()
    # One thread: sums in one order, so that a replay gives the same bytes.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise UnreadableInput(source=source, value=str(error), expected="an ONNX model that can be loaded") from error
