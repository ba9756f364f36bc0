"""What mailers promise: by SMTP, into a folder, and in memory; and what an SMTP server may do to us."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Literal

import pytest

from adapters.embedded.readiness import free_port
from adapters.mail.file_outbox import FileOutbox
from adapters.mail.messages import message_of
from adapters.mail.smtp import SmtpMailer, SmtpServer
from adapters.memory.clock import MemoryClock
from adapters.memory.mail import MemoryMailer
from ports.mail import Mail, Mailer, MailRefusedError, MailUnavailableError
from tests.mail_servers import PASSWORD, USER, PostOffice, certificates, post_office

SENDER = "Fairseat <tickets@fairseat.test>"


def a_mail(number: int = 1, *, to: str = "ann@fairseat.test") -> Mail:
    return Mail(
        to=to,
        subject="Hello Zoë – your seat",
        text="Grüße aus Reihe 5\n.\nund von der Tür\n",
        html="<p>Grüße aus Reihe 5</p>",
        message_id=f"<{number}@fairseat.test>",
    )


@dataclass
class Post:
    mailer: Mailer
    arrived: Callable[[], list[EmailMessage]]


def files_in(folder: Path) -> list[EmailMessage]:
    found: list[EmailMessage] = []
    for path in sorted(folder.glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


@pytest.fixture(params=["memory", "folder", "smtp"])
async def post(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Post]:
    clock = MemoryClock()
    if request.param == "memory":
        memory = MemoryMailer()
        yield Post(memory, lambda: [message_of(mail, sender=SENDER, at=clock.now()) for mail in memory.sent])
    elif request.param == "folder":
        folder = tmp_path / "mail"
        yield Post(FileOutbox(folder, sender=SENDER, clock=clock), lambda: files_in(folder))
    else:
        async with post_office() as office:
            yield Post(plain(office), lambda: office.got)


def plain(office: PostOffice, **limits: float) -> SmtpMailer:
    server = SmtpServer(host="127.0.0.1", port=office.port, security="none")
    return SmtpMailer(server, sender=SENDER, clock=MemoryClock(), **limits)


async def test_a_mail_arrives_as_it_was_written(post: Post) -> None:
    await post.mailer.send(a_mail())
    (got,) = post.arrived()
    assert (got["To"], got["From"], got["Subject"]) == ("ann@fairseat.test", SENDER, "Hello Zoë – your seat")
    assert (got["Message-ID"], got["Auto-Submitted"]) == ("<1@fairseat.test>", "auto-generated")
    text, html = got.get_body(("plain",)), got.get_body(("html",))
    assert text is not None and html is not None
    assert text.get_content().splitlines() == ["Grüße aus Reihe 5", ".", "und von der Tür"]
    assert html.get_content().strip() == "<p>Grüße aus Reihe 5</p>"


async def test_a_mail_that_is_sent_again_can_be_told_by_its_id(post: Post) -> None:
    for _ in range(2):
        await post.mailer.send(a_mail())
    await post.mailer.send(a_mail(2))
    assert {got["Message-ID"] for got in post.arrived()} == {"<1@fairseat.test>", "<2@fairseat.test>"}


@pytest.mark.parametrize("breaking", ["\n", "\r", "\r\nBcc: all@fairseat.test", "\x00", "\u2028"])
def test_no_header_can_be_begun_by_a_name(breaking: str) -> None:
    for wrong in ({"to": f"ann@x.test{breaking}"}, {"subject": f"Hi{breaking}"}, {"message_id": f"<1{breaking}@x>"}):
        with pytest.raises(ValueError, match="control characters"):
            Mail(**({"to": "ann@x.test", "subject": "Hi", "text": "", "message_id": "<1@x>"} | wrong))


async def test_files_are_for_their_owner_and_a_resend_replaces_its_own(tmp_path: Path) -> None:
    clock = MemoryClock()
    outbox = FileOutbox(tmp_path / "mail", sender=SENDER, clock=clock)
    for number in (1, 2, 1):
        await outbox.send(a_mail(number))
        clock.move(seconds=1)
    files = list((tmp_path / "mail").iterdir())
    assert len(files) == 2
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


async def test_a_folder_that_is_a_file_is_told_as_away(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("")
    with pytest.raises(MailUnavailableError):
        await FileOutbox(tmp_path / "mail", sender=SENDER, clock=MemoryClock()).send(a_mail())


def encrypted(
    office: PostOffice,
    security: Literal["starttls", "tls"],
    *,
    password: str | None = None,
    trusted: ssl.SSLContext | None = None,
) -> SmtpMailer:
    server = SmtpServer(
        host="127.0.0.1",
        port=office.port,
        security=security,
        user=None if password is None else USER,
        password=password,
        trusted=trusted,
    )
    return SmtpMailer(server, sender=SENDER, clock=MemoryClock(), command_timeout_s=2.0)


async def test_a_password_goes_over_a_connection_that_was_encrypted_first(tmp_path: Path) -> None:
    ours, theirs = certificates(tmp_path)
    async with post_office(tls=ours) as office:
        await encrypted(office, "starttls", password=PASSWORD, trusted=theirs).send(a_mail())
        assert [got["To"] for got in office.got] == ["ann@fairseat.test"]
        with pytest.raises(MailUnavailableError, match="535"):
            await encrypted(office, "starttls", password="wrong", trusted=theirs).send(a_mail())


async def test_a_connection_may_be_encrypted_from_the_beginning(tmp_path: Path) -> None:
    ours, theirs = certificates(tmp_path)
    async with post_office(tls=ours, implicit=True) as office:
        await encrypted(office, "tls", trusted=theirs).send(a_mail())
    assert [got["To"] for got in office.got] == ["ann@fairseat.test"]


# The server drops the socket of a handshake that its client breaks off, and asyncio complains of it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_server_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    ours, _ = certificates(tmp_path)
    async with post_office(tls=ours, implicit=True) as office:
        with pytest.raises(MailUnavailableError):
            await encrypted(office, "tls").send(a_mail())
    assert office.got == []


def test_a_password_is_never_sent_in_the_clear() -> None:
    server = SmtpServer(host="127.0.0.1", port=25, security="none", user=USER, password=PASSWORD)
    with pytest.raises(ValueError, match="encrypted"):
        SmtpMailer(server, sender=SENDER, clock=MemoryClock())
    assert PASSWORD not in repr(server)


async def test_a_server_without_encryption_gets_nothing_where_it_is_wanted() -> None:
    async with post_office() as office:
        server = SmtpServer(host="127.0.0.1", port=office.port, security="starttls")
        with pytest.raises(MailUnavailableError):
            await SmtpMailer(server, sender=SENDER, clock=MemoryClock()).send(a_mail())
        assert office.got == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("550 ann@fairseat.test is nobody here", MailRefusedError),
        ("451 greylisted, come again", MailUnavailableError),
        ("421 too busy", MailUnavailableError),
    ],
)
async def test_a_server_that_refuses_is_understood_and_its_words_are_not_repeated(
    answer: str, error: type[Exception]
) -> None:
    async with post_office() as office:
        office.answer = answer
        with pytest.raises(error) as caught:
            await plain(office).send(a_mail())
        assert answer[:3] in str(caught.value) and "ann@" not in str(caught.value)
        office.answer = "250 OK"
        await plain(office).send(a_mail())
    assert len(office.got) == 1


async def test_a_server_that_hangs_is_given_up() -> None:
    async with post_office() as office:
        office.silent = True
        for limits in ({"command_timeout_s": 0.2}, {"send_timeout_s": 0.2}):
            with pytest.raises(MailUnavailableError):
                await plain(office, **limits).send(a_mail())


async def test_a_server_that_is_not_there_or_no_server_is_told_as_away() -> None:
    with pytest.raises(MailUnavailableError):
        await plain(PostOffice(port=free_port())).send(a_mail())

    async def rude(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(MailUnavailableError):
            await plain(PostOffice(port=port), command_timeout_s=1.0).send(a_mail())


async def test_an_address_in_another_script_is_sent_where_the_server_can() -> None:
    async with post_office() as office:
        await plain(office).send(a_mail(to="ünal@fairseat.test"))
    assert len(office.got) == 1
