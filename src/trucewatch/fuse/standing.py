"""How far an incident stands by itself: without any one owner, whose sensors could all be wrong together."""

from __future__ import annotations

from collections.abc import Sequence

from trucewatch.fuse.settings import FuseSettings
from trucewatch.model.incident import Influence, Support
from trucewatch.model.vocabulary import Standing


def standing(
    supports: Sequence[Support], owners: Sequence[str], found: Sequence[Influence], settings: FuseSettings
) -> tuple[Standing, str]:
    """Return the rung that sensors carry an incident to, and what keeps it on the lowest one, "" where nothing does.

    Args:
        supports: of the incident.
        owners: of those that were used.
        found: each owner's influence.
        settings: how likely what is left must be.
    """
    sensors = {s.sensor_id for s in supports if s.used}
    if len(sensors) <= 1:
        return Standing.INDICATION, "one sensor alone supports it"
    if len(owners) <= 1:
        return Standing.INDICATION, f"all sensors that support it are of one owner, {owners[0] if owners else 'nobody'}"
    weakest = min((i for i in found if i.is_owner), key=lambda i: (i.p_exists, i.left_out))
    if weakest.p_exists >= settings.corroborated_p:
        return Standing.CORROBORATED, ""
    return Standing.INDICATION, (
        f"without the sensors of {weakest.left_out} its probability is {_percent(weakest.p_exists)} only, and "
        f"{_percent(settings.corroborated_p)} is needed to corroborate"
    )


def _percent(p: float) -> str:
    """Write a probability; never nought, which nothing that is left could say."""
    return "less than 1 %" if p < 0.01 else f"{100 * p:.0f} %"
