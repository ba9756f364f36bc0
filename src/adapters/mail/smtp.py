"""Mail by SMTP, with aiosmtplib."""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import Literal, override

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from adapters.mail.messages import message_of
from ports.clock import Clock
from ports.mail import Mail, Mailer, MailError, MailRefusedError, MailUnavailableError

COMMAND_TIMEOUT_S = 20.0
SEND_TIMEOUT_S = 60.0
"""For the whole of a mail: a server that answers each command late holds nobody up for longer."""

_PERMANENT = range(500, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mail goes. `starttls` demands an upgrade, `tls` begins encrypted; `none` is for a relay on this machine."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    trusted: ssl.SSLContext | None = field(default=None, repr=False)


class SmtpMailer(Mailer):
    """A connection for each mail: they are few, and a kept one would be found broken."""

    def __init__(
        self,
        server: SmtpServer,
        *,
        sender: str,
        clock: Clock,
        command_timeout_s: float = COMMAND_TIMEOUT_S,
        send_timeout_s: float = SEND_TIMEOUT_S,
    ) -> None:
        if server.user is not None and server.security == "none":
            raise ValueError("a password is sent over an encrypted connection only")
        self._server = server
        self._sender = sender
        self._clock = clock
        self._command_timeout_s = command_timeout_s
        self._send_timeout_s = send_timeout_s

    @override
    async def send(self, mail: Mail) -> None:
        message = message_of(mail, sender=self._sender, at=self._clock.now())
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=server.trusted,
            timeout=self._command_timeout_s,
        )
        try:
            async with asyncio.timeout(self._send_timeout_s):
                await client.connect()
                await client.send_message(message)
        except (SMTPException, OSError, TimeoutError, ValueError) as error:
            raise _told(error) from None  # the driver's own text may hold the address, or what was sent
        finally:
            # Without a QUIT, to which a server that hangs would not answer; what was taken is taken.
            client.close()


def _told(error: Exception) -> MailError:
    """Only an answer about this recipient or this text is the last word.

    One about the sender, the signing in or the greeting is the operator's to mend, and no mail is lost meanwhile.
    """
    name = type(error).__name__
    if isinstance(error, SMTPRecipientsRefused) and error.recipients:
        error = error.recipients[0]
    if isinstance(error, SMTPResponseException):
        about_the_mail = isinstance(error, SMTPRecipientRefused | SMTPDataError)
        kind = MailRefusedError if about_the_mail and error.code in _PERMANENT else MailUnavailableError
        return kind(f"the server answered {error.code} ({name})")
    if isinstance(error, SMTPNotSupported | ValueError):
        return MailRefusedError(f"the server cannot take such a mail ({name})")
    return MailUnavailableError(f"the server cannot be reached ({name})")
