"""Fusion of a line in pieces, which processes may share: the same incidents, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from trucewatch.fuse.assemble import Apart, each_by_itself, judged_together, trusted
from trucewatch.fuse.classifier import Classifier
from trucewatch.fuse.line_pieces import HALO_M, Piece, counted_once, line_pieces
from trucewatch.fuse.settings import FuseSettings
from trucewatch.model.detection import Detection
from trucewatch.model.incident import Incident
from trucewatch.model.network import Network
from trucewatch.model.observation import Weather


class Share(Protocol):
    """Work on pieces, in this process or in several, whose results come in the order of the pieces."""

    def __call__(self, work: Callable[[Piece], list[Apart]], pieces: Sequence[Piece], /) -> Iterable[list[Apart]]:
        """Return what the work makes of each piece."""


def fuse_long_line(
    detections: Sequence[Detection],
    network: Network,
    weather: tuple[Weather, ...],
    settings: FuseSettings,
    classifier: Classifier | None = None,
    share: Share = map,
    halo_m: float = HALO_M,
) -> tuple[Incident, ...]:
    """Make incidents of detections, as `fuse` does, of a long line with many onsets piece by piece.

    What repeats is taken out before, and owners are judged, shots paired and kinds told over all incidents after.

    Args:
        detections: in any order; the same id twice counts once.
        network: sensors with their owners, clocks and health.
        weather: reports in any order.
        settings: priors and limits.
        classifier: the mission's own model of sounds, if it has one.
        share: who works on the pieces; changes no byte.
        halo_m: how far beyond its own each piece looks.

    Returns:
        Incidents at revision 1, by time then id.
    """
    unique = {d.id: d for d in detections}
    skies = tuple(sorted(weather, key=lambda w: (w.time_utc, w.id)))
    pieces = line_pieces(trusted(detections, network), network, settings, halo_m)
    # Whether onsets are joined one by one or in batches is decided for the line, not for the piece.
    rules = settings if len(pieces) == 1 else replace(settings, many_onsets=0)
    found = list(share(partial(_own, network=network, skies=skies, settings=rules), pieces))
    kinds = {d.id: d.kind for d in unique.values()}
    counted = counted_once((tuple(a.incident for a in apart) for apart in found), kinds)
    kept = [{i.id for i in incidents} for incidents in counted]
    whole = [a for apart, ids in zip(found, kept, strict=True) for a in apart if a.incident.id in ids]
    return judged_together(whole, unique, network, skies, settings, classifier)


def _own(piece: Piece, network: Network, skies: tuple[Weather, ...], settings: FuseSettings) -> list[Apart]:
    return [a for a in each_by_itself(piece.detections, network, skies, settings) if piece.has(a.incident)]
