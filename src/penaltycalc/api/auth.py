"""Who is let in, and how often: keys, roles, requests a second."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from penaltycalc.api.problems import Forbidden, TooManyRequests, Unauthorised
from penaltycalc.errors import BadSetting
from penaltycalc.files import read_stamp
from penaltycalc.keys import Key, KeyRing, Role, parse_hashes, parse_keys
from penaltycalc.settings import PREFIX, Settings

Connection = ASGIConnection[Any, Any, Any, Any]
_log: Final = logging.getLogger("penaltycalc")

_OPEN: Final = frozenset({"/", "/healthz", "/readyz", "/openapi.json"})
_OPEN_BELOW: Final = ("/docs", "/problems", "/assets/")
_OPERATE: Final = frozenset({"/metrics", "/v1/calendar/reload"})
_IN_QUERY: Final = frozenset({"/workbook.xlsx", "/v1/calendar/{year:str}/csv"})

LOOK_AGAIN: Final = 1.0
"""Seconds after which the file of keys is looked at again."""


# ------------------------------------------------------------------------------ what a route needs


def path_of(handler: BaseRouteHandler) -> str:
    """The path of a route, with its parameters in braces."""
    return next(iter(handler.paths))


@lru_cache(maxsize=256)
def needed(path: str) -> Role | None:
    """The role that a route needs, by its path with its parameters in braces; None where it is open.

    A route that nobody thought of here needs a key.
    """
    if path in _OPEN or path.startswith(_OPEN_BELOW):
        return None
    return "operate" if path in _OPERATE else "read"


@lru_cache(maxsize=256)
def takes_key_in_query(path: str) -> bool:
    """Whether a route may be asked with `key=`, where that is switched on: its clients send no headers."""
    return path in _IN_QUERY or path.startswith("/v1/cells/") or path.endswith("/ics")


# ------------------------------------------------------------------------------------------- keys


class Keys:
    """The keys of the settings; a file of keys is read again when it has changed."""

    def __init__(self, settings: Settings) -> None:
        """BadSetting where a key or the file is broken."""
        self.file = settings.keys_file
        self.on = self.file is not None or bool(settings.keys)
        self._given = parse_hashes(settings.keys, f"{PREFIX}KEYS")
        self._stamp = read_stamp(self.file)
        self._looked = time.monotonic()
        self._ring = self._read()
        self._unread = False

    @property
    def ring(self) -> KeyRing:
        """The keys as they stand; those before, where the file has become unreadable, which is logged."""
        now = time.monotonic()
        if self.file is not None and now - self._looked >= LOOK_AGAIN:
            self._looked = now
            seen = read_stamp(self.file)
            if seen != self._stamp:
                self._stamp = seen
                try:
                    self._ring = self._read()
                    self._unread = False
                except BadSetting as fault:
                    self._unread = True
                    _log.error("the keys are not read again, those before go on: %s", fault)
        return self._ring

    @property
    def stale(self) -> bool:
        """Whether the file has become unreadable, so that the keys before go on."""
        _ = self.ring  # looks at it
        return self._unread

    def _read(self) -> KeyRing:
        return KeyRing((*self._given, *(() if self.file is None else keys_of(self.file))))


def keys_of(file: Path) -> tuple[Key, ...]:
    """The keys of a file; BadSetting where it cannot be read."""
    try:
        return parse_keys(file.read_bytes(), str(file))
    except OSError as fault:
        raise BadSetting(str(file), fault.strerror or str(fault)) from None


# ----------------------------------------------------------------------------------------- the door


class Authenticator:
    """Lets requests in: what every route does first.

    As a guard it would cost several times as much: Litestar copies the handler for each call of one.
    """

    def __init__(self, settings: Settings) -> None:
        """BadSetting where a key or the file of keys is broken."""
        self.settings = settings
        self.keys = Keys(settings)
        self._second = 0
        self._asked: Counter[str] = Counter()

    @property
    def wanted(self) -> bool:
        """Whether there is anything to guard."""
        return self.keys.on or bool(self.settings.requests_per_second)

    async def check(self, connection: Connection) -> None:
        """Unauthorised, Forbidden, TooManyRequests; requests without a known key count for their address."""
        path = path_of(connection.route_handler)
        role = needed(path)
        if role is None:
            return
        key = self._key(connection, path) if self.keys.on else None
        if self.settings.requests_per_second:
            address = connection.client.host if connection.client else ""
            self._count(address if key is None else key.id)
        if key is not None:
            connection.scope["auth"] = key
            if not key.may(role):
                raise Forbidden
        elif self.keys.on:
            raise Unauthorised

    def _key(self, connection: Connection, path: str) -> Key | None:
        """The key of a request; None where it has none that is known, or several."""
        texts = _in_headers(connection)
        if self.settings.key_in_query and takes_key_in_query(path):
            query = parse_qsl(connection.scope["query_string"].decode("latin-1"), keep_blank_values=True)
            texts |= {value for name, value in query if name == "key"}
        return self.keys.ring.find(texts.pop()) if len(texts) == 1 else None

    def _count(self, who: str) -> None:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._asked = second, Counter()
        self._asked[who] += 1
        if self._asked[who] > self.settings.requests_per_second:
            raise TooManyRequests


def _in_headers(connection: Connection) -> set[str]:
    """The keys in the headers of a request."""
    found = set()
    for name, value in connection.scope["headers"]:
        if name == b"x-api-key":
            found.add(value.decode("latin-1"))
        elif name == b"authorization":
            scheme, _, text = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer":
                found.add(text.strip())
    return found


# --------------------------------------------------------------------------------- at the start


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_open(host: str, settings: Settings) -> None:
    """Refuse to listen off loopback without keys, unless that is wanted; BadSetting, also for broken keys."""
    keys = Keys(settings)
    if not (is_loopback(host) or keys.on or settings.allow_open):
        raise BadSetting(host, "off loopback keys are needed (see `penaltycalc keys new`), or --allow-open")
