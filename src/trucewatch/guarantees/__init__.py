"""Lists what a signed finding makes due: who owes what to whom, and by when from every possible start of the clock.

Takes: a finding, its assessments and incident, the mission's commitments, the time. Gives: activations, clocks, a list.
Never: starts, sends or decides anything, chooses between anchors that a text leaves open, or hides a discretion.
"""

from trucewatch.guarantees.clocks import Clock, Running, state
from trucewatch.guarantees.decide import activate, answers, caveats
from trucewatch.guarantees.owed import Owed, owed

__all__ = ["Clock", "Owed", "Running", "activate", "answers", "caveats", "owed", "state"]
