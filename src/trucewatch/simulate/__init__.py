"""Known truth to observations: days whose right answer is known, and how far an answer is from it.

Takes: a preset or a scenario, and a seed; for the score, truth and claims. Gives: true events, the network as reported,
what every source observed, in memory or as the raw files of a mission folder with the hour at which each arrives; and a
score. Never: reads a clock, draws without a seed, or lets fusion see the truth.
"""

from trucewatch.simulate.clips import Noise
from trucewatch.simulate.files import files
from trucewatch.simulate.generate import SimulatedDay, simulate
from trucewatch.simulate.preset import Preset
from trucewatch.simulate.presets import PRESETS, preset_of
from trucewatch.simulate.score import score
from trucewatch.simulate.score_compare import compare_scores, worse_beyond
from trucewatch.simulate.score_files import read_claims, read_score, read_truth, write_claims, write_truth
from trucewatch.simulate.score_incidents import claim_of, claim_of_track, told_once, true_event_of, zones_of
from trucewatch.simulate.stationed import about_network
from trucewatch.simulate.terrain import HeightGrid, Terrain
from trucewatch.simulate.theatre import announced, open_theatre, theatre_day, theatre_hours
from trucewatch.simulate.theatre_files import TimedFile, timed_files
from trucewatch.simulate.theatre_nouns import SimulatedTheatre, Theatre, TheatreHour
from trucewatch.simulate.theatre_texts import mission_texts, notified_text, truth_texts
from trucewatch.simulate.world import Event, Scenario

__all__ = [
    "PRESETS",
    "Event",
    "HeightGrid",
    "Noise",
    "Preset",
    "Scenario",
    "SimulatedDay",
    "SimulatedTheatre",
    "Terrain",
    "Theatre",
    "TheatreHour",
    "TimedFile",
    "about_network",
    "announced",
    "claim_of",
    "claim_of_track",
    "compare_scores",
    "files",
    "mission_texts",
    "notified_text",
    "open_theatre",
    "preset_of",
    "read_claims",
    "read_score",
    "read_truth",
    "score",
    "simulate",
    "theatre_day",
    "theatre_hours",
    "timed_files",
    "told_once",
    "true_event_of",
    "truth_texts",
    "worse_beyond",
    "write_claims",
    "write_truth",
    "zones_of",
]
