"""What else may explain an incident, with its odds, and what one more observation would decide, in words."""

from __future__ import annotations

import math
from zoneinfo import ZoneInfo

from trucewatch.model.incident import Alternative, Decider, Incident
from trucewatch.report.time_words import with_local_times

NO_ALTERNATIVE = "no other explanation that was compared came near the one taken"
NO_DECIDER = "no further observation that can be weighed beforehand would tell much more"
BIT = "one bit is what the answer to a question tells whose yes and no are equally likely"
LOG_ODDS = "log-odds of +2.3 make it ten times likelier, those of -2.3 ten times less likely"
_ALIKE = 1.1
"""odds nearer to even than this are told as even"""
_MOST = 1000.0


def alternative_lines(incident: Incident, zone: ZoneInfo) -> tuple[str, ...]:
    """Write the other explanations of the same detections, likeliest first; never empty."""
    warning = likelier_text(incident)
    said = tuple(alternative_text(a, zone) for a in incident.alternatives)
    return (*([warning] if warning else []), *said) or (NO_ALTERNATIVE,)


def likelier_briefly(incident: Incident) -> str:
    """Say the same in a few words, for lists."""
    return "likelier explained otherwise" if likelier_text(incident) else ""


def likelier_text(incident: Incident) -> str:
    """Warn where another explanation is likelier than the one taken; "" where none is."""
    if any(a.log_odds > 0.0 for a in incident.alternatives):
        return "another explanation of the same detections is likelier than that this is an event of its own"
    return ""


def decider_lines(incident: Incident, zone: ZoneInfo) -> tuple[str, ...]:
    """Write what one more observation would decide, most telling first; never empty."""
    return tuple(decider_text(d, zone) for d in incident.deciders) or (NO_DECIDER,)


def alternative_text(alternative: Alternative, zone: ZoneInfo) -> str:
    """Write one other explanation with its odds against the one taken."""
    text = with_local_times(alternative.text, zone)
    return f"{text}: {odds_text(alternative.log_odds)} what is taken (log-odds {alternative.log_odds:+.2f})"


def decider_text(decider: Decider, zone: ZoneInfo) -> str:
    """Write one further observation with what it would tell on average."""
    return f"{with_local_times(decider.text, zone)}: {decider.gain_bits:.2f} bits"


def odds_text(log_odds: float) -> str:
    """Write odds against something as a person says them: "about 6.2 times less likely than", "as likely as"."""
    times = math.exp(min(abs(log_odds), math.log(_MOST) + 1.0))
    if times < _ALIKE:
        return "about as likely as"
    said = f"more than {_MOST:,.0f}" if times > _MOST else f"about {_two_digits(times)}"
    return f"{said} times {'likelier' if log_odds > 0 else 'less likely'} than"


def _two_digits(times: float) -> str:
    return f"{times:.1f}" if times < 9.95 else f"{float(f'{times:.2g}'):,.0f}"
