"""Checks requests that a program makes in Python as strictly as JSON is checked.

msgspec checks what it decodes, but not what is passed to a constructor. Without this check
a goods value given as a plain number would give a determined answer without a fine.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Final

import msgspec
from msgspec import NODEFAULT, UNSET, inspect

from penaltycalc.calculators.calculate import CALCULATIONS
from penaltycalc.errors import MAX_FAULTS, Path, SchemaFault, label_fact, quote_value, raise_first
from penaltycalc.input.json import build_value_fault, find_value_fault
from penaltycalc.rules.money import MAX_FEN, Money

_REQUEST_TYPES: Final[dict[type[msgspec.Struct], inspect.Type]] = {
    calculation.request: inspect.type_info(calculation.request) for calculation in CALCULATIONS.values()
}


def check_request(request: msgspec.Struct, expected: type[msgspec.Struct]) -> None:
    """Refuse a request whose members have other types, bounds or words than the OpenAPI document says.

    SchemaFault with every fault. A subclass is another type: a datetime is no date, True no number.
    """
    raise_first(list(islice(_find_faults(_REQUEST_TYPES[expected], request, ()), MAX_FAULTS)))


def _find_faults(info: inspect.Type, value: object, path: Path) -> Iterator[SchemaFault]:
    match info:
        case inspect.StructType():
            if type(value) is info.cls:
                yield from _find_member_faults(info, value, path)
            else:
                yield SchemaFault(path, message="schema-object")
        case inspect.VarTupleType():
            most = info.max_length or 0
            if type(value) is tuple and len(value) <= most:
                for index, element in enumerate(value):
                    yield from _find_faults(info.item_type, element, (*path, index))
            else:
                yield SchemaFault(path, message="schema-tuple", most=most)
        case _ if not _has_exact_type(info, value):
            yield _build_type_fault(info, value, path)
        case inspect.CustomType() | inspect.DateType():
            return  # a date has no bounds here, and those of money were checked with its type
        case _:
            if (fault := find_value_fault(info, value, path)) is not None:
                yield fault


def _has_exact_type(info: inspect.Type, value: object) -> bool:
    """Whether a single value has the very type that its member declares, and could be written in an answer."""
    match info:
        case inspect.CustomType():
            return type(value) is Money and 0 <= value.fen <= MAX_FEN
        case inspect.DateType():
            return type(value) is date
        case inspect.StrType() | inspect.LiteralType():
            return type(value) is str and _is_text(value)
        case _:
            return True  # numbers and truth values are told apart by `find_value_fault`


def _build_type_fault(info: inspect.Type, value: object, path: Path) -> SchemaFault:
    """The fault of a value of another type; of money, which is no text here, with a message of its own."""
    if isinstance(info, inspect.CustomType):
        return SchemaFault(path, message="schema-money-object", given=quote_value(value))
    return build_value_fault(info, value, path)


def _is_text(value: str) -> bool:
    """Whether a text can be written as UTF-8: half a surrogate pair cannot, and no answer could repeat it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _find_member_faults(info: inspect.StructType, value: object, path: Path) -> Iterator[SchemaFault]:
    for field in info.fields:
        member = getattr(value, field.name)
        # A member may be UNSET only where that is its default, which msgspec shows as no default at all.
        if member is UNSET and field.required:
            yield SchemaFault(
                (*path, field.encode_name), message="schema-missing", name=label_fact((*path, field.encode_name))
            )
        elif member is not UNSET or field.default is not NODEFAULT:
            yield from _find_faults(field.type, member, (*path, field.encode_name))
