"""The ladder of proof against hand-made incidents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from trucewatch.model.count import Count
from trucewatch.model.incident import Incident, KindProbability, Support
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.vocabulary import Description, ObservationType, Standing, WeaponClass
from trucewatch.model.vocabulary import VerificationFinding as F
from trucewatch.verify import LADDER, best_possible, count_owners, count_sources
from trucewatch.verify.standards import what_is_missing

T0 = datetime(2025, 8, 12, tzinfo=UTC)


def support(sensor_id: str, *, used: bool = True, log_odds: float = 2.0) -> Support:
    return Support(
        detection_id=f"det-{sensor_id}-{log_odds}",
        sensor_id=sensor_id,
        used=used,
        residual_s=None,
        residual_sigma_s=None,
        residual_deg=None,
        log_odds=log_odds,
        counted=True,
        reason="in time",
    )


def incident(supports: tuple[Support, ...], owners: tuple[str, ...]) -> Incident:
    return Incident(
        id="inc-1",
        revision=1,
        kinds=(KindProbability(kind=ObservationType.EXPLOSION, p=1.0),),
        description=Description.UNDETERMINED,
        place=None,
        place_method="not located",
        time=Instant(utc=T0, sigma_s=1.0),
        interval=Interval(start_utc=T0, end_utc=T0 + timedelta(seconds=1)),
        count=Count.exactly(1),
        weapon_class=WeaponClass.NOT_KNOWN,
        weapon_text="N/K",
        p_exists=0.99,
        owners=owners,
        supports=supports,
        silences=(),
        rationale=(),
        method="by hand",
    )


@pytest.mark.parametrize(
    ("sensors", "owners", "best"),
    [
        ((), (), F.NOT_CONFIRMED),
        (("A",), ("mission",), F.PLAUSIBLE_UNCORROBORATED),
        (("A", "A"), ("mission",), F.PLAUSIBLE_UNCORROBORATED),
        (("A", "A"), ("mission", "party"), F.PLAUSIBLE_UNCORROBORATED),
        (("A", "B"), ("mission",), F.PLAUSIBLE_UNCORROBORATED),
        (("A", "B"), ("mission", "mission"), F.PLAUSIBLE_UNCORROBORATED),
        (("A", "B"), ("mission", "network"), F.CONFIRMED),
    ],
)
def test_best_possible(sensors, owners, best) -> None:
    made = incident(tuple(support(s, log_odds=1.0 + i) for i, s in enumerate(sensors)), owners)
    assert best_possible(replace(made, standing=Standing.CORROBORATED)) == best


def test_what_falls_without_one_owner_is_an_indication_to_people_too() -> None:
    made = incident((support("A"), support("B", log_odds=3.0)), ("mission", "network"))
    assert made.standing is Standing.INDICATION
    assert count_owners(made) == 1
    assert best_possible(made) == F.PLAUSIBLE_UNCORROBORATED


def test_what_was_not_used_or_speaks_against_is_no_source() -> None:
    made = incident((support("A"), support("B", used=False), support("C", log_odds=-1.0)), ("mission", "network"))
    assert count_sources(made) == 1


def test_the_ladder_rises() -> None:
    needs = [(r.n_sources, r.n_owners) for r in LADDER]
    assert needs == sorted(needs)
    assert [r.finding for r in LADDER] == [
        F.PLAUSIBLE_UNCORROBORATED,
        F.CORROBORATED,
        F.REASONABLE_GROUNDS,
        F.CONFIRMED,
    ]


def test_the_words_name_the_rule() -> None:
    assert what_is_missing(F.UNVERIFIABLE, 0, 0) is None
    assert what_is_missing(F.CONFIRMED, 2, 2) is None
    assert what_is_missing(F.CORROBORATED, 1, 1) == (
        "corroborated needs two independent sources of two different owners; this incident has 1 source of 1 owner, "
        "the best is plausible uncorroborated"
    )
