"""Groups of settings of orders, transfers, resale, files, reviews, limits, mail, and of links between services."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bootstrap.setting_types import PerMinute, Port, Seconds, Secret


class OrderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that a buyer has to pay, that a payment in progress adds, and that an order lasts at most."""

    ttl_s: Seconds = 900
    payment_protection_s: Seconds = 900
    lifetime_max_s: Seconds = 3600


class TransferSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that a pass waits for the person it is offered to, and how many an account may offer in 24 hours."""

    window_s: Annotated[int, Meta(ge=300, le=7_776_000)] = 604_800
    per_day_max: Annotated[int, Meta(ge=1, le=10_000)] = 50


class ResaleSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that somebody on a waiting list has to accept the passes that were given back for them."""

    waiting_offer_window_s: Seconds = 1_800


class MediaSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where files of venues lie, and how many bytes one may have: `local` is a folder of this machine, `s3` a bucket.

    Without an endpoint the bucket is Amazon's, and without keys those of the machine are used.
    """

    store: Literal["local", "s3"] = "local"
    folder: Annotated[str, Meta(min_length=1)] = ".fairseat/media"
    bucket: Annotated[str, Meta(pattern="^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")] = ""
    region: Annotated[str, Meta(pattern="^[a-z0-9-]{2,40}$")] = "us-east-1"
    endpoint: Annotated[str, Meta(pattern="^(https?://[^ ]+)?$")] = ""
    access_key_id: Secret = Secret("")
    secret_access_key: Secret = Secret("")
    bytes_max: Annotated[int, Meta(ge=1024, le=5_000_000_000)] = 50_000_000

    def __post_init__(self) -> None:
        """Refuse a bucket that is not named."""
        if self.store == "s3" and not self.bucket:
            raise ValueError("the store `s3` needs a bucket - at `$.bucket`")


class ReviewSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Whether reviews are judged `before` or `after` publication, and how many reports hide one until it is judged."""

    moderation: Literal["before", "after"] = "before"
    reports_max: Annotated[int, Meta(ge=1, le=1_000)] = 3


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How many requests of a kind a caller may send in a minute; 0 for as many as they like.

    A guest, and who signs in, is counted by address, which may send `callers_per_address` times as many. `processes` is
    how many processes serve the API: each allows its part of the limits while Redis cannot be asked. Not `enabled`
    where a gateway counts in front.
    """

    enabled: bool = True
    read_per_minute: PerMinute = 6_000
    write_per_minute: PerMinute = 3_000
    hold_per_minute: PerMinute = 1_200
    login_per_minute: PerMinute = 300
    callers_per_address: Annotated[int, Meta(ge=1, le=10_000)] = 20
    processes: Annotated[int, Meta(ge=1, le=10_000)] = 1


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How mail goes out: by `smtp`, or as files (`file`) into `folder`, which is for development.

    `security` is `starttls` (demanded, not merely tried), `tls` from the first byte, or `none`, with which no password
    is sent. Links in mails lead to pages below `link_base_url`; by default below the API's own address.
    """

    transport: Literal["smtp", "file"] = "file"
    host: str = ""
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: Secret = Secret("")
    sender: Annotated[str, Meta(pattern="^[^\\r\\n]+@[^\\r\\n]+$")] = "Fairseat <no-reply@fairseat.example>"
    folder: str = ""
    link_base_url: Annotated[str, Meta(pattern="^(https?://[^ ]+)?$")] = ""


type Address = Annotated[str, Meta(pattern=r"^((\[[0-9a-fA-F:.]+\]|[^: /\[\]]+):[0-9]{1,5})?$")]


class LinkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where this process answers other services (gRPC, when it has a `port`), and where those are: `host:port`.

    Who calls shows a token that is signed with `secret`, and with `certificate`, `key` and `authority`, which are files
    in PEM, both sides show certificates. At most `concurrency_max` calls are answered at a time.
    """

    host: str = "127.0.0.1"
    port: Port | None = None
    auth: Address = ""
    user: Address = ""
    venue: Address = ""
    ticket: Address = ""
    order: Address = ""
    payment: Address = ""
    admission: Address = ""
    content: Address = ""
    expiration: Address = ""
    secret: Secret = Secret("")
    certificate: str = ""
    key: str = ""
    authority: str = ""
    concurrency_max: Annotated[int, Meta(ge=1, le=10_000)] = 1_000

    def address(self, service: str) -> str:
        """Return where a service is, such as `venue`; empty where that is not said."""
        found: object = getattr(self, service)
        assert isinstance(found, str), service
        return found
