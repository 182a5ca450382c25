"""What the corridor's tests share."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# importlib mode does not put test folders on the path; stopping.py beside the tests is imported by name.
sys.path.insert(0, str(Path(__file__).parent))


def _plain_pdf(html: str, *, identifier: str) -> bytes:
    return f"%PDF of {len(html)} characters, {identifier}\n".encode()


@pytest.fixture
def no_pdf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., bytes]]:
    """Leave out the drawing of the PDF, four fifths of a run's time, where the order of the steps is what is tested."""
    monkeypatch.setattr("trucewatch.report.release.to_pdf", _plain_pdf)
    yield _plain_pdf
