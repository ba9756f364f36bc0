"""The ports of services that run apart: no two alike, and the same from run to run."""

from itertools import chain
from pathlib import Path

import pytest

from bootstrap import split
from bootstrap.needs import SERVICES
from bootstrap.split import links_between, ports_of


def test_no_two_services_have_a_port_in_common_and_each_keeps_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = chain.from_iterable((port, port) for port in range(20_000, 30_000))  # whoever draws may draw one twice

    def remembered(memory: Path) -> int:
        if not memory.exists():
            memory.write_text(str(next(drawn)))
        return int(memory.read_text())

    monkeypatch.setattr(split, "remembered_port", remembered)
    ports = ports_of(tmp_path / "split")
    assert len({port for at in ports.values() for port in (at.http, at.links)}) == 2 * len(SERVICES)
    assert ports_of(tmp_path / "split") == ports
    assert links_between(ports)["FAIRSEAT_LINKS_VENUE"] == f"127.0.0.1:{ports['venue'].links}"
