"""Checks who may send a request, and how often: keys, roles, requests a second."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar.connection import ASGIConnection

from penaltycalc.api.problems import Forbidden, TooManyRequests, Unauthorised
from penaltycalc.errors import BadSetting, Reason
from penaltycalc.faults import describe_fault
from penaltycalc.files import read_stamp
from penaltycalc.keys import Key, KeyRing, Role, parse_hashes, parse_keys
from penaltycalc.settings import PREFIX, Settings

Connection = ASGIConnection[Any, Any, Any, Any]
_log: Final = logging.getLogger("penaltycalc")

CHECK_INTERVAL: Final = 1.0
"""Seconds between two checks of the file of keys."""


# ------------------------------------------------------------------------------------------- keys


class KeyStore:
    """The keys of the settings, and those of a file of keys, which is read again after it has changed."""

    def __init__(self, settings: Settings) -> None:
        """BadSetting where a key or the file is broken."""
        self.file = settings.keys_file
        self.is_configured = self.file is not None or bool(settings.keys)
        self._keys_of_settings = parse_hashes(settings.keys, f"{PREFIX}KEYS")
        # The stamp is taken before the file is read: one that is replaced in between is then read once more.
        self._stamp = read_stamp(self.file)
        self._checked = time.monotonic()
        self._ring = self._read_ring()
        self._is_unreadable = False

    @property
    def ring(self) -> KeyRing:
        """The present keys; where the file has become unreadable, which is logged, those that were read before."""
        now = time.monotonic()
        if self.file is not None and now - self._checked >= CHECK_INTERVAL:
            self._checked = now
            stamp = read_stamp(self.file)
            if stamp != self._stamp:
                # The stamp is kept even if reading fails, so that a broken file is logged only once.
                self._stamp = stamp
                try:
                    self._ring = self._read_ring()
                    self._is_unreadable = False
                except BadSetting as fault:
                    self._is_unreadable = True
                    _log.error("the file of keys cannot be read, the previous keys stay valid: %s", fault)
        return self._ring

    @property
    def is_stale(self) -> bool:
        """Whether the file has become unreadable, so that the keys are those that were read before."""
        _ = self.ring  # this checks the file
        return self._is_unreadable

    def _read_ring(self) -> KeyRing:
        return KeyRing((*self._keys_of_settings, *(() if self.file is None else read_keys(self.file))))


def read_keys(file: Path) -> tuple[Key, ...]:
    """Read the keys of a file; BadSetting where it cannot be read."""
    try:
        return parse_keys(file.read_bytes(), str(file))
    except OSError as fault:
        raise BadSetting(str(file), describe_fault(fault)) from None


# --------------------------------------------------------------------------------- one request


class Authenticator:
    """Checks each request before its handler runs.

    What an operation needs is stated at its handler, as `opt`: `role` is the role that a key must have, None for
    an operation that is open to everybody; `key_in_query` says that clients of the operation cannot send headers,
    so that the key may be in the query. A handler without `role` needs a key.
    """

    def __init__(self, settings: Settings) -> None:
        """BadSetting where a key or the file of keys is broken."""
        self.settings = settings
        self.keys = KeyStore(settings)
        self._second = 0
        self._counts: Counter[str] = Counter()

    @property
    def is_needed(self) -> bool:
        """Whether the settings restrict anything."""
        return self.keys.is_configured or bool(self.settings.requests_per_second)

    async def check(self, connection: Connection) -> None:
        """Let the request pass, or raise Unauthorised, Forbidden or TooManyRequests.

        The key of a request is put into its scope as `auth`, where the access log reads its id.
        """
        # Litestar calls this as `before_request`. As a guard it would cost several times as much: Litestar copies
        # the handler for each call of a guard.
        role: Role | None = connection.route_handler.opt.get("role", "read")
        if role is None:
            return
        key = self._find_key(connection) if self.keys.is_configured else None
        if self.settings.requests_per_second:
            # A request without a valid key counts for its address, so that wrong keys, of which there are any
            # number, do not each get a limit of their own.
            address = connection.client.host if connection.client else ""
            self._count(address if key is None else key.id)
        if key is not None:
            # This comes before the role is checked, so that the access log also names a key that lacks it.
            connection.scope["auth"] = key
            if not key.may(role):
                raise Forbidden
        elif self.keys.is_configured:
            raise Unauthorised

    def _find_key(self, connection: Connection) -> Key | None:
        """Return the valid key of a request; None where there is none, or where it sends several different ones."""
        texts = read_header_keys(connection)
        if self.settings.key_in_query and connection.route_handler.opt.get("key_in_query"):
            query = parse_qsl(connection.scope["query_string"].decode("latin-1"), keep_blank_values=True)
            texts |= {value for name, value in query if name == "key"}
        # Which of several keys is meant cannot be known, and a guess could grant the role of another.
        return self.keys.ring.find(texts.pop()) if len(texts) == 1 else None

    def _count(self, client: str) -> None:
        """Count a request of a client within the present second; TooManyRequests."""
        second = int(time.monotonic())
        if second != self._second:
            # Past counts are dropped at once, so that ever new addresses cannot fill the memory.
            self._second, self._counts = second, Counter()
        self._counts[client] += 1
        if self._counts[client] > self.settings.requests_per_second:
            raise TooManyRequests


def read_header_keys(connection: Connection) -> set[str]:
    """Read the texts of the keys in the headers of a request, `X-API-Key` and `Authorization: Bearer`."""
    texts = set()
    for name, value in connection.scope["headers"]:
        if name == b"x-api-key":
            texts.add(value.decode("latin-1"))
        elif name == b"authorization":
            # The name of a scheme is the same in any case (RFC 9110, section 11.1), that of Bearer too.
            scheme, _, text = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer":
                texts.add(text.strip())
    return texts


# --------------------------------------------------------------------------------- at the start


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # Of all names only this one counts: what another resolves to may change after the check.
        return host == "localhost"


def check_open(host: str, settings: Settings) -> None:
    """Refuse to listen off loopback without keys, unless `allow_open` is set; BadSetting, also for broken keys."""
    keys = KeyStore(settings)
    if not (is_loopback(host) or keys.is_configured or settings.allow_open):
        raise BadSetting(host, Reason("fault-open"))
