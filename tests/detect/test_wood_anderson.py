"""What a Wood-Anderson instrument draws of ground velocity."""

from __future__ import annotations

import numpy as np
import pytest

from trucewatch.detect.wood_anderson import DAMPING, PERIOD_S, wood_anderson_peak


@pytest.mark.parametrize("frequency_hz", [0.5, 1.25, 3.0, 8.0])
def test_steady_shaking_is_drawn_as_the_instruments_response_says(frequency_hz):
    t = np.arange(0, 40, 0.005)
    displacement_nm = 7.0
    w, w0 = 2 * np.pi * frequency_hz, 2 * np.pi / PERIOD_S
    velocity = displacement_nm * w * np.cos(w * t)
    expected = displacement_nm * w**2 / np.hypot(w0**2 - w**2, 2 * DAMPING * w0 * w)
    drawn = wood_anderson_peak(velocity[None], 6000, 8000, 200.0)
    assert drawn == pytest.approx(expected, rel=0.01)


def test_the_larger_component_counts_and_offsets_do_not():
    t = np.arange(0, 20, 0.01)
    one = np.sin(2 * np.pi * 4 * t)
    drawn = wood_anderson_peak(np.stack([one, 3 * one]) + 1e3, 1000, 2000, 100.0)
    assert drawn == pytest.approx(wood_anderson_peak(3 * one[None], 1000, 2000, 100.0), rel=0.01)
    assert wood_anderson_peak(one[None], 500, 500, 100.0) == 0.0
