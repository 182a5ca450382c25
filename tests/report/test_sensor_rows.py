"""Who reported an incident and who did not, in a few sentences, whatever the number of sensors."""

from hypothesis import given
from hypothesis import strategies as st

from trucewatch.model.incident import Silence, Support
from trucewatch.model.vocabulary import SensorState
from trucewatch.report.lint import lint
from trucewatch.report.sensor_rows import heard_lines, sensor_rows, silent_lines


def support(sensor, log_odds, *, used=True, n=0):
    return Support(
        detection_id=f"{sensor}-{n}",
        sensor_id=sensor,
        used=used,
        residual_s=None,
        residual_sigma_s=None,
        residual_deg=None,
        log_odds=log_odds,
        counted=used,
        reason=f"reason {n} of {sensor}",
    )


def silence(sensor, p, log_odds=0.0, state=SensorState.OPERATIONAL):
    return Silence(sensor_id=sensor, p_detect=p, state=state, log_odds=log_odds, reason="")


def test_detections_are_summed_by_sensor_the_nearest_first():
    heard = [support("FAR", 1.0), support("NEAR", 5.0), support("NEAR", 0.25, used=False, n=1), support("LOST", -0.5)]
    rows = sensor_rows(heard, {"FAR": 9_000.0, "NEAR": 850.0, "LOST": None})
    assert [r.sensor_id for r in rows] == ["NEAR", "FAR", "LOST"]
    assert (rows[0].n_detections, rows[0].n_used, rows[0].log_odds, rows[0].reason) == (2, 1, 5.25, "reason 0 of NEAR")
    assert heard_lines(rows) == (
        "3 sensors and posts reported it, with 4 detections, of which 3 were used",
        "closest: NEAR, 850 m away; farthest: FAR, 9.0 km away",
        "speaking most for it: NEAR (+5.25), FAR (+1.00)",
        "speaking against it: LOST (-0.50)",
        "all detections together: +5.75 of the log-odds",
    )


def test_the_silent_are_told_by_what_they_could_have_noticed():
    mute = [silence("JAM", 0.0, state=SensorState.JAMMED), silence("DARK", 0.0, state=SensorState.POWER_CUT)]
    asked = [silence("B", 0.7, -1.2), silence("A", 0.96, -2.0), silence("C", 0.2, -0.2)]
    said = silent_lines([*asked, *mute], {"A": 1200.0, "B": 1800.0, "C": 4000.0, "JAM": 100.0, "DARK": 200.0})
    assert said == (
        "5 sensors reported nothing: 3 were listening, 2 not (1 jammed and 1 power cut)",
        "2 of them would more likely than not have noticed it: A, B",
        "closest of those: A, 1.2 km away, which would have noticed it with 96 % (very likely)",
        "speaking most against it: A (-2.00), B (-1.20), C (-0.20)",
        "all silences together: -3.40 of the log-odds",
    )


def test_where_nobody_was_able_to_notice_it_no_silence_is_told_as_one():
    assert silent_lines([], {}) == ()
    (only,) = silent_lines([silence("A", 0.0, state=SensorState.JAMMED)], {})
    assert only == "1 sensor reported nothing: 0 were listening, 1 not (1 jammed)"


@given(
    st.lists(st.tuples(st.sampled_from("ABCDEFGH"), st.floats(-30, 30), st.booleans()), max_size=40),
    st.lists(st.floats(0, 1), max_size=40),
)
def test_the_summary_stays_short_and_plain_and_no_order_matters(heard, silent):
    supports = [support(name, odds, used=used, n=n) for n, (name, odds, used) in enumerate(heard)]
    away = {name: 100.0 * (n + 1) for n, name in enumerate("ABCDEFGH")}
    silences = [silence(f"S{n}", p, -p) for n, p in enumerate(silent)]
    lines = (*heard_lines(sensor_rows(supports, away)), *silent_lines(silences, away))
    assert len(lines) <= 10
    assert lint("\n".join(lines)) == ()
    turned = (*heard_lines(sensor_rows(supports[::-1], away)), *silent_lines(silences[::-1], away))
    assert turned == lines
