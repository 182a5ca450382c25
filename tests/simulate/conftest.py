import sys
from pathlib import Path

# importlib mode does not put test folders on the path; the makers beside the tests are imported by name.
sys.path.insert(0, str(Path(__file__).parent))
