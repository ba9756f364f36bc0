"""content_db: its documents bound, its indexes made, and the question which of them are missing."""

from collections.abc import Sequence
from typing import Any

from beanie import (
    Document,
    init_beanie,  # pyright: ignore[reportUnknownVariableType]  # it leaves the driver's document type open
)

from adapters.mongo.client import Database, driver_errors_translated
from adapters.mongo.content_media import MediaDocument
from adapters.mongo.content_page_documents import EditionDocument, PageDocument

CONTENT_DOCUMENTS: Sequence[type[Document]] = (PageDocument, EditionDocument, MediaDocument)


async def prepare_documents(database: Database, documents: Sequence[type[Document]]) -> None:
    """Bind the documents to the database and make their indexes; needed once a process, and safe to repeat."""
    async with driver_errors_translated():
        await init_beanie(database=database, document_models=list(documents))


async def missing_indexes(database: Database, documents: Sequence[type[Document]]) -> list[str]:
    """Return what is declared but not there or not so, each as `collection.index`."""
    missing: list[str] = []
    for document in documents:
        settings: Any = document.Settings
        async with driver_errors_translated():
            there = await database.get_collection(settings.name).index_information()
        for index in settings.indexes:
            declared = index.document
            found = there.get(declared["name"])
            if (
                found is None
                or list(found["key"]) != list(declared["key"].items())
                or bool(found.get("unique")) != bool(declared.get("unique"))
            ):
                missing.append(f"{settings.name}.{declared['name']}")
    return missing
