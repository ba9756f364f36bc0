"""API keys, by which an organisation's other services sign in."""

from datetime import datetime
from typing import Annotated, override
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from adapters.http.moments import moment_or_none
from adapters.http.paging import PageBody, page_body
from core.identity.api_keys import ApiKey
from core.shared.callers import ApiScope
from core.shared.ids import ApiKeyId, TenantId
from ports.paging import PageRequest
from ports.published.identity import VerifiedToken
from usecases.identity.create_api_key import CreateApiKey
from usecases.identity.list_api_keys import ListApiKeys
from usecases.identity.revoke_api_key import RevokeApiKey

_PRIVATE = {"Cache-Control": "no-store"}
"""The one answer that holds a key is kept nowhere, not even for a replay of its Idempotency-Key."""


class CreateApiKeyBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A key to be made; `name` tells people which service has it.

    Without `expiresAt` it works until it is revoked.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[tuple[ApiScope, ...], Meta(min_length=1, max_length=20)]
    expires_at: Annotated[datetime, Meta(tz=True, description="RFC 3339, with an offset; within ten years.")] | None = (
        None
    )


class ApiKeyBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A key without its secret: `prefix` is how it begins. `createdBy` and `revokedBy` are accounts.

    `lastUsedAt` is right to the hour, and null for a key that was never used.
    """

    id: UUID
    name: str
    prefix: str
    scopes: tuple[ApiScope, ...]
    created_by: UUID
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_by: UUID | None
    revoked_at: datetime | None


class MadeApiKeyBody(ApiKeyBody, frozen=True, kw_only=True, rename="camel"):
    """A key that was made. `key` is what its service sends as `Authorization: Bearer …`, and is never shown again."""

    key: str

    @override
    def __repr__(self) -> str:
        """Leave the key out, so that no log has it."""
        return f"MadeApiKeyBody(prefix={self.prefix!r})"


class ApiKeyController(Controller):
    """API keys of an organisation."""

    path = "/organisations/{organisation_id:uuid}/api-keys"
    tags = ("Identity",)

    @post(summary="Make an API key")
    @inject
    async def make(
        self,
        organisation_id: FromPath[UUID],
        data: JSONBody[CreateApiKeyBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[CreateApiKey],
    ) -> Response[MadeApiKeyBody]:
        """Owners and managers. `key` is shown this once; a request that is sent again makes another key.

        A key acts for the organisation, not for who made it, and for its scopes alone: routes that name none of them
        answer 403. 50 keys may work at a time.
        """
        made = await usecase(
            identity,
            organisation_id=TenantId(organisation_id),
            name=data.name,
            scopes=data.scopes,
            expires_at=moment_or_none(data.expires_at, "/expiresAt"),
        )
        body = MadeApiKeyBody(key=made.text, **msgspec.structs.asdict(_body(made.key)))
        location = f"/api/v1/organisations/{organisation_id}/api-keys/{made.key.id}"
        return Response(body, status_code=201, headers={"Location": location, **_PRIVATE})

    @get(summary="List the API keys")
    @inject
    async def page(
        self,
        organisation_id: FromPath[UUID],
        page: NamedDependency[PageRequest],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[ListApiKeys],
    ) -> PageBody[ApiKeyBody]:
        """Owners and managers: all keys, the oldest first, those that expired or were revoked too."""
        return page_body(await usecase(identity, page, organisation_id=TenantId(organisation_id)), _body)

    @delete("/{key_id:uuid}", summary="Revoke an API key")
    @inject
    async def revoke(
        self,
        organisation_id: FromPath[UUID],
        key_id: FromPath[UUID],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[RevokeApiKey],
    ) -> None:
        """Owners and managers. It may work for 30 s more where another process answers; revoking it again is fine."""
        await usecase(identity, organisation_id=TenantId(organisation_id), key_id=ApiKeyId(key_id))


def _body(key: ApiKey) -> ApiKeyBody:
    return ApiKeyBody(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        scopes=tuple(sorted(key.scopes)),
        created_by=key.created_by,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        revoked_by=key.revoked_by,
        revoked_at=key.revoked_at,
    )
