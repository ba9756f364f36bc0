"""Which passwords are accepted: by length and by how easily they are guessed, never by kinds of characters.

This follows NIST SP 800-63B (5.1.1.2): no composition rules, long ones allowed, spaces and all of Unicode allowed,
compared with values that are expected in the context.
"""

import unicodedata

from core.identity.errors import PasswordRefusedError
from core.shared.emails import Email
from core.shared.errors import Problem

PASSWORD_CHARACTERS_MIN = 10
PASSWORD_CHARACTERS_MAX = 128

_DIFFERENT_CHARACTERS_MIN = 4
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
)
_OBVIOUS = frozenset(
    {
        "1q2w3e4r5t6y",
        "administrator",
        "changeme123",
        "correcthorsebatterystaple",
        "iloveyou123",
        "letmein123",
        "mypassword",
        "passw0rd123",
        "password01",
        "password1!",
        "password12",
        "password123",
        "password1234",
        "passwordpassword",
        "q1w2e3r4t5y6",
        "qwerty12345",
        "qwerty123456",
        "welcome123",
    }
)
_OUR_NAME = "fairseat"


def normal_password(password: str) -> str:
    """Return the one spelling of a password (NFKC), so that every keyboard gives the same bytes to the hash."""
    return unicodedata.normalize("NFKC", password)


def accepted_password(password: str, *, email: Email, pointer: str = "/password") -> str:
    """Return the password in its one spelling; raises PasswordRefusedError for a short, long or obvious one."""
    normal = normal_password(password)
    fault = _fault(normal, email)
    if fault is not None:
        raise PasswordRefusedError(fault, [Problem(pointer, fault)])
    return normal


def _fault(password: str, email: Email) -> str | None:
    if len(password) < PASSWORD_CHARACTERS_MIN:
        return f"A password has at least {PASSWORD_CHARACTERS_MIN} characters."
    if len(password) > PASSWORD_CHARACTERS_MAX:
        return f"A password has at most {PASSWORD_CHARACTERS_MAX} characters."
    plain = password.casefold()
    local_part, _, domain = email.key.partition("@")
    if plain in {email.key, local_part, domain}:
        return "The password is your e-mail address."
    if len(set(plain)) < _DIFFERENT_CHARACTERS_MIN:
        return f"A password has at least {_DIFFERENT_CHARACTERS_MIN} different characters."
    # What is left of "fairseat2026!" without the name and the digits around it is nothing that must be guessed.
    without_digits = plain.strip("0123456789!?.-_ ")
    if plain in _OBVIOUS or without_digits in {"", "password", _OUR_NAME} or any(plain in run for run in _RUNS):
        return "The password is one of the first that are tried."
    return None
