"""What an agreement's terms say about an incident.

Takes: an incident, one version of an agreement, the announced activities and thresholds. Gives: one assessment a term,
with the probability of a violation and every question that was asked, in words with its numbers. Never decides whether
an incident is verified or who is responsible, never reads a file, and never guesses what a text leaves open.
"""

from trucewatch.assess.assessing import assess
from trucewatch.assess.settings import AssessSettings
from trucewatch.assess.zones import Geometry, geometry

__all__ = ["AssessSettings", "Geometry", "assess", "geometry"]
