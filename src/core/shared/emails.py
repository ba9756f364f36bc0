"""E-mail addresses: read by their syntax alone; nobody is asked whether they exist."""

from dataclasses import dataclass
from typing import Self, override

from email_validator import EmailNotValidError, validate_email

from core.shared.errors import InvalidInputError, Problem


@dataclass(frozen=True, slots=True)
class Email:
    """An address as it was given, normalised (NFC, domain in lower case), and the key by which accounts are found.

    The key has no upper case: mail systems may tell Ann@ from ann@ (RFC 5321, 2.4), but two people never should.
    """

    address: str
    key: str

    @classmethod
    def parse(cls, text: str, *, pointer: str = "/email") -> Self:
        """Read an address; raises InvalidInputError at `pointer` for what is none.

        The domain `test` (RFC 6761) is accepted, so that trial installations need no real addresses.
        """
        try:
            read = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
        except EmailNotValidError as error:
            raise InvalidInputError(str(error), [Problem(pointer, str(error))]) from None
        return cls(address=read.normalized, key=read.normalized.lower())

    @override
    def __str__(self) -> str:
        return self.address
