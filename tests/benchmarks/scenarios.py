"""The names under which figures are saved and looked up again."""

PGBENCH = "pgbench simple-update"
FOUR_SEATS = "update 4 seats, nothing else"
BATCHING = "hold, in batches"
PLAIN = "hold, one by one"
CONTENDED_BATCHING = "the same 100 seats, in batches"
CONTENDED_PLAIN = "the same 100 seats, one by one"

HTTP_TRIVIAL = "trivial POST, serve and worker apart"
HTTP_HOLDS = "POST …/holds, serve and worker apart"
HTTP_TRIVIAL_UP = "trivial POST, one process"
HTTP_HOLDS_UP = "POST …/holds, one process"


SIGHT_UNIT = "µs of processor time"


def watched(what: str, by: str) -> str:
    """Return the name of a line that was taken while somebody watched."""
    return f"{what}: {by}"


HOLDS_BEFORE_SWEEP = "hold, before the sweep"
HOLDS_DURING_SWEEP = "hold, during the sweep"

BEST_AVAILABLE = "best available, 4 together, 90 % sold"
SNAPSHOT_WITHOUT_RLS = "snapshot, without row-level security"
SNAPSHOT_WITH_RLS = "snapshot, under row-level security"
SNAPSHOT_CACHED = "GET …/seats, cached"
SNAPSHOT_CHANGED = "GET …/seats, after a change"
LIVE_MAP = "a change reaches a reader"

PURCHASE = "purchase, hold to passes"
ONE_PROCESS = "one process"
APART = "a process for each service"


def purchase_in(form: str) -> str:
    """Return the name of purchases from Fairseat in a form."""
    return f"{PURCHASE}: {form}"


def purchase_step(step: str) -> str:
    """Return the name of one step of a purchase."""
    return f"purchase: {step}"


RESALE_LIVE = "GET /health/live, one process"
RESALE_ONE = "POST /resale/validate, one process"
RESALE_BATCH = "POST /resale/validate/batch of 100, one process"

RATINGS_READ = "GET …/ratings, as they are kept"
RATINGS_COUNTED = "ratings counted by the pipeline"
RATINGS_REBUILT = "ratings counted and kept"


def of_reviews(scenario: str, number: int) -> str:
    """Return the name of a scenario with a venue of so many reviews."""
    return f"{scenario}, {number:,} reviews"


TENFOLD_ELSEWHERE = "verdict, ten times the rules, elsewhere"
TENFOLD_HERE = "verdict, ten times the rules, at its place"
VERDICT_REBUILT = "a finished verdict, built again"


def verdict(case: str) -> str:
    """Return the name of a verdict by the built-in rulebook."""
    return f"verdict, {case}"


# Figures.
SWEEP_S = "sweep of 100,000 holds"
SWEPT = "holds that were swept"
DEADLOCKS = "deadlocks"
DOUBLE_OWNERS = "seats with two owners"

STATEMENTS_UNIT = "statements an order"
TRANSACTIONS_UNIT = "transactions an order"
ASKED_AGAIN_UNIT = "answers an order"
ORDER_UNITS = frozenset({STATEMENTS_UNIT, TRANSACTIONS_UNIT, ASKED_AGAIN_UNIT})


def importing(seats: int) -> str:
    """Return how the import of a plan is called."""
    return f"import of a plan of {seats:,} seats"


def copying(seats: int) -> str:
    """Return how COPY of the same rows is called."""
    return f"COPY of the {seats:,} rows"


def statements(database: str, buyers: int) -> str:
    """Return the name of the statements that an order costs in a database, or in all."""
    return f"SQL statements, {database}, {so_many(buyers)}"


def transactions(buyers: int) -> str:
    """Return the name of the transactions of several statements that an order costs."""
    return f"transactions of several statements, {so_many(buyers)}"


def asked_again(buyers: int) -> str:
    """Return how the answers that said to wait are called."""
    return f"answers that said to wait, {so_many(buyers)}"


def so_many(buyers: int) -> str:
    """Return how many buyers there are, in words."""
    return "one buyer" if buyers == 1 else f"{buyers} buyers"
