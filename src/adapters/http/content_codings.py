"""Content codings: which one a client would like (RFC 9110, Accept-Encoding), and how a text is packed in it."""

import zlib
from enum import Enum

import zstandard

_GZIP_LEVEL = 1
_ZSTD_LEVEL = 1
"""The first levels: they pack a seat map ten times smaller, and higher ones cost more time than the wire saves."""

_GZIP_WBITS = 31


class Coding(Enum):
    """What a body may be packed in, the best first; the value is what HTTP calls it."""

    ZSTD = "zstd"
    GZIP = "gzip"
    IDENTITY = "identity"


def wanted_coding(accept_encoding: str | None) -> Coding:
    """Return the coding that the client likes most, of equal ones ours; IDENTITY when it names none that we have."""
    if not accept_encoding:
        return Coding.IDENTITY
    weights = dict(_weighed(part) for part in accept_encoding.lower().split(","))
    anything = weights.get("*", 0.0)
    best, weight = Coding.IDENTITY, 0.0
    for coding in (Coding.ZSTD, Coding.GZIP):
        liked = weights.get(coding.value, anything)
        if liked > weight:
            best, weight = coding, liked
    return best if weight >= weights.get(Coding.IDENTITY.value, 0.0) else Coding.IDENTITY


def _weighed(part: str) -> tuple[str, float]:
    name, _, rest = part.partition(";")
    key, _, value = rest.strip().partition("=")
    if key.strip() != "q":
        return name.strip(), 1.0
    try:
        weight = float(value)
    except ValueError:
        return name.strip(), 0.0
    return name.strip(), weight if 0 <= weight <= 1 else 0.0


class _Gzip:
    """A gzip stream whose beginning was packed once."""

    def __init__(self, beginning: bytes) -> None:
        self._compressor = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WBITS)
        # A full flush, so that no byte of the beginning stays inside the compressor.
        self._begun = self._compressor.compress(beginning) + self._compressor.flush(zlib.Z_FULL_FLUSH)

    def packed(self, rest: bytes) -> bytes:
        """Return the whole stream; the compressor itself stays where it is."""
        compressor = self._compressor.copy()
        return self._begun + compressor.compress(rest) + compressor.flush()


class Packer:
    """Packs texts that begin alike. With gzip the beginning is packed once, whatever follows it."""

    def __init__(self, beginning: bytes) -> None:
        self._beginning = beginning
        self._gzip: _Gzip | None = None

    def packed(self, rest: bytes, coding: Coding) -> bytes:
        """Return the beginning and the rest in the coding; it may be called from several threads."""
        match coding:
            case Coding.IDENTITY:
                return self._beginning + rest
            case Coding.ZSTD:
                # A compressor of its own each time: they are cheap, and not made for two threads at once.
                return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(self._beginning + rest)
            case Coding.GZIP:
                gzip = self._gzip = self._gzip or _Gzip(self._beginning)
                return gzip.packed(rest)
