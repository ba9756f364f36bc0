"""The rulebook that comes with Fairseat."""

from functools import cache
from importlib.resources import files

from adapters.rulebook.reader import read_rulebook
from core.resale.law.rulebook import Rulebook


@cache
def built_in_rulebook() -> Rulebook:
    """Return the rules of adapters/rulebook/rules, read once."""
    return read_rulebook(files("adapters.rulebook") / "rules")
