"""Detections to incidents: what happened, where, when, how often, and how sure that is.

Takes: detections of all kinds, the network with its health, weather reports, settings. Gives: incidents with place and
covariance, existence with every contribution, counts, the posterior over kinds, and the reasons in words; ids that live
on from one round to the next. Never: reads a clock or a file, knows an agreement, or says who did it.
"""

from trucewatch.fuse.assemble import fuse
from trucewatch.fuse.classifier import Classifier
from trucewatch.fuse.clocks import ClockOffset, clock_offsets
from trucewatch.fuse.event_incident import METHOD
from trucewatch.fuse.explain import explain
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.fuse.load_classifier import read_classifier, sidecar_name
from trucewatch.fuse.locate import Arrivals, Fix, locate
from trucewatch.fuse.revise import inherit
from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.suspicions import METHOD as SUSPICION_METHOD
from trucewatch.fuse.suspicions import suspicions
from trucewatch.fuse.track import METHOD as TRACK_METHOD
from trucewatch.fuse.track import tracks
from trucewatch.fuse.track_revise import inherit_tracks

__all__ = [
    "METHOD",
    "SUSPICION_METHOD",
    "TRACK_METHOD",
    "Arrivals",
    "Classifier",
    "ClockOffset",
    "FarSettings",
    "Fix",
    "FuseSettings",
    "clock_offsets",
    "explain",
    "fuse",
    "inherit",
    "inherit_tracks",
    "locate",
    "read_classifier",
    "sidecar_name",
    "suspicions",
    "tracks",
]
