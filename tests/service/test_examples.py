import numpy as np
import pytest

from trucewatch.model.errors import UnreadableInput
from trucewatch.service.examples import examples_of_recordings, examples_of_table
from trucewatch.simulate.waveform import recording_pa, wav_bytes

RATE = 12_000


def bang(length_s, seed=0, onset=(0.8,)):
    pressure = recording_pa(
        np.array(onset),
        np.full(len(onset), 5.0),
        duration_s=2.0,
        rate_hz=RATE,
        positive_s=length_s,
        noise_pa=0.005,
        rng=np.random.default_rng(seed),
    )
    return wav_bytes(pressure, RATE)


def test_a_table_gives_its_rows_and_leaves_empty_cells_out():
    found = examples_of_table("label,site,log_width,level_300m\nmortar,north,-5.5,\nrpg,south,-6,101.5\n", "t.csv")
    assert [(e.label, e.site) for e in found.examples] == [("mortar", "north"), ("rpg", "south")]
    assert found.examples[0].features == {"log_width": -5.5}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("label,log_width\na,1\n", "site"),
        ("label,site,colour\na,b,1\n", "colour"),
        ("label,site,log_width\na,b,loud\n", "row 2, log_width"),
        ("label,site,log_width\na,b,nan\n", "row 2, log_width"),
        ("label,site,log_width\n,b,1\n", "row 2"),
        ("label,site,log_width\na,b,1,2\n", "row 2"),
    ],
)
def test_a_bad_table_is_refused_by_row(text, said):
    with pytest.raises(UnreadableInput, match=said):
        examples_of_table(text, "t.csv")


def test_recordings_of_one_event_are_one_example_and_the_pulse_is_measured():
    files = {"a.wav": bang(0.004, 1), "b.wav": bang(0.004, 2), "c.wav": bang(0.012, 3), "q.wav": bang(0.004, 4, ())}
    rows = [
        "file,label,site,event,range_m,pascal_per_count",
        "a.wav,rpg,north,e1,300,0.00061",
        "b.wav,rpg,north,e1,600,0.00061",
        "c.wav,mortar,south,e2,,",
        "q.wav,mortar,south,e3,,",
    ]
    found = examples_of_recordings("\n".join(rows), "labels.csv", files.__getitem__)
    assert [e.label for e in found.examples] == ["rpg", "mortar"]
    assert "q.wav" in found.left_out[0]
    calibrated, bare = (e.features for e in found.examples)
    # 5 Pa at 300 and at 600 m: 108 dB, the second 6 dB more when brought to 300 m; the middle lies between.
    assert calibrated["level_300m"] == pytest.approx(108.0 + 3.0, abs=0.7)
    assert "level_300m" not in bare
    assert np.exp(bare["log_phase"]) == pytest.approx(0.012, rel=0.15)


def test_a_file_that_is_no_recording_is_refused():
    with pytest.raises(UnreadableInput, match=r"a\.wav"):
        examples_of_recordings("file,label,site\na.wav,x,y\n", "labels.csv", lambda _: b"no")
