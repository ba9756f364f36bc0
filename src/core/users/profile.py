"""What a person goes by, and the language and the clock that they read."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from core.shared.errors import StaleVersionError
from core.shared.ids import AccountId
from core.shared.languages import language_tag
from core.shared.names import checked_name
from core.shared.time import zone_named


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What a person says; None is what they did not say. `time_zone` is an IANA name, `locale` a BCP 47 tag."""

    display_name: str | None = None
    locale: str | None = None
    time_zone: str | None = None

    @classmethod
    def checked(cls, *, display_name: str | None, locale: str | None, time_zone: str | None) -> Self:
        """Return the facts in their normal form; raises InvalidInputError for the first that is wrong."""
        return cls(
            display_name=None if display_name is None else checked_name(display_name, pointer="/displayName"),
            locale=None if locale is None else language_tag(locale, pointer="/locale"),
            time_zone=None if time_zone is None else zone_named(time_zone),
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """USER_PROFILES of the brief: one a person; `version` grows by one with each change."""

    account_id: AccountId
    facts: ProfileFacts
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def begun(cls, account_id: AccountId, *, now: datetime, display_name: str | None = None) -> Self:
        return cls(account_id, ProfileFacts(display_name=display_name), version=1, created_at=now, updated_at=now)

    def introduced(self, display_name: str, *, now: datetime) -> Self:
        """Return the profile with the name of the account, unless the person has said one already."""
        if self.facts.display_name is not None:
            return self
        facts = replace(self.facts, display_name=display_name)
        return replace(self, facts=facts, version=self.version + 1, updated_at=now)

    def changed(self, facts: ProfileFacts, *, expected_version: int, now: datetime) -> Self:
        """Return the profile with new facts; raises StaleVersionError."""
        if expected_version != self.version:
            raise StaleVersionError(f"The profile is at version {self.version}; you read version {expected_version}.")
        return replace(self, facts=facts, version=self.version + 1, updated_at=now)
