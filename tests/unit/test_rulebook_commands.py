"""`fairseat rulebook`, as people type it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bootstrap.rulebook import app
from bootstrap.settings import SettingsError
from tests.resale_rules import a_folder, written

RUN = CliRunner(env={"COLUMNS": "200"})


def test_lint_of_the_own_rulebook_is_no_failure() -> None:
    result = RUN.invoke(app, ["lint", "--on", "2026-11-21"])
    assert result.exit_code == 0
    assert "0 errors" in result.output


def test_lint_names_each_fault_of_a_folder(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["lint", str(a_folder(tmp_path, us=written(base=None)))])
    assert result.exit_code == 1
    assert "error /us.toml/us-me-cap/base: " in result.output


def test_lint_warns_of_a_review_that_is_due(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["lint", str(a_folder(tmp_path, us=written())), "--on", "2027-05-20"])
    assert result.exit_code == 0
    assert "warning us-me-cap reviewed_on: " in result.output
    assert "(review_due)" in result.output


def test_list_shows_a_place_on_a_day_and_brackets_what_sleeps() -> None:
    result = RUN.invoke(app, ["list", "--place", "US-ME", "--on", "2025-09-23"])
    assert "us-me-cap" not in result.output
    assert "(us-ticket-act)" in result.output
    assert "us-me-cap" in RUN.invoke(app, ["list", "--place", "US-ME", "--on", "2025-09-24"]).output


def test_list_says_when_there_is_nothing() -> None:
    assert "No rule" in RUN.invoke(app, ["list", "--place", "VA"]).output


@pytest.mark.parametrize("arguments", [["list", "--place", "Maine"], ["list", "nowhere"], ["page", "nowhere"]])
def test_what_cannot_be_read_is_said_in_a_line(arguments: list[str]) -> None:
    assert isinstance(RUN.invoke(app, arguments).exception, SettingsError)


def test_page_shows_a_rulebook_of_one_s_own(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["page", str(a_folder(tmp_path, us=written()))])
    assert "## United States: Maine (US-ME)" in result.output
    assert "Rules: 1, of which 1 bind and 0 sleep. Places: 1." in result.output
