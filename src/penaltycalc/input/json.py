"""From JSON to a typed request: as strict as the OpenAPI document says, and with every fault listed.

msgspec decodes a body in one pass and stops at its first fault. Only when it refuses a body is the content
walked again, by the same types, to name every place that does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

from penaltycalc.calculators.calculate import CALCULATIONS
from penaltycalc.calculators.fact_names import name_choices
from penaltycalc.errors import (
    MAX_FAULTS,
    Fact,
    Malformed,
    Path,
    RequestError,
    SchemaFault,
    UnknownField,
    build_choice_fault,
    label_fact,
    quote_value,
    raise_first,
)
from penaltycalc.rules.money import Money
from penaltycalc.rules.records import decode_value
from penaltycalc.strict_json import (
    MAX_NESTING,
    build_malformed_error,
    find_repeated_names,
    has_repeated_names,
    is_deeper_than,
)

AnyStruct = TypeVar("AnyStruct", bound=msgspec.Struct)

# A decoder takes far longer to make than to use.
_DECODERS: Final[dict[type[msgspec.Struct], msgspec.json.Decoder[Any]]] = {
    calculation.request: msgspec.json.Decoder(calculation.request, dec_hook=decode_value)
    for calculation in CALCULATIONS.values()
}


def decode_json(body: bytes, type: type[AnyStruct], *, nesting: int = MAX_NESTING) -> AnyStruct:
    """Decode a request of a calculation from JSON in UTF-8.

    RequestError (Malformed, SchemaFault, UnknownField, RepeatedName). A body in which arrays and objects lie in
    each other deeper than `nesting` is malformed.
    """
    try:
        return _decode_json(body, type, nesting)
    # Decoders and the walks here give up this way where a body nests too deep even to count its levels.
    except RecursionError:
        raise Malformed(message="malformed-depth") from None


def _decode_json(body: bytes, type: type[AnyStruct], nesting: int) -> AnyStruct:
    try:
        request: AnyStruct = _DECODERS[type].decode(body)
    except msgspec.ValidationError:
        # It is JSON of another shape, or the shape is right and a number is written as 5.0. The order of the checks
        # decides which error a body with several faults gets: depth, then names, then values.
        content = _decode_untyped(body)
        if is_deeper_than(content, nesting):
            raise Malformed(message="malformed-depth") from None
        raise_first(find_repeated_names(body))
        return convert(_convert_whole_floats(content), type)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise build_malformed_error(body) from None
    if has_repeated_names(body):  # msgspec takes the last of two members, and says nothing
        raise_first(find_repeated_names(body))
    return request


def _decode_untyped(body: bytes) -> Any:
    """Decode a body whatever it holds; Malformed where it is no JSON behind the place that first did not fit."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise build_malformed_error(body) from None


def _convert_whole_floats(value: Any) -> Any:
    """Return the content with numbers like 5.0 and 5e0 as the integers that JSON Schema takes them for."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _convert_whole_floats(member) for name, member in value.items()}
    return [_convert_whole_floats(element) for element in value] if isinstance(value, list) else value


def convert(content: object, type: type[AnyStruct]) -> AnyStruct:
    """Convert plain dicts, lists and values to a record, as strictly as from JSON; RequestError with every fault."""
    try:
        return msgspec.convert(content, type, dec_hook=decode_value)
    except msgspec.ValidationError:
        faults = islice(_find_faults(inspect.type_info(type), content, ()), MAX_FAULTS)
        # Faults of form come first: they give the problem its code.
        # Where the walk finds nothing that msgspec refused, the refusal still stands, with a general message.
        first, *others = sorted(faults, key=lambda fault: fault.code != SchemaFault.code) or [SchemaFault()]
        raise first.add_faults(others) from None


# ------------------------------------------------------------------------------------ every fault


def _find_faults(info: inspect.Type, value: object, path: Path) -> Iterator[RequestError]:
    """Find every fault of a value, by the type that it should have; msgspec leaves UNSET out of the types it shows."""
    if isinstance(info, inspect.StructType):
        yield from _find_struct_faults(info, value, path)
    elif isinstance(info, inspect.VarTupleType):
        max_length = info.max_length or 0
        if not isinstance(value, list) or len(value) > max_length:
            yield SchemaFault(path, message="schema-list", most=max_length)
        else:
            for index, element in enumerate(value):
                yield from _find_faults(info.item_type, element, (*path, index))
    elif (fault := find_value_fault(info, value, path)) is not None:
        yield fault


def _find_struct_faults(info: inspect.StructType, value: object, path: Path) -> Iterator[RequestError]:
    if not isinstance(value, dict):
        yield SchemaFault(path, message="schema-object")
        return
    fields = {field.encode_name: field for field in info.fields}
    names = [*fields, *([info.tag_field] if info.tag_field else [])]
    for name, member in value.items():
        if name == info.tag_field:
            if member != info.tag:
                yield build_choice_fault((*path, name), member, name, [str(info.tag)])
        elif name not in fields:
            yield UnknownField((*path, name), name, names)
        else:
            yield from _find_faults(fields[name].type, member, (*path, name))
    for name, field in fields.items():
        if field.required and name not in value:
            yield SchemaFault((*path, name), message="schema-missing", name=label_fact((*path, name)))


def find_value_fault(info: inspect.Type, value: object, path: Path) -> SchemaFault | None:
    """Return the fault of a single value, None where it has none."""
    match info:
        case inspect.StrType():
            is_valid = isinstance(value, str) and (info.min_length or 0) <= len(value) <= (info.max_length or 0)
        case inspect.LiteralType():
            is_valid = isinstance(value, str) and value in info.values
        case inspect.IntType():  # by type(): True is an int for Python, and no number in JSON
            is_valid = type(value) is int and (info.ge or 0) <= value <= (info.le or 0)
        case inspect.BoolType():
            is_valid = isinstance(value, bool)
        case inspect.CustomType():
            is_valid = _is_convertible(value, Money)
        case _:
            is_valid = _is_convertible(value, date)
    return None if is_valid else build_value_fault(info, value, path)


def build_value_fault(info: inspect.Type, value: object, path: Path) -> SchemaFault:
    """Return the fault of a value that is not of this type: what was sent, and what is expected at its place."""
    facts: dict[str, Fact] = {"given": quote_value(value)}
    match info:
        case inspect.StrType() if isinstance(value, str):
            message = "schema-text-from" if info.min_length else "schema-text"
            facts = {"least": info.min_length or 0, "most": info.max_length or 0, "length": len(value)}
        case inspect.StrType():
            message = "schema-no-text"
        case inspect.LiteralType():
            return build_choice_fault(path, value, name_choices(label_fact(path).code), map(str, info.values))
        case inspect.IntType():
            message = "schema-integer"
            facts |= {"least": info.ge or 0, "most": info.le or 0}
        case inspect.BoolType():
            message = "schema-boolean"
        case inspect.CustomType():
            # A number may look just like an amount: then only its kind is wrong.
            message = "schema-money" if isinstance(value, str) else "schema-money-text"
        case _:
            message = "schema-date"
    return SchemaFault(path, message=message, **facts)


def _is_convertible(value: object, type: type[Any]) -> bool:
    try:
        msgspec.convert(value, type, dec_hook=decode_value)
    except msgspec.ValidationError:
        return False
    return True
