"""Which coding a client gets, and that every coding carries the same text."""

import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import zstandard

from adapters.http.content_codings import Coding, Packer, wanted_coding


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, Coding.IDENTITY),
        ("", Coding.IDENTITY),
        ("gzip", Coding.GZIP),
        ("zstd", Coding.ZSTD),
        ("gzip, deflate, br, zstd", Coding.ZSTD),
        ("GZip;Q=0.5", Coding.GZIP),
        ("gzip;q=1.0, zstd;q=0.9", Coding.GZIP),
        ("gzip;q=0, zstd;q=0", Coding.IDENTITY),
        ("gzip;q=0.2, identity;q=0.8", Coding.IDENTITY),
        ("gzip;q=0.5, identity;q=0.5", Coding.GZIP),
        ("*", Coding.ZSTD),
        ("zstd;q=0, *", Coding.GZIP),
        ("br, deflate", Coding.IDENTITY),
        ("gzip;q=much", Coding.IDENTITY),
        ("gzip;q=7", Coding.IDENTITY),
        (",;,", Coding.IDENTITY),
    ],
)
def test_a_client_gets_what_it_likes_most_of_what_there_is(accepted: str | None, coding: Coding) -> None:
    assert wanted_coding(accepted) is coding


def unpacked(body: bytes, coding: Coding) -> bytes:
    match coding:
        case Coding.IDENTITY:
            return body
        case Coding.GZIP:
            return zlib.decompress(body, wbits=31)
        case Coding.ZSTD:
            return zstandard.ZstdDecompressor().decompress(body)


@pytest.mark.parametrize("coding", list(Coding))
def test_one_beginning_serves_many_ends_from_many_threads(coding: Coding) -> None:
    packer = Packer(b"beginning " * 50_000)
    ends = [f"end {number} ".encode() * number for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda end: packer.packed(end, coding), ends))
    assert [unpacked(body, coding) for body in bodies] == [b"beginning " * 50_000 + end for end in ends]


@pytest.mark.parametrize("coding", list(Coding))
def test_nothing_at_all_is_packed_too(coding: Coding) -> None:
    assert unpacked(Packer(b"").packed(b"", coding), coding) == b""
