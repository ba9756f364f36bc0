"""How a log line is written: JSON for machines, or for people; with what the task was at work on, and no secrets."""

import logging
from collections.abc import MutableMapping, Sequence
from typing import Any

import msgspec
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from adapters.system.redaction import redacted
from adapters.system.work_context import current_work

type _Line = MutableMapping[str, Any]  # Any: what callers of `logging` give as `extra` may be of any type

_OURS = frozenset({"level", "logger", "timestamp", "route", "service", "job", "consumer", "trace_id"})
_ENCODER = msgspec.json.Encoder(enc_hook=str)


def log_formatter(*, for_people: bool) -> logging.Formatter:
    """Return what writes each record of `logging`, ours and the libraries', as one line.

    Tracebacks are part of the line (`exception`); people get them below it.
    """
    common: Sequence[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        _add_work,
        structlog.processors.format_exc_info,
        _redact,
    ]
    last = (
        structlog.dev.ConsoleRenderer(colors=False)
        if for_people
        else structlog.processors.JSONRenderer(serializer=_json)
    )
    return ProcessorFormatter(foreign_pre_chain=common, processors=[ProcessorFormatter.remove_processors_meta, last])


def _add_work(_: object, __: str, line: _Line) -> _Line:
    work = current_work()
    if work is not None:
        for name, value in work.facts():
            line.setdefault(name, value)
    return line


def _redact(_: object, __: str, line: _Line) -> _Line:
    """Look through every text that is not our own word."""
    for name, value in line.items():
        if name not in _OURS and isinstance(value, str):
            line[name] = redacted(value)
    return line


def _json(line: object, **_: object) -> str:
    return _ENCODER.encode(line).decode()
