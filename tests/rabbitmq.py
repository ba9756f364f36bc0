"""The RabbitMQ node of a test run, and the line at its end that says how many tests had it."""

from collections.abc import Iterator

import pytest

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.rabbitmq import EmbeddedRabbit
from tests.quick_folders import quick_folder


@pytest.fixture(scope="session")
def rabbit() -> Iterator[EmbeddedRabbit]:
    """One node for all tests; they skip, with the reason in the summary, where none can be had."""
    with quick_folder() as folder:
        node = EmbeddedRabbit(None, folder / "node")
        try:
            node.start()
        except EmbeddedServerError as error:
            pytest.skip(f"no RabbitMQ node: {error}")
        try:
            yield node
        finally:
            node.stop()


@pytest.fixture
def rabbitmq_url(rabbit: EmbeddedRabbit) -> str:
    return rabbit.url


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever asks for the node, so that `-m rabbitmq` finds it and the summary can count it."""
    for item in items:
        if "rabbit" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.rabbitmq)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many RabbitMQ tests ran, and how many did not."""
    ran = _count(terminalreporter, "passed") + _count(terminalreporter, "failed")
    skipped = _count(terminalreporter, "skipped")
    if ran or skipped:
        terminalreporter.write_line(f"RabbitMQ tests: {ran} run, {skipped} skipped")


def _count(terminalreporter: pytest.TerminalReporter, outcome: str) -> int:
    return sum("rabbitmq" in getattr(report, "keywords", ()) for report in terminalreporter.stats.get(outcome, []))
