"""docs/observing.md names all that can be seen, and nothing that is not there."""

import re
from pathlib import Path

from adapters.prometheus.instruments import Instruments
from adapters.system.work_context import Work
from bootstrap.settings import variables

PAGE = (Path(__file__).parents[2] / "docs" / "observing.md").read_text()


def test_every_measurement_is_explained_with_its_labels() -> None:
    rows = dict(re.findall(r"^\| `(fairseat_\w+)` \| (.*?) \|", PAGE, re.MULTILINE))
    counted = {"counter": "_total"}
    told = {
        metric.name + counted.get(metric.type, ""): metric
        for metric in Instruments(version="0").registry.collect()
        if metric.name.startswith("fairseat_")
    }
    assert set(rows) == set(told)


def test_every_setting_of_those_who_watch_is_named() -> None:
    groups = {"log", "metrics", "tracing"}
    missing = [name for name, group, _, _ in variables() if group in groups and name not in PAGE]
    assert missing == []


def test_every_field_of_a_log_line_is_explained() -> None:
    work = Work(*("-".join("0123") for _ in Work.__slots__))
    missing = [name for name, _ in work.facts() if f"`{name}`" not in PAGE]
    assert missing == []
