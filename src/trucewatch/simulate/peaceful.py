"""What is announced, and what only sounds like fire: clearance, exercises, thunder, quarries, feasts, lorries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trucewatch.geo import from_azimuthal
from trucewatch.model.vocabulary import Cause, ObservationType
from trucewatch.simulate.contact import SIDES
from trucewatch.simulate.happening import Happening, Said, bangs, size_of, source_of, spread_of
from trucewatch.simulate.scene import Scene

FloatArray = NDArray[np.float64]

_CHARGES = ("demolition_10kg", "demolition_100kg")
_STROKE_PIECES = (8, 20)
_CHANNEL_M = 5_000.0
_BANG = ObservationType.EXPLOSION


def demolition(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return one to four announced charges."""
    at, owner = scene.spot(rng, 1_000.0, 9_000.0)
    rounds = at_s + np.concatenate(([0.0], np.cumsum(rng.uniform(60.0, 600.0, rng.integers(0, 4)))))
    return [_charges(scene, name, "demolition", _CHARGES[int(rng.integers(2))], at, owner, rounds, rng)]


def mine_clearance(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return 3 to 12 announced charges as mines are found, over an hour or so."""
    at, owner = scene.spot(rng, 300.0, 5_000.0)
    rounds = at_s + np.cumsum(rng.exponential(300.0, rng.integers(3, 13)))
    return [_charges(scene, name, "mine_clearance", "mine_antitank", at, owner, rounds, rng)]


def exercise(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return an announced exercise with live rounds, behind one side's ground: guns here, shells there."""
    side = SIDES[int(rng.integers(2))]
    guns, _ = scene.spot(rng, 9_000.0, 12_000.0, side)
    butts = from_azimuthal(guns[0], guns[1], rng.normal(0.0, 1.0, 2) * 1_500.0 + np.array([0.0, 4_000.0]))
    n = int(rng.integers(120, 400))
    length_s = max(60.0, min(7_200.0, 0.9 * (scene.end_s - at_s)))
    rounds = at_s + np.sort(rng.uniform(0.0, length_s, n))
    fired = _charges(scene, f"{name}-launch", "exercise", "artillery_122_launch", guns, side, rounds, rng)
    shells = _charges(scene, name, "exercise", "artillery_122", butts, side, np.sort(rounds + 28.0), rng, 120.0)
    return [fired, shells]


def _charges(
    scene: Scene,
    name: str,
    activity: str,
    label: str,
    at: FloatArray,
    side: str,
    rounds_s: FloatArray,
    rng: np.random.Generator,
    spread_m: float = 30.0,
) -> Happening:
    said = Said(
        id=name,
        activity=activity,
        label=label,
        kind=_BANG,
        cause=Cause.EXPLOSION,
        size=size_of(source_of(label)),
        side=side,
        zone=scene.zone(at),
        notified=True,
    )
    return bangs(said, scene.start_utc, at, rounds_s, source=source_of(label), spread_m=spread_m, rng=rng, flash=_BANG)


def thunder(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return the strokes of one storm that passes within an hour: each sounds from many pieces of its channel.

    References:
        Few 1969, J. Geophys. Res. 74, 6926; Ribner & Roy 1982, J. Acoust. Soc. Am. 72, 1911.
    """
    middle, _ = scene.spot(rng, 0.0, 10_000.0)
    moves = rng.normal(0.0, 8.0, 2)
    out = []
    for n, since in enumerate(np.sort(rng.uniform(0.0, 3_000.0, rng.integers(10, 30)))):
        at = from_azimuthal(middle[0], middle[1], moves * since + rng.normal(0.0, 3_000.0, 2))
        out.append(_stroke(scene, f"{name}-{n + 1:02d}", at, at_s + float(since), rng))
    return out


def _stroke(scene: Scene, name: str, at: FloatArray, at_s: float, rng: np.random.Generator) -> Happening:
    n = int(rng.integers(*_STROKE_PIECES))
    said = Said(
        id=name,
        activity="thunder",
        label="thunder",
        kind=_BANG,
        cause=Cause.THUNDER,
        size="large",
        innocent=True,
        zone=scene.zone(at),
    )
    height = np.sort(rng.uniform(0.0, _CHANNEL_M, n))
    made = bangs(
        said, scene.start_utc, at, np.full(n, at_s), source=source_of("thunder"), rng=rng, height_m=height, flash=_BANG
    )
    # A crooked channel: the foot is where the truth is, the top some kilometres aside.
    offset = np.cumsum(rng.normal(0.0, 250.0, (n, 2)), axis=0)
    return replace(made, truth=replace(made.truth, spread_m=spread_of(offset)), offset_m=offset)


def quarry(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return one blast of a quarry; its many charges, milliseconds apart, sound as one."""
    at, _ = scene.spot(rng, 6_000.0, 15_000.0)
    said = _innocent(name, "quarry", "quarry", Cause.QUARRY_BLAST, scene.zone(at))
    return [bangs(said, scene.start_utc, at, np.array([at_s]), source=source_of("quarry"), rng=rng)]


def fireworks(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return some dozens of reports above a village within a quarter of an hour."""
    at, _ = scene.spot(rng, 1_000.0, 10_000.0)
    n = int(rng.integers(20, 120))
    rounds = at_s + np.sort(rng.uniform(0.0, 900.0, n))
    said = _innocent(name, "fireworks", "fireworks", Cause.FIREWORKS, scene.zone(at))
    height = rng.uniform(40.0, 150.0, n)
    return [
        bangs(
            said,
            scene.start_utc,
            at,
            rounds,
            source=source_of("fireworks"),
            spread_m=30.0,
            rng=rng,
            height_m=height,
            flash=_BANG,
        )
    ]


def traffic(scene: Scene, name: str, at_s: float, rng: np.random.Generator) -> list[Happening]:
    """Return the bump of a lorry on a road beside a node."""
    if not len(scene.nodes):
        return []
    node = scene.nodes[int(rng.integers(len(scene.nodes)))]
    at = from_azimuthal(node[0], node[1], rng.uniform(-1.0, 1.0, 2) * 150.0)
    said = _innocent(name, "traffic", "lorry bump", Cause.TRAFFIC, scene.zone(at))
    return [bangs(said, scene.start_utc, at, np.array([at_s]), source=source_of("lorry bump"), rng=rng)]


def _innocent(name: str, activity: str, label: str, cause: Cause, zone: str) -> Said:
    return Said(
        id=name,
        activity=activity,
        label=label,
        kind=_BANG,
        cause=cause,
        size=size_of(source_of(label)),
        innocent=True,
        zone=zone,
    )
