"""What an incident claims, which zones its assessments tell, and what a truth.yaml leaves open."""

from dataclasses import replace
from datetime import timedelta

import pytest
from scored import LAT, LON, START, event

from trucewatch.model.agreement import Agreement, Term
from trucewatch.model.assessment import Assessment
from trucewatch.model.count import Count
from trucewatch.model.detection import CauseProbability
from trucewatch.model.incident import Incident, KindProbability, Support
from trucewatch.model.instant import Instant, Interval
from trucewatch.model.mission import Truth
from trucewatch.model.place import Place
from trucewatch.model.track import Track, TrackState
from trucewatch.model.vocabulary import Cause, Compliance, Description, ObservationType, WeaponClass
from trucewatch.simulate import claim_of, claim_of_track, score, told_once, true_event_of, zones_of

ALWAYS = Interval(start_utc=None, end_utc=None)
INCIDENT = Incident(
    id="i",
    revision=1,
    kinds=(KindProbability(kind=ObservationType.EXPLOSION, p=1.0),),
    description=Description.UNDETERMINED,
    place=Place.circular(lon_deg=LON, lat_deg=LAT, sigma_m=20.0),
    place_method="",
    time=Instant(utc=START, sigma_s=0.1),
    interval=Interval(start_utc=START, end_utc=START),
    count=Count.exactly(2),
    weapon_class=WeaponClass.NOT_KNOWN,
    weapon_text="N/K",
    p_exists=0.97,
    owners=(),
    supports=(),
    silences=(),
    rationale=(),
    method="",
)


def test_an_incident_names_no_side():
    claim = claim_of(INCIDENT, zones=(("strip", 0.8),))
    assert (claim.attributed, claim.sides, claim.zones) == ("", (), (("strip", 0.8),))
    assert (claim.p_exists, claim.count, claim.kinds) == (0.97, Count.exactly(2), INCIDENT.kinds)


def test_innocent_causes_are_added_up_and_a_description_decides():
    causes = tuple(
        CauseProbability(cause=c, p=p) for c, p in ((Cause.THUNDER, 0.5), (Cause.EXPLOSION, 0.3), (Cause.KNOCK, 0.2))
    )
    assert claim_of(INCIDENT).p_innocent is None
    assert claim_of(replace(INCIDENT, causes=causes)).p_innocent == pytest.approx(0.7)
    cleared = replace(INCIDENT, description=Description.CONTROLLED_EXPLOSION_DEMINING)
    assert claim_of(cleared).p_innocent == 1.0
    assert claim_of(replace(INCIDENT, description=Description.ASSESSED_EXERCISE)).p_innocent is None


def test_a_track_claims_where_it_was_half_way():
    states = tuple(
        TrackState(
            time_utc=START + timedelta(seconds=s),
            place=Place.circular(lon_deg=LON + s * 1e-4, lat_deg=LAT, sigma_m=20.0),
            altitude_sigma_m=None,
            east_m_s=7.4,
            north_m_s=0.0,
            var_east_m2_s2=1.0,
            var_north_m2_s2=1.0,
        )
        for s in (0, 300, 600)
    )
    kinds = (KindProbability(kind=ObservationType.UAV_SIGHTING, p=1.0),)
    track = Track(
        id="t", revision=1, kinds=kinds, states=states, p_exists=0.9, owners=(), identity_ref="", supports=(), method=""
    )
    path = tuple((s.time_utc, s.place.lon_deg, LAT, 100.0) for s in states)
    drone = event("d", kind=ObservationType.UAV_SIGHTING, path=path, end_utc=states[-1].time_utc)
    result = score([drone], [claim_of_track(track)])
    assert result.missed == ()
    assert result.figure("location_error_median").value < 1.0


def test_what_a_person_saw_and_a_track_tells_is_claimed_once():
    def support(name):
        return Support(
            detection_id=name,
            sensor_id="RA",
            used=True,
            residual_s=None,
            residual_sigma_s=None,
            residual_deg=None,
            log_odds=1.0,
            counted=False,
            reason="",
        )

    drone = (KindProbability(kind=ObservationType.UAV_SIGHTING, p=1.0),)
    seen = replace(INCIDENT, id="seen", kinds=drone, supports=(support("plot-1"), support("line")))
    alone = replace(INCIDENT, id="alone", kinds=drone, supports=(support("line-2"),))
    bang = replace(INCIDENT, id="bang", supports=(support("plot-1"),))
    track = Track(
        id="t",
        revision=1,
        kinds=drone,
        states=(),
        p_exists=0.9,
        owners=(),
        identity_ref="",
        supports=(support("plot-1"), support("plot-2")),
        method="",
    )
    assert [i.id for i in told_once((seen, alone, bang), (track,))] == ["alone", "bang"]
    assert told_once((seen, alone, bang), ()) == (seen, alone, bang)


def term(name: str, *zones: str, outside: tuple[str, ...] = ()) -> Term:
    return Term(
        id=name,
        article="1",
        text="",
        addressees=(),
        prohibits=(),
        weapon_classes=(),
        zone_ids=zones,
        outside_zone_ids=outside,
        period=ALWAYS,
        period_text="",
        exceptions=(),
        open_words=(),
    )


def assessed(name: str, p_inside: float | None) -> Assessment:
    return Assessment(
        id=name,
        incident_id="i",
        incident_revision=1,
        agreement_id="a",
        agreement_version="1",
        agreement_sha256="",
        term_id=name,
        result=Compliance.INDETERMINATE,
        p_violated=None,
        p_inside=p_inside,
        distance_to_line_m=None,
        distance_sigma_m=None,
        exempted_by=None,
        needs_ruling=None,
        trace=(),
        method="",
    )


def test_a_zone_is_told_by_a_term_that_has_it_alone():
    terms = (
        term("one", "strip"),
        term("two", "strip", "depth"),
        term("cut", "depth", outside=("strip",)),
        term("none"),
    )
    agreement = Agreement(
        id="a",
        title="",
        version="1",
        status="draft",
        time_zone="UTC",
        parties=(),
        lines=(),
        zones=(),
        terms=terms,
        source="",
        text_sha256="",
    )
    said = [assessed("one", 0.8), assessed("two", 0.9), assessed("cut", 0.1), assessed("none", None)]
    assert zones_of(said, agreement) == {"i": (("strip", 0.8),)}


def test_an_event_of_a_truth_file_is_found_within_its_window_and_its_kind_is_not_judged():
    known = Truth(
        id="t", lon_deg=LON, lat_deg=LAT, sigma_m=1.0, time_utc=START, window_s=60.0, count=2, label="two shells"
    )
    late = replace(INCIDENT, time=Instant(utc=START + timedelta(seconds=50), sigma_s=0.1))
    result = score([true_event_of(known)], [claim_of(late)])
    assert (result.missed, result.false) == ((), ())
    assert result.calibration("kind") is None
    untimed = score([true_event_of(replace(known, time_utc=None))], [claim_of(late)])
    assert untimed.missed == ()
    assert untimed.days < 1
