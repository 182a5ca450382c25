"""The page as PDF/UA-1, by WeasyPrint, with bytes that depend on nothing but the page."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from trucewatch.model.errors import TrucewatchError

DEBIAN_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
_FIXED_DATES = re.compile(r'<meta name="dcterms\.(?:created|modified)" content="[^"]+">')


class PdfUnavailable(TrucewatchError):  # noqa: N818 - it names a thing found, as the other errors do
    """PDF cannot be made on this machine; says what to install."""


def to_pdf(html: str, *, identifier: str) -> bytes:
    """Turn a report into a tagged PDF.

    Args:
        html: A whole page that holds its pictures as data URIs and its date in "dcterms.created" and
            "dcterms.modified"; nothing is fetched.
        identifier: What names the document, such as "line/2025-08-13/1"; hashed into the file's identifier.

    Returns:
        PDF/UA-1 bytes; the same page and identifier give the same bytes with the same fonts and library versions.

    Raises:
        PdfUnavailable: where a system library is missing.
        ValueError: where the page has no fixed dates, which would make the bytes differ, or asks for something outside
            itself.
    """
    if len(_FIXED_DATES.findall(html)) < 2:
        raise ValueError("the page must fix dcterms.created and dcterms.modified, or its PDF could not be reproduced")
    weasyprint = _weasyprint()
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    document = weasyprint.HTML(string=html, url_fetcher=fetcher)
    name = hashlib.sha256(identifier.encode()).digest()[:16]
    try:
        content: bytes = document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=name)
    except weasyprint.urls.FatalURLFetchingError as outside:  # not an Exception: nobody else would catch it
        raise ValueError(f"the page asks for something outside itself: {outside}") from outside
    return content


def _weasyprint() -> Any:  # noqa: ANN401 - the library carries no types
    """Load the library, which loads pango."""
    try:
        import weasyprint  # noqa: PLC0415 - it takes 0.9 s and needs system libraries: only who makes a PDF pays

        return weasyprint
    except OSError as missing:
        packages = " ".join(DEBIAN_PACKAGES)
        raise PdfUnavailable(
            f"PDF needs system libraries that are not installed ({missing}); on Debian or Ubuntu run: "
            f"apt-get install {packages}"
        ) from missing
