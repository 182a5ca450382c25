"""The classifier that ships with its training: multinomial logistic regression, calibrated, with a way out.

References:
    Bishop 2006, Pattern Recognition and Machine Learning, 4.3.4 (the model). Guo et al. 2017, On calibration of modern
    neural networks (temperature). Lee et al. 2018, A simple unified framework for detecting out-of-distribution samples
    (Mahalanobis distance to the nearest class).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from scipy.special import log_softmax

from trucewatch.fuse.classifier import Verdict, WhyNot, enough
from trucewatch.model.errors import UnreadableInput

FloatArray = NDArray[np.float64]
FORMAT = "trucewatch-classifier/1"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LinearModel:
    """A trained model; arrays of n_labels by n_features in standardised units."""

    name: str
    labels: tuple[str, ...]
    feature_names: tuple[str, ...]
    mean: FloatArray
    """shape (n_features,)"""
    scale: FloatArray
    """shape (n_features,)"""
    weights: FloatArray
    """shape (n_labels, n_features)"""
    bias: FloatArray
    """shape (n_labels,)"""
    temperature: float
    centres: FloatArray
    """shape (n_labels, n_features): the mean of each label"""
    precision: FloatArray
    """shape (n_features, n_features): inverse of the covariance that the labels share"""
    farthest: float
    """squared Mahalanobis distance to the nearest centre beyond which nothing is like the training"""
    skill: float

    def judge(self, features: Mapping[str, float]) -> Verdict:
        """Say what one event is, or that it is like nothing in the training; missing features count as usual ones."""
        if not enough(self.feature_names, features):
            return self._no(WhyNot.TOO_FEW_FIGURES)
        values = np.array([features.get(n, m) for n, m in zip(self.feature_names, self.mean, strict=True)])
        x = (values - self.mean) / self.scale
        if self.distance(x) > self.farthest:
            return self._no(WhyNot.NOT_LIKE_ITS_TRAINING)
        p = np.exp(log_softmax((self.weights @ x + self.bias) / self.temperature))
        shares = dict(zip(self.labels, p.tolist(), strict=True))
        return Verdict(name=self.name, p=shares, skill=self.skill)

    def distance(self, x: FloatArray) -> float:
        """Return the squared Mahalanobis distance of standardised features (n_features,) to the nearest centre."""
        off = self.centres - x
        return float(np.einsum("kf,fg,kg->k", off, self.precision, off).min())

    def _no(self, why: WhyNot) -> Verdict:
        return Verdict(name=self.name, p={}, why_not=why, skill=self.skill)


_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """The JSON of a model, as it is written and checked."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    format: str
    labels: tuple[str, ...]
    features: tuple[str, ...]
    mean: tuple[_Finite, ...]
    scale: tuple[_Positive, ...]
    weights: tuple[tuple[_Finite, ...], ...]
    bias: tuple[_Finite, ...]
    temperature: _Positive
    centres: tuple[tuple[_Finite, ...], ...]
    precision: tuple[tuple[_Finite, ...], ...]
    farthest: _Positive
    skill: Annotated[float, Field(ge=0, le=1)]
    provenance: dict[str, Any]
    """data, licence, sites, number of examples, method, version"""
    figures: dict[str, Any]
    """of the cross-validation: accuracy, chance, log loss, calibration, confusion"""


_FILE = TypeAdapter(ModelFile)


def write_model(file: ModelFile) -> bytes:
    """Write a model as JSON with sorted keys; the same model gives the same bytes."""
    plain = _FILE.dump_python(file, mode="json")
    return (json.dumps(plain, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n").encode()


def read_model(content: bytes, source: str) -> LinearModel:
    """Read and check a model.

    Args:
        content: the JSON.
        source: its path as the user knows it.

    Raises:
        UnreadableInput: it is none, or its numbers do not belong together.
    """
    try:
        file = _FILE.validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or None
        raise UnreadableInput(
            source=source, row=where, value=None, expected=f"{FORMAT} JSON: {first['msg']}"
        ) from error
    n_labels, n_features = len(file.labels), len(file.features)
    shapes = {
        "mean": (file.mean, (n_features,)),
        "scale": (file.scale, (n_features,)),
        "weights": (file.weights, (n_labels, n_features)),
        "bias": (file.bias, (n_labels,)),
        "centres": (file.centres, (n_labels, n_features)),
        "precision": (file.precision, (n_features, n_features)),
    }
    if file.format != FORMAT or n_labels < 2 or len(set(file.labels)) < n_labels or n_features < 1:
        raise UnreadableInput(source=source, value=file.format, expected=f"{FORMAT} with two different labels or more")
    arrays = {name: _shaped(name, value, shape, source) for name, (value, shape) in shapes.items()}
    return LinearModel(
        name=f"{source}@{hashlib.sha256(content).hexdigest()[:12]}",
        labels=file.labels,
        feature_names=file.features,
        temperature=file.temperature,
        farthest=file.farthest,
        skill=file.skill,
        **arrays,
    )


def _shaped(name: str, value: object, shape: tuple[int, ...], source: str) -> FloatArray:
    try:
        array = np.array(value, dtype=np.float64)
    except ValueError:
        array = np.zeros(())
    if array.shape != shape:
        expected = f"numbers of shape {shape}, as many as there are labels and features"
        raise UnreadableInput(source=source, row=name, value=f"shape {array.shape}", expected=expected)
    return array
