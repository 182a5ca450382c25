"""The order in which detections arrive does not change what is understood."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mission_files import make_mission, run_mission
from trucewatch.model.detection import Detection
from trucewatch.model.register import NewRecord
from trucewatch.model.wire import from_bytes, to_bytes
from trucewatch.service.texts import Texts
from trucewatch.service.understanding import current_assessments, current_incidents, understand
from trucewatch.store import MemoryRegister
from trucewatch.wiring import MissionFolder, Quiet, clock, open_reading


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Texts, tuple[Detection, ...]]:
    """What the tiny mission's sensors and post said, with a clock that makes it replayable."""
    folder = make_mission(tmp_path_factory.mktemp("order") / "m")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trucewatch.report.release.to_pdf", lambda html, identifier: b"%PDF")
        run_mission(folder)
    with open_reading(MissionFolder(folder)) as (texts, register):
        return texts, tuple(from_bytes(Detection, r.payload) for r in register.current("detection"))


def _understood(texts: Texts, batches: list[list[Detection]]) -> tuple[dict[str, object], dict[str, object]]:
    """Understand after each batch, as runs do while inputs come in; return what stands at the end."""
    register = MemoryRegister()
    for batch in batches:
        with register.transaction() as tx:
            for d in batch:
                tx.append(NewRecord(kind="detection", id=d.id, payload=to_bytes(d)), at_utc=clock(texts, None))
        understand(texts, register, Quiet(), now_utc=clock(texts, None))
    incidents = {
        str((i.time, i.kinds, i.place, i.count, i.supports, i.silences, i.p_exists)): i.id
        for i in current_incidents(register)
    }
    named = {i: what for what, i in incidents.items()}
    results = {f"{named[a.incident_id]} {a.term_id}": (a.result, a.p_violated) for a in current_assessments(register)}
    return dict.fromkeys(incidents), results


@given(seed=st.integers(0, 2**32), n_batches=st.integers(1, 3))
@settings(max_examples=12)
def test_arrival_order_and_batches_do_not_change_what_is_understood(
    found: tuple[Texts, tuple[Detection, ...]], seed: int, n_batches: int
) -> None:
    texts, detections = found
    draw = random.Random(seed)
    shuffled = list(detections)
    draw.shuffle(shuffled)
    cuts = sorted(draw.sample(range(1, len(shuffled)), n_batches - 1))
    batches = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    assert _understood(texts, batches) == _understood(texts, [list(detections)])
