"""What every test may ask for. The servers start only when a test needs one: unit tests open no socket."""

import re
from collections.abc import Collection
from functools import cache, lru_cache
from pathlib import Path
from typing import override

import pytest
from dishka.code_tools import code_builder
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

pytest_plugins = ["tests.servers", "tests.rabbitmq"]

# Each container writes and compiles a function for each thing that it makes, a hundred milliseconds in all for a large
# one; a test has one or more containers, and what they write is the same each time.
vars(code_builder)["compile"] = lru_cache(maxsize=8_192)(compile)

_ROOT = Path(__file__).parents[1]
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

_SHARED = (
    ("rabbitmq", re.compile(r"\b(rabbit|rabbitmq_url): ")),
    ("running", re.compile(r"\b(running|mortal): RunningFairseat\b")),
)
"""What tests of several files share, and how the files ask for it: a node, or Fairseat, whose start takes seconds."""

_OF_ITS_OWN = "test_split.py"
"""The file that has a running Fairseat of its own."""


class _ByWhatTheyShare(LoadFileScheduling):
    """Gives a worker whole files (`make test` has two workers), and all files that share something to the same one."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        return _together(nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Groups by marks (`loadgroup`) do nothing with pytest 9.2: xdist 3.8 writes them to where ids no longer are."""
    return _ByWhatTheyShare(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and see that the files say what they share, which workers go by."""
    for item in items:
        file = item.nodeid.partition("::")[0]
        fixtures: Collection[str] = getattr(item, "fixturenames", ())
        shares = "rabbit" in fixtures or ("running" in fixtures and "/processes/" in file)
        if shares and _together(file) == file and not file.endswith(_OF_ITS_OWN):
            raise pytest.UsageError(f"{file} shares what no parameter in it names, so workers cannot know")
    items.sort(key=_rank)


@cache
def _together(file: str) -> str:
    """Return what the tests of a file share with other files, or the file."""
    text = (_ROOT / file).read_text()
    shared = (what for what, asked in _SHARED if asked.search(text) and not file.endswith(_OF_ITS_OWN))
    return next(shared, file)


def _rank(item: pytest.Item) -> int:
    return next((rank for rank, name in enumerate(_LONGEST) if f"tests/{name}" in item.nodeid), len(_LONGEST))
