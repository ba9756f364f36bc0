"""The verdicts that README shows are those that Fairseat gives."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bootstrap.cli import app

README = Path(__file__).parents[2] / "README.md"
SHOWN = re.findall(r"```console\n\$ (fairseat explain .*?[^\\])\n(.*?)\n```", README.read_text(), re.DOTALL)


def test_there_is_a_capped_an_authorised_and_a_transferable_one() -> None:
    places = [place for place in ("US-ME", "FR", "US-CT") if any(f" {place} " in command for command, _ in SHOWN)]
    assert places == ["US-ME", "FR", "US-CT"]


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command[23:55] for command, _ in SHOWN])
def test_readme_shows_what_is_told(command: str, output: str) -> None:
    words = shlex.split(command.replace("\\\n", " "))
    told = CliRunner(env={"COLUMNS": "110"}).invoke(app, words[1:])
    assert [line.rstrip() for line in told.output.rstrip().splitlines()] == output.splitlines()
