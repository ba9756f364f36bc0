"""docs/rulebook.md is what the rules say, all of them."""

from pathlib import Path

from adapters.rulebook.builtin import built_in_rulebook
from adapters.rulebook.page import rulebook_page

PAGE = Path(__file__).parents[2] / "docs" / "rulebook.md"


def test_the_page_in_docs_is_that_of_the_rulebook() -> None:
    assert PAGE.read_text() == rulebook_page(built_in_rulebook()), "a rule changed: look at it, then `make rulebook`"


def test_each_rule_is_there_with_its_citation_source_and_doubts() -> None:
    page = PAGE.read_text()
    for rule in built_in_rulebook().rules:
        assert f"`{rule.id}` v{rule.version}" in page
        assert rule.citation in page
        assert rule.doubts in page
        assert rule.source is None or f"]({rule.source})" in page
