"""The letters of a trial installation: files in a folder, whose links this follows for people who have no mailbox."""

import asyncio
import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx

_LOOK_EVERY_S = 0.25
_PATIENCE_S = 60.0
_REFUSED = 422
_TOKEN = re.compile(r"#token=([\w-]+)")


def mailed_token(folder: Path, address: str) -> str | None:
    """Return the token of the newest letter to the address that brings one; None where there is none yet."""
    for path in sorted(folder.glob("*.eml"), reverse=True):
        message = message_from_bytes(path.read_bytes(), policy=default)
        if message["To"] == address:
            text = message.get_body(("plain",))
            found = _TOKEN.search(text.get_content()) if text is not None else None
            if found is not None:
                return found[1]
    return None


async def verify_by_letter(http: httpx.AsyncClient, folder: Path, address: str) -> None:
    """Wait for a letter, and follow its link; one that is too old by now is asked for again.

    Raises httpx.HTTPStatusError when the API refuses, and TimeoutError when no letter comes.
    """
    tried: str | None = None
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            token = await asyncio.to_thread(mailed_token, folder, address)
            if token is None or token == tried:
                await asyncio.sleep(_LOOK_EVERY_S)
                continue
            answer = await http.post("/auth/verify-email", json={"token": token})
            if answer.status_code != _REFUSED:
                answer.raise_for_status()
                return
            tried = token
            (await http.post("/auth/verify-email/resend", json={"email": address})).raise_for_status()
