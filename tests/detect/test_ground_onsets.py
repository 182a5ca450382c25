"""Onsets at one station: closed forms, made waves of known time and direction, recordings with known picks."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt
from scipy.stats import kurtosis
from tests.detect.made_ground import local_event, noise, wave

from trucewatch.detect.ground_onsets import LOW_BAND, P_BAND, GroundReader, flat_topped, read_onsets, three_component
from trucewatch.detect.ground_pick import aic_curve, kurtosis_curve
from trucewatch.detect.ground_trigger import GroundTrigger, TriggerSettings, chance_of_noise
from trucewatch.detect.ground_waves import label
from trucewatch.detect.particle_motion import SURFACE_S_M_S, particle_motion
from trucewatch.model.vocabulary import Cause, Wave
from trucewatch.physics import reference_listener


@pytest.fixture(scope="module")
def obspy():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return pytest.importorskip("obspy")


@pytest.fixture(scope="module")
def recordings(obspy) -> Path:
    """Example recordings that are installed with ObsPy."""
    return Path(obspy.__file__).parent / "signal" / "tests" / "data"


def test_aic_is_least_where_the_variance_changes_and_as_obspy_has_it(obspy):
    from obspy.signal.trigger import aic_simple

    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1, 300), rng.normal(0, 8, 200)])
    ours, theirs = aic_curve(x), aic_simple(x)
    assert abs(int(np.argmin(ours)) - 300) <= 2
    # Ours counts the samples before the change, theirs numbers the last of them.
    assert ours[3:-3] == pytest.approx(theirs[2:-4])


def test_kurtosis_of_a_sliding_window():
    x = np.random.default_rng(1).laplace(size=400)
    ours = kurtosis_curve(x, 100)
    for end in (100, 250, 400):
        assert ours[end - 1] == pytest.approx(kurtosis(x[end - 100 : end], fisher=False))


@pytest.mark.parametrize(("bearing_deg", "tilt_deg"), [(0.0, 20.0), (123.0, 40.0), (271.0, 60.0)])
@pytest.mark.parametrize("polarity", [1.0, -1.0])
def test_motion_along_a_line_says_where_it_comes_from(bearing_deg, tilt_deg, polarity):
    away, tilt = np.radians(bearing_deg + 180), np.radians(tilt_deg)
    line = np.array([np.cos(tilt), np.sin(tilt) * np.cos(away), np.sin(tilt) * np.sin(away)])
    motion = particle_motion(polarity * line[:, None] * np.sin(np.linspace(0, 9, 60)), independent=20)
    assert motion.bearing_deg == pytest.approx(bearing_deg, abs=1e-6)
    assert motion.rectilinearity == pytest.approx(1.0)
    assert motion.vertical_share == pytest.approx(np.cos(tilt) ** 2)
    assert motion.trace_velocity_m_s == pytest.approx(SURFACE_S_M_S / np.sin(tilt / 2))
    assert motion.p_reverse < 1e-6


def test_motion_in_all_directions_says_nothing():
    motion = particle_motion(np.random.default_rng(2).normal(size=(3, 5000)), independent=20)
    assert motion.rectilinearity < 0.1
    assert motion.bearing_sigma_deg > 60
    assert particle_motion(np.zeros((3, 50)), independent=20) is None


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 2500), min_size=1, max_size=12))
def test_the_cuts_between_pieces_do_not_matter(lengths):
    x = local_event()
    whole = read_onsets(x, 100.0)
    reader, found, at = GroundReader(3, 100.0, three_component()), [], 0
    for length in [*lengths, x.shape[1]]:
        found += reader.push(x[:, at : at + length]) if at < x.shape[1] else []
        at += length
    found += reader.finish()
    assert [o.time_s for o in found] == pytest.approx([o.time_s for o in whole], abs=1e-9)
    assert [o.band.name for o in found] == [o.band.name for o in whole]


def test_memory_is_bounded_by_the_windows():
    trigger = GroundTrigger(1, 100.0, TriggerSettings(bands=(P_BAND, LOW_BAND)))
    rng, kept = np.random.default_rng(3), []
    for _ in range(60):
        trigger.push(noise((1, 3000), rng))
        kept.append(trigger.n_kept)
    assert max(kept) <= 3000 + 2200
    assert kept[-1] == kept[5]


def test_noise_triggers_no_more_often_than_its_law_says():
    # Three hours of Gaussian noise: the law counts half the independent values, so it must be an upper bound.
    rng = np.random.default_rng(4)
    trigger = GroundTrigger(1, 100.0, TriggerSettings(bands=(P_BAND,), ratio_on=3.0, ratio_off=1.5))
    ratios = [t.ratio for _ in range(18) for t in trigger.push(noise((1, 60_000), rng))]
    for ratio in (3.0, 4.0, 6.0, 9.0):
        p = chance_of_noise(P_BAND, ratio, 100.0)
        an_hour = p / (1 - p)
        assert sum(r >= ratio for r in ratios) <= 3 * an_hour + 3 * np.sqrt(3 * an_hour)
    assert len(ratios) > 50


@pytest.mark.parametrize("gain", [1e-9, 1.0, 1e9])
def test_gain_and_offset_do_not_matter(gain):
    x = local_event()
    assert [o.time_s for o in read_onsets(gain * (x + 50.0), 100.0)] == pytest.approx(
        [o.time_s for o in read_onsets(x, 100.0)], abs=1e-6
    )


@pytest.mark.parametrize("samples", [np.zeros((1, 9000)), np.full((3, 9000), 7.0), np.zeros((1, 0)), np.zeros((1, 20))])
def test_dead_and_short_recordings_give_nothing(samples):
    assert read_onsets(samples, 100.0) == ()


def test_a_full_converter_is_said():
    x = np.round(1000 * local_event())
    assert not any(o.clipped for o in read_onsets(x, 100.0))
    rail = 0.4 * np.abs(x).max()
    clipped = read_onsets(np.clip(x, -rail, rail), 100.0)
    assert clipped[1].clipped
    # A quiet channel that knows a few levels only is not full.
    assert not flat_topped(np.round(np.random.default_rng(0).normal(0, 2, 500)))


def test_what_cannot_be_read_is_refused():
    with pytest.raises(ValueError, match="1 samples are not finite"):
        read_onsets(np.array([[0.0, np.nan, 1.0]]), 100.0)
    with pytest.raises(ValueError, match="none of the bands"):
        read_onsets(np.zeros((1, 100)), 3.0)
    with pytest.raises(ValueError, match="2 components"):
        read_onsets(np.zeros((2, 100)), 100.0)


def _picked(seed: int, snr_db: float, band_hz: tuple[float, float], rise_s: float) -> list[tuple[float, float]]:
    """Return error and stated error of the picks of made onsets, the seeds apart from those of the fit."""
    out = []
    for n in range(24):
        rng = np.random.default_rng([seed, n, round(snr_db), round(band_hz[0])])
        at = 30.0 + rng.uniform(0, 0.01)
        background = noise((6000,), rng)
        made = (
            wave(6000, 100.0, at, band_hz, rng, rise_s) * 10 ** (snr_db / 20) * np.sqrt((band_hz[1] - band_hz[0]) / 50)
        )
        near = [o for o in read_onsets((background + made)[None], 100.0) if abs(o.time_s - at) < 1.5]
        out += [(near[0].time_s - at, near[0].sigma_s)] if near else []
    return out


def test_made_onsets_are_found_and_their_errors_are_told():
    clear = _picked(7, 20.0, (5.0, 18.0), 0.0)
    assert len(clear) == 24
    assert np.abs(np.median([e for e, _ in clear])) < 0.015
    assert np.quantile([abs(e) for e, _ in clear], 0.9) < 0.06
    every = [p for snr in (12.0, 20.0, 30.0) for rise in (0.0, 0.15) for p in _picked(8, snr, (5.0, 18.0), rise)]
    pull = np.abs([e / s for e, s in every])
    assert len(every) >= 0.95 * 144
    for width, share in ((1.0, 0.683), (2.0, 0.954)):
        # Within two standard errors of the share that a stated error promises; waves that swell are late on top.
        assert (pull < width).mean() > share - 2 * np.sqrt(share * (1 - share) / len(pull)) - 0.03


def test_p_and_s_of_a_made_event_with_its_direction():
    x = local_event(bearing_deg=40.0)
    first, second = label(read_onsets(x, 100.0))[:2]
    assert first.onset.time_s == pytest.approx(20.0, abs=0.1)
    assert second.onset.time_s == pytest.approx(26.0, abs=0.1)
    assert (first.waves[0].wave, second.waves[0].wave) == (Wave.P, Wave.S)
    assert first.waves[0].p > 0.7
    assert second.waves[0].p > 0.7
    assert first.s_minus_p_s == pytest.approx(6.0, abs=0.15)
    for labelled in (first, second):
        assert sum(w.p for w in labelled.waves) == pytest.approx(1.0)
        assert sum(c.p for c in labelled.causes) == pytest.approx(1.0)
    assert first.causes[0].p < 0.6


@pytest.mark.parametrize("seed", range(6))
def test_bearings_of_made_events_lie_within_their_errors(seed):
    bearing = 60.0 * seed + 10.0
    motion = read_onsets(local_event(bearing_deg=bearing, seed=seed), 100.0)[0].motion
    turned = (motion.bearing_deg - bearing + 180) % 360 - 180
    assert abs(turned) < 2 * motion.bearing_sigma_deg
    assert motion.bearing_sigma_deg < 25
    assert motion.p_reverse < 0.05


def test_turning_the_sensor_turns_the_bearing():
    x = local_event(bearing_deg=70.0)
    turn = np.radians(30.0)
    turned = np.stack([x[0], np.cos(turn) * x[1] + np.sin(turn) * x[2], -np.sin(turn) * x[1] + np.cos(turn) * x[2]])
    a, b = (read_onsets(v, 100.0)[0].motion for v in (x, turned))
    assert (a.bearing_deg - b.bearing_deg) % 360 == pytest.approx(30.0, abs=1.0)


def test_a_sound_that_follows_at_its_own_speed_is_taken_for_one():
    # S minus P of 2.5 s: some 20 km, where the sound in the air arrives about a minute after P.
    x = local_event(seconds=120.0, p_s=20.0, s_s=22.5)
    distance = 2.5 / (1 / 3400 - 1 / 5900)
    at = 20.0 + distance / 335.0 - distance / 5900.0
    rng = np.random.default_rng(9)
    for row in range(3):
        x[row] += 30.0 * wave(x.shape[1], 100.0, at, (4.0, 12.0), rng)
    labelled = label(read_onsets(x, 100.0))
    sound = min(labelled, key=lambda o: abs(o.onset.time_s - at))
    assert sound.onset.time_s == pytest.approx(at, abs=0.2)
    assert sound.waves[0].wave is Wave.AIR_COUPLED
    p = {c.cause: c.p for c in labelled[0].causes}
    assert p[Cause.EXPLOSION] > 3 * p[Cause.EARTHQUAKE]


def test_a_recording_picked_by_others(recordings):
    # ObsPy's ar_pick gives P 30.635 s and S 31.165 s, an older version 31.280 s.
    x = np.stack([np.loadtxt(recordings / f"loc_RJOB20050801145719850.{c}") for c in "zne"])
    p, s = label(read_onsets(x, 200.0))
    assert p.onset.time_s == pytest.approx(30.635, abs=0.03)
    assert 31.10 < s.onset.time_s < 31.35
    assert (p.waves[0].wave, s.waves[0].wave) == (Wave.P, Wave.S)


def test_a_recording_picked_by_baers_picker(recordings):
    with gzip.open(recordings / "manz_waldk.a01.gz") as text:
        x = np.loadtxt(text)
    first = read_onsets(x[None], 200.0)[0]
    # pk_baer: sample 17545 of 200 a second; the wave swells, so that its error is some hundredths.
    assert first.time_s == pytest.approx(17_545 / 200, abs=0.12)


def test_events_that_four_stations_share(obspy, recordings):
    # Three events in ObsPy's coincidence example: at 16:24:31-35, 16:26:59-16:27:03 and 16:27:27-33 UTC.
    times = {}
    for name in ("UH1._.SHZ", "UH2._.SHZ", "UH4._.EHZ"):
        trace = obspy.read(str(recordings / f"BW.{name}.D.2010.147.cut.slist.gz"))[0]
        times[name] = [o.time_s for o in read_onsets(trace.data[None].astype(float), trace.stats.sampling_rate)]
    for name, found in times.items():
        assert any(27 < t < 31.5 for t in found), name
        assert any(204 < t < 209.5 for t in found), name
        assert len(found) <= 4


def test_p_and_s_at_a_station_of_three_components(obspy, recordings):
    traces = [obspy.read(str(recordings / f"BW.UH3._.SH{c}.D.2010.147.cut.slist.gz"))[0] for c in "ZNE"]
    x = np.stack([t.data.astype(float) for t in traces])
    labelled = label(read_onsets(x, traces[0].stats.sampling_rate))
    firm = [o for o in labelled if o.waves[0].p > 0.8]
    assert [o.waves[0].wave for o in firm] == [Wave.P, Wave.S] * 3
    # Three events of one place: S comes 1.15 to 1.2 s after P each time.
    assert [o.s_minus_p_s for o in firm[::2]] == pytest.approx([1.17, 1.17, 1.17], abs=0.05)


def test_a_station_notices_what_the_sensor_model_says():
    # Peak over the background's rms in 1.5-16 Hz at which half is noticed; below it little, above it nearly all.
    threshold_db = reference_listener("seismometer").threshold_snr_db
    seen = butter(2, (1.5, 16.0), "bandpass", fs=100.0, output="sos")
    share = {}
    for away_db in (-4.0, 0.0, 4.0):
        found = 0
        for n in range(20):
            rng = np.random.default_rng([31, n])
            made = np.stack(
                [wave(4000, 100.0, 20.0, (5.0, 18.0), rng), 2.0 * wave(4000, 100.0, 26.0, (4.0, 12.0), rng)]
            )
            x, background = np.stack([made[0], 0.5 * made[0], made[1]]), noise((3, 4000), rng)
            rms = np.sqrt((sosfilt(seen, background, axis=1) ** 2).mean())
            gain = rms / np.abs(sosfilt(seen, x, axis=1)).max() * 10 ** ((threshold_db + away_db) / 20)
            found += any(19.7 < o.time_s < 28.0 for o in read_onsets(gain * x + background, 100.0))
        share[away_db] = found / 20
    assert share[-4.0] <= 0.2
    assert 0.2 <= share[0.0] <= 0.8
    assert share[4.0] >= 0.9
