"""Keys that may send requests, each with a role; only their hashes are stored.

A key contains 32 random bytes, so that nobody can find it from its SHA-256 by trying. A slow hash is not needed,
and checking a key costs microseconds. A stored hash cannot be used as a key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from penaltycalc.errors import BadSetting, Reason

Role = Literal["read", "operate"]
ROLES: Final[tuple[Role, ...]] = ("read", "operate")

_PREFIX: Final = "pck"
_ID: Final = r"^[0-9a-f]{8}$"
_HASH: Final = r"^sha256:[0-9a-f]{64}$"


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is stored of a key: its id and name, its role, and the SHA-256 of its text.

    The role `operate` includes `read`. The text of a key contains its `id`: whoever has the text knows which key it
    is, and a key can be revoked without its text.
    """

    id: Annotated[str, Meta(pattern=_ID)]
    name: Annotated[str, Meta(max_length=100)] = ""
    role: Role
    hash: Annotated[str, Meta(pattern=_HASH)]
    created: date | None = None

    def may(self, role: Role) -> bool:
        """Whether the key may use operations that need `role`."""
        return role in (self.role, "read")


class KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of a file of keys, as JSON."""

    keys: tuple[Key, ...] = ()


class KeyRing:
    """All keys that may send requests."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self.keys: Final = tuple(keys)
        self._by_id: Final = {key.id: key for key in self.keys}

    def find(self, text: str) -> Key | None:
        """Return the key with this text, or None."""
        # Where no key has the id, a hash is compared all the same: the time must not show which ids exist.
        key = self._by_id.get(parse_key_id(text), _NOBODY)
        is_equal = hmac.compare_digest(hash_key(text), key.hash)
        return key if is_equal and key is not _NOBODY else None


def hash_key(text: str) -> str:
    """Return the hash that is stored of a key."""
    # Any text has to get a hash, also one with lone surrogates, which UTF-8 alone refuses.
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def parse_key_id(text: str) -> str:
    """Return the id in the text of a key; empty where the text is not that of a key."""
    prefix, _, rest = text.partition("_")
    return rest.partition("_")[0] if prefix == _PREFIX else ""


# Compared with keys whose id does not exist; no text has this hash.
_NOBODY: Final = Key(id="00000000", role="read", hash="sha256:" + "0" * 64)


def make_key(random: bytes, *, role: Role, name: str, created: date) -> tuple[str, Key]:
    """Make a key of at least 36 random bytes; return its text, which is shown once, and what is stored of it."""
    if len(random) < 36:
        # The message holds the length alone: secret bytes must not get into a log.
        raise ValueError(len(random))
    text = f"{_PREFIX}_{random[:4].hex()}_{random[4:].hex()}"
    return text, Key(id=random[:4].hex(), name=name, role=role, hash=hash_key(text), created=created)


def parse_keys(content: bytes, file: str) -> tuple[Key, ...]:
    """Parse the content of a file of keys; BadSetting, which names the file, where it is broken or repeats an id."""
    try:
        keys = msgspec.json.decode(content, type=KeyFile).keys
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise BadSetting(file, _find_place(str(fault))) from None
    ids = [key.id for key in keys]
    repeated = sorted({key_id for key_id in ids if ids.count(key_id) > 1})
    if repeated:
        raise BadSetting(file, Reason("fault-key-twice", {"key": repeated[0]}))
    return keys


# Names in a file may be anything, also what only looks like a place: no other ones than ours are repeated.
_PLACE: Final = re.compile(r" - at `(\$\.keys(?:\[\d+\](?:\.(?:id|name|role|hash|created))?)?)`$")


def _find_place(message: str) -> Reason:
    """Where a file of keys is wrong, from what the library says of it.

    The rest of its message may repeat a value, and a key in the wrong place must not get into a log.
    """
    place = _PLACE.search(message)
    return Reason("fault-keys-file-at", {"place": place[1]}) if place else Reason("fault-keys-file")


def parse_hashes(text: str, setting: str) -> tuple[Key, ...]:
    """Parse keys as `id:role:sha256:…`, separated by spaces or commas; BadSetting, which names the setting."""
    keys = []
    for part in text.replace(",", " ").split():
        key_id, _, rest = part.partition(":")
        role, _, key_hash = rest.partition(":")
        try:
            keys.append(msgspec.convert({"id": key_id, "role": role, "hash": key_hash}, Key))
        except msgspec.ValidationError:
            raise BadSetting(setting, Reason("fault-key-form")) from None
    return tuple(keys)


def encode_keys(keys: Iterable[Key]) -> bytes:
    """Encode keys as the content of a file of keys."""
    return msgspec.json.format(msgspec.json.encode(KeyFile(keys=tuple(keys))), indent=2) + b"\n"
