"""The mission's own text files as nouns.

Takes: the text of mission.toml, network.yaml, agreement.yaml, notified.yaml, guarantees.yaml or truth.yaml, and its
name. Gives: the noun, or every problem at once, each with its line, its column, what stands there and what would be
right; JSON Schemas of the files; a term in plain English. Never opens a file, constructs an object that a text names,
guesses what was meant, or says whether a term was kept.
"""

from trucewatch.agreements.agreement import load_agreement
from trucewatch.agreements.explain import explain_term
from trucewatch.agreements.guarantees import load_guarantees
from trucewatch.agreements.loaded import Loaded
from trucewatch.agreements.mission import load_mission
from trucewatch.agreements.network import load_network
from trucewatch.agreements.notified import load_notified
from trucewatch.agreements.schema import schemas
from trucewatch.agreements.truth import load_truth

__all__ = [
    "Loaded",
    "explain_term",
    "load_agreement",
    "load_guarantees",
    "load_mission",
    "load_network",
    "load_notified",
    "load_truth",
    "schemas",
]
