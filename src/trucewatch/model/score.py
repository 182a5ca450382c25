"""How good a system's claims are, held against a known truth: every figure with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Better = Literal["higher", "lower", "level"]
"""which way a figure improves; "level": the nearer to its level the better"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSettings:
    """When a claim is taken for a true event, and how figures are made."""

    match_m: float = 500.0
    """farthest a claim may lie from it, unless its own region of `level` reaches farther; also the cut-off of GOSPA"""
    match_s: float = 5.0
    """how far its time may be off beyond the event's duration and twice its own sigma; match_m / match_s is what a
    second costs in GOSPA"""
    claimed: float = 0.5
    """a claim less probable than this is not made: it is neither found nor false"""
    level: float = 0.95
    """of the region that a true event may lie in to be matched"""
    false_per_day: float = 0.1
    """at which recall is stated by kind"""
    n_bins: int = 15
    """bins of equal mass for calibration"""
    resamples: int = 1000
    """of the bootstrap over blocks"""
    seed: int = 20_260_101
    """of the bootstrap"""

    def __post_init__(self) -> None:
        """Refuse settings that no score can be made with."""
        if not (self.match_m > 0 and self.match_s > 0 and 0 < self.claimed < 1 and 0 < self.level < 1):
            raise ValueError("match_m and match_s must be > 0, claimed and level between 0 and 1")
        if not (self.false_per_day > 0 and self.n_bins >= 1 and self.resamples >= 100):
            raise ValueError("false_per_day must be > 0, n_bins >= 1, resamples >= 100")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure with its interval, and what a later run needs to be compared with it."""

    name: str
    value: float | None
    """None where there was nothing to take it from"""
    low: float | None
    """95 per cent interval; None where there is too little to say"""
    high: float | None
    n: int
    """of how many things"""
    unit: str
    """"m", "s", "a day", "" for a share or a plain number"""
    better: Better
    level: float | None = None
    """what it should be, where better is "level" """
    interval: str = ""
    """how the interval was made: "wilson", "poisson", "bootstrap" """
    sums: tuple[tuple[float, float], ...] = ()
    """numerator and denominator in each block of time, where the figure is a ratio of sums"""
    power: float = 1.0
    """value = (numerator / denominator) ** (1 / power)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What was found and what was false of one kind, size, or part of the run."""

    by: str
    """"kind", "size", "source", "sensors", "hours" """
    name: str
    n_truth: int
    n_found: int
    recall: float | None
    recall_low: float | None
    recall_high: float | None
    recall_at_rate: float | None
    """at the settings' false incidents a day; None where there was nothing to find"""
    n_false: int | None
    """None where a false incident cannot belong to such a group"""
    precision: float | None
    precision_low: float | None
    precision_high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Forecasts that were about equally sure, and how often they came true."""

    n: int
    least_p: float
    most_p: float
    mean_p: float
    share: float
    """that came true"""
    low: float
    """Wilson interval of the share"""
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Whether probabilities of one sort mean what they say."""

    of: str
    """"existence", "presence", "kind", "zone", "side" """
    n: int
    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    """brier = reliability - resolution + uncertainty, exactly: variances within bins are counted to resolution"""
    log_score: float
    """mean of -ln of the probability that was given to what came true; 0 is best"""
    ece: float
    """mean distance of mean forecast and share, bins weighted by their size; too high in small samples"""
    ece_debiased: float
    """the same less its estimated bias"""
    ece_if_calibrated: float
    """what `ece` would be on average if every forecast were right: below this it cannot say anything"""
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """What is found and what is false where claims from a probability on are made."""

    p_least: float
    recall: float
    false_per_day: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Everything that is said of one system against one truth."""

    format: str
    """trucewatch-score/1"""
    method: str
    versions: tuple[tuple[str, str], ...]
    """program and its version"""
    seeds: tuple[int, ...]
    """of the simulated days, where stated"""
    settings: ScoreSettings
    truth_sha256: str
    """of the true events, whatever their order: equal where two scores are of the same truth"""
    start_utc: datetime | None
    end_utc: datetime | None
    """what was scored; None where there was nothing"""
    days: float
    block_s: float
    """length of the blocks of time that the bootstrap draws"""
    n_truth: int
    """true events that are not innocent"""
    n_innocent: int
    n_claims: int
    n_made: int
    """claims at least as probable as `claimed`"""
    n_unplaced: int
    """claims without a place: they cannot be compared and are left out"""
    figures: tuple[Figure, ...]
    groups: tuple[Group, ...]
    calibrations: tuple[Calibration, ...]
    operating: tuple[OperatingPoint, ...]
    errors_m: tuple[tuple[float, float], ...]
    """share of found events and the location error that it does not exceed"""
    missed: tuple[str, ...]
    false: tuple[str, ...]
    innocent_as_violation: tuple[str, ...]
    """those of the false that claim an innocent event"""
    doubled: tuple[str, ...]
    """those of the false that claim an event which another claim stands for"""
    merged: tuple[tuple[str, str], ...]
    """missed event, and the claim that covers it but stands for another"""
    wrongly_attributed: tuple[str, ...]
    rejected: tuple[str, ...] = ()
    """rows of the claims that could not be read, each with what would be right"""

    def figure(self, name: str) -> Figure:
        """Return one figure.

        Raises:
            KeyError: there is none of this name.
        """
        found = next((f for f in self.figures if f.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def calibration(self, of: str) -> Calibration | None:
        """Return one calibration, None where there was nothing to take it from."""
        return next((c for c in self.calibrations if c.of == of), None)


Verdict = Literal["better", "worse", "same", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure in two scores."""

    name: str
    before: float | None
    after: float | None
    unit: str
    verdict: Verdict
    """"same": no more than chance; "unknown": no interval to judge by"""
    how: str
    """"paired": bootstrap of the difference over common blocks; "intervals": they do not overlap, or do"""
    worse_by: float | None
    """how much worse as a share of the figure before (of its distance from its level); None unless worse"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreComparison:
    """What changed between two scores."""

    same_truth: bool
    changes: tuple[Change, ...]
