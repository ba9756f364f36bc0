"""Commands of identity that cannot be done."""

from core.shared.errors import DomainError


class EmailTakenError(DomainError):
    """An account with this e-mail address exists, whatever the case of its letters."""

    code = "identity.email_taken"


class PasswordRefusedError(DomainError):
    """The password is too short, too long or too easily guessed."""

    code = "identity.password_refused"


class InvalidCredentialsError(DomainError):
    """The e-mail and the password do not belong together; which of them is wrong is never said."""

    code = "identity.invalid_credentials"


class InvalidTokenError(DomainError):
    """The access or refresh token is unknown, altered, foreign or past its time."""

    code = "identity.invalid_token"


class RefreshReusedError(DomainError):
    """A spent refresh token came again, so someone copied it; its whole family has ended."""

    code = "identity.refresh_reused"


class AccountNeededError(DomainError):
    """A guest asked for what only an account may do."""

    code = "identity.account_needed"


class AccountNotFoundError(DomainError):
    """No account has this e-mail address or id."""

    code = "identity.account_not_found"


class OrganisationNotFoundError(DomainError):
    """No such organisation, or the caller is no member of it: the answer is the same."""

    code = "identity.organisation_not_found"


class NotAMemberError(DomainError):
    """The account has no role in the organisation, which may not even exist."""

    code = "identity.not_a_member"


class MemberNotFoundError(DomainError):
    """The account whose membership is to change is no member of the organisation."""

    code = "identity.member_not_found"


class AlreadyMemberError(DomainError):
    """The account has a role in the organisation already."""

    code = "identity.already_member"


class ApiKeyNotFoundError(DomainError):
    """The organisation has no such API key."""

    code = "identity.api_key_not_found"


class TooManyApiKeysError(DomainError):
    """The organisation has as many working API keys as it may."""

    code = "identity.too_many_api_keys"


class LastOwnerError(DomainError):
    """An organisation keeps at least one owner."""

    code = "identity.last_owner"
