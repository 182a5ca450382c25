import pytest

from trucewatch.fuse.classifier import Verdict, WhyNot
from trucewatch.model.detection import CauseProbability, Feature
from trucewatch.model.incident import Charge, WeaponProbability
from trucewatch.model.vocabulary import Cause, WeaponClass
from trucewatch.model.weapon_group import WeaponGroup
from trucewatch.report.lint import lint
from trucewatch.report.what_it_was import CAUSE, GROUP, causes_text, charge_text, classes_text, lines, summary_text


class Told:
    """Only what the words look at."""

    def __init__(self, charge=None, causes=(), weapons=(), features=()):
        self.charge, self.causes, self.weapon_features = charge, causes, features
        self.weapon_classes = tuple(WeaponProbability(weapon_class=w, p=p) for w, p in weapons)


def charge(low, best, high):
    return Charge(low_kg=low, best_kg=best, high_kg=high, features=(Feature(name="p_surface", value=0.6, unit="1"),))


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ((1.2, 5.3, 31.0), "about 5 kg of TNT (1 to 30)"),
        ((0.021, 0.18, 0.94), "about 200 g of TNT (20 to 900)"),
        ((0.2, 3.0, 44.0), "about 3 kg of TNT (200 g to 40 kg)"),
        ((3000.0, 45_500.0, 358_000.0), "about 50 t of TNT (3 to 400)"),
        ((0.96, 9.6, 970.0), "about 10 kg of TNT (1 kg to 1 t)"),
    ],
)
def test_a_charge_is_an_order_of_magnitude(figures, said):
    assert charge_text(charge(*figures)) == said


def test_every_cause_and_group_has_a_word():
    assert set(CAUSE) == set(Cause)
    assert set(GROUP) == set(WeaponGroup)


def test_small_entries_are_summed_up_and_each_share_has_its_word():
    said = (
        CauseProbability(cause=Cause.THUNDER, p=0.88),
        CauseProbability(cause=Cause.WIND, p=0.04),
        CauseProbability(cause=Cause.RAIN, p=0.04),
        CauseProbability(cause=Cause.KNOCK, p=0.04),
    )
    assert causes_text(said) == "thunder 88 % (likely); others together 12 % (unlikely)"
    assert summary_text(Told(causes=said)) == "may be thunder, 88 % (likely)"
    assert causes_text(()) == "not told by the recordings"


def test_what_is_open_is_not_worth_a_line_in_a_report():
    open_case = [(WeaponClass.NOT_KNOWN, 0.7), (WeaponClass.MORTAR, 0.3)]
    assert summary_text(Told(weapons=open_case)) == ""
    assert classes_text(Told(weapons=open_case)) == "mortar 30 % (unlikely)"
    assert lines(Told()) == ()


def test_everything_said_is_impartial():
    weapons = [(WeaponClass.SMALL_ARMS, 0.8), (WeaponClass.MORTAR, 0.15), (WeaponClass.NOT_KNOWN, 0.05)]
    told = Told(
        charge=charge(1, 5, 30),
        causes=(CauseProbability(cause=Cause.GUNFIRE, p=1.0),),
        weapons=weapons,
        features=(Feature(name="p_shock_wave", value=0.9, unit="1"),),
    )
    text = "\n".join(f"{t}: {x}" for t, x in lines(told)) + summary_text(told)
    assert lint(text) == ()
    assert "by its sound small arms, 80 % (likely)" in text
    assert "about 5 kg of TNT (1 to 30)" in text


def test_classes_that_say_no_more_than_their_group_are_not_said_twice():
    alike = Told(weapons=[(WeaponClass.NOT_KNOWN, 0.5), (WeaponClass.SMALL_ARMS, 0.47), (WeaponClass.SNIPER, 0.03)])
    assert [title for title, _ in lines(alike)] == ["Cause of the sound", "Weapon, by sound", "Size"]
    told = Told(weapons=[(WeaponClass.NOT_KNOWN, 0.5), (WeaponClass.SMALL_ARMS, 0.4), (WeaponClass.SNIPER, 0.1)])
    said = dict(lines(told))
    assert said["Likeliest classes"] == "small arms 40 % (about as likely as not); sniper 10 % (unlikely)"
    assert "not known" in said["Weapon, by sound"]
    assert "not known" not in said["Likeliest classes"]


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (WhyNot.TOO_FEW_FIGURES, "gave no class: too few figures were measured"),
        (WhyNot.NOT_LIKE_ITS_TRAINING, "gave no class: unlike all that it was trained on"),
        (WhyNot.NO_PROBABILITIES, "gave no class: its answer was no probability"),
    ],
)
def test_a_classifier_that_says_nothing_says_why(why, said):
    silent = Verdict(name="m", p={}, why_not=why, skill=0.5).features()
    told = Told(weapons=[(WeaponClass.NOT_KNOWN, 1.0)], features=silent)
    assert dict(lines(told))["Own classifier"] == said
