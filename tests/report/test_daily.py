import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from trucewatch.model.vocabulary import Compliance, VerificationFinding
from trucewatch.report import daily_html, lint, visible_text
from trucewatch.report.annex import COLUMNS, EXTENSION
from trucewatch.report.digest import Digest, Outcome
from trucewatch.report.summary import MOST, bullets

SMM = ["SMM position", "Event location", "Means", "No.", "Observation", "Description", "Weapon", "Date, time"]
SECTIONS = [f"sec-{n}" for n in range(1, 16)] + [f"annex-{c}" for c in "abcdef"]


class Page(HTMLParser):
    """Sections with their text and tables, ids, links and what is missing for those who do not see."""

    def __init__(self, page):
        super().__init__()
        self.ids, self.links, self.images, self.tags = [], [], [], []
        self.sections, self.tables, self._section, self._row, self._cell = {}, [], None, None, None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.tags.append((tag, a))
        if "id" in a:
            self.ids.append(a["id"])
        if tag == "a":
            self.links.append(a["href"])
        if tag == "img":
            self.images.append(a)
        if tag == "section":
            self._section = a["id"]
            self.sections[self._section] = ""
        if tag == "table":
            self.tables.append((self._section, []))
        if tag == "tr":
            self._row = []
            self.tables[-1][1].append(self._row)
        if tag in ("td", "th"):
            self._cell = []

    def handle_endtag(self, tag):
        if tag == "section":
            self._section = None
        if tag in ("td", "th"):
            self._row.append(" ".join("".join(self._cell).split()))
            self._cell = None

    def handle_data(self, data):
        if self._section:
            self.sections[self._section] += data
        if self._cell is not None:
            self._cell.append(data)

    def rows(self, section):
        return [r for s, table in self.tables if s == section for r in table[1:]]


def test_all_sections_and_annexes_stand_in_their_order(book, empty):
    for page in (Page(daily_html(book)), Page(daily_html(empty))):
        assert list(page.sections) == SECTIONS


def test_a_section_without_content_says_so_in_a_line(empty):
    for name, text in Page(daily_html(empty)).sections.items():
        assert len(text.split()) > 6, name
    said = Page(daily_html(empty)).sections
    assert "No incident was recorded" in said["sec-3"]
    assert "97 %" in said["sec-3"]
    assert "No assessment is indeterminate" in said["sec-4"]
    assert "No earlier report is corrected" in said["annex-d"]
    assert "outside a log" in said["annex-f"]
    assert lint(visible_text(daily_html(empty))) == ()


def test_the_same_book_gives_the_same_page(book):
    assert daily_html(book) == daily_html(book)


def test_the_summary_is_short_and_begins_with_the_effort(book):
    said = bullets(Digest.of(book))
    assert len(said) <= MOST
    assert said[0] == (
        "Effort: 4 of 6 sensors operational throughout, 139.0 of 144.0 sensor-hours (97 %); 3 satellite overpasses "
        "with data. Estimated share of events noticed: mortar round (82 mm): 71 % (58-82 %)."
    )
    assert "AC-03 (power cut) and CAM-1 (obstructed by weather)" in said[1]
    assert said[2] == (
        "Events assessed as violations: 12 in 1 incident, with 139.0 of 144.0 sensor-hours (97 %) observed; "
        "explosions among them: 12 in 1 incident."
    )
    assert "5 incidents and 17 explosions on 139.0 h" in said[3]
    assert "9 incidents and 31 explosions on 139.0 h" in said[3]


def test_counts_in_the_text_are_the_rows_of_the_tables(book):
    page = Page(daily_html(book))
    incidents = [r for r in page.rows("sec-4") if "inc-" in r[0]]
    assert len(incidents) == len(book.incidents)
    assert f"Verified ({sum('verified: reasonable' in r[5] for r in incidents)})" in page.sections["sec-4"]
    pending = sum(r[5].endswith("no finding yet") for r in incidents)
    assert f"No finding yet ({pending})" in page.sections["sec-4"]
    assert len(page.rows("annex-a")) == 6
    assert len(page.rows("annex-c")) == 2 + 1
    assert "Notified: 2; matched with what was recorded: 1; not matched: 1." in page.sections["sec-10"]
    assert len(page.rows("sec-10")) == 2


def test_violations_are_counted_by_type_and_add_up(book):
    table = Page(daily_html(book)).rows("sec-3")
    by_type = {r[0]: r[1:] for r in table}
    assert by_type["Explosions"] == ["12 in 1 incident", "2 in 1 incident", "3 in 1 incident", "none", "none"]
    assert by_type["Bursts"][1] == "1 (1 or more) in 1 incident, 1 of them without a number"
    assert by_type["All"][0] == "12 in 1 incident"
    assert by_type["All"][1] == "3 (3 or more) in 2 incidents, 1 of them without a number"


def test_annex_a_keeps_the_columns_of_the_smm_and_only_adds_to_the_right(book):
    page = Page(daily_html(book))
    header = next(table[0] for s, table in page.tables if s == "annex-a")
    assert header[:8] == SMM == list(COLUMNS)
    assert header[8:] == list(EXTENSION)


def test_annex_a_lists_a_report_as_a_person_would_and_counts_one_event_once(book):
    heard, located, *_ = Page(daily_html(book)).rows("annex-a")
    assert heard[:8] == [
        "Static post PP-7 (4km NW of Авдіївка)", "5-7km SE and SSE", "Heard", "12", "Explosions",
        "Assessed as outgoing", "mortar (120mm)", "13-Aug, 02:10 - 02:20 EEST",
    ]  # fmt: skip
    assert heard[8] == "5-7km, SE and SSE ±11.25°"
    assert heard[9:] == ["No. 1", "Art. 1: assessed as a violation", "verified: reasonable grounds", "yes"]
    assert located[0] == "3 acoustic sensors (AC-01, AC-02, AC-03)"
    assert (located[2], located[3], located[12]) == ("Detected", "1", "no: same event")
    assert located[8].startswith("95 % ellipse ±")


def test_uncountable_stays_without_a_number(book):
    row = next(r for r in Page(daily_html(book)).rows("annex-a") if r[4] == "Bursts")
    assert row[3] == "Uncountable" and row[6] == "N/K" and row[1] == "At an undetermined distance SE and SSE"


def test_an_indeterminate_incident_says_what_would_decide(book):
    rows = [r for r in Page(daily_html(book)).rows("sec-4") if r[0] in ("No. 2", "No. 4")]
    assert "standard error of at most 430 m towards the line (now 1.3 km)" in rows[0][5]
    assert "61 % (about as likely as not)" in rows[0][4]
    assert rows[1][5] == 'A ruling: what "near" means'


def test_notified_activity_is_listed_separately_with_its_receipts(book):
    page = Page(daily_html(book))
    assert "explained by N-17" in page.sections["sec-3"]
    declared = page.rows("sec-10")[0]
    assert declared[0] == "N-17" and declared[2] == "Party A" and declared[7] == "No. 3"
    assert "Party B: not acknowledged" in declared[6]
    assert not any(r[0] == "N-1" for r in page.rows("sec-10"))


def test_every_clock_is_shown_with_its_anchor(book):
    clocks = Page(daily_html(book)).rows("sec-15")
    assert [c[4] for c in clocks] == ["from occurrence", "from verification"]
    assert clocks[0][5] == "2025-08-13 23:10Z" and clocks[0][6] == "5.7 h left"
    assert all("reported, unconfirmed" in c[7] for c in clocks)


def test_corrections_refused_inputs_and_the_way_to_verify_are_there(book):
    page = Page(daily_html(book))
    assert "count changed from 10 to 12" in page.sections["annex-d"]
    assert page.rows("annex-c")[-1] == ["a .csv file", "row 17", "", "a time HH:MM"]
    assert "trucewatch verify line" in page.sections["annex-f"]
    for value in ("trucewatch/line", "812", "m3Q0c4y0Zr8="):
        assert value in page.sections["annex-f"]
    assert {r[0] for r in page.rows("annex-f")} >= {
        "incidents.geojson",
        "incidents.csv",
        "detections.csv",
        "effort.csv",
    }


def test_every_incident_has_an_anchor_and_every_link_arrives(book):
    page = Page(daily_html(book))
    assert len(page.ids) == len(set(page.ids))
    assert all(i.id in page.ids for i in book.incidents)
    assert [x for x in page.links if x.startswith("#") and x[1:] not in page.ids] == []


def test_the_page_is_made_for_everyone(book):
    page = Page(daily_html(book))
    tags = [t for t, _ in page.tags]
    assert dict(page.tags[tags.index("html")][1])["lang"] == "en"
    assert "main" in tags and "script" not in tags
    assert page.links[0] == "#report" and "report" in page.ids
    assert all(len(i["alt"]) > 40 for i in page.images)
    assert all(a.get("scope") in ("col", "row") for t, a in page.tags if t == "th")
    assert tags.count("caption") == tags.count("table")
    heads = [int(t[1]) for t in tags if re.fullmatch(r"h[1-6]", t)]
    assert heads.count(1) == 1 and all(b - a <= 1 for a, b in pairwise(heads))


def test_nothing_is_fetched(book):
    page = daily_html(book)
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", page)
    assert "url(" not in page and "@import" not in page


def test_outside_text_cannot_become_markup(book):
    page = daily_html(book)
    assert "<b>we</b>" not in page and "&lt;b&gt;we&lt;/b&gt;" in page


def test_a_finding_on_an_older_revision_does_not_stand(book):
    newer = tuple(replace(i, revision=2) if i.id == book.incidents[0].id else i for i in book.incidents)
    digest = Digest.of(replace(book, incidents=newer))
    assert digest.finding(newer[0]) is None
    assert digest.finding_text(newer[0]).startswith("no finding yet on this revision (revision 1 was:")
    assert digest.outcome[newer[0].id] is Outcome.NO_TERM


def test_what_people_did_not_confirm_is_not_counted_as_a_violation(book):
    refuted = replace(book.findings[0], finding=VerificationFinding.REFUTED)
    digest = Digest.of(replace(book, findings=(refuted,)))
    assert digest.having(Outcome.VIOLATION) == ()
    assert digest.having(Outcome.NOT_UPHELD) == (book.incidents[0],)


def test_a_violation_outweighs_an_exception_under_another_term(book):
    first = book.incidents[0]
    also = replace(book.assessments[0], id="ass-9", term_id="T2", result=Compliance.COMPLIED, exempted_by="N-17")
    assert Digest.of(replace(book, assessments=(also, *book.assessments))).outcome[first.id] is Outcome.VIOLATION


def test_a_provisional_report_says_so(book):
    said = daily_html(replace(book, provisional=True))
    assert "Provisional." in said
    assert "the hours still to come are counted as if every sensor stayed" in said
    assert "Provisional." not in daily_html(book)


@pytest.mark.parametrize("change", [{"version": 0}, {"audience": "press"}])
def test_a_book_that_makes_no_sense_is_refused(book, change):
    with pytest.raises(ValueError, match=next(iter(change))):
        replace(book, **change)


def test_a_bad_day_is_written_in_seconds_and_adds_up(bad_day):
    began = time.process_time()
    page = Page(daily_html(bad_day))
    assert time.process_time() - began < 10.0
    assert len([r for r in page.rows("sec-4") if "inc-" in r[0]]) == 300
    assert len(page.rows("annex-a")) == 600
    digest = Digest.of(bad_day)
    assert sum(len(digest.having(o)) for o in Outcome) == 300


def test_nothing_is_said_to_be_under_verification_where_no_case_was_opened(book):
    unopened = replace(book, findings=())
    digest = Digest.of(unopened)
    assert {digest.finding_text(i) for i in digest.incidents} == {"no finding yet"}
    assert "under verification" not in visible_text(daily_html(unopened)).lower()
