"""The standing sentences of the report: subjects, methods, standards of proof."""

from __future__ import annotations

from dataclasses import dataclass

from trucewatch.model.vocabulary import ObservationType, VerificationFinding
from trucewatch.report.daybook import DayBook
from trucewatch.report.redact import PUBLIC_NOTE
from trucewatch.report.words import FINDING, capital, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A section that lists the incidents of some kinds."""

    id: str
    title: str
    kinds: frozenset[ObservationType]
    caption: str
    none: str


_O = ObservationType
SUBJECTS = (
    Subject(
        id="sec-5",
        title="5 Civilian harm and objects",
        kinds=frozenset({_O.DAMAGE, _O.CRATER}),
        caption="Damage and craters recorded.",
        none="No record of civilian harm or damage was received for this period; no record is no proof of no harm.",
    ),
    Subject(
        id="sec-6",
        title="6 Protected objects",
        kinds=frozenset(),
        caption="",
        none="No protected object is registered with this mission; incidents were not compared with any.",
    ),
    Subject(
        id="sec-7",
        title="7 Withdrawal and storage",
        kinds=frozenset({_O.WEAPON_PRESENCE}),
        caption="Presence of weapons recorded.",
        none="No presence of weapons was recorded, and no storage site was inspected, in this period.",
    ),
    Subject(
        id="sec-9",
        title="9 Air and sea",
        kinds=frozenset({_O.UAV_SIGHTING, _O.AIRCRAFT_SIGHTING, _O.GNSS_INTERFERENCE, _O.RF_EMISSION}),
        caption="Drones, aircraft and interference recorded; where interference came from is undetermined.",
        none="No drone, aircraft or interference was recorded in this period.",
    ),
    Subject(
        id="sec-12",
        title="12 Mines, unexploded ordnance and fortifications",
        kinds=frozenset({_O.MINE_OR_UXO, _O.FORTIFICATION_WORK}),
        caption="Mines, unexploded ordnance and fortification work recorded.",
        none="No mine, unexploded ordnance or fortification work was recorded in this period.",
    ),
)
ACCESS_KINDS = frozenset({_O.POWER_CUT_TO_SENSOR, _O.COMMS_LOSS})
WEAPON_KINDS = frozenset({_O.WEAPON_PRESENCE, _O.VEHICLE_MOVEMENT})

CONTENTS = (
    *(("sec-1", "1 Summary"), ("sec-2", "2 Observation effort"), ("sec-3", "3 Ceasefire violations")),
    *(("sec-4", "4 Incidents"), ("sec-5", "5 Civilian harm and objects"), ("sec-6", "6 Protected objects")),
    *(("sec-7", "7 Withdrawal and storage"), ("sec-8", "8 Zones and disengagement areas"), ("sec-9", "9 Air and sea")),
    *(("sec-10", "10 Notified and authorised activity"), ("sec-11", "11 Windows of silence and facilitation")),
    *(("sec-12", "12 Mines, unexploded ordnance and fortifications"), ("sec-13", "13 Freedom of movement and safety")),
    *(("sec-14", "14 Parties' submissions and disputes"), ("sec-15", "15 Commission and commitment clocks")),
    *(("annex-a", "Annex A Ceasefire violations"), ("annex-b", "Annex B Weapons"), ("annex-c", "Annex C Sensor state")),
    *(("annex-d", "Annex D Corrections"), ("annex-e", "Annex E Method and limits"), ("annex-f", "Annex F Verify")),
)

ANNEX_NOTE = (
    'The first eight columns are those of the OSCE SMM\'s table, in its order and wording; "SMM position" is the '
    "position of this mission's observer. One line for each report of a monitor; events located by sensors are one "
    "line. Distance, direction and weapon are assessments and not necessarily precise. N/K: not known. An event "
    "recorded by several observers is counted once, and marked so. Times are local; UTC is in the open data."
)

MAP_NOTE = (
    "Numbers on the map are those of section 4. Shapes as well as colours tell the headings apart. No border is drawn."
)

STANDARDS = tuple(
    (capital(FINDING[finding]), requires)
    for finding, requires in (
        (VerificationFinding.CONFIRMED, "independent kinds of sources, and two people who signed"),
        (VerificationFinding.REASONABLE_GROUNDS, "a reasonable observer would conclude that it took place"),
        (
            VerificationFinding.CORROBORATED,
            "two or more independent sources, or one direct observation and a physical trace",
        ),
        (VerificationFinding.PLAUSIBLE_UNCORROBORATED, "a single source"),
        (VerificationFinding.NOT_CONFIRMED, "checked; the evidence does not support it"),
        (VerificationFinding.REFUTED, "checked; the evidence contradicts it"),
        (VerificationFinding.UNVERIFIABLE, "a check was tried and was not possible"),
    )
)

PROBABILITY_SCALE = (
    "Probabilities carry a word: virtually certain from 99 %, very likely from 90 %, likely from 66 %, about as likely "
    "as not from 33 %, unlikely from 10 %, very unlikely from 1 %, exceptionally unlikely below."
)


def method_sentences(book: DayBook) -> tuple[str, ...]:
    """Say how the day was made, and what it cannot show."""
    methods = sorted({i.method for i in book.incidents} | {d.method for d in book.detections.values()})
    rules = sorted({a.method for a in book.assessments})
    return (
        "An incident is a group of detections believed to be one event. Its place is given with the ellipse that holds "
        "it with 95 % confidence, or as a sector where only a direction is known.",
        f"Methods: {'; '.join(methods) or 'none used'}. Rules: {'; '.join(rules) or 'none used'}.",
        f"Agreement text: SHA-256 {book.agreement.text_sha256}.",
        "A result is indeterminate where the position does not settle whether the place lies inside the zone at 95 %, "
        "where a word of the agreement needs a ruling, or where a question stays open. It is never a silent guess.",
        "Shares of events noticed come from a model of range, noise and sensor state; they are estimates.",
        "Satellite heat detections say that something hot was there at an overpass; they are called unexplained only "
        "where normal burning does not explain them, and they say nothing about a cause.",
        "Responsibility is not assessed in this report.",
        PROBABILITY_SCALE,
        PUBLIC_NOTE if book.audience == "public" else "Positions are given as known: this copy is not for the public.",
    )


def inputs_sentence(book: DayBook) -> str:
    """Say what came in."""
    n_read, n_kept = sum(i.n_observations for i in book.inputs), sum(i.n_rejected for i in book.inputs)
    n = len(book.inputs)
    return (
        f"Taken in: {number(n)} file{'' if n == 1 else 's'} with {number(n_read)} records; {number(n_kept)} "
        f"record{' was' if n_kept == 1 else 's were'} kept aside. Each file is listed with its hash in inputs.csv."
    )
