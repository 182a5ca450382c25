"""Where an assessment draws its lines."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessSettings:
    """Thresholds; they are part of the rule version and are written into every assessment."""

    p_exists: float = 0.9
    """an incident that is less likely to have happened is never assessed as a violation; fusion holds what rests on
    one owner's single sensor below this, so that no single source makes one"""
    p_no: float = 0.05
    """at or below it, place, time and weapon are taken as outside"""
    p_yes: float = 0.95
    """at or above it, they are taken as inside"""
    p_kind: float = 0.8
    """a kind decides at or above it, and is excluded at or below 1 minus it (the Berkeley Digital Ceasefire
    Handbook's own figure for a confidence threshold, p-6.2.3-03)"""
    p_match: float = 0.5
    """a notified activity explains an incident at or above it"""

    def __post_init__(self) -> None:
        if not 0 <= self.p_no < self.p_yes <= 1:
            raise ValueError(f"p_no {self.p_no} and p_yes {self.p_yes} must satisfy 0 <= p_no < p_yes <= 1")
        if not 0.5 < self.p_kind <= 1 or not 0 < self.p_match <= 1 or not 0 <= self.p_exists <= 1:
            raise ValueError("p_kind must lie in (0.5, 1], p_match in (0, 1] and p_exists in [0, 1]")

    @property
    def method(self) -> str:
        """Rule version with every threshold."""
        return (
            f"assess/1 (exists {self.p_exists:g}, inside {self.p_no:g}-{self.p_yes:g}, "
            f"kind {self.p_kind:g}, match {self.p_match:g})"
        )
