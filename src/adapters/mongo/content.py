"""content_db: its documents bound, its indexes made, and the question which of them are missing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, cast

from beanie import (
    Document,
    init_beanie,  # pyright: ignore[reportUnknownVariableType]  # it leaves the driver's document type open
)
from pymongo import IndexModel

from adapters.mongo.client import Database, driver_errors_translated
from adapters.mongo.content_media import MediaDocument
from adapters.mongo.content_page_documents import EditionDocument, PageDocument
from adapters.mongo.reviews import REVIEW_DOCUMENTS

CONTENT_DOCUMENTS: Sequence[type[Document]] = (PageDocument, EditionDocument, MediaDocument, *REVIEW_DOCUMENTS)


class _Settings(Protocol):
    """What each of our documents says of its collection."""

    name: str
    indexes: Sequence[IndexModel]


async def prepare_documents(database: Database, documents: Sequence[type[Document]]) -> None:
    """Bind the documents to the database and make their indexes; needed once a process, and safe to repeat."""
    async with driver_errors_translated():
        await init_beanie(database=database, document_models=list(documents))


async def missing_indexes(database: Database, documents: Sequence[type[Document]]) -> list[str]:
    """Return what is declared but not there or not so, each as `collection.index`."""
    missing: list[str] = []
    for document in documents:
        collection, declared = _declared(document)
        async with driver_errors_translated():
            there = await database.get_collection(collection).index_information()
        for index in declared:
            found = there.get(index["name"])
            if (
                found is None
                or members_of(found["key"], found) != members_of(index["key"].items(), index)
                or bool(found.get("unique")) != bool(index.get("unique"))
            ):
                missing.append(f"{collection}.{index['name']}")
    return missing


def _declared(document: type[Document]) -> tuple[str, Sequence[dict[str, Any]]]:
    settings = cast("_Settings", vars(document)["Settings"])
    # The driver leaves the type of an index's members open.
    return settings.name, [index.document for index in settings.indexes]  # pyright: ignore[reportUnknownMemberType]  # above


def members_of(key: Iterable[tuple[str, Any]], index: Mapping[str, Any]) -> tuple[list[tuple[str, Any]], set[str]]:
    """Return the members of an index, those of words apart: MongoDB calls them `_fts` together, and keeps weights."""
    members = list(key)
    plain = [each for each in members if each[1] != "text" and each[0] != "_ftsx"]
    words = {name for name, kind in members if kind == "text" and name != "_fts"}
    return plain, words or set(index.get("weights") or ())
