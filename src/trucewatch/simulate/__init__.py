"""Known truth to observations: days whose right answer is known, and how far an answer is from it.

Takes: a scenario and a seed; for the score, truth and incidents. Gives: events, the network as reported, onsets, health
and weather, raw files of a mission folder, and a score. Never: reads a clock, draws without a seed, or lets fusion see
the truth.
"""

from trucewatch.simulate.files import files
from trucewatch.simulate.generate import SimulatedDay, simulate
from trucewatch.simulate.score import Score, ScoreSettings, as_text, score, wilson
from trucewatch.simulate.world import Event, Scenario

__all__ = [
    "Event",
    "Scenario",
    "Score",
    "ScoreSettings",
    "SimulatedDay",
    "as_text",
    "files",
    "score",
    "simulate",
    "wilson",
]
