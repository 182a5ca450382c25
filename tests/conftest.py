"""What every test may ask for."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# importlib mode does not put test folders on the path; mission_files.py beside this file is imported by name.
sys.path.insert(0, str(Path(__file__).resolve().parent))


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The data folder beside the checkout; tests that need it skip without."""
    folder = Path(os.environ.get("TRUCEWATCH_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the data folder beside the checkout is not here (TRUCEWATCH_DATA names another place)")
    return folder


@pytest.fixture(scope="session")
def finished_mission(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny mission after a run; shared, so never change it: `finished_copy` is for that."""
    from mission_files import make_mission, run_mission

    folder = make_mission(tmp_path_factory.mktemp("finished") / "tiny")
    run_mission(folder)
    return folder


@pytest.fixture
def finished_copy(finished_mission: Path, tmp_path: Path) -> Path:
    """A copy of the finished tiny mission, to be changed."""
    return Path(shutil.copytree(finished_mission, tmp_path / "tiny"))
