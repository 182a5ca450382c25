"""One incident against every term of an agreement."""

from __future__ import annotations

from collections.abc import Sequence

from trucewatch.assess.clauses import assess_term
from trucewatch.assess.settings import AssessSettings
from trucewatch.assess.whereabouts import whereabouts
from trucewatch.assess.zones import Geometry
from trucewatch.assess.zones import geometry as prepared
from trucewatch.model.agreement import Agreement, NotifiedActivity
from trucewatch.model.assessment import Assessment
from trucewatch.model.incident import Incident

_DEFAULT = AssessSettings()


def assess(
    incident: Incident,
    agreement: Agreement,
    notified: Sequence[NotifiedActivity],
    settings: AssessSettings = _DEFAULT,
    *,
    geometry: Geometry | None = None,
) -> tuple[Assessment, ...]:
    """Assess one incident against every term.

    Args:
        incident: the incident, at one revision.
        agreement: one version of the agreement.
        notified: activities that were announced or authorised.
        settings: thresholds.
        geometry: the agreement's prepared geometry; made here where absent, which costs more than the rest.

    Returns:
        One assessment a term, in the order of the agreement. Its id names the incident, the agreement and the term, so
        that a later revision of any of them supersedes it.

    Raises:
        ValueError: the geometry belongs to another text than the agreement.
    """
    shapes = prepared(agreement) if geometry is None else geometry
    if shapes.agreement_sha256 != agreement.text_sha256:
        raise ValueError(f"the geometry was made from another text than agreement {agreement.id!r}")
    where = whereabouts(incident)
    return tuple(
        assess_term(incident, term, agreement, tuple(notified), settings, where, shapes.of(term.id))
        for term in agreement.terms
    )
