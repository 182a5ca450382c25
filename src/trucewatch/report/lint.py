"""The wording rules of a civil, impartial instrument, as a check on every text that is published."""

from __future__ import annotations

import html
import re

_QUOTED = re.compile(r"<(q|blockquote)\b[^>]*\bclass=\"verbatim\"[^>]*>.*?</\1>", re.DOTALL)
_UNSEEN = re.compile(r"<(style|script)\b.*?</\1>", re.DOTALL)
_SPOKEN = re.compile(r"\b(?:alt|title|aria-label|content)=\"([^\"]*)\"")
_TAG = re.compile(r"<[^>]+>")
_SPACE = re.compile(r"\s+")

_RULES: tuple[tuple[str, str], ...] = (
    (r"\benem(?:y|ies)\b", "is partial: name the party as the agreement names it"),
    (r"\btarget(?:s|ed|ing)?\b", "is never said of people, places or forces"),
    (r"\bkill(?:s|ed|er|ers|ing|ings)?\b", "is not used: say what was established about harm"),
    (r"\b(?:hostile|friendly)\b", "assigns a side: no affiliation in text"),
    (r"\b(?:rebel|terrorist|militant|separatist|aggressor|occupier|invader)s?\b", "is partial: name the party"),
    (r"\bfired\b", 'judges: say "recorded", "heard" or "saw"'),
    (r"\b(?:government|rebel|separatist|militant)[- ](?:controlled|held)\b", "is replaced by neutral control wording"),
    (r"\b(?:occupied|liberated)\b", "is replaced by neutral control wording"),
    (r"\bwar fires?\b", 'judges: say "not explained by normal burning"'),
    (r"\bhappened at\b", 'claims too much for stamped evidence: say "existed before" or "recorded at"'),
    (
        r"\b(?:probability|likelihood|chance)\b(?: of| that| is| was|:|=|\s)*(?:[<>≥≤]\s*)?"
        r"(?:\d+(?:\.\d+)?\s?%|0?\.\d+)(?!\s*\([a-z])",
        "stands alone: write the probability and its word together",
    ),
)
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), why) for pattern, why in _RULES)


def lint(text: str) -> tuple[str, ...]:
    """Find what a published text may not say.

    Args:
        text: Plain text; of a page, what `visible_text` returns.

    Returns:
        One sentence per fault, with the words around it; empty where the text is clean.

    References:
        OSCE Special Monitoring Mission, daily reports 2014-2022, for the words that they avoid.
    """
    flat = _SPACE.sub(" ", text)
    return tuple(
        f'"{m.group(0)}" {why} (in "...{flat[max(0, m.start() - 30) : m.end() + 30].strip()}...")'
        for pattern, why in _COMPILED
        for m in pattern.finditer(flat)
    )


def visible_text(page: str) -> str:
    """Return what a reader of a page sees or hears, without what is marked as a verbatim quotation."""
    page = _UNSEEN.sub(" ", _QUOTED.sub(" ", page))
    spoken = " ".join(_SPOKEN.findall(page))
    return html.unescape(f"{_TAG.sub(' ', page)} {spoken}")
