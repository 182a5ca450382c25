"""A short line of nodes with single shots and one salvo, and the world that association is told of."""

from __future__ import annotations

import numpy as np

from trucewatch.fuse.batch_evidence import Prior
from trucewatch.fuse.batch_fix import Airs
from trucewatch.fuse.field import Heard, plane_ground
from trucewatch.fuse.joint import World

SPEED_M_S = 340.0
WIND_M_S = 4.8
_REACH_M = np.array([4_000.0, 6_000.0, 9_000.0])


class Loudness:
    """Probability of detection by distance, for three sizes of source."""

    weights = np.array([0.4, 0.35, 0.25])

    def p_hear(self, station: np.ndarray, away_m: np.ndarray, toward_deg: np.ndarray, at_s: np.ndarray) -> np.ndarray:
        return 0.9 / (1.0 + np.exp(np.minimum((away_m[None] - _REACH_M[:, None, None]) / 800.0, 50.0)))

    def listens(self, station: np.ndarray, at_s: np.ndarray) -> np.ndarray:
        return station >= 0


def airs_at(at_s: np.ndarray) -> Airs:
    return Airs(
        speed_m_s=np.full(len(at_s), SPEED_M_S),
        wind_m_s=np.zeros((len(at_s), 2)),
        sigma_m_s=np.tile([0.05, WIND_M_S, WIND_M_S], (len(at_s), 1)),
    )


def world_of(nodes_m: np.ndarray, time_s: np.ndarray, node: np.ndarray) -> World:
    return World(
        ground=plane_ground(nodes_m, 20_000.0),
        heard=Heard(time_s=time_s, station=node, sigma_s=np.full(len(time_s), 0.05)),
        airs_at=airs_at,
        hearing=Loudness(),
        prior=Prior(
            density_m2_s=1e-11,
            usual_rate_hz=5e-4,
            reach_m=15_000.0,
            silence_cap=0.9,
            p_follows=0.5,
            salvo_gap_s=30.0,
        ),
        least_heard=4,
    )


def made_line(seed: int, n_nodes: int, n_single: int, salvo: int) -> dict[str, np.ndarray]:
    """Return nodes half a kilometre apart, and a quarter of an hour of onsets with what they came from."""
    rng = np.random.default_rng(seed)
    length = 500.0 * n_nodes
    nodes_m = np.column_stack((np.sort(rng.uniform(0, length, n_nodes)), rng.normal(0, 900, n_nodes)))
    single = np.column_stack((rng.uniform(4000, length - 4000, n_single), rng.normal(0, 1500, n_single)))
    there = np.array([length / 2, 1200.0]) + rng.normal(0, 100, (salvo, 2))
    event_m = np.concatenate((single, there))
    event_s = np.concatenate((rng.uniform(50, 850, n_single), 300 + np.cumsum(rng.uniform(3, 9, salvo))))
    loud_m = rng.choice(_REACH_M, len(event_m))
    wind = rng.normal(0, WIND_M_S, (len(event_m), 2))
    event, node = np.divmod(np.arange(len(event_m) * n_nodes), n_nodes)
    off = nodes_m[node] - event_m[event]
    away = np.hypot(*off.T)
    hit = rng.random(len(away)) < 0.9 / (1.0 + np.exp(np.minimum((away - loud_m[event]) / 800.0, 50.0)))
    speed = SPEED_M_S + np.einsum("ni,ni->n", off, wind[event]) / away
    time_s = (event_s[event] + away / speed + rng.normal(0, 0.05, len(away)))[hit]
    n_false = rng.poisson(0.002 * 900, n_nodes)
    time_s = np.concatenate((time_s, rng.uniform(0, 900, n_false.sum())))
    node = np.concatenate((node[hit], np.repeat(np.arange(n_nodes), n_false)))
    event = np.concatenate((event[hit], np.full(n_false.sum(), -1)))
    order = np.lexsort((node, time_s))
    return {
        "nodes_m": nodes_m,
        "time_s": time_s[order],
        "node": node[order],
        "event": event[order],
        "event_s": event_s,
        "event_m": event_m,
    }
