"""Who is let in, and how often: keys, roles, requests a second."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from penaltycalc.access import Key, KeyRing, Role, read_hashes, read_keys
from penaltycalc.api.problems import Forbidden, TooManyRequests, Unauthorised
from penaltycalc.errors import BadSetting
from penaltycalc.settings import PREFIX, Settings

_log: Final = logging.getLogger("penaltycalc")

OPEN: Final = {"open": True}
"""`opt` of a route that needs no key."""
OPERATE: Final = {"role": "operate"}
"""`opt` of a route that needs a key with the role `operate`."""
KEY_IN_QUERY: Final = {"key_in_query": True}
"""`opt` of a route that takes a key in its query where that is switched on: its clients send no headers."""

LOOK_AGAIN: Final = 1.0
"""Seconds after which the file of keys is looked at again."""


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_open(host: str, settings: Settings) -> None:
    """Refuse to listen off loopback without keys, unless that is wanted; BadSetting."""
    if not (is_loopback(host) or settings.allow_open or Keys(settings).ring):
        raise BadSetting(host, "off loopback the service needs keys (penaltycalc keys new), or --allow-open")


class Keys:
    """The keys of the settings; a file of keys is read again when it has changed."""

    def __init__(self, settings: Settings) -> None:
        """BadSetting where a key or the file is broken."""
        self.file = settings.keys_file
        self._given = read_hashes(settings.keys, f"{PREFIX}KEYS")
        self._changed = self._stamp()
        self._looked = time.monotonic()
        self._ring = KeyRing((*self._given, *self._of_file()))

    @property
    def on(self) -> bool:
        """Whether keys are wanted at all; an empty file lets nobody in."""
        return self.file is not None or bool(self._given)

    @property
    def ring(self) -> KeyRing:
        """The keys as they stand; those before, where the file has become unreadable, which is logged."""
        now = time.monotonic()
        if self.file is not None and now - self._looked > LOOK_AGAIN:
            self._looked = now
            stamp = self._stamp()
            if stamp != self._changed:
                self._changed = stamp
                try:
                    self._ring = KeyRing((*self._given, *self._of_file()))
                except BadSetting as fault:
                    _log.error("keys not read again: %s", fault)  # noqa: TRY400  # the fault says it all
        return self._ring

    def _stamp(self) -> tuple[int, int, int]:
        if self.file is None:
            return 0, 0, 0
        try:
            known = self.file.stat()
        except OSError:
            return 0, 0, 0
        return known.st_mtime_ns, known.st_size, known.st_ino

    def _of_file(self) -> tuple[Key, ...]:
        return () if self.file is None else keys_of(self.file)


def keys_of(file: Path) -> tuple[Key, ...]:
    """The keys of a file; BadSetting where it cannot be read."""
    try:
        return read_keys(file.read_bytes(), str(file))
    except OSError as fault:
        raise BadSetting(str(file), fault.strerror or str(fault)) from None
