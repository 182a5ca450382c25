"""A mission's own model of sounds: asked in a run, on record by its hash, refused by name where it is none."""

from pathlib import Path

import pytest

from mission_files import MISSION, make_mission, run_mission
from trucewatch.fuse.linear_model import write_model
from trucewatch.fuse.training import Example, train
from trucewatch.model.errors import InvalidMission
from trucewatch.service.understanding import current_incidents
from trucewatch.wiring import MissionFolder, check_folder, load_texts, open_reading

CLASSIFY = '\n[classify]\nmodel = "sounds.json"\n'


def sounds(shift: float = 0.0) -> bytes:
    """A model that knows two kinds of pulse by their mean frequency, wide enough for anything recorded in a street."""
    examples = [
        Example(label=label, site=f"s{n % 2}", features={"log_centroid": middle + 0.4 * (n % 5 - 2) + shift})
        for label, middle in (("small_arms", 6.3), ("mortar", 3.0))
        for n in range(20)
    ]
    return write_model(train(examples, provenance={"data": "made", "licence": "none"})[0])


@pytest.fixture
def mission(tmp_path: Path) -> Path:
    folder = make_mission(tmp_path / "m")
    (folder / "mission.toml").write_text(MISSION + CLASSIFY)
    (folder / "sounds.json").write_bytes(sounds())
    return folder


@pytest.mark.usefixtures("no_pdf")
def test_a_run_asks_it_and_another_model_gives_other_records(mission: Path) -> None:
    run_mission(mission)
    with open_reading(MissionFolder(mission)) as (texts, register):
        told = [f.name for i in current_incidents(register) for f in i.weapon_features]
        assert "sounds.json" in {f.name for f in texts.files}
    assert "classifier_p_small_arms" in told
    assert run_mission(mission).understood.n_changed == 0
    (mission / "sounds.json").write_bytes(sounds(0.2))
    assert run_mission(mission).understood.n_changed > 0


def test_what_is_no_model_is_a_problem_of_the_mission(mission: Path) -> None:
    (mission / "sounds.json").write_text('{"format": "x"}')
    texts, problems = check_folder(MissionFolder(mission))
    assert texts is None
    assert "sounds.json" in str(problems[0])
    (mission / "sounds.json").unlink()
    with pytest.raises(InvalidMission, match=r"sounds\.json"):
        load_texts(MissionFolder(mission))


@pytest.mark.parametrize("path", ["../sounds.json", "state/store.sqlite", "/sounds.json"])
def test_it_must_be_one_of_the_mission_s_own_files(mission: Path, path: str) -> None:
    (mission / "mission.toml").write_text(MISSION + CLASSIFY.replace("sounds.json", path))
    with pytest.raises(InvalidMission):
        load_texts(MissionFolder(mission))
