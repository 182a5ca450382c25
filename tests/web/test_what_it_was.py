from typing import Any

from trucewatch.report.what_it_was import lines
from trucewatch.service.lookup import Overview


def test_the_page_of_a_bang_says_what_it_was_and_how_open_that_is(client: Any, view: Overview) -> None:
    told = next(r.incident for r in view.rows if lines(r.incident))
    page = client.get(f"/incidents/{told.id}").text
    assert '<h2 id="was">What it was</h2>' in page
    assert "not known" in page
    assert "A sound identifies nobody" in page
