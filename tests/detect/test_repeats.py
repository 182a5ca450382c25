"""The same fire pixel in several files: counted once, and as the better file tells it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.detect.test_adapters import NO_SOURCES, T0, pixels

from trucewatch.detect import fires
from trucewatch.detect.repeats import recent_pixels
from trucewatch.model.observation import FirePixels

THREE = ([37.50, 37.505, 37.50], [48.00, 48.00, 48.004], [0.5, 0.5, 0.5])
NRT, STANDARD = "2.0NRT", "2"
METRE_DEG = 1 / 111_195.0


def told(name: str, version: str, *, shift_m: float = 0.0, late_s: float = 0.0, satellite: str = "S-NPP") -> FirePixels:
    block = pixels(*THREE)
    return replace(
        block,
        input_id=name,
        lat_deg=block.lat_deg + shift_m * METRE_DEG,
        time_s=block.time_s + late_s,
        satellite=(satellite,) * 3,
        version=(version,) * 3,
    )


def kept(*blocks: FirePixels) -> list[bool]:
    return (~recent_pixels(blocks, since_s=T0).repeated).tolist()


def test_two_downloads_that_overlap_tell_each_pixel_once_whichever_came_first() -> None:
    one, two = told("inp-a", NRT), told("inp-b", NRT)
    assert kept(one, two) == [True] * 3 + [False] * 3
    assert kept(two, one) == [False] * 3 + [True] * 3


def test_standard_processing_replaces_what_came_near_real_time() -> None:
    early, final = told("inp-a", NRT), told("inp-b", STANDARD, shift_m=60.0, late_s=60.0)
    assert kept(early, final) == [False] * 3 + [True] * 3
    assert kept(final, early) == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    "other",
    [
        told("inp-b", STANDARD, satellite="NOAA-20"),
        told("inp-b", STANDARD, late_s=6000.0),
        told("inp-b", STANDARD, shift_m=5000.0),
        told("inp-b", "", shift_m=60.0),
        told("inp-b", NRT, shift_m=60.0),
    ],
    ids=["another satellite", "the next pass", "another place", "no version", "near real time too"],
)
def test_what_may_be_another_fire_is_kept(other: FirePixels) -> None:
    assert kept(told("inp-a", NRT), other) == [True] * 6


def test_three_pixels_in_three_files_are_no_cluster_of_four() -> None:
    files = (told("inp-a", NRT), told("inp-b", NRT), told("inp-c", STANDARD, shift_m=60.0))
    result = fires(lambda: files, since_s=T0, sources=NO_SOURCES)
    assert result.detections == ()
    assert (result.n_pixels, result.n_repeated, result.n_single) == (9, 6, 3)


def test_a_fire_is_made_from_the_standard_pixels_alone() -> None:
    alone = told("inp-b", STANDARD)
    more = replace(alone, input_id="inp-c", lon_deg=alone.lon_deg + 0.004, lat_deg=alone.lat_deg + 0.001)
    with_early = fires(lambda: (told("inp-a", NRT), alone, more), since_s=T0, sources=NO_SOURCES)
    assert with_early.detections == fires(lambda: (alone, more), since_s=T0, sources=NO_SOURCES).detections
    assert len(with_early.detections) == 1


def test_older_pixels_and_no_pixels_are_left_out() -> None:
    assert recent_pixels((), since_s=T0).repeated.tolist() == []
    assert recent_pixels((told("inp-a", NRT),), since_s=T0 + 86_400.0).repeated.dtype == np.bool_
    assert kept(told("inp-a", NRT, late_s=-86_400.0), told("inp-b", NRT)) == [True] * 3
