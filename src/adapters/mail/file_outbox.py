"""Mail for development: every mail becomes an .eml file in one folder, which any mail program opens."""

import asyncio
import os
from hashlib import sha256
from pathlib import Path
from typing import override

from adapters.mail.messages import message_of
from ports.clock import Clock
from ports.mail import Mail, Mailer, MailUnavailableError


class FileOutbox(Mailer):
    """Files are named after the moment and the message id; a mail that is sent again replaces its own file.

    They hold links that open accounts, so nobody but their owner may read them.
    """

    def __init__(self, folder: Path, *, sender: str, clock: Clock) -> None:
        self._folder = folder
        self._sender = sender
        self._clock = clock

    @override
    async def send(self, mail: Mail) -> None:
        now = self._clock.now()
        content = message_of(mail, sender=self._sender, at=now).as_bytes()
        mark = sha256(mail.message_id.encode()).hexdigest()[:16]
        try:
            await asyncio.to_thread(self._write, f"{now:%Y%m%dT%H%M%S%f}", mark, content)
        except OSError as error:
            raise MailUnavailableError(f"the folder of mails cannot be written: {error.strerror}") from error

    def _write(self, moment: str, mark: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        earlier = next(self._folder.glob(f"*-{mark}.eml"), None)
        path = earlier or self._folder / f"{moment}-{mark}.eml"
        draft = path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        draft.replace(path)
