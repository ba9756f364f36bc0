"""The bytes of media by obstore: in a local folder, or in an S3-compatible bucket."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, override

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from core.content.errors import MediaNotFoundError
from ports.content import MediaStorage
from ports.stores import StoreUnavailableError

_CHUNK_BYTES = 262_144
_RETRIES_MAX = 2
_TIMEOUT_S = 30


class ObjectMediaStorage(MediaStorage):
    """Keys are paths in the store. obstore writes aside first, so that nobody reads half a file."""

    def __init__(self, store: LocalStore | S3Store) -> None:
        self._store = store

    @override
    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        with _errors_translated():
            await obstore.put_async(self._store, key, chunks)

    @override
    async def read(self, key: str, *, start: int, end: int) -> AsyncIterator[bytes]:
        if start >= end:
            return
        with _errors_translated():
            try:
                found = await obstore.get_async(self._store, key, options={"range": (start, end)})
            except FileNotFoundError:
                raise MediaNotFoundError from None
            async for chunk in found.stream(min_chunk_size=_CHUNK_BYTES):
                yield bytes(chunk)

    @override
    async def length(self, key: str) -> int | None:
        with _errors_translated():
            try:
                return (await obstore.head_async(self._store, key))["size"]
            except FileNotFoundError:
                return None

    @override
    async def delete(self, key: str) -> None:
        with _errors_translated():
            try:
                await obstore.delete_async(self._store, key)
            except FileNotFoundError:
                return  # a bucket does not even say so


class LocalMediaStorage(ObjectMediaStorage):
    """A folder, which is made when it is not there. It is for one machine: processes elsewhere need a bucket."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(LocalStore(prefix=folder))
        self._folder = folder

    @override
    async def delete(self, key: str) -> None:
        await super().delete(key)
        await asyncio.to_thread(self._sweep_parts, key)

    def _sweep_parts(self, key: str) -> None:
        """Remove what obstore wrote aside under this key, and did not come to rename."""
        path = self._folder / key
        for part in path.parent.glob(f"{path.name}#*"):
            part.unlink(missing_ok=True)


def s3_media_storage(
    *, bucket: str, region: str, endpoint: str, access_key_id: str, secret_access_key: str
) -> ObjectMediaStorage:
    """Return the storage in a bucket; an empty endpoint is Amazon's own.

    Without keys those of the machine are used. An endpoint with http:// is spoken to without encryption.
    """
    # What is not said is not named, so that obstore asks the machine. Any: its members have types of many kinds.
    said: dict[str, Any] = {"endpoint": endpoint} if endpoint else {}
    if access_key_id:
        said |= {"access_key_id": access_key_id, "secret_access_key": secret_access_key}
    store = S3Store(
        bucket,
        region=region,
        virtual_hosted_style_request=not endpoint,
        client_options={"allow_http": endpoint.startswith("http://"), "timeout": timedelta(seconds=_TIMEOUT_S)},
        retry_config={"max_retries": _RETRIES_MAX},
        **said,
    )
    return ObjectMediaStorage(store)


@contextmanager
def _errors_translated() -> Generator[None]:
    """Turn what obstore raises when the storage is away, full or refuses us into StoreUnavailableError."""
    try:
        yield
    except (BaseError, OSError) as error:
        first_line = str(error).partition("\n")[0]
        raise StoreUnavailableError(f"media storage: {type(error).__name__}: {first_line}") from error
