"""A mail as the bytes that go over the wire."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from ports.mail import Mail


def message_of(mail: Mail, *, sender: str, at: datetime) -> EmailMessage:
    """Return the mail as a message (RFC 5322, MIME); the text comes first, so that the HTML is the better part."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = mail.message_id
    # Nobody's absence note should answer a machine (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    return message
