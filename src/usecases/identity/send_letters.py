"""Send the letters that wait."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from core.identity.letter_texts import written
from core.identity.letters import ANSWERED_BY, Letter
from ports.clock import Clock
from ports.identity.letters import ClaimedLetter, LetterQueue
from ports.mail import Mail, Mailer, MailError, MailRefusedError
from usecases.identity.answer_request import AnswerRequest

_LOG = logging.getLogger("fairseat.identity")

BACKOFF_S = (15, 60, 300, 900, 1800, 3600, 7200, 14_400)
"""Between tries: long enough for a server that makes strangers wait (greylisting), short enough for a reset's hour."""


@dataclass(frozen=True, slots=True)
class LetterTerms:
    """Where the links of letters lead, and the domain in the ids of messages."""

    link_base_url: str
    message_domain: str


@dataclass(frozen=True, slots=True)
class SendLetters:
    """Background work; several may send at once.

    A letter is forgotten only when it was taken. One that was taken by a server while we died is sent again, with the
    same message id. It is given up when it was refused for good, when it helps nobody any more, or after the last try.
    """

    queue: LetterQueue
    mailer: Mailer
    answer: AnswerRequest
    terms: LetterTerms
    clock: Clock
    letters_max: int = 3
    """With the time that a mailer may take for each, they must fit into the lease."""

    lease_s: float = 300.0

    async def __call__(self) -> int:
        """Return how many letters were handled, those that failed included."""
        claimed = await self.queue.claim(now=self.clock.now(), letters_max=self.letters_max, lease_s=self.lease_s)
        for each in claimed:
            await self._handle(each)
        return len(claimed)

    async def _handle(self, claimed: ClaimedLetter) -> None:
        letter, now = claimed.letter, self.clock.now()
        if letter is None:
            await self._give_up(claimed, "the letter was sealed with another secret")
        elif now >= letter.expires_at:
            await self._give_up(claimed, "the letter could not be sent in time")
        elif letter.kind in ANSWERED_BY:
            await self.answer(letter)
            await self.queue.done(letter.id)
        else:
            await self._send(claimed, letter)

    async def _send(self, claimed: ClaimedLetter, letter: Letter) -> None:
        text = written(letter, link_base_url=self.terms.link_base_url)
        mail = Mail(
            to=letter.to,
            subject=text.subject,
            text=text.text,
            html=text.html,
            message_id=f"<{letter.id}@{self.terms.message_domain}>",
        )
        try:
            await self.mailer.send(mail)
        except MailRefusedError as error:
            await self._give_up(claimed, str(error))
        except MailError as error:
            await self._put_off(claimed, letter, str(error))
        else:
            await self.queue.done(letter.id)

    async def _put_off(self, claimed: ClaimedLetter, letter: Letter, error: str) -> None:
        if claimed.tries >= len(BACKOFF_S):
            await self._give_up(claimed, error)
            return
        now = self.clock.now()
        retry_at = now + timedelta(seconds=BACKOFF_S[claimed.tries])
        _LOG.warning("letter %s (%s) was not sent, try %d: %s", letter.id, letter.kind, claimed.tries + 1, error)
        await self.queue.failed(claimed.id, error=error, at=now, retry_at=retry_at)

    async def _give_up(self, claimed: ClaimedLetter, error: str) -> None:
        _LOG.error("letter %s is given up: %s", claimed.id, error)
        await self.queue.failed(claimed.id, error=error, at=self.clock.now(), retry_at=None)
