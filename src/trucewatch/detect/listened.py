"""What listening to recordings gave, and which of them could not be listened to."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.model.detection import Detection
from trucewatch.model.errors import UnreadableInput
from trucewatch.model.listening import Listening


@dataclass(frozen=True, slots=True, kw_only=True)
class Listened:
    """Detections, and the reasons where there could be none."""

    detections: tuple[Detection, ...] = ()
    unheard: tuple[UnreadableInput, ...] = ()
    """one a stretch that no detector could take: silence there says nothing"""
    listening: tuple[Listening, ...] = ()
    """how well the sensors listened"""
