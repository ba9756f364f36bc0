"""Files that come in by multipart/form-data: counted while they arrive, kept aside until they are stored."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any, Self, cast, override

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException
from litestar.types import HTTPReceiveMessage, Receive

from core.content.errors import FileTooLargeError
from core.content.file_types import HEAD_BYTES, TAIL_BYTES
from core.shared.errors import InvalidInputError, Problem
from ports.content import IncomingFile

_CHUNK_BYTES = 262_144
_AROUND_BYTES_MAX = 65_536
"""What may come beside the bytes of the file: headers of parts, and what is said about it."""


class FormFile(IncomingFile):
    """A file of a form, beside the memory when it is large; gone with the request."""

    def __init__(self, file: UploadFile, *, length_bytes: int, sha256: str, head: bytes, tail: bytes) -> None:
        self._file = file
        self.declared_type = file.content_type
        self.name = file.filename
        self.length_bytes = length_bytes
        self.sha256 = sha256
        self.head = head
        self.tail = tail

    @classmethod
    async def of(cls, file: UploadFile) -> Self:
        """Look through the file once."""
        digest, length, head, tail = hashlib.sha256(), 0, b"", b""
        async for chunk in _chunks(file):
            digest.update(chunk)
            length += len(chunk)
            head = head or chunk[:HEAD_BYTES]
            tail = (tail + chunk)[-TAIL_BYTES:]
        return cls(file, length_bytes=length, sha256=digest.hexdigest(), head=head, tail=tail)

    @override
    def chunks(self) -> AsyncIterator[bytes]:
        return _chunks(self._file)


class UploadForm:
    """A form with one file; `async with` forgets the file at the end."""

    def __init__(self, request: Request[Any, Any, Any], *, bytes_max: int) -> None:
        self._request = request
        self._bytes_max = bytes_max
        self._uploads: list[UploadFile] = []

    async def __aenter__(self) -> tuple[FormFile, str]:
        """Read the form, and return the file of its part `file` and the text of its part `metadata`.

        Raises FileTooLargeError as soon as more came than may come, and InvalidInputError for a form without the two.
        """
        counted = _Counted(self._request.receive, bytes_max=self._bytes_max + _AROUND_BYTES_MAX)
        request: Request[Any, Any, Any] = Request(self._request.scope, receive=counted)
        try:
            form = await request.form()
        except ClientException:
            counted.raise_if_too_large(bytes_max=self._bytes_max)
            raise
        except (UnicodeError, LookupError) as error:
            message = "A part of the form is not in the characters that it names."
            raise InvalidInputError(message, [Problem("", message)]) from error
        values = [value for _, value in form.multi_items()]
        self._uploads = [value for value in values if isinstance(value, UploadFile)]
        counted.raise_if_too_large(bytes_max=self._bytes_max)
        file, said = form.get("file"), form.get("metadata")
        if not isinstance(file, UploadFile) or not isinstance(said, str) or len(values) != 2:
            await self._forget()
            message = "Send multipart/form-data with a part `file` and a part `metadata`, which holds JSON."
            raise InvalidInputError(message, [Problem("", message)])
        found = await FormFile.of(file)
        if found.length_bytes > self._bytes_max:
            await self._forget()
            raise FileTooLargeError(bytes_max=self._bytes_max)
        return found, said

    async def __aexit__(self, *_: object) -> None:
        """Forget the file."""
        await self._forget()

    async def _forget(self) -> None:
        for upload in self._uploads:
            await upload.close()


class _Counted:
    """Hands a body on, and ends it before its end when there is too much of it or its sender went away."""

    def __init__(self, receive: Receive, *, bytes_max: int) -> None:
        self._receive = receive
        self._left = bytes_max

    async def __call__(self) -> HTTPReceiveMessage:
        message = cast("HTTPReceiveMessage", await self._receive())
        if message["type"] == "http.request":
            self._left -= len(message["body"])
            if self._left >= 0:
                return message
        # The form's parser finds the end too early, closes what it had written aside, and refuses.
        return {"type": "http.request", "body": b"", "more_body": False}

    def raise_if_too_large(self, *, bytes_max: int) -> None:
        if self._left < 0:
            raise FileTooLargeError(bytes_max=bytes_max)


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    await file.seek(0)
    while chunk := await file.read(_CHUNK_BYTES):
        yield chunk
