"""Rulebooks as they are kept: TOML files by their names."""

from collections.abc import Mapping
from importlib.resources import files
from typing import override

from adapters.rulebook.reader import read_files
from core.resale.law.rulebook import Rulebook
from ports.resale.rulebooks import RulebookFormat


class TomlFormat(RulebookFormat):
    """The format of adapters/rulebook/rules."""

    @override
    def read(self, files: Mapping[str, str]) -> Rulebook:
        return read_files(files)

    @override
    def built_in(self) -> Mapping[str, str]:
        folder = files("adapters.rulebook") / "rules"
        return {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
