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


class EmailNotVerifiedError(DomainError):
    """The account has not shown yet that its e-mail address is its own."""

    code = "identity.email_not_verified"


class MailTokenError(DomainError):
    """A mailed token is unknown, spent, too old, or for something else."""

    code = "identity.mail_token_invalid"


class WrongPasswordError(DomainError):
    """The password that was given along is not the account's."""

    code = "identity.wrong_password"


class TotpRequiredError(DomainError):
    """E-mail and password are right, and a code of the authenticator app is needed too."""

    code = "identity.totp_required"


class TotpWrongError(DomainError):
    """The code is wrong, too old, or was used before."""

    code = "identity.totp_wrong"


class TotpActiveError(DomainError):
    """The account has an authenticator app that counts."""

    code = "identity.totp_active"


class TotpNotEnrolledError(DomainError):
    """The account has no authenticator app."""

    code = "identity.totp_not_enrolled"


class TotpNeededHereError(DomainError):
    """The organisation lets only members act who sign in with an authenticator app."""

    code = "identity.totp_needed_here"


class SessionNotFoundError(DomainError):
    """The account has no such session."""

    code = "identity.session_not_found"


class TooManyAttemptsError(DomainError):
    """The account, or the address, has tried too often."""

    code = "identity.too_many_attempts"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"That were too many attempts. Please try again in {retry_after_s} s.")
        self.retry_after_s = retry_after_s
