"""The bodies of requests and answers about one's own profile, preferences and billing address."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.users.billing_address import BillingAddress, PostalAddress
from core.users.preferences import Preferences, Wishes
from core.users.profile import Profile, ProfileFacts

type DisplayName = Annotated[str, Meta(min_length=1, max_length=100)]
type Locale = Annotated[
    str, Meta(min_length=2, max_length=35, description="Language tag (BCP 47).", examples=["de-DE"])
]
type Zone = Annotated[str, Meta(min_length=1, max_length=64, description="IANA time zone.", examples=["Europe/Berlin"])]
type Line = Annotated[str, Meta(min_length=1, max_length=100)]


class UpdateProfileBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to change; members that are left out stay, null forgets."""

    display_name: DisplayName | UnsetType | None = UNSET
    locale: Locale | UnsetType | None = UNSET
    time_zone: Zone | UnsetType | None = UNSET

    def applied(self, facts: ProfileFacts) -> ProfileFacts:
        """Return the facts with the changes; raises InvalidInputError."""
        return ProfileFacts.checked(
            display_name=facts.display_name if self.display_name is UNSET else self.display_name,
            locale=facts.locale if self.locale is UNSET else self.locale,
            time_zone=facts.time_zone if self.time_zone is UNSET else self.time_zone,
        )


class ProfileBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a person goes by; null is what they did not say."""

    display_name: str | None
    locale: str | None
    time_zone: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class PreferencesBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """About which things a person wants mail."""

    marketing_opt_in: bool
    order_updates: bool
    product_updates: bool

    def wishes(self) -> Wishes:
        return Wishes(
            marketing_opt_in=self.marketing_opt_in,
            order_updates=self.order_updates,
            product_updates=self.product_updates,
        )


class BillingAddressBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Where a person's bills go; `country` is ISO 3166-1 alpha-2."""

    line1: Line
    line2: Line | None = None
    city: Line
    postal_code: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", examples=["DE"])]

    def address(self) -> PostalAddress:
        """Return the address; raises InvalidInputError."""
        return PostalAddress.checked(
            line1=self.line1,
            line2=self.line2,
            city=self.city,
            postal_code=self.postal_code,
            country=self.country,
        )


def profile_body(profile: Profile) -> ProfileBody:
    """Return what is sent of a profile."""
    facts = profile.facts
    return ProfileBody(
        display_name=facts.display_name,
        locale=facts.locale,
        time_zone=facts.time_zone,
        version=profile.version,
        created_at=profile.created_at,
        updated_at=profile.updated_at,
    )


def preferences_body(preferences: Preferences) -> PreferencesBody:
    """Return what is sent of preferences."""
    wishes = preferences.wishes
    return PreferencesBody(
        marketing_opt_in=wishes.marketing_opt_in,
        order_updates=wishes.order_updates,
        product_updates=wishes.product_updates,
    )


def address_body(address: BillingAddress) -> BillingAddressBody:
    """Return what is sent of a billing address."""
    lines = address.address
    return BillingAddressBody(
        line1=lines.line1, line2=lines.line2, city=lines.city, postal_code=lines.postal_code, country=lines.country
    )
