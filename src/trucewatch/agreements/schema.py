"""JSON Schemas of the mission's files, made from the same tables that read them."""

from __future__ import annotations

from trucewatch.agreements.agreement import AGREEMENT
from trucewatch.agreements.guarantees import GUARANTEES
from trucewatch.agreements.mission import MISSION
from trucewatch.agreements.network import NETWORK
from trucewatch.agreements.notified import NOTIFIED
from trucewatch.agreements.truth import TRUTH
from trucewatch.agreements.values import Schema

_FILES = (
    ("mission.toml", MISSION, "What a mission says about itself"),
    ("network.yaml", NETWORK, "The sensors that watch"),
    ("agreement.yaml", AGREEMENT, "The terms that the parties agreed"),
    ("notified.yaml", NOTIFIED, "Activities that were announced or authorised beforehand"),
    ("guarantees.yaml", GUARANTEES, "Who promised what, and what a finding makes due"),
    ("truth.yaml", TRUTH, "Known events of a replayed test"),
)


def schemas() -> dict[str, Schema]:
    """Return the JSON Schema of each file by its name.

    They say which keys and values a file may have, for editors that complete and underline. What needs more than one
    value at a time (references, order of times, the mission's area, whether a ring crosses itself) only loading finds.

    References:
        JSON Schema, draft 2020-12.
    """
    head = "https://json-schema.org/draft/2020-12/schema"
    return {file: {"$schema": head, "title": title, **group.schema()} for file, group, title in _FILES}
