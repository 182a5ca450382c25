"""What a verification says: an outcome, findings that name where and why, and what was not checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from trucewatch.evidence.checkpoint import Checkpoint


class Outcome(IntEnum):
    """The verdict in one word; its number is the exit code of a verifying program."""

    VERIFIED = 0
    """Everything holds, and a quorum of witnesses by the verifier's own policy has signed."""
    CONSISTENT_UNWITNESSED = 10
    """Everything holds and extends what the verifier saw last; no witness was asked."""
    UNANCHORED = 20
    """Everything holds within itself; the verifier brought nothing to hold it against."""
    DIVERGED = 30
    """The log's key has signed two histories that cannot both be true."""
    INVALID = 40
    """Something was altered, removed, added or is not in its form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    what: str
    """One word: altered, missing, unexpected, removed, added, reordered, back-dated, malformed, unsigned, diverged."""
    where: str
    """The file, entry or record."""
    why: str
    """What was found and what would be right."""

    def __str__(self) -> str:
        return f"{self.what}: {self.where}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The result of one step of a verification."""

    checked: str | None = None
    """What the step looked at; None for a step that only states what was left out."""
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The result of a whole verification."""

    outcome: Outcome
    checkpoint: Checkpoint | None
    """The signed state that was verified, to be kept and pinned next time; None when none could be read."""
    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]
    """What the verdict does not speak of; never empty, for no verification checks everything."""


def conclude(steps: Sequence[Step], checkpoint: Checkpoint | None, *, is_pinned: bool) -> Verdict:
    """Draw the verdict from the steps.

    A divergence outranks damage: it is the log key's own signatures that contradict each other, and that can be shown
    to others, while damage may be an accident of this copy. All findings are kept either way.

    LIMIT: no step checks witness signatures, so VERIFIED is never given and a log and its key alone can at best be
    consistent with what the verifier saw before.
    """
    findings = tuple(finding for step in steps for finding in step.findings)
    if any(finding.what == "diverged" for finding in findings):
        outcome = Outcome.DIVERGED
    elif findings:
        outcome = Outcome.INVALID
    else:
        outcome = Outcome.CONSISTENT_UNWITNESSED if is_pinned else Outcome.UNANCHORED
    return Verdict(
        outcome=outcome,
        checkpoint=checkpoint,
        findings=findings,
        checked=tuple(step.checked for step in steps if step.checked is not None),
        not_checked=tuple(item for step in steps for item in step.not_checked),
    )
