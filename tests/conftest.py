"""What every test may ask for. The servers start only when a test needs one: unit tests open no socket."""

from collections.abc import Collection
from functools import lru_cache

import pytest
from dishka.code_tools import code_builder

pytest_plugins = ["tests.servers", "tests.rabbitmq"]

# Each container writes and compiles a function for each thing that it makes, a hundred milliseconds in all for a large
# one; a test has one or more containers, and what they write is the same each time.
vars(code_builder)["compile"] = lru_cache(maxsize=8_192)(compile)

_LONGEST = (
    "processes",
    "contracts/test_seat_ledger_machine",
    "contracts/test_checkout_on_servers",
    "integration",
    "unit/test_small_world",
    "unit/test_checkout_machine",
    "unit/test_webhooks_in_any_order",
)
"""Begun first, so that no worker is left alone with a long one at the end."""

_OF_ITS_OWN = "test_split.py"
"""The file that has a running Fairseat of its own."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file with one worker (`make test` has two), and those that share something.

    It comes first: xdist reads the groups in a hook of this name, too.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_together(item)))
    items.sort(key=_rank)


def _together(item: pytest.Item) -> str:
    """Return what the test shares: a RabbitMQ node, the running Fairseat (a start costs five seconds), or its file."""
    fixtures: Collection[str] = getattr(item, "fixturenames", ())
    if "rabbit" in fixtures:
        return "rabbitmq"
    file = item.nodeid.partition("::")[0]
    return "running" if "running" in fixtures and not file.endswith(_OF_ITS_OWN) else file


def _rank(item: pytest.Item) -> int:
    return next((rank for rank, name in enumerate(_LONGEST) if f"tests/{name}" in item.nodeid), len(_LONGEST))
