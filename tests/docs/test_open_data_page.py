"""The page of the open data names every column, with the unit and meaning that the release's own dictionary gives."""

from __future__ import annotations

from pages import ROOT

from trucewatch.report.assessment_table import ASSESSMENTS
from trucewatch.report.detection_table import DETECTIONS
from trucewatch.report.incident_table import INCIDENTS
from trucewatch.report.open_effort import EFFORT, HOURS, INPUTS, LISTENING, LOSSES, OUTAGES, SHARES, TROUBLES

PAGE = (ROOT / "docs" / "reference" / "open-data.md").read_text(encoding="utf-8")


def test_every_column_is_named():
    tables = (INCIDENTS, DETECTIONS, ASSESSMENTS, EFFORT, OUTAGES, TROUBLES, LOSSES, SHARES, HOURS, LISTENING, INPUTS)
    rows = [f"| `{c.name}` | {c.unit} | {c.meaning} |" for t in tables for c in t.columns]
    assert [row for row in rows if row not in PAGE] == []
