import builtins
import io
import os
import subprocess
import sys

import pypdf
import pytest

from trucewatch.report import PdfUnavailable, daily_html, to_pdf


@pytest.fixture(scope="module")
def printed():
    return {}


def pdf_of(book, printed):
    if "pdf" not in printed:
        printed["pdf"] = to_pdf(daily_html(book), identifier="line/2025-08-13/2")
    return printed["pdf"]


def test_the_pdf_is_tagged_and_says_its_language_and_title(book, printed):
    reader = pypdf.PdfReader(io.BytesIO(pdf_of(book, printed)))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"] is not None and "/StructTreeRoot" in root
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == "Demonstration line mission: daily report, 13 August 2025, version 2"
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    assert 1 < len(reader.pages) <= 10


def structure(node, found):
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            structure(child, found)
    elif isinstance(node, dict) and "/S" in node:
        found.append((node["/S"], node.get("/Alt")))
        if "/K" in node:
            structure(node["/K"], found)
    return found


def test_headings_tables_and_alternative_texts_are_in_the_structure(book, printed):
    root = pypdf.PdfReader(io.BytesIO(pdf_of(book, printed))).trailer["/Root"]
    found = structure(root["/StructTreeRoot"]["/K"], [])
    tags = [tag for tag, _ in found]
    assert tags.count("/H1") == 1 and tags.count("/H2") == 21
    assert "/Table" in tags and "/TH" in tags
    figures = [alt for tag, alt in found if tag == "/Figure"]
    assert len(figures) == 4 and all(figures)


def test_the_pdf_can_be_made_again_byte_by_byte_in_another_process(book, printed, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(daily_html(book), encoding="utf-8")
    script = (
        "import sys, pathlib; from trucewatch.report import to_pdf; "
        "sys.stdout.buffer.write(to_pdf(pathlib.Path(sys.argv[1]).read_text('utf-8'), identifier='line/2025-08-13/2'))"
    )
    env = os.environ | {"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"}
    again = subprocess.run([sys.executable, "-c", script, str(page)], capture_output=True, check=True, env=env).stdout
    assert again == pdf_of(book, printed)


def test_a_page_without_fixed_dates_is_refused():
    with pytest.raises(ValueError, match=r"dcterms\.created"):
        to_pdf("<!doctype html><title>x</title>", identifier="x")


def test_a_missing_library_is_named_with_its_debian_package(book, monkeypatch):
    real = builtins.__import__

    def without_pango(name, *rest, **more):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_pango)
    with pytest.raises(PdfUnavailable, match=r"apt-get install libpango-1\.0-0 libpangoft2-1\.0-0"):
        to_pdf(daily_html(book), identifier="x")


def test_nothing_outside_the_page_is_read(book, tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"x")
    page = daily_html(book).replace("</main>", f'<img alt="a picture" src="file://{secret}"></main>')
    with pytest.raises(ValueError, match="outside itself"):
        to_pdf(page, identifier="x")
