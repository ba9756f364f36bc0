"""One running Fairseat for all tests that do not kill it."""

from collections.abc import Iterator

import pytest

from tests.running import RunningFairseat


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFairseat]:
    instance = RunningFairseat(tmp_path_factory.mktemp("up"))
    instance.start()
    yield instance
    assert instance.stop() == 0
