"""Rules of the house that no linter has: short modules, and a tree that names no machine and no package host."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import python_files, shown, tracked_files

LINES_MAX = 300
LONGER_FOR_A_REASON: dict[str, str] = {}
"""Modules that may be longer, each with its reason."""

# Written so that this file does not hold what it looks for.
PACKAGE_HOSTS = re.compile(
    "|".join([r"pypi\." + "org", "python" + "hosted", r"registry\." + "npmjs", r"deb\." + "debian"])
)
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:" + "|".join(["ro" + "ot", "wo" + "rk", "ho" + r"me/\w+"]) + r")(?:/|\b)")
UNDONE = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error"]))
BARE_EXEMPTION = re.compile(r"#\s*(?:no" + r"qa(?!:)|type:\s*ig" + r"nore(?!\[)|pyright:\s*ig" + r"nore(?!\[))")
UNREASONED_EXEMPTION = re.compile(r"#\s*(?:no" + r"qa: [A-Z0-9, ]+|(?:type|pyright): ig" + r"nore\[[^]]*\])\s*$")
UNREASONED_SKIP = re.compile(r"pytest\.sk" + r"ip\(\)|@pytest\.mark\.sk" + r"ip(?!if)(?!\(reason)")


def text_of(path: Path) -> str | None:
    """Return the text of a file, or None for one that is no text."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return None


def lines_that_match(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Return the matching lines, each as path:number: text."""
    return [
        f"{shown(path)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate((text_of(path) or "").splitlines(), start=1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize("path", python_files("src"), ids=shown)
def test_a_module_fits_a_reader(path: Path) -> None:
    if shown(path) not in LONGER_FOR_A_REASON:
        lines = path.read_text().count("\n")
        assert lines <= LINES_MAX


def test_no_file_names_a_package_host() -> None:
    assert lines_that_match(PACKAGE_HOSTS, tracked_files()) == []


def test_no_file_names_a_path_of_a_machine() -> None:
    assert lines_that_match(MACHINE_PATHS, tracked_files()) == []


def test_a_link_in_the_documents_leads_somewhere() -> None:
    dead = [
        f"{shown(path)}: {target}"
        for path in tracked_files()
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text())
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert dead == []


def test_nothing_is_left_undone() -> None:
    assert lines_that_match(UNDONE, python_files("src", "tests")) == []


def test_an_exemption_names_what_it_exempts() -> None:
    assert lines_that_match(BARE_EXEMPTION, python_files("src", "tests")) == []


def test_an_exemption_carries_its_reason() -> None:
    assert lines_that_match(UNREASONED_EXEMPTION, python_files("src", "tests")) == []


def test_a_skipped_test_says_why() -> None:
    assert lines_that_match(UNREASONED_SKIP, python_files("tests")) == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (PACKAGE_HOSTS, "https://pypi" + ".org/simple"),
        (MACHINE_PATHS, "open('/ro" + "ot/.cache')"),
        (MACHINE_PATHS, "/wo" + "rk/main"),
        (UNDONE, "raise NotImplemented" + "Error"),
        (BARE_EXEMPTION, "x = 1  # no" + "qa"),
        (BARE_EXEMPTION, "x = 1  # type: ig" + "nore"),
        (UNREASONED_EXEMPTION, "x = 1  # no" + "qa: S608"),
        (UNREASONED_EXEMPTION, "x = 1  # type: ig" + "nore[arg-type]"),
        (UNREASONED_SKIP, "@pytest.mark.sk" + "ip"),
    ],
)
def test_each_rule_sees_what_breaks_it(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (MACHINE_PATHS, "docs/ro" + "ot/index.md and ./wo" + "rk/here"),
        (BARE_EXEMPTION, "x = 1  # no" + "qa: S608 - the table's name is ours"),
        (UNREASONED_EXEMPTION, "x = 1  # no" + "qa: S608 - the table's name is ours"),
        (UNREASONED_SKIP, "@pytest.mark.skipif(node is None, reason='no node')"),
    ],
)
def test_each_rule_lets_the_rest_pass(pattern: re.Pattern[str], line: str) -> None:
    assert not pattern.search(line)
