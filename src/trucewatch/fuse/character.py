"""What an incident was, as far as sound and ground tell: causes, charge, class of weapon; the last step of fusion."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from trucewatch.fuse.burst import ChargeSettings
from trucewatch.fuse.causes import causes
from trucewatch.fuse.charge import charge
from trucewatch.fuse.classifier import Classifier, Verdict
from trucewatch.fuse.ears import physics_weather
from trucewatch.fuse.part import BANGS
from trucewatch.fuse.settings import FuseSettings
from trucewatch.fuse.sounding import sounding
from trucewatch.fuse.weapon_evidence import IMPULSIVE, Piece, pieces, shock_share
from trucewatch.fuse.weapon_table import NOT_KNOWN_PRIOR, RELIABILITY, SOUNDS
from trucewatch.fuse.witness import quiet_sensors, witnesses
from trucewatch.model.detection import Detection, DetectionKind
from trucewatch.model.incident import Charge, Incident, WeaponProbability
from trucewatch.model.network import Network
from trucewatch.model.observation import Weather
from trucewatch.model.vocabulary import Cause, Description, Relation, WeaponClass

WEATHER_HOLDS = timedelta(hours=6)
"""an older report is not the weather of the event, and without weather there is no charge"""
_SETTLED = 0.5


def characterise(
    incidents: Sequence[Incident],
    detections: Mapping[str, Detection],
    network: Network,
    weather: Sequence[Weather],
    settings: FuseSettings,
    classifier: Classifier | None = None,
) -> list[Incident]:
    """Say of each incident what it was, where something was heard or felt that tells.

    Args:
        incidents: complete but for causes, charge and classes.
        detections: by id, at least those of the incidents.
        network: sensors with places and noise.
        weather: reports in time order.
        settings: of fusion.
        classifier: the mission's own model, if it has one.
    """
    times = [w.time_utc for w in weather]

    def report_at(utc: datetime) -> Weather | None:
        index = bisect_right(times, utc) - 1
        if index < 0 or utc - times[index] > WEATHER_HOLDS:
            return None
        return weather[index]

    return [_one(i, detections, network, report_at(i.time.utc), settings, classifier) for i in incidents]


def _one(
    incident: Incident,
    known: Mapping[str, Detection],
    network: Network,
    report: Weather | None,
    settings: FuseSettings,
    classifier: Classifier | None,
) -> Incident:
    if incident.kind not in IMPULSIVE:
        return incident
    used = [known[s.detection_id] for s in incident.supports if s.used and s.detection_id in known]
    located = {d.sensor_id for d in used if d.kind in (DetectionKind.ONSET, DetectionKind.ARRIVAL)}
    found = replace(incident, causes=causes(used, len(located) if incident.place is not None else 0))
    found = replace(found, charge=_charge(found, used, network, report, settings))
    evidence = pieces(found, used)
    verdict = None if classifier is None else _judge(classifier, found, used, network)
    features = tuple(f for p in evidence for f in p.features) + (() if verdict is None else verdict.features())
    return replace(found, weapon_classes=weapon_classes(evidence, verdict), weapon_features=features)


def _charge(
    incident: Incident, used: Sequence[Detection], network: Network, report: Weather | None, settings: FuseSettings
) -> Charge | None:
    """Return the charge of a burst; the blast of a muzzle is none."""
    if incident.place is None or report is None or not is_burst(incident, used):
        return None
    heard = witnesses(used, incident.place, network)
    quiet = quiet_sensors(incident.silences, incident.place, network, incident.time.utc)
    return charge(heard, quiet, physics_weather(report, settings), ChargeSettings())


def is_burst(incident: Incident, used: Sequence[Detection]) -> bool:
    """Say whether what was heard is more likely the burst of a charge than the discharge of a weapon."""
    p_burst = sum(k.p for k in incident.kinds if k.kind in BANGS)
    p_gunfire = sum(c.p for c in incident.causes if c.cause is Cause.GUNFIRE)
    is_launch = incident.description is Description.OUTGOING or any(
        link.relation is Relation.LAUNCH_OF and link.p > _SETTLED for link in incident.links
    )
    return p_burst > _SETTLED >= max(p_gunfire, shock_share(used)) and not is_launch


def weapon_classes(evidence: Sequence[Piece], verdict: Verdict | None = None) -> tuple[WeaponProbability, ...]:
    """Return the posterior over classes, largest first; nothing where there is no evidence at all.

    Each piece is taken at its word with its reliability. Under "not known" it is as likely as it is over all classes,
    so one piece alone divides the classes and leaves what is not known; pieces that agree lower it.
    """
    if not evidence and (verdict is None or not verdict.is_like):
        return ()
    total = sum(s.weight for s in SOUNDS.values())
    prior = {w: s.weight / total for w, s in SOUNDS.items()}
    score = {w: (1.0 - NOT_KNOWN_PRIOR) * p for w, p in prior.items()}
    score[WeaponClass.NOT_KNOWN] = NOT_KNOWN_PRIOR
    for piece in evidence:
        usual = sum(prior[w] * fit for w, fit in piece.fit.items())
        trust = RELIABILITY[piece.name]
        for w, fit in piece.fit.items():
            score[w] *= trust * fit / usual + (1.0 - trust) if usual > 0 else 1.0
    whole = sum(score.values())
    p = {w: s / whole for w, s in score.items()}
    if verdict is not None and verdict.is_like:
        p = verdict.pooled(p)
    return tuple(WeaponProbability(weapon_class=w, p=p[w]) for w in sorted(p, key=lambda w: (-p[w], w.value)))


def _judge(classifier: Classifier, incident: Incident, used: Sequence[Detection], network: Network) -> Verdict | None:
    named = sounding(used, incident.place, network)
    if not named:
        return None
    return classifier.judge(named)
