"""What an incident's page shows at once, and what it keeps folded for those who look closer."""

import re
from typing import Any

from trucewatch.service.lookup import Overview


def test_echoes_and_sensors_that_were_not_asked_are_folded_away(client: Any, view: Overview) -> None:
    row = max(view.rows, key=lambda r: len(r.incident.supports))
    page = client.get(f"/incidents/{row.incident.id}").text
    unfolded = re.sub(
        r"<details.*?</details>", "", re.sub(r'<details class="sub">.*?</details>', "", page, flags=re.S), flags=re.S
    )
    unused = sum(not s.used for s in row.incident.supports)
    assert unused > 10
    assert f"{unused} more that bend nothing" in page
    assert ", not used" in page
    assert ", not used" not in unfolded
    assert "figures</summary>" in page
    idle = sum(s.p_detect == 0 for s in row.incident.silences)
    assert idle > 0
    assert f"{idle} that were not listening, or could not have noticed it" in page
    assert page.count("its silence says nothing") >= idle
    assert "its silence says nothing" not in unfolded


def test_its_title_says_how_many(client: Any, view: Overview) -> None:
    row = next(r for r in view.rows if r.incident.count.best and r.incident.count.best > 1)
    page = client.get(f"/incidents/{row.incident.id}").text
    assert re.search(rf"<h1>.*{row.incident.count.best} (shots|explosions|bursts)", page, flags=re.S)
