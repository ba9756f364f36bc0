"""The OpenAPI document in docs/ is what the code serves, so that no path or field goes unnoticed."""

import json
from pathlib import Path

from bootstrap.web import openapi_document

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_document_in_docs_is_the_one_that_is_served() -> None:
    assert DOCUMENT.read_text() == openapi_document(), "the API changed: look at the difference, then `make openapi`"


def test_every_operation_says_what_it_does_and_how_it_fails() -> None:
    document = json.loads(DOCUMENT.read_text())
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method.upper()} {path}"
            assert operation.get("summary"), f"{where} has no summary"
            problems = [status for status in operation["responses"] if status.startswith(("4", "5"))]
            for status in problems:
                media = operation["responses"][status].get("content", {})
                told = path.startswith("/health") or not media or "application/problem+json" in media
                assert told, f"{where} answers {status} with something else than a problem document"
