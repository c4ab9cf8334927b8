"""The log: one line for each event, as text or as JSON, on standard error.

All loggers use one renderer: those of this service, of granian and of asyncio, and Python's warnings. Of an
exception the log holds its type and where it was raised, never its message or a value, which may be facts of a case.
"""

from __future__ import annotations

import logging
import os
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from structlog.typing import EventDict, WrappedLogger

from penaltycalc.settings import Settings

ACCESS: Final = logging.getLogger("penaltycalc.access")
"""The logger of the access log, with one event for each request."""
FIELDS: Final = ("request_id", "method", "route", "status", "duration_ms", "key", "cut")
"""The fields that an event may have besides its text."""
MAX_FRAMES: Final = 6
"""How many frames of a traceback the log names."""
METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""Other methods are texts that a client has chosen, and are not logged."""


def dict_config(settings: Settings) -> dict[str, Any]:
    """Return the configuration for logging.config, as plain data, since granian hands it to every worker."""
    return {
        "version": 1,
        # The default, true, would silence the loggers that modules have made at their import.
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "penaltycalc.api.logging.make_formatter", "form": settings.log}},
        "handlers": {"log": {"()": "penaltycalc.api.logging.make_handler", "formatter": "line"}},
        "root": {"handlers": ["log"], "level": settings.log_level.upper()},
        # granian's own loggers have handlers unless they are configured; so they pass their events on to the root.
        "loggers": {"_granian": {}, "granian.access": {}},
    }


def make_handler() -> logging.Handler:
    """Make the handler that writes to standard error, and let it write Python's warnings too."""
    logging.captureWarnings(capture=True)
    return logging.StreamHandler(sys.stderr)


def make_formatter(form: str) -> logging.Formatter:
    """Make the formatter that renders all records; `form` is console or json."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.ExtraAdder(FIELDS),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _add_time_and_worker,
        _keep_first_line,
        _replace_exception,
    ]
    last = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )


async def log_request(app: Any, method: str, scope: Any, receive: Any, send: Any) -> None:
    """Answer a request and log it, with the template of its route instead of its path, and without query and body.

    The event has the field `cut` where the answer was not sent to its end.
    """
    began = time.perf_counter()
    # Status 0 stands for a request that ended before its answer had begun.
    status, is_complete = 0, False

    def send_and_watch(message: Any) -> Any:
        nonlocal status, is_complete
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            is_complete = not message.get("more_body", False)
        return send(message)

    try:
        await app(scope, receive, send_and_watch)
    finally:
        fields = {
            "request_id": scope["request_id"],
            "method": method if method in METHODS else "-",
            "route": scope.get("path_template") or "-",
            "status": status,
            "duration_ms": round((time.perf_counter() - began) * 1000, 1),
            "key": getattr(scope.get("auth"), "id", "-"),
        }
        ACCESS.info("request", extra=fields if is_complete else {**fields, "cut": True})


def describe_origin(error: BaseException) -> str:
    """Name the functions and lines that an error came through, the one that raised it first."""
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-MAX_FRAMES:]))


# The processors of structlog, which calls them with the logger, the method and the event.


def _add_time_and_worker(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    now = datetime.now(UTC).astimezone()
    return {"timestamp": now.isoformat(timespec="milliseconds"), **event, "worker": os.getpid()}


def _keep_first_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # The further lines of asyncio and of warnings show the content of objects, and source code.
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _replace_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # The first cause says where the fault is; what was raised from it only passes it on.
    error = (event.pop("exc_info", None) or (None, None, None))[1]
    while error is not None and error.__cause__ is not None:
        error = error.__cause__
    return event if error is None else {**event, "fault": f"{type(error).__name__} at {describe_origin(error)}"}
