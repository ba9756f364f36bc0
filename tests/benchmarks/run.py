"""`make bench`: run as a script, so the repository's root has to be made importable first."""

import sys
from pathlib import Path
from runpy import run_module

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
run_module("tests.benchmarks", run_name="__main__")
