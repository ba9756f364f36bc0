"""What is made of saved figures: plots beside them, and the tables of docs/performance.md."""

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.document import with_figures
from tests.benchmarks.plots import can_draw, draw
from tests.benchmarks.results import Results

PUBLISHED = Path("docs/benchmarks/latest.json")
"""The figures that docs/performance.md shows."""
DOCUMENT = Path("docs/performance.md")


def publish(results: Results, path: Path, *, root: Path) -> Iterator[Path]:
    """Yield every file that was written, beginning with the figures; plots only where matplotlib is installed."""
    yield path
    if can_draw():
        yield from draw(results, path.parent)
    if path.resolve() == (root / PUBLISHED).resolve():
        document = root / DOCUMENT
        document.write_text(with_figures(document.read_text(), results))
        yield document
