"""Signs that a recording is not what the sensor heard, or that it did not hear: each in words, with its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.detect.block_levels import Blocks, Sense
from trucewatch.detect.clock_stamps import judge
from trucewatch.detect.fingerprints import Marks, Repeat, repeats
from trucewatch.detect.level_steps import Beats, Step, steps
from trucewatch.detect.meter import Channel, Span
from trucewatch.model.instant import utc_from_timestamp

FloatArray = NDArray[np.float64]

LEAST_REPEAT_S = 2.0
"""shortest stretch that is looked for a second time; slower channels need more, for their marks lie farther apart"""
CLIPPED_SHARE = 0.01
"""part of a block flat at full scale from which nothing can be heard in it; a loud bang clips less"""
LEAST_LEVELS = 64.0
"""counts between the rails below which equal neighbours at the top are not clipping but a quiet recorder"""
DROWNED_DB = 20.0
"""above the usual level of the day: only what is as much louder than usual would still be heard"""
QUIET_DB = 15.0
"""below the usual level of the day"""
LEAST_USUAL = 40
"""beats before a level is called usual: seven minutes of a microphone, twenty of an array"""
_LEAST_RUN = 3
"""beats in a row that are drowned or too quiet"""
_MOST_PIECES = 3
"""of one kind in an hour that are told one by one"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Something that does not look right."""

    at_s: float
    """seconds since 1970"""
    words: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Judged:
    """One channel with what is wrong with it."""

    channel: Channel
    usable: NDArray[np.bool_]
    """by block: neither dead, clipped nor drowned"""
    drowned: tuple[Span, ...]
    signs: tuple[Sign, ...]


def judged(channel: Channel, beats: Beats, sense: Sense, counts_per_unit: float | None) -> Judged:
    """Look a channel over by itself.

    Args:
        channel: measured over a day.
        beats: its blocks in beats.
        sense: its bands.
        counts_per_unit: of its samples; None where they are not counts.
    """
    blocks = channel.blocks
    clipped = _clipped(blocks, counts_per_unit)
    drowned = _spans(beats, _far(beats.band_db, DROWNED_DB))
    under = np.zeros(len(blocks), dtype=bool)
    for span in drowned:
        under |= (blocks.middle_s >= span.start_s) & (blocks.middle_s < span.end_s)
    lasting = steps(beats)
    signs = [
        *_block_signs(blocks, blocks.dead, sense, "one value only"),
        *_block_signs(blocks, clipped & ~blocks.dead, sense, "clipped"),
        *(_drowned_sign(beats, s) for s in drowned),
        *(_step_sign(s) for s in lasting),
        *_quiet_signs(beats, lasting),
        *_repeat_signs(channel),
        *_stamp_signs(channel),
        *_range_signs(channel),
    ]
    return Judged(
        channel=channel,
        usable=~(blocks.dead | clipped | under),
        drowned=drowned,
        signs=tuple(sorted(signs, key=lambda s: (s.at_s, s.words))),
    )


def same_signal(channels: Sequence[Channel]) -> tuple[tuple[str, Sign], ...]:
    """Return, for each channel that carries what another one carries too, its sensor's id and the sign."""
    found: list[tuple[str, Sign]] = []
    for i, k in _sharing([c.marks for c in channels]):
        one, other = channels[i], channels[k]
        if one.sensor_id == other.sensor_id:
            continue
        for r in repeats(one.marks, other.marks, rate_hz=one.rate_hz, least_s=LEAST_REPEAT_S):
            found.append((one.sensor_id, _same(r.first_s, r, other.sensor_id, r.again_s - r.first_s)))
            found.append((other.sensor_id, _same(r.again_s, r, one.sensor_id, r.first_s - r.again_s)))
    return tuple(found)


def _sharing(marks: Sequence[Marks]) -> list[tuple[int, int]]:
    """Return the pairs that have a code in common, in one pass over all of them."""
    if not marks:
        return []
    code = np.concatenate([m.code for m in marks])
    owner = np.repeat(np.arange(len(marks)), [len(m) for m in marks])
    order = np.lexsort((owner, code))
    code, owner = code[order], owner[order]
    differ = np.flatnonzero((code[1:] == code[:-1]) & (owner[1:] != owner[:-1]))
    return sorted({(int(owner[i]), int(owner[i + 1])) for i in differ})


def clock_text(seconds: float) -> str:
    """Write a moment as it stands in a sign."""
    return f"{utc_from_timestamp(round(seconds)):%H:%M:%S}"


def length_text(seconds: float) -> str:
    """Write how long something lasted, with two figures that mean something."""
    if seconds < 120.0:
        return f"{max(1.0, round(seconds)):.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 7200.0 else f"{seconds / 3600.0:.1f} h"


def _clipped(blocks: Blocks, counts_per_unit: float | None) -> NDArray[np.bool_]:
    """Say which blocks lie flat at the largest or smallest value of the whole channel."""
    alive = ~blocks.dead
    if not alive.any():
        return np.zeros(len(blocks), dtype=bool)
    top, bottom = float(blocks.top[alive].max()), float(blocks.bottom[alive].min())
    if counts_per_unit is not None and (top - bottom) * counts_per_unit < LEAST_LEVELS:
        return np.zeros(len(blocks), dtype=bool)
    flat = np.where(blocks.top >= top, blocks.flat_top, 0) + np.where(blocks.bottom <= bottom, blocks.flat_bottom, 0)
    return np.asarray(flat >= CLIPPED_SHARE * blocks.n, dtype=bool)


def _far(level_db: FloatArray, by_db: float) -> NDArray[np.bool_]:
    """Say which beats lie more than so much above (or, below nought, under) the usual level and outside its spread."""
    if len(level_db) < LEAST_USUAL:
        return np.zeros(len(level_db), dtype=bool)
    usual = float(np.median(level_db))
    spread = 1.4826 * float(np.median(np.abs(level_db - usual)))
    least = max(abs(by_db), 4.0 * spread)
    return np.asarray(level_db > usual + least if by_db > 0.0 else level_db < usual - least, dtype=bool)


def _spans(beats: Beats, which: NDArray[np.bool_]) -> tuple[Span, ...]:
    at = np.flatnonzero(which)
    runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1) if len(at) else []
    return tuple(
        Span(start_s=float(beats.start_s[r[0]]), end_s=float(beats.end_s[r[-1]])) for r in runs if len(r) >= _LEAST_RUN
    )


def _block_signs(blocks: Blocks, which: NDArray[np.bool_], sense: Sense, what: str) -> list[Sign]:
    """Return one sign for each piece of an hour, or one for all of them where they are many."""
    at = np.flatnonzero(which)
    if not len(at):
        return []
    half = sense.block_s / 2.0
    hour = blocks.middle_s[at] // 3600.0
    breaks = (np.diff(blocks.middle_s[at]) > 1.5 * sense.block_s) | (np.diff(hour) != 0)
    by_hour: dict[float, list[tuple[float, float]]] = {}
    for run in np.split(at, np.flatnonzero(breaks) + 1):
        start, end = float(blocks.middle_s[run[0]]) - half, float(blocks.middle_s[run[-1]]) + half
        by_hour.setdefault(float(blocks.middle_s[run[0]] // 3600.0), []).append((start, end - start))
    return [sign for pieces in by_hour.values() for sign in _pieces(pieces, what)]


def _pieces(pieces: Sequence[tuple[float, float]], what: str) -> list[Sign]:
    if len(pieces) <= _MOST_PIECES:
        return [Sign(at_s=s, words=f"{what} for {length_text(d)} from {clock_text(s)} UTC") for s, d in pieces]
    start, total = pieces[0][0], sum(d for _, d in pieces)
    words = f"{what} for {length_text(total)} in {len(pieces)} pieces, the first at {clock_text(start)} UTC"
    return [Sign(at_s=start, words=words)]


def _drowned_sign(beats: Beats, span: Span) -> Sign:
    """Say what drowned a stretch: wind raises what lies below the band at least as much as the band."""
    inside = (beats.start_s >= span.start_s) & (beats.end_s <= span.end_s)
    rise = [float(np.median(v[inside]) - np.median(v)) for v in (beats.low_db, beats.band_db)]
    by = "wind" if rise[0] >= rise[1] - 3.0 else "noise"
    length = length_text(span.end_s - span.start_s)
    words = f"drowned in {by} for {length} from {clock_text(span.start_s)} UTC ({rise[1]:+.0f} dB)"
    return Sign(at_s=span.start_s, words=words)


def _step_sign(step: Step) -> Sign:
    at = f"at {clock_text(step.at_s)} UTC"
    words = {
        "gain": f"gain {'fell' if step.by_db < 0 else 'rose'} by {abs(step.by_db):.0f} dB {at}",
        "muffled": f"muffled: high frequencies fell by {abs(step.by_db):.0f} dB and low ones stayed, {at}",
        "polarity": f"polarity or wiring changed {at}: the offset turned its sign",
    }
    return Sign(at_s=step.at_s, words=words[step.kind])


def _quiet_signs(beats: Beats, lasting: Sequence[Step]) -> list[Sign]:
    """Return stretches far below the usual level, but for those that a step explains already."""
    usual = float(np.median(beats.band_db)) if len(beats) else 0.0
    out = []
    for span in _spans(beats, _far(beats.band_db, -QUIET_DB)):
        edges = (span.start_s, span.end_s)
        margin = 2.0 * float(beats.end_s[0] - beats.start_s[0])
        if any(abs(step.at_s - edge) <= margin for step in lasting for edge in edges):
            continue
        inside = (beats.start_s >= span.start_s) & (beats.end_s <= span.end_s)
        below = usual - float(np.median(beats.band_db[inside]))
        words = (
            f"quieter than it ever is, by {below:.0f} dB, for {length_text(span.end_s - span.start_s)} "
            f"from {clock_text(span.start_s)} UTC"
        )
        out.append(Sign(at_s=span.start_s, words=words))
    return out


def _repeat_signs(channel: Channel) -> list[Sign]:
    if not len(channel.marks):
        return []
    found = repeats(channel.marks, rate_hz=channel.rate_hz, least_s=LEAST_REPEAT_S)
    return [Sign(at_s=r.again_s, words=_replayed(r)) for r in found]


def _replayed(r: Repeat) -> str:
    return (
        f"same {length_text(r.duration_s)} recorded twice: at {clock_text(r.first_s)} and {clock_text(r.again_s)} UTC"
    )


def _same(at_s: float, r: Repeat, other: str, later_s: float) -> Sign:
    when = "" if abs(later_s) < 0.5 else f", there at {clock_text(at_s + later_s)}"
    words = f"carries the same samples as {other} for {length_text(r.duration_s)} from {clock_text(at_s)} UTC{when}"
    return Sign(at_s=at_s, words=words)


def _stamp_signs(channel: Channel) -> list[Sign]:
    found = judge(channel.stretches)
    out = [
        Sign(at_s=s.at_s, words=f"time stamps stepped by {s.by_s:+.3f} s at {clock_text(s.at_s)} UTC")
        for s in found.slips
    ]
    start = channel.stretches[0].start_s
    drift, sigma = found.drift_s_per_day, found.drift_sigma_s_per_day
    if drift is not None and sigma is not None and abs(drift) > max(0.01, 4.0 * sigma):
        rate = channel.rate_hz / (1.0 + drift / 86_400.0)
        words = (
            f"time stamps gain {drift:+.2f} s a day on the samples: the rate is {rate:.4f} Hz and not the "
            f"stated {channel.rate_hz:g} Hz, or the clock drifts"
        )
        out.append(Sign(at_s=start, words=words))
    if len(channel.rates_hz) > 1:
        said = ", ".join(f"{r:g}" for r in channel.rates_hz)
        out.append(Sign(at_s=start, words=f"several sample rates in one day: {said} Hz"))
    return out


def _range_signs(channel: Channel) -> list[Sign]:
    if channel.beyond_s is None:
        return []
    words = f"{channel.n_beyond} samples beyond what a sensor can give, first at {clock_text(channel.beyond_s)} UTC"
    return [Sign(at_s=channel.beyond_s, words=words)]
