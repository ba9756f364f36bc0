"""auth_db: accounts, sessions, organisations, memberships, API keys, letters and second factors."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from adapters.postgres.tables.messaging import messaging_tables

metadata = MetaData()


class Base(DeclarativeBase):
    """Rows of auth_db."""

    metadata = metadata


class AccountRow(Base):
    """USERS of the brief; `email` as it was given, `email_key` by which it is unique and found."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(Uuid)
    email: Mapped[str] = mapped_column(Text)
    email_key: Mapped[str] = mapped_column(Text)
    display_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    email_verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        PrimaryKeyConstraint("id", name="accounts_pkey"),
        UniqueConstraint("email_key", name="accounts_email_key"),
    )


class RefreshFamilyRow(Base):
    """A session: its row is locked while one of its tokens is exchanged. `expires_at` is its newest token's."""

    __tablename__ = "refresh_families"

    id: Mapped[UUID] = mapped_column(Uuid)
    account_id: Mapped[UUID] = mapped_column(Uuid)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        PrimaryKeyConstraint("id", name="refresh_families_pkey"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="refresh_families_account", ondelete="CASCADE"),
        Index("refresh_families_account_id", "account_id"),
        Index("refresh_families_expires_at", "expires_at"),
    )


class RefreshTokenRow(Base):
    """A refresh token by its SHA-256; the token itself is stored nowhere."""

    __tablename__ = "refresh_tokens"

    digest: Mapped[bytes] = mapped_column(LargeBinary)
    family_id: Mapped[UUID] = mapped_column(Uuid)
    issued_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    spent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        PrimaryKeyConstraint("digest", name="refresh_tokens_pkey"),
        ForeignKeyConstraint(["family_id"], ["refresh_families.id"], name="refresh_tokens_family", ondelete="CASCADE"),
        CheckConstraint("octet_length(digest) = 32", name="refresh_tokens_digest"),
        Index("refresh_tokens_family_id", "family_id"),
    )


class OrganisationRow(Base):
    """An organisation, which is a tenant: the tenant id is its own id."""

    __tablename__ = "organisations"

    tenant_id: Mapped[UUID] = mapped_column(Uuid)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    requires_totp: Mapped[bool] = mapped_column(Boolean, server_default=false())

    __table_args__ = (PrimaryKeyConstraint("tenant_id", name="organisations_pkey"),)


class MembershipRow(Base):
    """The role of an account in an organisation. Its second index finds a person's organisations, across tenants."""

    __tablename__ = "memberships"

    tenant_id: Mapped[UUID] = mapped_column(Uuid)
    account_id: Mapped[UUID] = mapped_column(Uuid)
    role: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "account_id", name="memberships_pkey"),
        ForeignKeyConstraint(["tenant_id"], ["organisations.tenant_id"], name="memberships_organisation"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="memberships_account", ondelete="CASCADE"),
        CheckConstraint("role in ('owner', 'manager', 'box_office', 'scanner')", name="memberships_role"),
        Index("memberships_account_id", "account_id", "tenant_id"),
    )


class ApiKeyRow(Base):
    """An API key by its id and the SHA-256 of its secret, which is stored nowhere."""

    __tablename__ = "api_keys"

    tenant_id: Mapped[UUID] = mapped_column(Uuid)
    id: Mapped[UUID] = mapped_column(Uuid)
    name: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[UUID] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_by: Mapped[UUID | None] = mapped_column(Uuid)

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "id", name="api_keys_pkey"),
        UniqueConstraint("id", name="api_keys_id"),
        ForeignKeyConstraint(["tenant_id"], ["organisations.tenant_id"], name="api_keys_organisation"),
        CheckConstraint("octet_length(digest) = 32", name="api_keys_digest"),
        CheckConstraint("cardinality(scopes) > 0", name="api_keys_scopes"),
        CheckConstraint("expires_at > created_at", name="api_keys_times"),
        CheckConstraint("num_nulls(revoked_at, revoked_by) in (0, 2)", name="api_keys_revoked"),
    )


class MailTokenRow(Base):
    """A mailed token by its SHA-256; the token itself is in a letter alone."""

    __tablename__ = "mail_tokens"

    digest: Mapped[bytes] = mapped_column(LargeBinary)
    account_id: Mapped[UUID] = mapped_column(Uuid)
    purpose: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    spent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        PrimaryKeyConstraint("digest", name="mail_tokens_pkey"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="mail_tokens_account", ondelete="CASCADE"),
        CheckConstraint("octet_length(digest) = 32", name="mail_tokens_digest"),
        CheckConstraint("purpose in ('verify_email', 'reset_password')", name="mail_tokens_purpose"),
        CheckConstraint("expires_at > issued_at", name="mail_tokens_times"),
        Index("mail_tokens_account_id", "account_id"),
        Index("mail_tokens_expires_at", "expires_at"),
    )


class MailQueueRow(Base):
    """A letter that waits, sealed: its token is in it. One that was sent is deleted, one given up says nothing more."""

    __tablename__ = "mail_queue"

    id: Mapped[UUID] = mapped_column(Uuid)
    account_id: Mapped[UUID | None] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    last_error: Mapped[str | None] = mapped_column(Text)
    failed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    dead_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        PrimaryKeyConstraint("id", name="mail_queue_pkey"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="mail_queue_account", ondelete="CASCADE"),
        CheckConstraint("num_nulls(sealed, dead_at) = 1", name="mail_queue_dead"),
        Index("mail_queue_account_id", "account_id"),
        Index("mail_queue_due", "due_at", postgresql_where=text("dead_at is null")),
    )


class TotpFactorRow(Base):
    """The authenticator app of an account; its secret is sealed, `last_step` is of the last code that it accepted."""

    __tablename__ = "totp_factors"

    account_id: Mapped[UUID] = mapped_column(Uuid)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    enrolled_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_step: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        PrimaryKeyConstraint("account_id", name="totp_factors_pkey"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="totp_factors_account", ondelete="CASCADE"),
        CheckConstraint("num_nulls(confirmed_at, last_step) in (0, 2)", name="totp_factors_confirmed"),
    )


class TotpRecoveryCodeRow(Base):
    """A recovery code by its SHA-256."""

    __tablename__ = "totp_recovery_codes"

    account_id: Mapped[UUID] = mapped_column(Uuid)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    spent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        PrimaryKeyConstraint("account_id", "digest", name="totp_recovery_codes_pkey"),
        ForeignKeyConstraint(
            ["account_id"], ["totp_factors.account_id"], name="totp_recovery_codes_factor", ondelete="CASCADE"
        ),
        CheckConstraint("octet_length(digest) = 32", name="totp_recovery_codes_digest"),
    )


messaging_tables(metadata, tenant_owned=False)
