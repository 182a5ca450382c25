"""What every classifier of sounds gives: labels with probabilities, or that it has seen nothing like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from trucewatch.model.detection import Feature
from trucewatch.model.vocabulary import WeaponClass

MOST_MISSING = 1 / 3
"""a model that lacks more of its features than this says nothing"""


class WhyNot(StrEnum):
    """Why a model says nothing of an event; the value is the name of the feature that goes on record."""

    TOO_FEW_FIGURES = "classifier_too_few_figures"
    NOT_LIKE_ITS_TRAINING = "classifier_not_like_its_training"
    NO_PROBABILITIES = "classifier_no_probabilities"
    """it failed, or what it answered are no probabilities of its labels"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a classifier says of one event."""

    name: str
    """of the model, with the beginning of its hash"""
    p: Mapping[str, float]
    """by label; sums to 1"""
    why_not: WhyNot | None = None
    """None: it was asked and answered; otherwise p means nothing"""
    skill: float
    """how far above chance its cross-validation was, 0 to 1: it is trusted that far"""

    @property
    def is_like(self) -> bool:
        """Say whether the event is like something that the model was trained on, and it could tell what."""
        return self.why_not is None

    def pooled(self, p: Mapping[WeaponClass, float]) -> dict[WeaponClass, float]:
        """Mix its classes into a posterior with its skill as weight; labels that are no weapon class change nothing."""
        classes = {w: self.p[w.value] for w in p if w.value in self.p}
        mass = sum(classes.values())
        if mass <= 0.0:
            return dict(p)
        weight = self.skill * mass
        return {w: (1.0 - weight) * share + self.skill * classes.get(w, 0.0) for w, share in p.items()}

    def features(self) -> tuple[Feature, ...]:
        """Return what goes on record of it."""
        if self.why_not is not None:
            return (Feature(name=self.why_not.value, value=1.0, unit="1"),)
        said = sorted(self.p.items(), key=lambda item: (-item[1], item[0]))
        return (
            Feature(name="classifier_skill", value=self.skill, unit="1"),
            *(Feature(name=f"classifier_p_{label}", value=p, unit="1") for label, p in said),
        )


class Classifier(Protocol):
    """A model that a mission placed beside its files; pure, the same features give the same verdict."""

    @property
    def name(self) -> str:
        """What it is called in records."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What it wants to be given."""

    def judge(self, features: Mapping[str, float]) -> Verdict:
        """Say what one event is.

        Args:
            features: by name; those that nobody measured are not there.
        """


def enough(wanted: tuple[str, ...], features: Mapping[str, float]) -> bool:
    """Say whether so many of the features are there that asking makes sense."""
    missing = sum(name not in features for name in wanted)
    return missing <= MOST_MISSING * len(wanted)
