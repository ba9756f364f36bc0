"""Sending mail."""

import unicodedata
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to one person, as plain text and, where there is one, the same as HTML.

    `message_id` (RFC 5322, 3.6.4) with its angle brackets is the same whenever the same mail is sent again, so that a
    mailbox that got it twice knows. Raises ValueError for a recipient, subject or id with a control character: a line
    break would begin a header of the sender's choice.
    """

    to: str
    subject: str
    text: str = field(repr=False)
    message_id: str
    html: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for value in (self.to, self.subject, self.message_id):
            if any(unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"} for character in value):
                raise ValueError("a header of a mail has no control characters")
        if not (self.message_id.startswith("<") and self.message_id.endswith(">")):
            raise ValueError("the id of a message stands in angle brackets")


class MailError(Exception):
    """A mail was not taken. The text names no recipient and no secret, so that it can be logged."""


class MailRefusedError(MailError):
    """This mail will never be taken: its recipient, or what it says, was refused for good."""


class MailUnavailableError(MailError):
    """It was not taken now: the server is away, too slow, or asks to come again later. It may have been taken all the
    same, where only the answer was lost.
    """


class Mailer(Protocol):
    """Hands mails to whoever delivers them."""

    @abstractmethod
    async def send(self, mail: Mail) -> None:
        """Return when the mail was taken, within a finite time.

        Raises MailRefusedError and MailUnavailableError. Sending the same mail again is allowed.
        """
