"""Training of the linear classifier, and an honest score: every site is judged by a model that has not seen it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax

from trucewatch.fuse.linear_model import FORMAT, ModelFile

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

METHOD = "multinomial-logistic/1"
_LEAST_SHARE = 0.5
"""a feature that fewer of the examples have is left out"""
_KEPT_INSIDE = 0.99
"""share of held-out examples that must count as like the training"""
_LEAST_SCALE = 1e-6
_SHRINK = 0.1
"""of the covariance towards its diagonal, so that few examples give no thin directions (Ledoit and Wolf's form)"""
_BINS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One event whose label is known."""

    label: str
    site: str
    """where it was recorded: examples of one site are never on both sides of a score"""
    features: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What cross-validation by site found."""

    labels: tuple[str, ...]
    accuracy: float
    chance: float
    """share of the most frequent label: what guessing it always would give"""
    log_loss: float
    """mean of minus the natural logarithm of the probability given to the true label"""
    chance_log_loss: float
    """that of the labels' own shares"""
    calibration_error: float
    """mean distance of stated from observed share of the winning label, weighted with the number of examples"""
    calibration: tuple[tuple[float, float, int], ...]
    """stated, observed, number; by fifths of the stated probability"""
    confusion: tuple[tuple[int, ...], ...]
    """true label by row, said label by column"""
    undetermined: float
    """share that was not like the training and got no label; those are in no other figure"""
    n_sites: int

    @property
    def skill(self) -> float:
        """How far above chance, 0 to 1."""
        return max(0.0, (self.accuracy - self.chance) / (1.0 - self.chance)) if self.chance < 1.0 else 0.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Fit:
    mean: FloatArray
    scale: FloatArray
    weights: FloatArray
    bias: FloatArray
    centres: FloatArray
    precision: FloatArray

    def logits(self, values: FloatArray) -> FloatArray:
        """Return scores before the temperature, shape (n, n_labels)."""
        return np.asarray(self.standard(values) @ self.weights.T + self.bias, dtype=np.float64)

    def standard(self, values: FloatArray) -> FloatArray:
        """Return standardised features; what is missing counts as usual."""
        filled = np.where(np.isfinite(values), values, self.mean)
        return np.asarray((filled - self.mean) / self.scale, dtype=np.float64)

    def distances(self, values: FloatArray) -> FloatArray:
        """Return squared distances to the nearest centre, shape (n,)."""
        off = self.standard(values)[:, None, :] - self.centres
        return np.asarray(np.einsum("nkf,fg,nkg->nk", off, self.precision, off).min(axis=1), dtype=np.float64)


def train(
    examples: Sequence[Example], *, provenance: Mapping[str, str], ridge: float = 3.0
) -> tuple[ModelFile, Scores]:
    """Train on all examples, and score by leaving each site out in turn.

    Args:
        examples: at least two labels, two sites and ten examples.
        provenance: data, licence and whatever else is known of them; kept in the model.
        ridge: strength of the penalty on the weights, in examples.

    Raises:
        ValueError: too few labels, sites or examples, or no feature that most of them have.
    """
    ordered = sorted(examples, key=lambda e: (e.site, e.label, tuple(sorted(e.features.items()))))
    labels, sites = sorted({e.label for e in ordered}), sorted({e.site for e in ordered})
    if len(labels) < 2 or len(sites) < 2 or len(ordered) < 10:
        found = f"{len(ordered)} examples of {len(labels)} labels from {len(sites)} sites"
        raise ValueError(f"{found}; training needs ten examples, two labels and two sites, or nothing can be scored")
    names = _features(ordered)
    values = np.array([[e.features.get(n, np.nan) for n in names] for e in ordered], dtype=np.float64)
    truth = np.array([labels.index(e.label) for e in ordered], dtype=np.int64)
    site = np.array([sites.index(e.site) for e in ordered], dtype=np.int64)
    scores, temperature, farthest = _cross_validate(values, truth, site, labels, ridge)
    fit = _fit(values, truth, len(labels), ridge)
    file = ModelFile(
        format=FORMAT,
        labels=tuple(labels),
        features=names,
        mean=_plain(fit.mean),
        scale=_plain(fit.scale),
        weights=tuple(map(_plain, fit.weights)),
        bias=_plain(fit.bias),
        temperature=temperature,
        centres=tuple(map(_plain, fit.centres)),
        precision=tuple(map(_plain, fit.precision)),
        farthest=farthest,
        skill=round(scores.skill, 4),
        provenance={**provenance, "method": METHOD, "ridge": ridge, "n_examples": len(ordered), "sites": sites},
        figures={
            "accuracy": scores.accuracy,
            "chance": scores.chance,
            "log_loss": scores.log_loss,
            "chance_log_loss": scores.chance_log_loss,
            "calibration_error": scores.calibration_error,
            "confusion": scores.confusion,
            "undetermined": scores.undetermined,
            "scored_by": "leaving one site out",
        },
    )
    return file, scores


def _features(examples: Sequence[Example]) -> tuple[str, ...]:
    names = dict.fromkeys(n for e in examples for n in sorted(e.features))
    kept = tuple(n for n in sorted(names) if sum(n in e.features for e in examples) >= _LEAST_SHARE * len(examples))
    if not kept:
        raise ValueError("no feature was measured in half of the examples or more")
    return kept


def _cross_validate(
    values: FloatArray, truth: IntArray, site: IntArray, labels: Sequence[str], ridge: float
) -> tuple[Scores, float, float]:
    """Return scores with the temperature and the reach that held-out examples call for.

    Each site's probabilities take the temperature and reach that the other sites' held-out scores give.
    """
    logits, distance = np.zeros((len(truth), len(labels))), np.zeros(len(truth))
    for s in np.unique(site):
        held = site == s
        fit = _fit(values[~held], truth[~held], len(labels), ridge)
        logits[held], distance[held] = fit.logits(values[held]), fit.distances(values[held])
    log_p, is_like = np.zeros(logits.shape), np.zeros(len(truth), dtype=np.bool_)
    for s in np.unique(site):
        held = site == s
        log_p[held] = log_softmax(logits[held] / _temperature(logits[~held], truth[~held]), axis=1)
        is_like[held] = distance[held] <= np.quantile(distance[~held], _KEPT_INSIDE)
    scores = _scores(log_p[is_like], truth[is_like], labels, 1.0 - float(is_like.mean()), len(np.unique(site)))
    return scores, _temperature(logits, truth), float(np.quantile(distance, _KEPT_INSIDE))


def _scores(log_p: FloatArray, truth: IntArray, labels: Sequence[str], undetermined: float, n_sites: int) -> Scores:
    said, sure = log_p.argmax(axis=1), np.exp(log_p.max(axis=1))
    right = said == truth
    share = np.bincount(truth, minlength=len(labels)) / max(len(truth), 1)
    confusion = np.zeros((len(labels), len(labels)), dtype=np.int64)
    np.add.at(confusion, (truth, said), 1)
    table = []
    for low in np.arange(_BINS) / _BINS:
        inside = (sure > low) & (sure <= low + 1 / _BINS)
        if inside.any():
            table.append((float(sure[inside].mean()), float(right[inside].mean()), int(inside.sum())))
    seen = share[share > 0]
    return Scores(
        labels=tuple(labels),
        accuracy=float(right.mean()),
        chance=float(share.max()),
        log_loss=float(-log_p[np.arange(len(truth)), truth].mean()),
        chance_log_loss=float(-(seen * np.log(seen)).sum()),
        calibration_error=float(sum(n * abs(a - b) for a, b, n in table) / max(len(truth), 1)),
        calibration=tuple(table),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
        undetermined=undetermined,
        n_sites=n_sites,
    )


def _fit(values: FloatArray, truth: IntArray, n_labels: int, ridge: float) -> _Fit:
    seen = np.isfinite(values)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, values, 0.0).sum(axis=0) / count
    scale = np.sqrt(np.where(seen, (values - mean) ** 2, 0.0).sum(axis=0) / count)
    # A constant feature tells nothing; a scale of one leaves it at nought.
    scale = np.where(scale > _LEAST_SCALE, scale, 1.0)
    x = (np.where(seen, values, mean) - mean) / scale
    weights, bias = _descend(x, truth, n_labels, ridge)
    centres = np.stack(
        [x[truth == k].mean(axis=0) if (truth == k).any() else np.zeros(x.shape[1]) for k in range(n_labels)]
    )
    return _Fit(
        mean=mean, scale=scale, weights=weights, bias=bias, centres=centres, precision=_precision(x - centres[truth])
    )


def _precision(residual: FloatArray) -> FloatArray:
    covariance = residual.T @ residual / max(len(residual), 1)
    diagonal = np.diag(np.diag(covariance) + _SHRINK)
    return np.asarray(np.linalg.inv((1.0 - _SHRINK) * covariance + _SHRINK * diagonal), dtype=np.float64)


def _descend(x: FloatArray, truth: IntArray, n_labels: int, ridge: float) -> tuple[FloatArray, FloatArray]:
    """Return weights (n_labels, n_features) and bias (n_labels,) of least penalised log loss; it has one minimum."""
    n_features = x.shape[1]
    is_true = np.eye(n_labels)[truth]

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        weights, bias = flat[: n_labels * n_features].reshape(n_labels, n_features), flat[n_labels * n_features :]
        log_p = log_softmax(x @ weights.T + bias, axis=1)
        off = np.exp(log_p) - is_true
        penalty = 0.5 * ridge * float((weights**2).sum())
        slope = np.concatenate(((off.T @ x + ridge * weights).ravel(), off.sum(axis=0)))
        return float(-(log_p * is_true).sum()) + penalty, np.asarray(slope, dtype=np.float64)

    start = np.zeros(n_labels * (n_features + 1))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-8})
    flat = np.asarray(found.x, dtype=np.float64)
    return flat[: n_labels * n_features].reshape(n_labels, n_features), flat[n_labels * n_features :]


def _temperature(logits: FloatArray, truth: IntArray) -> float:
    """Return what the scores must be divided by to be least surprised by held-out labels, 0.2 to 20."""

    def surprise(log_t: float) -> float:
        log_p = log_softmax(logits / np.exp(log_t), axis=1)
        return float(-log_p[np.arange(len(truth)), truth].mean())

    found = minimize_scalar(surprise, bounds=(np.log(0.2), np.log(20.0)), method="bounded")
    return round(float(np.exp(found.x)), 6)


def _plain(row: FloatArray) -> tuple[float, ...]:
    return tuple(round(float(v), 9) for v in row)
