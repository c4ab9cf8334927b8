"""Who may ask: keys with a role, of which only the hash is kept.

A key is made of 32 random bytes, so that its SHA-256 cannot be turned back by trying: no slow hash is
needed, and checking one costs microseconds. What is kept, in a file or in the environment, opens
nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from penaltycalc.errors import BadSetting

Role = Literal["read", "operate"]
ROLES: Final[tuple[Role, ...]] = ("read", "operate")

_PREFIX: Final = "pck"
_ID: Final = r"^[0-9a-f]{8}$"
_HASH: Final = r"^sha256:[0-9a-f]{64}$"


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key that is let in: what it is called, what it may do, and the SHA-256 of its text.

    `operate` includes `read`. `id` stands in the text of the key, so that a key can be told from its
    text and revoked without it.
    """

    id: Annotated[str, Meta(pattern=_ID)]
    name: Annotated[str, Meta(max_length=100)] = ""
    role: Role
    hash: Annotated[str, Meta(pattern=_HASH)]
    created: date | None = None

    def may(self, role: Role) -> bool:
        """Whether the key may do what `role` may."""
        return role in (self.role, "read")


class KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file of keys holds, as JSON."""

    keys: tuple[Key, ...] = ()


class KeyRing:
    """All keys that are let in."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self.keys: Final = tuple(keys)
        self._by_id: Final = {key.id: key for key in self.keys}

    def __bool__(self) -> bool:
        return bool(self.keys)

    def find(self, text: str) -> Key | None:
        """The key with this text, or None; compared in constant time, also where there is none of its id."""
        key = self._by_id.get(parse_key_id(text), _NOBODY)
        same = hmac.compare_digest(hash_key(text), key.hash)
        return key if same and key is not _NOBODY else None


def hash_key(text: str) -> str:
    """What is kept of a key."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def parse_key_id(text: str) -> str:
    """The id that stands in the text of a key; empty where there is none."""
    prefix, _, rest = text.partition("_")
    return rest.partition("_")[0] if prefix == _PREFIX else ""


_NOBODY: Final = Key(id="00000000", role="read", hash="sha256:" + "0" * 64)


def make_key(random: bytes, *, role: Role, name: str, created: date) -> tuple[str, Key]:
    """The text of a new key, to be shown once, and what is kept of it; from 36 random bytes or more."""
    if len(random) < 36:
        raise ValueError(len(random))
    text = f"{_PREFIX}_{random[:4].hex()}_{random[4:].hex()}"
    return text, Key(id=random[:4].hex(), name=name, role=role, hash=hash_key(text), created=created)


def parse_keys(content: bytes, file: str) -> tuple[Key, ...]:
    """The keys of a file; BadSetting, naming it, where it is broken or names an id twice."""
    try:
        keys = msgspec.json.decode(content, type=KeyFile).keys
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise BadSetting(file, str(fault)) from None
    ids = [key.id for key in keys]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise BadSetting(file, f"the id {twice[0]} stands there twice")
    return keys


def parse_hashes(text: str, setting: str) -> tuple[Key, ...]:
    """Keys from the environment: `id:role:sha256:…`, separated by spaces or commas; BadSetting."""
    keys = []
    for part in text.replace(",", " ").split():
        named, _, rest = part.partition(":")
        role, _, kept = rest.partition(":")
        try:
            keys.append(msgspec.convert({"id": named, "role": role, "hash": kept}, Key))
        except msgspec.ValidationError as fault:
            raise BadSetting(setting, str(fault)) from None
    return tuple(keys)


def encode_keys(keys: Iterable[Key]) -> bytes:
    """The content of a file with these keys."""
    return msgspec.json.format(msgspec.json.encode(KeyFile(keys=tuple(keys))), indent=2) + b"\n"
