"""Groups of settings of those who watch: logs, metrics, traces."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bootstrap.setting_types import Port, Secret


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How much is logged, and how: `json`, `console` for people, or `auto`, which is for people on a terminal.

    With `requests` each answered request is a line, too.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"
    requests: bool = False


class MetricsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the process measures itself, and tells it at `GET /metrics` in the format of Prometheus.

    With a `token` only those are told who send it as a bearer. With a `port` it is told there (on `host`) and nowhere
    else: by the API's processes as by those that only work in the background.
    """

    enabled: bool = False
    token: Secret = Secret("")
    host: str = "127.0.0.1"
    port: Port | None = None


class TracingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where traces go: the OTLP/HTTP `endpoint` of a collector, such as http://127.0.0.1:4318; without one, nowhere.

    `sample_ratio` is the share of traces that are recorded, where the caller has not decided already; `headers` are
    sent along, as name=value with commas between: what a collector wants as a key, say.
    """

    endpoint: Annotated[str, Meta(pattern="^(https?://[^ ]+)?$")] = ""
    sample_ratio: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.01
    headers: Secret = Secret("")
