"""The base of all records, and how msgspec reads and writes money in them."""

from __future__ import annotations

from typing import Any

import msgspec

from penaltycalc.rules.money import Money


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Base of all records: immutable, members by name only, unknown members refused.

    No record can contain itself, so the garbage collector does not need to track them.
    """


class Tagged(Record, tag_field="kind", frozen=True, kw_only=True):
    """Base of the records that are told apart by the member `kind`."""


def encode_value(value: object) -> str:
    """Write a value that msgspec does not know: money as decimal yuan with two places."""
    if isinstance(value, Money):
        return value.text
    raise NotImplementedError(type(value))


def decode_value(type: type, value: Any) -> Any:
    """Read a value that msgspec does not know: money from decimal yuan; ValueError where it is none."""
    if type is Money:
        return Money.parse(value)
    raise NotImplementedError(type)
