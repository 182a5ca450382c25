"""What fusion takes for granted, each number with its reason."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from trucewatch.fuse.claim_settings import ClaimSettings
from trucewatch.fuse.far_settings import FarSettings
from trucewatch.fuse.phase_settings import PhaseSettings
from trucewatch.model.series import BANG_PAUSE_S, GUNFIRE_PAUSE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class FuseSettings:
    """Priors and limits of fusion; two missions with the same settings and data give the same incidents."""

    temperature_c: float = 10.0
    """where no weather was taken in"""
    temperature_sigma_c: float = 8.0
    """its error; 1 degree is 0.6 m/s of sound speed"""
    measured_temperature_sigma_c: float = 2.0
    """error of a weather report at the path, some kilometres and some metres of height away"""
    wind_sigma_m_s: float = 1.0
    """error of each component of a reported wind, on top of 20 per cent of its speed"""
    unknown_wind_sigma_m_s: float = 3.0
    """each component, where no wind was reported"""
    path_excess_sigma_m: float = 4.0
    """extra path of one direct-looking arrival in built-up ground (diffraction, terrain), independent by sensor;
    residuals of TN098's live-fire positions FP1, FP3 and FP9 scatter by 2.2 to 3.1 m after a fit of three unknowns"""
    path_scale_freedom: float = 4.0
    """how many arrivals the prior of the size of detours is worth against a fix's own residuals; its mean square is
    that of path_excess_sigma_m"""
    systematic_sigma_m: float = 2.8
    """least east and north error that all shots from one place share and that no number of sensors or shots averages
    away, the survey's own error of about 2 m included. Likeliest for the live fire (TN098) are 2.6 m from the released
    pulses and 2.8 m with recordings among them; the larger one, for five positions are few.
    LIMIT: five positions of one still night; the likeliest value moves between 2.0 and 3.0 m when one is left out, and
    at the one left out regions of all its sensors then hold 36 (FP9) to 100 per cent of its shots"""
    huber: float = 1.5
    """residual in sigmas beyond which an arrival pulls with constant force"""
    outlier_sigmas: float = 4.0
    """residual in sigmas beyond which an arrival is no part of the event"""
    min_sensors: int = 3
    """different sensors that must agree before onsets make a place"""
    max_range_m: float = 15_000.0
    """farthest an audible impulse is looked for (SOUND section 1.1)"""
    far_range_m: float = 60_000.0
    """farthest a located impulse is followed, so that its late arrivals make no event of their own; a charge of 100 kg
    is still heard by one quiet microphone in twenty there"""
    far_path_share: float = 0.003
    """error of a long path's travel time, beyond max_range_m: the air is not the same all along it (our choice)"""
    still_heard_p: float = 0.02
    """a sensor that would hear a located impulse less probably than this is not asked for its arrival"""
    many_onsets: int = 20_000
    """from so many onsets on they are joined in batches: as right on simulated days, and ten times faster"""
    max_region_m: float = 20_000.0
    """semi-major axis of a 95 per cent region beyond which a fix is not published as a place"""
    salvo_gap_s: float = GUNFIRE_PAUSE_S
    """rounds from one place closer than this are one incident with a count"""
    series_gap_s: float = BANG_PAUSE_S
    """bangs of one size about one place that follow each other within this are one incident"""
    lone_onset_p_false: float = 0.01
    """an onset that one sensor alone heard makes an incident only when this sure; it never makes a place"""
    lone_onset_company_m: float = 2_000.0
    """a sensor with another one nearer than this has company that should have heard a bang too: what it alone heard is
    a door or a car, and makes no incident"""
    echo_s: float = 3.0
    """an onset this soon after an arrival at the same sensor may be its echo: reflections last up to several seconds
    (TN098 figures 15 and 16)"""
    echoes_per_s: float = 1.0
    """how often echoes of one arrival are taken for onsets in that time; the live-fire pulses give about one
    an arrival, most of them within the first second"""
    lone_apart_s: float = 5.0
    """what one sensor alone heard this close to a located event that it would hear is no event of its own"""
    usual_false_per_hour: float = 2.0
    """onsets an hour that nothing explains, at a sensor of which nothing is known yet; weighs as one such onset"""
    events_per_km2_day: float = 0.02
    """prior density of impulsive events: one a day in 50 square kilometres, a busy stretch of a line of contact; ten
    times more or less moves every log-odds by 2.3"""
    p_follows: float = 0.5
    """probability that a round is followed by another from the same place within a salvo"""
    align_bursts: bool = True
    """whether rounds of automatic fire are laid on each other as one sequence a sensor (`fast_fire`). On simulated days
    bursts that four sensors and more heard are found far oftener so"""
    size_weights: tuple[tuple[str, float], ...] = (
        ("small_arms", 0.35),
        ("heavy_machine_gun", 0.10),
        ("mortar_82", 0.20),
        ("mortar_120", 0.15),
        ("artillery_152", 0.15),
        ("demolition_100kg", 0.05),
    )
    """sizes of source with their prior weights: small ones are the most frequent, no list of a mission says how much;
    a factor of two in one of them moves a log-odds by 0.7 at most"""
    least_p_exists: float = 0.05
    """onsets that agree on a place less probably than this make no incident and stay unexplained; what people report is
    kept however much the silence of instruments doubts it"""
    report_slack_s: float = 120.0
    """how far a monitor's watch and words may be off the minute"""
    report_slack_m: float = 500.0
    """softness of the edges of a monitor's range band, on top of a tenth of the distance"""
    fire_after_s: float = 6 * 3600.0
    """a fire seen this long after an explosion may come from it"""
    fire_region_m: float = 3_000.0
    """a region larger than this (95 per cent, semi-major) says too little for a fire inside it to mean anything"""
    prior_log_odds: float = -1.0
    """of anything but located impulses, before its detections are weighed: 27 per cent"""
    max_detection_log_odds: float = 3.0
    """what the first claim of an event weighs at most, whatever it says of itself; arrivals at a place are weighed by
    their moments, and what joins an event by how likely the event makes it"""
    silence_cap: float = 0.9
    """largest probability of detection that silence is weighed with: the sensor model is no better than that"""
    held_against_record: bool = True
    """whether existence is held against how often claims of its sort were right on simulated days (`record`)"""
    single_sensor_p: float = 0.89
    """largest existence of what one owner's single sensor says"""
    corroborated_p: float = 0.5
    """existence without any one owner's sensors from which an incident is corroborated: what is left makes it likelier
    than not, as two independent sources do"""
    n_influences: int = 3
    """sensors whose own influence is worked out, those with the largest log-odds"""
    p_makes_up: float = 0.01
    """probability beforehand that an owner's sensors report events that never were (a guess; ten times more or less
    moves the log-odds of it by 2.3)"""
    far: FarSettings = field(default_factory=FarSettings)
    """of sound and ground at 10 to 500 km"""
    phases: PhaseSettings = field(default_factory=PhaseSettings)
    """of events that a network of seismic stations feels; its ground is the far field's"""

    claims: ClaimSettings = field(default_factory=ClaimSettings)
    """of what cameras, people and satellites tell"""

    @property
    def least_log_odds(self) -> float:
        """The log-odds of least_p_exists."""
        return math.log(self.least_p_exists / (1.0 - self.least_p_exists))
