"""Pulses that follow one another sooner than one weapon can fire again, as one onset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from trucewatch.detect.onset import Onset, OnsetSettings


def never(_: Onset) -> bool:
    """Keep no pulse for itself."""
    return False


def group(
    onsets: Sequence[Onset], settings: OnsetSettings, alone: Callable[[Onset], bool] = never
) -> list[list[Onset]]:
    """Gather each pulse with what follows it sooner than a weapon can fire again.

    Args:
        onsets: Pulses in order of time.
        settings: How soon, and how weak a first pulse gives way.
        alone: Which pulses begin a group whenever they come (a ballistic shock wave, and the muzzle blast after it).
    """
    # LIMIT: two weapons within 63 ms are counted as one onset here; `n_merged` says that something followed.
    groups: list[list[Onset]] = []
    for one in onsets:
        begins = not groups or one.time_s - groups[-1][0].time_s >= settings.merge_within_s or alone(one)
        if begins:
            groups.append([one])
            continue
        groups[-1].append(one)
        while groups[-1][0].peak < settings.min_precursor_share * one.peak and not alone(groups[-1][0]):
            groups[-1].pop(0)
    return groups


def merged(members: Sequence[Onset]) -> Onset:
    """Return the first pulse of a group with a note on what followed."""
    first, strongest = members[0], max(members, key=lambda one: one.peak)
    kept = tuple(f for f in first.features if f[0] not in ("n_merged", "strongest_lag_s"))
    later = (("n_merged", float(len(members) - 1)), ("strongest_lag_s", strongest.time_s - first.time_s))
    return replace(first, features=(*kept, *later))


def merge(
    onsets: Sequence[Onset], settings: OnsetSettings, alone: Callable[[Onset], bool] = never
) -> tuple[Onset, ...]:
    """Return one onset a group, in order of time; see group."""
    return tuple(merged(members) for members in group(onsets, settings, alone))
