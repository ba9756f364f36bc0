"""Where media lie is said by the settings, and a bucket that has no name is told by its variable."""

import pytest

from bootstrap.settings import SettingsError
from tests.service_client import settings_with


def test_media_lie_in_a_folder_unless_told_otherwise() -> None:
    media = settings_with().media
    assert (media.store, media.folder, media.bytes_max) == ("local", ".fairseat/media", 50_000_000)


def test_a_bucket_needs_its_name_and_its_keys_are_never_shown() -> None:
    with pytest.raises(SettingsError, match="FAIRSEAT_MEDIA_BUCKET: the store `s3` needs a bucket"):
        settings_with(MEDIA_STORE="s3")
    media = settings_with(MEDIA_STORE="s3", MEDIA_BUCKET="halls", MEDIA_SECRET_ACCESS_KEY="hidden").media
    assert media.secret_access_key.reveal() == "hidden" and "hidden" not in repr(media)
