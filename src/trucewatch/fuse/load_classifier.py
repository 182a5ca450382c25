"""A mission's own classifier from its files: which of the two formats it is, and whether it holds together."""

from __future__ import annotations

from trucewatch.fuse.classifier import Classifier
from trucewatch.fuse.linear_model import read_model
from trucewatch.fuse.onnx_model import read_onnx
from trucewatch.model.errors import UnreadableInput

ONNX = ".onnx"


def sidecar_name(source: str) -> str | None:
    """Return the file that a model needs beside it: NAME.json for NAME.onnx; None where it needs none."""
    return source.removesuffix(ONNX) + ".json" if source.endswith(ONNX) else None


def read_classifier(source: str, content: bytes, sidecar: bytes | None) -> Classifier:
    """Read a model of either format.

    Args:
        source: its path in the mission folder.
        content: its bytes.
        sidecar: the bytes of the file beside it, where it needs one.

    Raises:
        UnreadableInput: it is none, or its parts do not belong together.
        TrucewatchError: it needs an extra that is not installed.
    """
    if not source.endswith(ONNX):
        return read_model(content, source)
    if sidecar is None:
        raise UnreadableInput(source=source, expected=f"{sidecar_name(source)} beside it, which says what it means")
    return read_onnx(content, sidecar, source)
