"""The table of assessments in the open data: which columns, in which units, meaning what."""

from __future__ import annotations

from trucewatch.model.assessment import Assessment
from trucewatch.report.csv_table import Column, Table
from trucewatch.report.words import probability_word

_A = Column[Assessment]
ASSESSMENTS = Table[Assessment](
    file="assessments.csv",
    row_is="one incident against one term",
    columns=(
        _A(name="id", unit="text", meaning="identifier", get=lambda a: a.id),
        _A(name="incident_id", unit="text", meaning="incident", get=lambda a: a.incident_id),
        _A(name="incident_revision", unit="1", meaning="its revision", get=lambda a: a.incident_revision),
        _A(name="agreement", unit="text", meaning="agreement", get=lambda a: a.agreement_id),
        _A(name="agreement_version", unit="text", meaning="its version", get=lambda a: a.agreement_version),
        _A(name="agreement_sha256", unit="hex", meaning="hash of its file", get=lambda a: a.agreement_sha256),
        _A(name="term", unit="text", meaning="term", get=lambda a: a.term_id),
        _A(
            name="result",
            unit="value",
            meaning="violated, complied, indeterminate, not applicable",
            get=lambda a: a.result,
        ),
        _A(
            name="p_violated",
            unit="probability",
            meaning="that the term was breached; empty: cannot be said",
            get=lambda a: None if a.p_violated is None else round(a.p_violated, 4),
        ),
        _A(
            name="p_violated_word",
            unit="text",
            meaning="that probability in words",
            get=lambda a: "cannot be said" if a.p_violated is None else probability_word(a.p_violated),
        ),
        _A(
            name="p_inside",
            unit="probability",
            meaning="that it lies in the term's zones; empty: no zone or no place",
            get=lambda a: None if a.p_inside is None else round(a.p_inside, 4),
        ),
        _A(
            name="distance_to_line_m",
            unit="m, to 100 m",
            meaning="signed distance to the nearest line",
            get=lambda a: None if a.distance_to_line_m is None else round(a.distance_to_line_m, -2),
        ),
        _A(
            name="distance_sigma_m",
            unit="m",
            meaning="its standard error",
            get=lambda a: None if a.distance_sigma_m is None else round(a.distance_sigma_m, 1),
        ),
        _A(name="exempted_by", unit="text", meaning="notified activity that explains it", get=lambda a: a.exempted_by),
        _A(name="needs_ruling", unit="text", meaning="what a commission must decide", get=lambda a: a.needs_ruling),
        _A(
            name="trace",
            unit="text",
            meaning="every question asked",
            get=lambda a: "; ".join(f"{p.name}: {p.text}" for p in a.trace),
        ),
        _A(name="method", unit="text", meaning="rules and their version", get=lambda a: a.method),
    ),
)
