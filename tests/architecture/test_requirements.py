"""The locked requirements follow pyproject.toml, hold a hash for every file, and name no place to fetch from."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = PROJECT["project"]["dependencies"]
EMBEDDED = PROJECT["project"]["optional-dependencies"]["embedded"]
GROUPS = PROJECT["dependency-groups"]
APART = {"mutants", "plots"}
"""Groups that only some work needs, each with a file of its own."""
DEV = [*RUNTIME, *EMBEDDED, *(wanted for name, group in GROUPS.items() if name not in APART for wanted in group)]
MUTANTS = [*RUNTIME, *EMBEDDED, *GROUPS["test"], *GROUPS["mutants"]]
PLOTS = GROUPS["plots"]


def locked(name: str) -> dict[str, str]:
    """Return the versions that a file of requirements pins, by name."""
    pins = re.findall(
        r"^([\w.-]+)(?:\[[^\]]*\])?==([\w.+!-]+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE
    )
    return {canonicalize_name(package): version for package, version in pins}


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("runtime.txt", RUNTIME),
        ("build.txt", GROUPS["build"]),
        ("dev.txt", DEV),
        ("plots.txt", PLOTS),
        ("mutants.txt", MUTANTS),
    ],
)
def test_each_requirement_is_locked_at_a_version_that_it_allows(file: str, wanted: list[str]) -> None:
    pins = locked(file)
    drifted = [
        f"{requirement} is locked at {pins.get(canonicalize_name(requirement.name))}; run `make lock`"
        for requirement in map(Requirement, wanted)
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"), prereleases=True)
        or canonicalize_name(requirement.name) not in pins
    ]
    assert drifted == []


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    dev = locked("dev.txt")
    assert {name: dev.get(name) for name in locked("runtime.txt")} == locked("runtime.txt")
    mutants = locked("mutants.txt")
    assert {name: mutants.get(name) for name in locked("runtime.txt")} == locked("runtime.txt")


def test_the_image_is_built_with_what_is_locked_for_the_tests() -> None:
    assert locked("build.txt").items() <= locked("dev.txt").items()


def test_what_draws_plots_goes_on_top_of_dev_and_changes_nothing_there() -> None:
    dev = locked("dev.txt")
    assert {name: dev.get(name, pin) for name, pin in locked("plots.txt").items()} == locked("plots.txt")


@pytest.mark.parametrize("file", ["runtime.txt", "build.txt", "dev.txt", "plots.txt", "mutants.txt"])
def test_every_pin_has_hashes_and_no_address(file: str) -> None:
    text = (ROOT / "requirements" / file).read_text()
    entries = re.split(r"\n(?=[\w])", text.strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
