import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import SQUARE, T0, heard, network, place, report
from test_fuse import STILL

from trucewatch.fuse import fuse
from trucewatch.fuse.causes import causes
from trucewatch.fuse.character import is_burst, weapon_classes
from trucewatch.fuse.kinds import gun_by_sound
from trucewatch.fuse.weapon_evidence import Piece, pieces
from trucewatch.fuse.weapon_table import NOT_KNOWN_PRIOR, RELIABILITY, SOUNDS
from trucewatch.model.detection import CauseProbability, Feature, WaveProbability
from trucewatch.model.incident import Charge, KindProbability, Link, Round
from trucewatch.model.instant import Instant
from trucewatch.model.vocabulary import Cause, Description, ObservationType, ObserverKind, Relation, Wave, WeaponClass
from trucewatch.model.weapon_group import WeaponGroup, by_group
from trucewatch.physics import Weather
from trucewatch.physics.pressure import pulse_level_db

CALM = Weather(temperature_c=10, relative_humidity_pct=70, pressure_pa=101_000, wind_m_s=0, wind_from_deg=0)
WIDE = tuple((2.5 * x, 2.5 * y) for x, y in SQUARE)


def blast(kg=10.0, unit="Pa", positions=WIDE):
    """Onsets of a charge at (100, -50), with the pressures that its blast has at each sensor."""
    out = []
    for d, (x, y) in zip(heard(100.0, -50.0, 0.0, positions), positions, strict=True):
        away = ((x - 100.0) ** 2 + (y + 50.0) ** 2) ** 0.5
        pascal = 20e-6 * 10 ** (float(pulse_level_db(kg, away, CALM)) / 20)
        out.append(dataclasses.replace(d, features=(Feature(name="pressure_peak", value=pascal, unit=unit),)))
    return out


def run(detections, weather=(STILL,)):
    (incident,) = fuse(detections, network(WIDE), weather)
    return incident


def posterior(incident):
    return {c.weapon_class: c.p for c in incident.weapon_classes}


def groups(incident):
    return dict(by_group(incident.weapon_classes))


def test_calibrated_pressures_give_a_charge_with_an_interval():
    charge = run(blast()).charge
    assert charge.low_kg < 10.0 < charge.high_kg
    assert {"sensors_with_pressure", "loudest_pressure", "shared_loss_spread"} <= {f.name for f in charge.features}


def test_counts_never_give_a_charge_nor_do_pressures_without_weather():
    assert run(blast(unit="count")).charge is None
    assert run(blast(), weather=()).charge is None
    old = dataclasses.replace(STILL, time_utc=T0 - timedelta(hours=7))
    assert run(blast(), weather=(old,)).charge is None


def test_a_muzzle_blast_is_no_charge():
    fired = [dataclasses.replace(d, waves=(WaveProbability(wave=Wave.SHOCK_WAVE, p=0.9),)) for d in blast()]
    base = run(blast())
    assert is_burst(base, blast())
    assert not is_burst(base, fired)
    launch = Link(relation=Relation.LAUNCH_OF, incident_id="x", p=0.9, reason="")
    assert not is_burst(dataclasses.replace(base, links=(launch,)), ())
    assert not is_burst(dataclasses.replace(base, description=Description.OUTGOING), ())
    gunfire = (CauseProbability(cause=Cause.GUNFIRE, p=0.8), CauseProbability(cause=Cause.EXPLOSION, p=0.2))
    assert not is_burst(dataclasses.replace(base, causes=gunfire), ())


def test_the_table_holds_every_class_that_makes_a_sound():
    silent = {WeaponClass.NOT_KNOWN, WeaponClass.EW_JAMMER}
    assert set(SOUNDS) == set(WeaponClass) - silent
    for sound in SOUNDS.values():
        assert 0 < sound.weight < 1
        for span in (sound.gap_s, sound.single_gap_s, sound.filling_kg, sound.phase_s):
            assert span is None or 0 < span[0] < span[1]


def test_without_evidence_nothing_is_said_and_one_piece_leaves_the_open_share():
    assert weapon_classes(()) == ()
    piece = Piece(name="company", fit={w: s.company for w, s in SOUNDS.items()}, features=())
    said = {c.weapon_class: c.p for c in weapon_classes((piece,))}
    assert said[WeaponClass.NOT_KNOWN] == pytest.approx(NOT_KNOWN_PRIOR)


@given(st.lists(st.sampled_from(sorted(RELIABILITY)), min_size=1, max_size=9, unique=True), st.randoms())
@settings(max_examples=50)
def test_the_posterior_is_one(names, rng):
    made = [Piece(name=n, fit={w: rng.random() for w in SOUNDS}, features=()) for n in names]
    found = weapon_classes(made)
    assert sum(c.p for c in found) == pytest.approx(1.0)
    assert all(0 <= c.p <= 1 for c in found)
    assert [c.p for c in found] == sorted((c.p for c in found), reverse=True)


def test_agreeing_evidence_leads_to_small_arms_and_never_to_a_named_weapon():
    base = run(heard(0.0, 0.0, 0.0, WIDE))
    times = [T0 + timedelta(seconds=0.09 * n) for n in range(8)]
    rounds = tuple(Round(time=Instant(utc=t, sigma_s=0.01), place=place(0, 0)) for t in times)
    shock = [
        dataclasses.replace(d, waves=(WaveProbability(wave=Wave.SHOCK_WAVE, p=0.95),)) for d in heard(0, 0, 0, WIDE)
    ]
    gunfire = (CauseProbability(cause=Cause.GUNFIRE, p=0.95), CauseProbability(cause=Cause.EXPLOSION, p=0.05))
    kinds = (
        KindProbability(kind=ObservationType.BURST, p=0.9),
        KindProbability(kind=ObservationType.EXPLOSION, p=0.1),
    )
    incident = dataclasses.replace(base, kinds=kinds, rounds=rounds, causes=gunfire)
    found = dict(by_group(weapon_classes(pieces(incident, shock))))
    alone = dict(by_group(weapon_classes(pieces(dataclasses.replace(base, causes=gunfire), ()))))
    assert found[WeaponGroup.SMALL_ARMS] > 0.5 > found[WeaponGroup.EXPLOSION]
    assert found[WeaponGroup.NOT_KNOWN] < alone[WeaponGroup.NOT_KNOWN]
    assert base.weapon_text == "N/K"
    assert base.weapon_class is WeaponClass.NOT_KNOWN


def test_a_large_charge_is_no_mortar_and_flight_speaks_for_weapons_that_throw():
    base = run(blast())
    large = Charge(low_kg=100.0, best_kg=300.0, high_kg=900.0, features=())
    found = posterior_of(pieces(dataclasses.replace(base, charge=large), ()))
    assert found[WeaponClass.GLIDE_BOMB] > 5 * found[WeaponClass.MORTAR] * 0.03 / 0.12
    link = Link(relation=Relation.IMPACT_OF, incident_id="x", p=0.9, reason="")
    flown = posterior_of(pieces(dataclasses.replace(base, links=(link,)), ()))
    assert flown[WeaponClass.MORTAR] > posterior_of(pieces(base, ()))[WeaponClass.MORTAR]


def posterior_of(evidence):
    return {c.weapon_class: c.p for c in weapon_classes(evidence)}


def test_what_a_monitor_named_is_evidence_and_stays_as_written():
    named = report("r1", "P1", -800.0, -50.0, 90.0, weapon_class=WeaponClass.MORTAR, weapon_text="mortar 120 mm")
    incident = run([*blast(), named])
    assert posterior(incident)[WeaponClass.MORTAR] == max(
        p for w, p in posterior(incident).items() if w is not WeaponClass.NOT_KNOWN
    )
    assert incident.weapon_text == "mortar 120 mm"


def test_company_of_an_array_speaks_against_small_arms():
    base = run(heard(0.0, 0.0, 0.0, WIDE))
    far = [dataclasses.replace(heard(0, 0, 0)[0], observer_kind=ObserverKind.INFRASOUND_ARRAY)]
    with_company = dict(by_group(weapon_classes(pieces(base, far))))
    without = dict(by_group(weapon_classes(pieces(base, ()) or pieces(base, heard(0, 0, 0)))))
    assert with_company[WeaponGroup.SMALL_ARMS] < without.get(WeaponGroup.SMALL_ARMS, 1.0)


def test_a_cause_that_detectors_leave_open_says_nothing_of_weapons():
    base = run(heard(0.0, 0.0, 0.0, WIDE))
    open_case = (
        CauseProbability(cause=Cause.UNDETERMINED, p=0.998),
        CauseProbability(cause=Cause.GUNFIRE, p=0.0019),
        CauseProbability(cause=Cause.EXPLOSION, p=0.0001),
    )
    (piece,) = [p for p in pieces(dataclasses.replace(base, causes=open_case), ()) if p.name == "cause"]
    assert max(piece.fit.values()) - min(piece.fit.values()) < 0.01


def test_causes_are_averaged_over_sensors_and_a_place_rules_out_local_ones():
    said = (CauseProbability(cause=Cause.KNOCK, p=0.6), CauseProbability(cause=Cause.EXPLOSION, p=0.4))
    detections = [dataclasses.replace(d, causes=said) for d in heard(0, 0, 0)]
    alone = {c.cause: c.p for c in causes(detections[:1], 0)}
    assert alone == {Cause.KNOCK: pytest.approx(0.6), Cause.EXPLOSION: pytest.approx(0.4)}
    located = causes(detections, 6)
    assert located[0].cause is Cause.EXPLOSION
    assert located[0].p > 0.99
    assert sum(c.p for c in located) == pytest.approx(1.0)
    assert causes(heard(0, 0, 0), 6) == ()


def test_groups_add_up():
    incident = run(blast())
    assert sum(groups(incident).values()) == pytest.approx(1.0)
    assert incident.weapon_features


class TestGunBySound:
    """What the sound itself says of gun or charge joins what the size of the source says."""

    def causes(self, **p):
        return tuple(CauseProbability(cause=Cause(name), p=value) for name, value in p.items())

    def test_silent_detectors_leave_the_size_to_speak(self):
        assert gun_by_sound(0.3, ()) == 0.3
        assert gun_by_sound(None, ()) is None

    def test_what_is_left_open_speaks_for_neither(self):
        assert gun_by_sound(0.3, self.causes(undetermined=1.0)) == pytest.approx(0.3)
        assert gun_by_sound(0.3, self.causes(thunder=0.6, knock=0.4)) == pytest.approx(0.3)

    def test_odds_multiply(self):
        p = gun_by_sound(0.5, self.causes(gunfire=0.8, explosion=0.2))
        assert p == pytest.approx(0.8)
        again = gun_by_sound(0.2, self.causes(gunfire=0.8, explosion=0.2))
        assert again == pytest.approx(0.2 * 0.8 / (0.2 * 0.8 + 0.8 * 0.2))

    def test_sound_alone_speaks_where_nothing_is_known_of_the_size(self):
        assert gun_by_sound(None, self.causes(gunfire=0.9, undetermined=0.1)) == pytest.approx(0.95)

    @pytest.mark.parametrize("size", [0.0, 1e-6, 0.5, 1.0])
    @pytest.mark.parametrize("sound", [{"gunfire": 1.0}, {"explosion": 1.0}])
    def test_it_stays_a_probability(self, size, sound):
        assert 0.0 <= gun_by_sound(size, self.causes(**sound)) <= 1.0
