"""Bursts of automatic fire: sequences with missed rounds and further onsets, laid on each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made import T0, metres, network, onset, still
from test_lesson import SETTINGS

from trucewatch.fuse import fuse
from trucewatch.fuse.air import air_at
from trucewatch.fuse.ears import ears_of, physics_weather
from trucewatch.fuse.fast_fire import bursts, with_bursts
from trucewatch.fuse.impulse import Scene
from trucewatch.fuse.onsets import gather, neighbourhoods
from trucewatch.fuse.rhythm import delays, log_p_heard, rounds_of, settled
from trucewatch.model.detection import Detection
from trucewatch.model.instant import utc_from_timestamp
from trucewatch.model.vocabulary import ObservationType

SPEED = 331.3 * np.sqrt(1 + 10 / 273.15)
NODES = ((-900.0, -700.0), (1_100.0, -600.0), (900.0, 1_000.0), (-1_000.0, 900.0), (150.0, 1_500.0), (200.0, -1_600.0))
NETWORK = network(NODES)
GUN = (250.0, 120.0)
ROUNDS = np.concatenate([start + 0.1 * np.arange(n) for start, n in ((0.0, 5), (2.3, 7), (5.9, 4))])


def heard_of(
    rng: np.random.Generator, p: float = 0.7, gun: tuple[float, float] = GUN, at_s: float = 20.0
) -> list[Detection]:
    """Onsets of a burst at all nodes, each missing some rounds, with echoes of some."""
    out = []
    for n, (x, y) in enumerate(NODES):
        late = at_s + float(np.hypot(gun[0] - x, gun[1] - y)) / SPEED
        own = ROUNDS[rng.uniform(size=len(ROUNDS)) < p]
        echoes = own[rng.uniform(size=len(own)) < 0.15]
        lags = rng.uniform(0.15, 1.5, len(echoes))
        times = np.concatenate((own + rng.normal(0.0, 0.003, len(own)), echoes + lags)) + late
        out += [onset(f"{at_s:g}-{n}-{k}", f"AC-{n + 1}", t, snr_db=20.0) for k, t in enumerate(times)]
    return out


def scene_of(detections: list[Detection]) -> Scene:
    onsets = gather(detections, NETWORK)
    return Scene(
        onsets=onsets,
        hoods=neighbourhoods(onsets, SETTINGS.max_range_m, SETTINGS.far_range_m),
        air_at=lambda s: air_at(utc_from_timestamp(s), (still(),), SETTINGS),
        weather_at=lambda s: physics_weather(still(), SETTINGS),
        ears=ears_of(onsets, NETWORK),
        array_times_s={},
        settings=SETTINGS,
    )


def test_a_rhythm_laid_on_itself_has_its_delay_first_and_one_round_off_with_fewer_common_rounds() -> None:
    found = delays(ROUNDS, ROUNDS + 1.234, 0.0, 3.0)
    assert found[0].n_common == len(ROUNDS)
    assert found[0].delay_s == pytest.approx(1.234, abs=1e-9)
    # One round is lost at the end of each of the three bursts.
    beside = [d for d in found[1:] if abs(abs(d.delay_s - 1.234) - 0.1) < 1e-6]
    assert [d.n_common for d in beside] == [len(ROUNDS) - 3] * 2


def test_delays_outside_the_bounds_are_not_given() -> None:
    assert delays(ROUNDS, ROUNDS + 4.0, -0.5, 0.02, least=12) == ()


def test_rounds_are_those_moments_that_lie_together() -> None:
    assert rounds_of(np.array([0.0, 0.01, 0.039, 0.1, 0.2, 0.205])).tolist() == [0, 0, 0, 1, 2, 2]


def test_a_round_that_two_sensors_share_is_likelier_than_two_that_each_missed() -> None:
    assert log_p_heard((5, 5), 5) > log_p_heard((5, 5), 6) > log_p_heard((5, 5), 9)


def test_delays_settle_on_all_common_rounds_and_say_who_heard_which() -> None:
    one, other = np.array([0.0, 0.1, 0.3, 2.0]), np.array([0.1, 0.2, 0.3, 2.0, 2.1]) + 0.75
    delay, moment, heard = settled([one, other], np.array([0.0, 0.762]))
    assert delay.tolist() == pytest.approx([0.0, 0.75], abs=1e-3)
    assert moment.tolist() == pytest.approx([0.0, 0.1, 0.2, 0.3, 2.0, 2.1], abs=0.02)
    assert heard.tolist() == [[0, -1], [1, 0], [-1, 1], [2, 2], [3, 3], [-1, 4]]


@pytest.mark.parametrize("seed", range(4))
def test_a_burst_of_which_each_sensor_missed_rounds_has_one_arrival_a_sensor(seed: int) -> None:
    scene = scene_of(heard_of(np.random.default_rng(seed)))
    (found,) = bursts(scene)
    assert len(found.members) == len(NODES)
    station = scene.onsets.station[list(found.members)]
    true_s = 20.0 + np.hypot(*(np.array(NODES)[station] - GUN).T) / SPEED
    off = found.arrival_s + scene.onsets.epoch_s - T0.timestamp() - true_s
    # Ends that were missed may leave a sensor open by a round: then its stated error says so.
    off -= np.median(off)
    assert (np.abs(off) < 3.0 * found.sigma_s + 0.01).all()
    assert np.count_nonzero(np.abs(off) < 0.03) >= len(NODES) - 2
    assert abs(len(found.rounds_s) - len(ROUNDS)) <= 2


@pytest.mark.parametrize("seed", range(4))
def test_the_burst_is_one_incident_at_its_place_with_its_rounds(seed: int) -> None:
    detections = heard_of(np.random.default_rng(seed), p=0.6)
    made = fuse(detections, NETWORK, (still(),), replace(SETTINGS, align_bursts=True))
    (incident,) = [i for i in made if i.place is not None and i.p_exists > 0.5]
    assert np.hypot(*(metres(incident.place) - GUN)) < 20.0
    assert incident.p_exists > 0.99
    kinds = {k.kind: k.p for k in incident.kinds}
    assert kinds[ObservationType.BURST] > 5.0 * kinds[ObservationType.SHOT]
    assert incident.count.best is not None and abs(incident.count.best - len(ROUNDS)) <= 3
    assert incident.count.high is None
    assert len(incident.rounds) == incident.count.best


def test_two_guns_at_once_are_two_bursts() -> None:
    rng = np.random.default_rng(7)
    both = heard_of(rng) + heard_of(rng, gun=(-500.0, 300.0), at_s=60.0)
    assert len(bursts(scene_of(both))) == 2


def test_single_shots_and_shells_with_echoes_are_no_burst() -> None:
    rng = np.random.default_rng(3)
    out = []
    for k, at in enumerate(np.cumsum(rng.uniform(2.0, 6.0, 12))):
        for n, (x, y) in enumerate(NODES):
            t = 20.0 + at + float(np.hypot(GUN[0] - x, GUN[1] - y)) / SPEED
            echoes = t + rng.uniform(0.15, 1.5, 2)
            out += [onset(f"{k}-{n}-{m}", f"AC-{n + 1}", s, snr_db=20.0) for m, s in enumerate((t, *echoes))]
    scene = scene_of(out)
    assert bursts(scene) == ()
    assert with_bursts(scene) is scene


def test_a_noise_that_only_two_sensors_share_is_no_burst() -> None:
    two = [d for d in heard_of(np.random.default_rng(1)) if d.sensor_id in ("AC-1", "AC-2")]
    assert bursts(scene_of(two)) == ()


def test_onsets_in_another_order_give_the_same_bursts() -> None:
    detections = heard_of(np.random.default_rng(2))
    (one,), (other,) = bursts(scene_of(detections)), bursts(scene_of(detections[::-1]))
    assert one.members == other.members and one.rounds_s == other.rounds_s
    assert np.array_equal(one.arrival_s, other.arrival_s)
