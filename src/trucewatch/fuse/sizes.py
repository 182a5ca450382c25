"""How large a source was: one marginal likelihood of who heard it and who did not, over sizes of source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

GUNS = frozenset({"small_arms", "heavy_machine_gun"})
_FLOOR = 1e-3
"""a sensor hears what the model says it cannot, now and then: a duct, a source on a hill, a wrong association"""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sizes:
    """What the pattern of hearing says; heard, silent and cost add up to the logarithm of its marginal likelihood."""

    posterior: FloatArray
    """shape (n_sizes,)"""
    heard: FloatArray
    """shape (n_heard,), each sensor's mean log-probability of having heard it"""
    silent: FloatArray
    """shape (n_silent,), each silent sensor's mean log-probability of having missed it"""
    cost: float
    """what it takes that the size was not known beforehand: minus the divergence of posterior from prior"""

    @property
    def total(self) -> float:
        """The logarithm of the marginal likelihood."""
        return float(self.heard.sum() + self.silent.sum()) + self.cost


def gun_share(names: Sequence[str], posterior: FloatArray) -> float:
    """Return how probable a gun is among sizes of source, by their names."""
    return float(sum(p for name, p in zip(names, posterior, strict=True) if name in GUNS))


def weigh_sizes(prior: FloatArray, p_heard: FloatArray, p_silent: FloatArray, cap: float) -> Sizes:
    """Weigh sizes of source by who heard it and who, though listening, did not.

    The sum over sizes is split without rest: for any likelihoods, log sum w L = sum q log L - sum q log (q / w), with q
    the posterior. So each sensor's part is its mean under q, and what is left is the cost of not knowing the size.

    Args:
        prior: weights w of the sizes, shape (n_sizes,), sum 1.
        p_heard: probability of detection of those that heard it, shape (n_sizes, n_heard).
        p_silent: of those that listened and did not, shape (n_sizes, n_silent).
        cap: largest probability that silence is weighed with.
    """
    log_heard, log_silent = np.log(np.maximum(p_heard, _FLOOR)), np.log1p(-cap * p_silent)
    log_joint = np.log(prior) + log_heard.sum(axis=1) + log_silent.sum(axis=1)
    weight = np.exp(log_joint - log_joint.max())
    posterior = weight / weight.sum()
    kept = posterior > 0
    divergence = float(posterior[kept] @ (np.log(posterior[kept]) - np.log(prior[kept])))
    return Sizes(
        posterior=posterior,
        heard=posterior @ log_heard,
        silent=posterior @ log_silent,
        cost=-divergence,
    )
