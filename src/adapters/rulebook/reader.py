"""Reads a folder of TOML files into a rulebook, or says all that is wrong with it."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import cast

import msgspec

from adapters.rulebook.entries import RuleEntry
from core.resale.law.lint import Severity, errors_of, findings_of_groups
from core.resale.law.rule import Rule
from core.resale.law.rulebook import Rulebook, RulebookFaultyError
from core.shared.errors import Problem

FILES_MAX = 500
FILE_BYTES_MAX = 1_000_000
RULES_MAX = 10_000

_UNKNOWN = re.compile(r"unknown field `(?P<name>[^`]*)`")
_MISSING = re.compile(r"missing required field `(?P<name>[^`]*)`")


def read_rulebook(folder: Traversable) -> Rulebook:
    """Read every file of the folder that ends in .toml.

    Raises RulebookFaultyError, with one problem for each fault: /file/rule/member, a rule that has no id by its number.
    """
    reading = _Reading()
    if not folder.is_dir():
        reading.fault("", "", "", "there is no such folder")
    else:
        reading.read({file.name: file.read_bytes for file in folder.iterdir() if file.name.endswith(".toml")})
    return reading.rulebook()


def read_files(files: Mapping[str, str]) -> Rulebook:
    """Read files by their names, as the above does; raises as that does."""
    reading = _Reading()
    reading.read({name: text.encode for name, text in files.items()})
    return reading.rulebook()


def files_of(folder: Traversable) -> dict[str, str]:
    """Return the text of every file of the folder that ends in .toml, to be kept.

    Raises RulebookFaultyError for a folder that cannot be used.
    """
    read_rulebook(folder)
    return {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".toml")}


@dataclass(slots=True)
class _Reading:
    rules: dict[str, Rule] = field(default_factory=dict[str, Rule])
    files: dict[str, str] = field(default_factory=dict[str, str])
    problems: list[Problem] = field(default_factory=list[Problem])

    def fault(self, file: str, rule: str, member: str, message: str) -> None:
        parts = [part.replace("~", "~0").replace("/", "~1") for part in (file, rule, member) if part]
        self.problems.append(Problem("".join(f"/{part}" for part in parts), message))

    def rulebook(self) -> Rulebook:
        if not self.problems and not self.rules:
            self.fault("", "", "", "there is no rule in the folder")
        if self.problems:
            count = len(self.problems)
            raise RulebookFaultyError(f"The rulebook has {count} fault{'s' * (count > 1)}.", self.problems)
        return Rulebook.dated(self.rules.values())

    def read(self, files: Mapping[str, Callable[[], bytes]]) -> None:
        if len(files) > FILES_MAX:
            return self.fault("", "", "", f"there are {len(files)} files, more than {FILES_MAX}")
        for name in sorted(files):
            self._read_file(name, files[name])
        if len(self.rules) > RULES_MAX:
            return self.fault("", "", "", f"there are {len(self.rules)} rules, more than {RULES_MAX}")
        if not self.problems:  # a group may be spread over files, so it is looked at when all of them are known
            for finding in findings_of_groups(self.rules.values()):
                if finding.severity is Severity.ERROR:
                    self.fault(self.files[finding.rule_id], finding.rule_id, finding.member, finding.message)
        return None

    def _read_file(self, file: str, read: Callable[[], bytes]) -> None:
        try:
            content = read()
            document = tomllib.loads(content.decode()) if len(content) <= FILE_BYTES_MAX else None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            return self.fault(file, "", "", f"the file cannot be read: {error}")
        if document is None:
            return self.fault(file, "", "", f"the file has more than {FILE_BYTES_MAX} bytes")
        entries = document.pop("rule", [])
        for name in document:
            self.fault(file, "", name, "a file holds [[rule]] and nothing else")
        if not isinstance(entries, list):
            return self.fault(file, "", "rule", "rules are written as [[rule]]")
        for number, entry in enumerate(cast("list[object]", entries), start=1):
            self._read_rule(file, number, entry)
        return None

    def _read_rule(self, file: str, number: int, entry: object) -> None:
        told = cast("dict[str, object]", entry).get("id") if isinstance(entry, dict) else None
        name = told if isinstance(told, str) and told else str(number)
        try:
            rule = msgspec.convert(entry, RuleEntry).rule()
        except msgspec.ValidationError as error:
            member, message = _member_and_message(str(error))
            return self.fault(file, name, member, message)
        except ValueError as error:
            return self.fault(file, name, "scope", str(error))
        if rule.id in self.rules:
            return self.fault(file, name, "id", f"{self.files[rule.id]} has a rule of this id already")
        self.rules[rule.id], self.files[rule.id] = rule, file
        for finding in errors_of(rule):
            self.fault(file, name, finding.member, finding.message)
        return None


def _member_and_message(error: str) -> tuple[str, str]:
    message, _, path = error.partition(" - at `$")
    where = path.rstrip("`").removeprefix(".")
    named = _UNKNOWN.search(message) or _MISSING.search(message)
    return ".".join(part for part in (where, named["name"] if named else "") if part), message
