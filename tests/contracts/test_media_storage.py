"""What every MediaStorage promises: memory, a folder, and a bucket of an S3 server on this machine."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from adapters.memory.content_media import MemoryMediaStorage
from adapters.object_storage.content_media import LocalMediaStorage, s3_media_storage
from core.content.errors import MediaNotFoundError
from ports.content import MediaStorage
from ports.stores import StoreUnavailableError

KEY = "01935000-0000-7000-8000-00000000000a/01935000-0000-7000-8000-00000000000b"
LARGE = bytes(range(256)) * 50_000
"""More than S3 takes in one part."""


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    httpx.put(f"{url}/media").raise_for_status()
    yield url
    server.stop()


def in_bucket(url: str, bucket: str = "media") -> MediaStorage:
    return s3_media_storage(
        bucket=bucket, region="us-east-1", endpoint=url, access_key_id="test", secret_access_key="test"
    )


@pytest.fixture(params=["memory", "folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStorage:
    match request.param:
        case "memory":
            return MemoryMediaStorage()
        case "folder":
            return LocalMediaStorage(tmp_path / "media")
        case _:
            return in_bucket(request.getfixturevalue("bucket"))


async def chunks(content: bytes, *, size: int = 1_000_000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def cut_off(content: bytes) -> AsyncIterator[bytes]:
    async for chunk in chunks(content):
        yield chunk
    raise ConnectionResetError("the sender is gone")


async def read(storage: MediaStorage, start: int, end: int, key: str = KEY) -> bytes:
    return b"".join([chunk async for chunk in storage.read(key, start=start, end=end)])


@pytest.mark.parametrize("content", [b"x", LARGE], ids=["one byte", "several parts"])
async def test_what_was_put_is_read_back(storage: MediaStorage, content: bytes) -> None:
    await storage.put(KEY, chunks(content))

    assert await storage.length(KEY) == len(content)
    assert await read(storage, 0, len(content)) == content


@pytest.mark.parametrize(("start", "end"), [(0, 1), (0, 256), (255, 257), (12_799_999, 12_800_000), (5, 5)])
async def test_a_part_is_read_from_its_first_byte_until_before_its_end(
    storage: MediaStorage, start: int, end: int
) -> None:
    await storage.put(KEY, chunks(LARGE))

    assert await read(storage, start, end) == LARGE[start:end]


async def test_what_is_put_again_replaces_what_was_there(storage: MediaStorage) -> None:
    await storage.put(KEY, chunks(b"before"))
    await storage.put(KEY, chunks(b"now"))

    assert (await read(storage, 0, 3), await storage.length(KEY)) == (b"now", 3)


@pytest.mark.parametrize("content", [b"x", LARGE], ids=["one byte", "several parts"])
async def test_what_does_not_come_to_its_end_leaves_nothing(storage: MediaStorage, content: bytes) -> None:
    key = f"{KEY}-cut-{len(content)}"
    with pytest.raises((ConnectionResetError, StoreUnavailableError)):
        await storage.put(key, cut_off(content))

    assert await storage.length(key) is None


async def test_what_is_not_there_is_told_so(storage: MediaStorage) -> None:
    assert await storage.length("nobody/nothing") is None
    with pytest.raises(MediaNotFoundError):
        await read(storage, 0, 1, key="nobody/nothing")


async def test_what_was_deleted_is_gone_and_may_be_deleted_again(storage: MediaStorage) -> None:
    await storage.put(KEY, chunks(b"x"))
    await storage.put(f"{KEY}c", chunks(b"y"))

    await storage.delete(KEY)
    await storage.delete(KEY)

    assert await storage.length(KEY) is None
    assert await read(storage, 0, 1, key=f"{KEY}c") == b"y"


async def test_what_a_death_left_in_the_folder_is_deleted_with_the_file(tmp_path: Path) -> None:
    storage = LocalMediaStorage(tmp_path)
    await storage.put(KEY, chunks(b"x"))
    await storage.put(f"{KEY}c", chunks(b"y"))
    part = tmp_path / f"{KEY}#1"
    part.write_bytes(b"half")

    await storage.delete(KEY)

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{KEY.split('/')[1]}c"]


async def test_no_key_leads_out_of_the_folder(tmp_path: Path) -> None:
    storage = LocalMediaStorage(tmp_path / "media")
    with pytest.raises((ValueError, StoreUnavailableError)):
        await storage.put("../outside", chunks(b"x"))
    assert [path.name for path in tmp_path.rglob("*")] == ["media"]


async def test_a_storage_that_is_away_or_refuses_is_told_as_such(unused_tcp_port: int, bucket: str) -> None:
    for storage in (in_bucket(f"http://127.0.0.1:{unused_tcp_port}"), in_bucket(bucket, "no-such-bucket")):
        with pytest.raises(StoreUnavailableError):
            await storage.put(KEY, chunks(b"x"))
