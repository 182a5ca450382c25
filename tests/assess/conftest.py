"""One agreement on drawn geometry, and makers of incidents and announcements for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from trucewatch.model.agreement import (
    Acknowledgement,
    Agreement,
    ExceptionRule,
    Line,
    NotifiedActivity,
    OpenWord,
    Party,
    Term,
    Zone,
)
from trucewatch.model.count import Count
from trucewatch.model.incident import Incident, KindProbability
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.place import Place
from trucewatch.model.vocabulary import Description, ObservationType, WeaponClass

NOON = datetime(2025, 8, 13, 12, tzinfo=UTC)
# A box whose western edge, a meridian (a geodesic), is 37.8 E; 0.4 degrees of longitude are some 30 km here.
BOX = ((37.8, 47.9), (38.2, 47.9), (38.2, 48.3), (37.8, 48.3), (37.8, 47.9))
HOLE = ((38.0, 48.05), (38.1, 48.05), (38.1, 48.15), (38.0, 48.15), (38.0, 48.05))
TERM = Term(
    id="T1",
    article="Art. 1",
    text="No fire in the box.",
    addressees=("A", "B"),
    prohibits=(ObservationType.EXPLOSION, ObservationType.SHOT),
    weapon_classes=(),
    zone_ids=("box",),
    outside_zone_ids=(),
    period=Interval(start_utc=datetime(2025, 7, 31, 21, tzinfo=UTC), end_utc=datetime(2025, 9, 30, 21, tzinfo=UTC)),
    period_text="from 2025-08-01T00:00 until 2025-10-01T00:00 (Europe/Kyiv)",
    exceptions=(),
    open_words=(),
)
AGREEMENT = Agreement(
    id="drawn",
    title="Drawn agreement",
    version="1",
    status="illustrative",
    time_zone="Europe/Kyiv",
    parties=(Party(id="A", name="Party A"), Party(id="B", name="Party B")),
    lines=(Line(id="contact", name="Contact line", coordinates=((38.0, 47.5), (38.0, 48.6)), source="drawn"),),
    zones=(
        Zone(id="box", name="Box", rings=(BOX,)),
        Zone(id="hole", name="Area 1", rings=(HOLE,)),
        Zone(id="band", name="Band", line_id="contact", within_m=5000.0),
    ),
    terms=(TERM,),
    source="test",
    text_sha256="0" * 64,
)
RULE = ExceptionRule(kind="notified_activity", activities=("demolition",), min_notice_s=86400.0, text="Announced work.")
RULING = ExceptionRule(kind="needs_ruling", activities=(), min_notice_s=0.0, text="Return fire.")
WORD = OpenWord(word="around", readings=(("A", "within 2 km"), ("B", "within 5 km")))


def place_at(lon: float = 37.9, lat: float = 48.1, sigma: float = 50.0) -> Place:
    return Place.circular(lon_deg=lon, lat_deg=lat, sigma_m=sigma)


def make_incident(*, kinds: dict[str, float] | None = None, **changes: Any) -> Incident:
    posterior = kinds or {"explosion": 1.0}
    fields: dict[str, Any] = {
        "id": "inc-1",
        "revision": 1,
        "kinds": tuple(KindProbability(kind=ObservationType(k), p=p) for k, p in posterior.items()),
        "description": Description.UNDETERMINED,
        "place": place_at(),
        "place_method": "test",
        "time": Instant(utc=NOON, sigma_s=1.0),
        "interval": Interval(start_utc=NOON, end_utc=NOON),
        "count": Count.exactly(3),
        "weapon_class": WeaponClass.NOT_KNOWN,
        "weapon_text": "",
        "p_exists": 0.99,
        "owners": ("mission",),
        "supports": (),
        "silences": (),
        "rationale": (),
        "method": "test",
    }
    return Incident(**(fields | changes))


def make_activity(**changes: Any) -> NotifiedActivity:
    fields: dict[str, Any] = {
        "id": "N-17",
        "kind": "demolition",
        "notifier": "A",
        "notified_utc": "2025-08-12T09:00:00Z",
        "place": place_at(sigma=100.0),
        "radius_m": 500.0,
        "time": Interval(start_utc=NOON.replace(hour=11), end_utc=NOON.replace(hour=13)),
        "margin_s": 900.0,
        "observation_types": (ObservationType.EXPLOSION,),
        "max_count": 6,
        "charge_kg": 100.0,
        "acknowledgements": (Acknowledgement(recipient="JCCC", at="2025-08-12T10:00:00Z"),),
    }
    return NotifiedActivity(**(fields | changes))


@pytest.fixture(scope="session")
def agree() -> Callable[..., Agreement]:
    """The agreement with its one term changed, or with these terms."""
    return lambda *terms, **changes: replace(AGREEMENT, terms=terms or (replace(TERM, **changes),))


@pytest.fixture(scope="session")
def incident() -> Callable[..., Incident]:
    return make_incident


@pytest.fixture(scope="session")
def activity() -> Callable[..., NotifiedActivity]:
    return make_activity


@pytest.fixture(scope="session")
def at() -> Callable[..., Place]:
    return place_at


@pytest.fixture(scope="session")
def term() -> Term:
    return TERM


@pytest.fixture(scope="session")
def rule() -> ExceptionRule:
    return RULE


@pytest.fixture(scope="session")
def ruling() -> ExceptionRule:
    return RULING


@pytest.fixture(scope="session")
def word() -> OpenWord:
    return WORD
