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
from msgspec import UNSET, inspect

from penaltycalc.calculators.calculate import CALCULATIONS
from penaltycalc.errors import MAX_FAULTS, Path, SchemaFault, raise_first
from penaltycalc.input.json import describe_type, find_value_fault
from penaltycalc.rules.money import Money

_REQUEST_TYPES: Final[dict[type[msgspec.Struct], inspect.Type]] = {
    calculation.request: inspect.type_info(calculation.request) for calculation in CALCULATIONS.values()
}


def check_request(request: msgspec.Struct, expected: type[msgspec.Struct]) -> None:
    """Refuse a request whose members have other types, bounds or words than the document says.

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
                yield SchemaFault(path, message="schema-list", most=most)
        case inspect.CustomType() | inspect.DateType():
            if type(value) is not (Money if isinstance(info, inspect.CustomType) else date):
                message, facts = describe_type(info)
                yield SchemaFault(path, message=message, **facts)
        case _:
            if (fault := find_value_fault(info, value, path)) is not None:
                yield fault


def _find_member_faults(info: inspect.StructType, value: object, path: Path) -> Iterator[SchemaFault]:
    for field in info.fields:
        member = getattr(value, field.name)
        if member is not UNSET:
            yield from _find_faults(field.type, member, (*path, field.encode_name))
        elif field.required:
            yield SchemaFault((*path, field.encode_name), message="schema-missing", name=field.encode_name)
