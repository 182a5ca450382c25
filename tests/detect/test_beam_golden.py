"""The same beams as InfraPy, window by window, on the recording of the array mission (golden/infrapy_beams.py)."""

import json
from dataclasses import replace

import numpy as np
import pytest
from array_waves import turn_deg

from trucewatch.detect.beam import beamform
from trucewatch.detect.steering import REFERENCE_FK

COHERENCE = 1e-6
BACK_AZIMUTH_DEG = 0.01
TRACE_VELOCITY_M_S = 0.1


@pytest.mark.parametrize(
    ("method", "settings", "seconds", "n_windows"),
    [
        ("bartlett", REFERENCE_FK, None, 238),
        ("capon", replace(REFERENCE_FK, method="capon", loading=1e-3, subwindow_s=5.0), 200.0, 38),
    ],
    ids=["bartlett", "capon"],
)
def test_beams_equal_infrapy(repository, array_reader, method, settings, seconds, n_windows):
    expected = json.loads((repository / "tests/golden/infrapy_beams.json").read_text())[method]
    samples, rate_hz, _, _ = array_reader(list((repository / "missions/array/inbox/BRP").glob("*.SAC")))
    if seconds is not None:
        samples = samples[:, : round(seconds * rate_hz) + 1]
    result = beamform(samples, rate_hz, np.array(expected["offsets_m"]), settings)
    assert len(expected["coherence"]) == n_windows
    # Windows whose strongest beam lies on the edge of the grid are among them: there the peer leaves its grid by a
    # quarter of a cell, and so does this option set.
    assert result.at_boundary[:n_windows].any()
    np.testing.assert_allclose(result.peak_value[:n_windows], expected["coherence"], rtol=0, atol=COHERENCE)
    assert turn_deg(result.back_azimuth_deg[:n_windows], expected["back_azimuth_deg"]).max() < BACK_AZIMUTH_DEG
    np.testing.assert_allclose(
        result.trace_velocity_m_s[:n_windows], expected["trace_velocity_m_s"], rtol=0, atol=TRACE_VELOCITY_M_S
    )
