"""Mail in memory."""

from typing import override

from ports.mail import Mail, Mailer, MailError


class MemoryMailer(Mailer):
    """Keeps what was sent, oldest first; `trouble` is raised instead while it is set."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.trouble: MailError | None = None

    @override
    async def send(self, mail: Mail) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.sent = [earlier for earlier in self.sent if earlier.message_id != mail.message_id]
        self.sent.append(mail)

    def to(self, address: str) -> list[Mail]:
        """Return what somebody got."""
        return [mail for mail in self.sent if mail.to == address]
