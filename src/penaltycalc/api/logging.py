"""The log: one line for each event, for people or as JSON, on standard error.

Every logger goes through the same renderer: this service's, the server's, asyncio's and Python's
warnings. Of an exception stands there what it is and where it came from, never its message nor a
value: they may be facts of a case.
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

ACCESS: Final = logging.getLogger("penaltycalc.keys")
"""One event for each request."""
FIELDS: Final = ("request_id", "method", "route", "status", "duration_ms", "key", "cut")
"""What an event may say beside its text."""
FRAMES: Final = 6
METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""A method of another name is a word of the client, and stays out of the log."""


def dict_config(settings: Settings) -> dict[str, Any]:
    """The configuration for logging.config; plain data, since it is handed to every worker."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "penaltycalc.api.logging.formatter", "form": settings.log}},
        "handlers": {"log": {"()": "penaltycalc.api.logging.handler", "formatter": "line"}},
        "root": {"handlers": ["log"], "level": settings.log_level.upper()},
        "loggers": {"_granian": {}, "granian.access": {}},
    }


def handler() -> logging.Handler:
    """Writes to standard error, Python's warnings too."""
    logging.captureWarnings(capture=True)
    return logging.StreamHandler(sys.stderr)


def formatter(form: str) -> logging.Formatter:
    """Renders every record, whoever made it."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.ExtraAdder(FIELDS),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _when_and_where,
        _first_line,
        _fault,
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


async def logged(app: Any, method: str, scope: Any, receive: Any, send: Any) -> None:
    """Serve a request and log it: by its route, never its path, query or body.

    `cut` says that the answer broke off.
    """
    began = time.perf_counter()
    status, whole = 0, False

    def watched(message: Any) -> Any:
        nonlocal status, whole
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            whole = not message.get("more_body", False)
        return send(message)

    try:
        await app(scope, receive, watched)
    finally:
        told = {
            "request_id": scope["request_id"],
            "method": method if method in METHODS else "-",
            "route": scope.get("path_template") or "-",
            "status": status,
            "duration_ms": round((time.perf_counter() - began) * 1000, 1),
            "key": getattr(scope.get("auth"), "id", "-"),
        }
        ACCESS.info("request", extra=told if whole else {**told, "cut": True})


def place_of(error: BaseException) -> str:
    """Where an error came from, the innermost place first."""
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-FRAMES:]))


def _when_and_where(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    now = datetime.now(UTC).astimezone()
    return {"timestamp": now.isoformat(timespec="milliseconds"), **event, "worker": os.getpid()}


def _first_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Further lines of asyncio and of warnings show what objects hold, and source."""
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _fault(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The first cause of an exception: what was raised from it tells less."""
    error = (event.pop("exc_info", None) or (None, None, None))[1]
    while error is not None and error.__cause__ is not None:
        error = error.__cause__
    return event if error is None else {**event, "fault": f"{type(error).__name__} at {place_of(error)}"}
