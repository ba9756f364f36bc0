"""One's own profile, preferences and billing address."""

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, patch, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from adapters.http.etags import IfMatch, VersionRequiredError, etag, expected_version
from adapters.http.users_bodies import (
    BillingAddressBody,
    PreferencesBody,
    ProfileBody,
    UpdateProfileBody,
    address_body,
    preferences_body,
    profile_body,
)
from core.shared.errors import StaleVersionError
from core.users.billing_address import BillingAddress
from core.users.preferences import Preferences
from core.users.profile import Profile
from ports.published.identity import VerifiedToken
from usecases.users.own_billing_address import OwnBillingAddress
from usecases.users.own_preferences import OwnPreferences
from usecases.users.own_profile import OwnProfile

_PRIVATE = {"Cache-Control": "no-store"}


class OwnDataController(Controller):
    """What a person says of themselves; in every organisation the same."""

    path = "/users/me"
    tags = ("Users",)

    @get("/profile", summary="Read my profile")
    @inject
    async def profile(
        self, identity: NamedDependency[VerifiedToken], usecase: FromDishka[OwnProfile]
    ) -> Response[ProfileBody]:
        """For every account of a person; guests have none."""
        return _profile(await usecase.read(identity))

    @patch("/profile", summary="Change my profile")
    @inject
    async def change_profile(
        self,
        data: JSONBody[UpdateProfileBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[OwnProfile],
        if_match: IfMatch = None,
    ) -> Response[ProfileBody]:
        """With the ETag that was read in If-Match."""
        version = expected_version(if_match)
        return _profile(await usecase.change(data.applied, expected_version=version, bearer=identity))

    @get("/preferences", summary="Read what I want to be told")
    @inject
    async def preferences(
        self, identity: NamedDependency[VerifiedToken], usecase: FromDishka[OwnPreferences]
    ) -> Response[PreferencesBody]:
        """For every account of a person. Who never said anything gets no advertising."""
        return _preferences(await usecase.read(identity))

    @put("/preferences", summary="Say what I want to be told")
    @inject
    async def replace_preferences(
        self,
        data: JSONBody[PreferencesBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[OwnPreferences],
        if_match: IfMatch = None,
    ) -> Response[PreferencesBody]:
        """With the ETag that was read in If-Match."""
        version = expected_version(if_match)
        return _preferences(await usecase.replace(data.wishes(), expected_version=version, bearer=identity))

    @get("/billing-address", summary="Read my billing address")
    @inject
    async def billing_address(
        self, identity: NamedDependency[VerifiedToken], usecase: FromDishka[OwnBillingAddress]
    ) -> Response[BillingAddressBody]:
        """For every account of a person; `users.no_billing_address` where none was given."""
        return _address(await usecase.read(identity))

    @put("/billing-address", summary="Replace my billing address")
    @inject
    async def replace_billing_address(
        self,
        data: JSONBody[BillingAddressBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[OwnBillingAddress],
        if_match: IfMatch = None,
    ) -> Response[BillingAddressBody]:
        """The first one without If-Match, a later one with the ETag that was read."""
        version = None if if_match is None else expected_version(if_match)
        try:
            return _address(await usecase.replace(data.address(), expected_version=version, bearer=identity))
        except StaleVersionError as stale:
            if version is not None:
                raise
            raise VersionRequiredError(stale.message) from stale


def _profile(profile: Profile) -> Response[ProfileBody]:
    return Response(profile_body(profile), headers={"ETag": etag(profile.version)} | _PRIVATE)


def _preferences(preferences: Preferences) -> Response[PreferencesBody]:
    return Response(preferences_body(preferences), headers={"ETag": etag(preferences.version)} | _PRIVATE)


def _address(address: BillingAddress) -> Response[BillingAddressBody]:
    return Response(address_body(address), headers={"ETag": etag(address.version)} | _PRIVATE)
