"""The letters of the auth service: how they are sent."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from email.utils import parseaddr
from pathlib import Path

from dishka import Provider, Scope, provide, provide_all

from adapters.mail.file_outbox import FileOutbox
from adapters.mail.smtp import SmtpMailer, SmtpServer
from adapters.postgres.identity_letters import PostgresLetterQueue
from adapters.system.mail_health import MailHealth
from bootstrap.containers.service import Pools
from bootstrap.setting_groups import MailSettings
from bootstrap.settings import Settings, SettingsError
from ports.clock import Clock
from ports.identity.letters import LetterQueue
from ports.mail import Mailer
from usecases.identity.answer_request import AnswerRequest
from usecases.identity.forget_old_letters import ForgetOldLetters
from usecases.identity.send_letters import LetterTerms, SendLetters


class LetterProvider(Provider):
    """Letters; the container must also give what identity is made of."""

    scope = Scope.APP
    usecases = provide_all(AnswerRequest, ForgetOldLetters, MailHealth)

    @provide
    def queue(self, pools: Pools, settings: Settings) -> LetterQueue:
        """Return the letters that wait."""
        return PostgresLetterQueue(pools.relay, secret=settings.passes.key_secret.reveal().encode())

    @provide
    def mailer(self, settings: Settings, clock: Clock) -> Mailer:
        """Return what hands mail over."""
        return mailer_of(settings.mail, clock)

    @provide
    def sending(
        self, queue: LetterQueue, mailer: Mailer, answer: AnswerRequest, settings: Settings, clock: Clock
    ) -> SendLetters:
        """Return the work that sends letters."""
        return SendLetters(queue, mailer, answer, letter_terms(settings), clock)


def mailer_of(mail: MailSettings, clock: Clock) -> Mailer:
    """Return the mailer that the settings describe; raises SettingsError when they do not describe one."""
    if mail.transport == "file":
        if not mail.folder:
            raise SettingsError(
                "FAIRSEAT_MAIL_FOLDER is missing: mail is sent by FAIRSEAT_MAIL_TRANSPORT=smtp, or kept as files there."
            )
        return FileOutbox(Path(mail.folder), sender=mail.sender, clock=clock)
    if not mail.host:
        raise SettingsError("FAIRSEAT_MAIL_HOST is missing: FAIRSEAT_MAIL_TRANSPORT is smtp.")
    server = SmtpServer(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        user=mail.user or None,
        password=mail.password.reveal() or None,
    )
    try:
        return SmtpMailer(server, sender=mail.sender, clock=clock)
    except ValueError as error:
        raise SettingsError(f"FAIRSEAT_MAIL_SECURITY: {error}.") from None


def letter_terms(settings: Settings) -> LetterTerms:
    """Return where links lead, and the domain of the sender's address."""
    http, mail = settings.http, settings.mail
    base_url = mail.link_base_url or http.public_url or f"http://{http.host}:{http.port}"
    domain = parseaddr(mail.sender)[1].rpartition("@")[2]
    return LetterTerms(link_base_url=base_url, message_domain=domain or "fairseat.example")
