"""The parts of the benchmarks, in the order in which they run."""

from collections.abc import Mapping

from tests.benchmarks.bench import Measure
from tests.benchmarks.best_available import measure_best_available
from tests.benchmarks.expiry import measure_expiry
from tests.benchmarks.forms import measure_forms
from tests.benchmarks.importing import measure_import
from tests.benchmarks.live_map import measure_live_map
from tests.benchmarks.orders import measure_orders
from tests.benchmarks.over_http import measure_http
from tests.benchmarks.resale import measure_resale
from tests.benchmarks.reviews import measure_reviews
from tests.benchmarks.sight import measure_sight
from tests.benchmarks.store import measure_store
from tests.benchmarks.verdicts import measure_verdicts

PARTS: Mapping[str, Measure] = {
    "store": measure_store,
    "expiry": measure_expiry,
    "http": measure_http,
    "sight": measure_sight,
    "orders": measure_orders,
    "forms": measure_forms,
    "best": measure_best_available,
    "map": measure_live_map,
    "verdicts": measure_verdicts,
    "resale": measure_resale,
    "reviews": measure_reviews,
    "import": measure_import,
}
"""A part measures, and returns lines, figures and audits; another one joins by being named here.

targets.py finds a line by its scenario, callers and seats: best available and the snapshots have one caller, the live
map has as many callers as it has readers.
"""
