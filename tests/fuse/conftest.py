import sys
from pathlib import Path

import pytest

from trucewatch.fuse import assemble

# importlib mode does not put test folders on the path; the makers beside the tests are imported by name.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="module", autouse=True)
def arithmetic_by_itself(request):
    """Test the arithmetic of fusion without the record that it is held against last; `test_record` tests that."""
    with pytest.MonkeyPatch.context() as patch:
        if not request.module.__name__.endswith("test_record"):
            patch.setattr(assemble, "held_against", lambda incidents, _: list(incidents))
            patch.setattr(assemble, "region_widened", lambda incidents, _: list(incidents))
        yield
