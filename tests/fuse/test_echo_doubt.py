"""An echo never comes first and rarely louder: what a sensor heard just before an onset decides which it is."""

from dataclasses import replace

import numpy as np
from made import SQUARE, T0, heard, metres, network, still

from trucewatch.fuse import fuse
from trucewatch.model.detection import Feature, WaveProbability
from trucewatch.model.vocabulary import Wave

FOUR = SQUARE[:4]


def _with_peak(detections, peak):
    return [replace(d, features=(Feature(name="peak", value=peak, unit="count"),)) for d in detections]


def test_fainter_onsets_just_after_louder_ones_are_echoes_even_where_they_fit_a_place_exactly():
    # The sound itself is late at one sensor (a wall), so that its echoes fit a place of their own better.
    direct = _with_peak(heard(50.0, 80.0, 0.0, FOUR), 1000.0)
    late = replace(
        direct[0],
        time=replace(
            direct[0].time, utc=direct[0].time.utc.fromtimestamp(direct[0].time.utc.timestamp() + 0.03, tz=T0.tzinfo)
        ),
    )
    image = _with_peak(heard(-20.0, 150.0, 0.45, FOUR, tag="e"), 120.0)
    (incident, *rest) = fuse([late, *direct[1:], *image], network(FOUR), (still(),))
    assert not rest
    assert np.hypot(*(metres(incident.place) - (50.0, 80.0))) < 25.0
    assert {s.detection_id[0] for s in incident.supports if s.used} == {"a"}


def test_an_onset_that_its_detector_calls_an_echo_is_one():
    direct = heard(50.0, 80.0, 0.0, FOUR)
    echo = (WaveProbability(wave=Wave.ECHO, p=0.98), WaveProbability(wave=Wave.MUZZLE_BLAST, p=0.02))
    image = [replace(d, waves=echo) for d in heard(-20.0, 150.0, 0.45, FOUR, tag="e")]
    incidents = fuse([*direct, *image], network(FOUR), (still(),))
    assert np.hypot(*(metres(incidents[0].place) - (50.0, 80.0))) < 5.0


def test_three_agreeing_noises_far_away_are_no_round_of_a_salvo():
    rounds = [d for n, at in enumerate((0.0, 0.8)) for d in heard(50.0, 80.0, at, FOUR, tag=f"r{n}")]
    lost = heard(7_000.0, -5_000.0, -20.0, FOUR[:3], tag="n")
    incidents = fuse([*rounds, *lost], network(FOUR), (still(),))
    (there,) = [i for i in incidents if i.place is not None and np.hypot(*(metres(i.place) - (50.0, 80.0))) < 20]
    assert there.count.best == 2
