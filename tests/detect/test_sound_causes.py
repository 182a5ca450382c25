"""Simulated sounds of stated physical models, many of each, none of them those that the figures were taken from."""

from collections import Counter

import numpy as np
import pytest

from trucewatch.detect.hearing import listen
from trucewatch.detect.sound_causes import FIGURES, KINDS, MOST_BELIEVED
from trucewatch.model.vocabulary import Cause
from trucewatch.simulate.soundscape import SOUNDS, coloured, scene_pa

RATE_HZ = 12_000
SEEDS = range(20_000, 20_004)


def heard(name, **scene):
    sounds = (scene_pa(name, seconds=15.0, rate_hz=RATE_HZ, rng=np.random.default_rng(s), **scene) for s in SEEDS)
    return [each for sound in sounds for each in listen(sound, RATE_HZ)]


@pytest.mark.parametrize("name", ["wind", "traffic"])
def test_wind_and_traffic_make_no_onsets(name):
    assert heard(name) == []


@pytest.mark.parametrize(
    ("name", "least"),
    [("rain", 0.8), ("thunder", 0.8), ("knock", 0.8), ("explosion", 0.9), ("sonic_boom", 0.7), ("instrument", 0.8)],
)
def test_others_are_named_and_rarely_gunfire(name, least):
    found = Counter(each.causes[0].cause for each in heard(name))
    n = found.total()
    assert n >= 8
    assert found[Cause(name)] / n >= least
    assert found[Cause.GUNFIRE] / n <= 0.1


def test_fireworks_are_named_mostly_and_rarely_gunfire():
    found = Counter(each.causes[0].cause for each in heard("fireworks"))
    assert found[Cause.FIREWORKS] / found.total() > 0.7
    assert found[Cause.GUNFIRE] / found.total() < 0.1


def _p_of(each, cause):
    return {c.cause: c.p for c in each.causes}[cause]


def test_one_impulse_at_one_sensor_is_not_believed_too_far():
    for each in [*heard("instrument"), *heard("explosion")]:
        assert max(c.p for c in each.causes if c.cause is not Cause.UNDETERMINED) <= MOST_BELIEVED + 1e-9


def test_the_fainter_the_less_is_said():
    sure = []
    for background_pa in (0.02, 0.3):
        found = [each for each in heard("knock", background_pa=background_pa) if each.onset.snr_db < 60]
        sure.append(np.mean([1 - _p_of(each, Cause.UNDETERMINED) for each in found]))
    assert sure[1] < sure[0]


def test_kinds_are_whole_and_sounds_have_their_spectrum():
    assert all(len(kind.middle) == len(kind.spread) == len(FIGURES) for kind in KINDS)
    assert all(min(kind.spread) > 0 for kind in KINDS)
    assert set(SOUNDS) <= {cause.value for cause in Cause}
    noise = coloured(1 << 16, 1_000.0, 2.0, np.random.default_rng(0))
    power = np.square(np.abs(np.fft.rfft(noise)))
    low, high = power[655:1311].mean(), power[13107:26214].mean()
    # Twenty times the frequency at a slope of two: 26 dB.
    assert 10 * np.log10(low / high) == pytest.approx(26.0, abs=1.5)
