"""What is served as published is what was published."""

from __future__ import annotations

from typing import Any

from trucewatch.service.lookup import Overview
from trucewatch.wiring import MissionFolder


def test_a_published_file_that_was_altered_is_not_served_as_published(
    copied: MissionFolder, view: Overview, client_of: Any
) -> None:
    path = next(f.path for f in view.publications[0].files if f.path.endswith("report.html"))
    address = f"/reports/{path.removeprefix('daily/')}"
    client = client_of(copied)
    assert client.get(address).status_code == 200
    place = copied.root / "out" / path
    place.write_bytes(place.read_bytes().replace(b"</body>", b"forged</body>"))
    answer = client.get(address)
    assert answer.status_code == 410
    assert "forged" not in answer.text
