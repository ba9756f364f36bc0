"""A rulebook is read as a whole or refused, and what is wrong is named by file, rule and member."""

from datetime import date
from pathlib import Path

import pytest

from adapters.memory.rulebook import OneRulebook
from adapters.rulebook import reader
from adapters.rulebook.builtin import built_in_rulebook
from adapters.rulebook.reader import read_rulebook
from core.resale.law.facts import Fact
from core.resale.law.rule import Operator, Predicate
from core.resale.law.rulebook import Rulebook, RulebookFaultyError
from tests.resale_rules import a_folder, maine_cap, written
from tests.ticketing_builders import NOON


def faults(folder: Path) -> dict[str, str]:
    with pytest.raises(RulebookFaultyError) as refused:
        read_rulebook(folder)
    return {problem.pointer: problem.message for problem in refused.value.problems}


def test_a_file_says_what_a_rule_says(tmp_path: Path) -> None:
    assert read_rulebook(a_folder(tmp_path, us=written())) == Rulebook.dated([maine_cap()])


def test_files_that_are_no_toml_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("[[rule]]")
    assert len(read_rulebook(a_folder(tmp_path, us=written())).rules) == 1


@pytest.mark.parametrize(
    ("condition", "predicate"),
    [
        ('{ fact = "charity", is = false }', Predicate(Fact.CHARITY, Operator.IS, (False,))),
        ('{ fact = "event_kind", is = "sport" }', Predicate(Fact.EVENT_KIND, Operator.IS, ("sport",))),
        (
            '{ fact = "event_kind", in = ["sport", "concert"] }',
            Predicate(Fact.EVENT_KIND, Operator.IN, ("sport", "concert")),
        ),
        ('{ fact = "venue_capacity", at_least = 1000 }', Predicate(Fact.VENUE_CAPACITY, Operator.AT_LEAST, (1000,))),
        ('{ fact = "venue_capacity", at_most = 3000 }', Predicate(Fact.VENUE_CAPACITY, Operator.AT_MOST, (3000,))),
        ('{ fact = "venue_capacity", more_than = 200 }', Predicate(Fact.VENUE_CAPACITY, Operator.MORE_THAN, (200,))),
        (
            '{ fact = "first_sold_on", at_least = 2018-06-01 }',
            Predicate(Fact.FIRST_SOLD_ON, Operator.AT_LEAST, (date(2018, 6, 1),)),
        ),
    ],
)
def test_a_condition_is_a_fact_an_operator_and_a_value(tmp_path: Path, condition: str, predicate: Predicate) -> None:
    (rule,) = read_rulebook(a_folder(tmp_path, us=written(scope=f"[[{condition}]]"))).rules
    assert rule.scope == ((predicate,),)


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"citation": None}, "/us.toml/us-me-cap/citation"),
        ({"ceiling": "1.1"}, "/us.toml/us-me-cap/ceiling"),
        ({"id": '"US ME"'}, "/us.toml/US ME/id"),
        ({"id": None}, "/us.toml/1/id"),
        ({"version": "0"}, "/us.toml/us-me-cap/version"),
        ({"version": '"1"'}, "/us.toml/us-me-cap/version"),
        ({"place": '"US-XX"'}, "/us.toml/us-me-cap/place"),
        ({"place": '"FR-ME"'}, "/us.toml/us-me-cap/place"),
        ({"kind": '"cap"'}, "/us.toml/us-me-cap/kind"),
        ({"value": None}, "/us.toml/us-me-cap/value"),
        ({"value": "1.1"}, "/us.toml/us-me-cap/value"),
        ({"value": '"-1.1"'}, "/us.toml/us-me-cap/value"),
        ({"value": '"0"'}, "/us.toml/us-me-cap/value"),
        ({"value": '"1e400"'}, "/us.toml/us-me-cap/value"),
        ({"base": None}, "/us.toml/us-me-cap/base"),
        ({"base": '"price"'}, "/us.toml/us-me-cap/base"),
        ({"currency": '"USD"'}, "/us.toml/us-me-cap/currency"),
        ({"kind": '"fixed_markup"', "currency": '"XAU"'}, "/us.toml/us-me-cap/currency"),
        ({"kind": '"fixed_markup"', "currency": '"JPY"'}, "/us.toml/us-me-cap/value"),
        ({"confidence": '"certain"'}, "/us.toml/us-me-cap/confidence"),
        ({"status": '"maybe"'}, "/us.toml/us-me-cap/status"),
        ({"source": '"a book"'}, "/us.toml/us-me-cap/source"),
        ({"source": None}, "/us.toml/us-me-cap/source"),
        ({"reviewed_on": '"yesterday"'}, "/us.toml/us-me-cap/reviewed_on"),
        ({"reviewed_on": "2026-11-21T10:00:00Z"}, "/us.toml/us-me-cap/reviewed_on"),
        ({"effective_from": "2026-01-01", "effective_to": "2026-01-01"}, "/us.toml/us-me-cap/effective_to"),
        ({"combination": '"max"'}, "/us.toml/us-me-cap/group"),
        ({"combination": '"override"', "group": '"us-me"'}, "/us.toml/us-me-cap/group"),
        ({"duties": '["be_kind"]'}, "/us.toml/us-me-cap/duties[0]"),
        ({"rights": '"transfer"'}, "/us.toml/us-me-cap/rights"),
        ({"scope": '[[{ fact = "weather", is = true }]]'}, "/us.toml/us-me-cap/scope[0][0].fact"),
        ({"scope": '[[{ fact = "charity" }]]'}, "/us.toml/us-me-cap/scope"),
        ({"scope": '[[{ fact = "charity", is = true, in = [true] }]]'}, "/us.toml/us-me-cap/scope"),
        ({"scope": '[[{ fact = "charity", above = 1 }]]'}, "/us.toml/us-me-cap/scope[0][0].above"),
        ({"scope": '[[{ fact = "charity", is = 1 }]]'}, "/us.toml/us-me-cap/scope[0][0]"),
        ({"scope": '[[{ fact = "charity", at_least = true }]]'}, "/us.toml/us-me-cap/scope[0][0]"),
        ({"scope": '[[{ fact = "venue_capacity", at_most = true }]]'}, "/us.toml/us-me-cap/scope[0][0]"),
        ({"scope": '[[{ fact = "venue_capacity", at_most = "3000" }]]'}, "/us.toml/us-me-cap/scope[0][0]"),
        ({"scope": '[[{ fact = "event_kind", is = "sports" }]]'}, "/us.toml/us-me-cap/scope[0][0]"),
        ({"scope": '[[{ fact = "event_kind", in = [] }]]'}, "/us.toml/us-me-cap/scope[0][0]"),
        ({"scope": "[[]]"}, "/us.toml/us-me-cap/scope[0]"),
    ],
)
def test_each_fault_is_named_by_file_rule_and_member(
    tmp_path: Path, members: dict[str, str | None], pointer: str
) -> None:
    assert list(faults(a_folder(tmp_path, us=written(**members)))) == [pointer]


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, us=written(place='"XX"', value=None) + written(id='"us-nh"', kind='"?"'), fr="[[rule")
    assert list(faults(folder)) == [
        "/fr.toml",
        "/us.toml/us-me-cap/place",
        "/us.toml/us-me-cap/value",
        "/us.toml/us-nh/kind",
    ]


def test_an_id_is_used_once_in_all_files(tmp_path: Path) -> None:
    told = faults(a_folder(tmp_path, a=written(), b=written()))
    assert told == {"/b.toml/us-me-cap/id": "a.toml has a rule of this id already"}


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ("rule = 1", "/us.toml/rule"),
        ("rule = [1]", "/us.toml/1"),
        ('title = "US"', "/us.toml/title"),
        ("[[rule]]\nid = ", "/us.toml"),
    ],
)
def test_a_file_holds_rules_and_nothing_else(tmp_path: Path, content: str, pointer: str) -> None:
    assert pointer in faults(a_folder(tmp_path, us=content))


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "us.toml").write_bytes(b"\xff\xfe")
    assert list(faults(tmp_path)) == ["/us.toml"]


def test_a_folder_without_rules_is_no_rulebook(tmp_path: Path) -> None:
    assert faults(tmp_path) == {"": "there is no rule in the folder"}
    assert faults(tmp_path / "nowhere") == {"": "there is no such folder"}


def test_there_is_a_limit_on_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = a_folder(tmp_path, a=written(id='"a"'), b=written(id='"b"'))
    for limit, below in (("FILES_MAX", 1), ("RULES_MAX", 1), ("FILE_BYTES_MAX", 10)):
        with monkeypatch.context() as patched:
            patched.setattr(reader, limit, below)
            assert faults(folder)
    assert len(read_rulebook(folder).rules) == 2


async def test_one_rulebook_holds_at_every_moment() -> None:
    rulebook = built_in_rulebook()
    assert await OneRulebook(rulebook).at(NOON) is rulebook
    assert await OneRulebook(rulebook).at(NOON.replace(year=1999)) is rulebook
