"""A term in plain English, so that a person can check that the data says what the text says."""

from __future__ import annotations

from trucewatch.model.agreement import Agreement, ExceptionRule, Term, Zone


def explain_term(agreement: Agreement, term_id: str) -> tuple[str, ...]:
    """Say what one term means as it will be applied, a sentence each.

    Args:
        agreement: the agreement.
        term_id: id of one of its terms.

    Raises:
        KeyError: where there is no such term.
    """
    term = {t.id: t for t in agreement.terms}[term_id]
    names = {p.id: p.name for p in agreement.parties}
    return (
        f"{term.article} of {agreement.title}, version {agreement.version} ({agreement.status}): {term.text}",
        f"It binds {_joined([names[a] for a in term.addressees], 'and')}.",
        f"It prohibits {_joined([_plain(o.value) for o in term.prohibits], 'and')}{_weapons(term)}.",
        _where(agreement, term),
        f"It applies {_period(term)}.",
        *(_exception(rule) for rule in term.exceptions),
        *(_open_word(word.word, word.readings, names) for word in term.open_words),
    )


def duration_text(seconds: float) -> str:
    """Return a duration in the largest unit that divides it, such as "24 h" or "90 min"."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _weapons(term: Term) -> str:
    if not term.weapon_classes:
        return ", whatever the weapon"
    return f", with {_joined([_plain(w.value) for w in term.weapon_classes], 'or')} only"


def _where(agreement: Agreement, term: Term) -> str:
    inside = [_zone(agreement, agreement.zone(z)) for z in term.zone_ids]
    outside = [_zone(agreement, agreement.zone(z)) for z in term.outside_zone_ids]
    place = f"inside {_joined(inside, 'or')}" if inside else "everywhere"
    save = f", but not inside {_joined(outside, 'or')}" if outside else ""
    return f"It applies {place}{save}."


def _zone(agreement: Agreement, zone: Zone) -> str:
    if zone.line_id is None or zone.within_m is None:
        return f"“{zone.name}”"
    return f"“{zone.name}” (within {zone.within_m / 1000:g} km on each side of “{agreement.line(zone.line_id).name}”)"


def _period(term: Term) -> str:
    if term.period.start_utc is None and term.period.end_utc is None:
        return term.period_text
    return f"{term.period_text}; the first moment counts, the last does not"


def _exception(rule: ExceptionRule) -> str:
    said = f" The text says: {rule.text}" if rule.text else ""
    if rule.kind == "needs_ruling":
        return f"An exception that only a ruling can decide may apply.{said}"
    notice = f" at least {duration_text(rule.min_notice_s)} before" if rule.min_notice_s else " beforehand"
    activities = _joined([_plain(a) for a in rule.activities], "or")
    return f"It does not cover {activities} that was announced{notice}.{said}"


def _open_word(word: str, readings: tuple[tuple[str, str], ...], names: dict[str, str]) -> str:
    said = "; ".join(f"{names[party]} reads it as “{reading}”" for party, reading in readings)
    return f"The text leaves “{word}” open{f': {said}' if said else ''}. Where that decides, a ruling is needed."


def _plain(value: str) -> str:
    return value.replace("_", " ")


def _joined(words: list[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
