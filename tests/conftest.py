"""What every test may ask for. The servers start only when a test needs one: unit tests open no socket."""

from functools import lru_cache

import pytest
from dishka.code_tools import code_builder

pytest_plugins = ["tests.servers", "tests.rabbitmq"]

# Each container writes and compiles a function for each thing that it makes, a hundred milliseconds in all for a large
# one; a test has one or more containers, and what they write is the same each time.
vars(code_builder)["compile"] = lru_cache(maxsize=8_192)(compile)

_LONGEST = ("processes", "contracts/test_seat_ledger_machine", "integration", "unit/test_small_world")
"""Begun first, so that no worker is left alone with a long one at the end."""

_OF_THEIR_OWN = ("test_no_server_error.py", "test_split.py")
"""Files that have a running Fairseat of their own, or need the one for long."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file with one worker (`make test` has two), and those that share something."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_together(item)))
    items.sort(key=_rank)


def _together(item: pytest.Item) -> str:
    """Return what the test shares: a RabbitMQ node, the running Fairseat (a start costs five seconds), or its file."""
    if item.get_closest_marker("rabbitmq"):
        return "rabbitmq"
    file = item.nodeid.partition("::")[0]
    shares = "running" in getattr(item, "fixturenames", ()) and not file.endswith(_OF_THEIR_OWN)
    return "running" if shares else file


def _rank(item: pytest.Item) -> int:
    return next((rank for rank, name in enumerate(_LONGEST) if f"tests/{name}" in item.nodeid), len(_LONGEST))
