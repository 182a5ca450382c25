"""The numbers that the explanation names are those of the program."""

from __future__ import annotations

from pages import ROOT

from trucewatch.assess import AssessSettings
from trucewatch.detect.onset import TIMING_FLOOR_S
from trucewatch.fuse import FuseSettings

PAGE = (ROOT / "docs" / "explanation" / "how-it-decides.md").read_text(encoding="utf-8")


def test_the_thresholds_are_named():
    a, f = AssessSettings(), FuseSettings()
    said = (
        f"held at {f.single_sensor_p:g} at most",
        f"log-odds = {f.prior_log_odds:g}",
        f"at most +{f.max_detection_log_odds:g}",
        f"beyond {f.huber:g} standard errors",
        f"one beyond {f.outlier_sigmas:g} is no part",
        f"took place below {a.p_exists:g}",
        f"kind below {a.p_kind:g}",
        f"kind is excluded (at most {1 - a.p_kind:.1g})",
        f"place are (at most {a.p_no:g})",
        f"({a.p_match:g} or more)",
        f"floor of {TIMING_FLOOR_S * 1e3:g} ms",
    )
    flat = " ".join(PAGE.split())
    assert [text for text in said if text not in flat] == []
    assert f"time or place below {a.p_yes:g}" in flat
