"""From what a caller sends to a typed request: strict, and with every fault listed.

msgspec decodes in one go and stops at the first fault. Only when it refuses is the content walked
again, by the same types, to name each place that does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from penaltycalc.errors import (
    MAX_FAULTS,
    Malformed,
    Path,
    RequestError,
    SchemaFault,
    UnknownField,
    raise_first,
)
from penaltycalc.rules.money import Money
from penaltycalc.rules.records import decode_value
from penaltycalc.strict_json import (
    MAX_NESTING,
    find_repeated_names,
    has_repeated_names,
    is_deeper_than,
    malformed_error,
)

AnyStruct = TypeVar("AnyStruct", bound=msgspec.Struct)


@lru_cache(maxsize=16)
def _decoder(type: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type, dec_hook=decode_value)


def decode_json(body: bytes, type: type[AnyStruct], *, nesting: int = MAX_NESTING) -> AnyStruct:
    """A request from JSON in UTF-8; RequestError (Malformed, SchemaFault, UnknownField, RepeatedName).

    A body that is nested deeper than `nesting` is malformed.
    """
    try:
        return _from_json(body, type, nesting)
    except RecursionError:
        raise Malformed(message="malformed-depth") from None


def _from_json(body: bytes, type: type[AnyStruct], nesting: int) -> AnyStruct:
    try:
        request: AnyStruct = _decoder(type).decode(body)
    except msgspec.ValidationError:
        content = _content(body)
        if is_deeper_than(content, nesting):
            raise Malformed(message="malformed-depth") from None
        raise_first(find_repeated_names(body))
        return convert(_whole_numbers(content), type)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise malformed_error(body) from None
    if has_repeated_names(body):
        raise_first(find_repeated_names(body))
    return request


def convert(content: object, type: type[AnyStruct]) -> AnyStruct:
    """A request from plain dicts, lists and values, as strictly as from JSON."""
    try:
        return msgspec.convert(content, type, dec_hook=decode_value)
    except msgspec.ValidationError:
        # Faults of form come first: they give the problem its code.
        found = sorted(_limited(_faults(_info(type), content, ())), key=lambda fault: fault.code != SchemaFault.code)
        first, *others = found or [SchemaFault()]
        raise first.beside(others) from None


def _content(body: bytes) -> Any:
    """What a body holds, of whatever form; Malformed where it is no JSON after all, past the first fault of form."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise malformed_error(body) from None


def _whole_numbers(value: Any) -> Any:
    """The content with numbers like 5.0 and 5e0 as the whole numbers that JSON Schema takes them for."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _whole_numbers(inner) for name, inner in value.items()}
    return [_whole_numbers(inner) for inner in value] if isinstance(value, list) else value


def _limited(faults: Iterator[RequestError]) -> list[RequestError]:
    return list(islice(faults, MAX_FAULTS))


# ------------------------------------------------------------------------------------ every fault


@lru_cache(maxsize=16)
def _info(type: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(type)


def _faults(info: inspect.Type, value: object, path: Path) -> Iterator[RequestError]:
    """Every fault of a value, by the type it should have; msgspec leaves UNSET out of the types it shows."""
    if isinstance(info, inspect.StructType):
        yield from _struct_faults(info, value, path)
    elif isinstance(info, inspect.VarTupleType):
        most = info.max_length or 0
        if not isinstance(value, list) or len(value) > most:
            yield SchemaFault(path, message="schema-list", most=most)
        else:
            for index, element in enumerate(value):
                yield from _faults(info.item_type, element, (*path, index))
    elif (fault := find_value_fault(info, value, path)) is not None:
        yield fault


def _struct_faults(info: inspect.StructType, value: object, path: Path) -> Iterator[RequestError]:
    if not isinstance(value, dict):
        yield SchemaFault(path, message="schema-object")
        return
    fields = {field.encode_name: field for field in info.fields}
    known = [*fields, *([info.tag_field] if info.tag_field else [])]
    for name, inner in value.items():
        if name == info.tag_field:
            if inner != info.tag:
                yield SchemaFault((*path, name), message="schema-one-of", values=str(info.tag))
        elif name not in fields:
            yield UnknownField((*path, name), name, known)
        else:
            yield from _faults(fields[name].type, inner, (*path, name))
    for name, field in fields.items():
        if field.required and name not in value:
            yield SchemaFault((*path, name), message="schema-missing", name=name)


def find_value_fault(info: inspect.Type, value: object, path: Path) -> SchemaFault | None:
    """The fault of a single value, or None where it fits."""
    message, facts = describe_type(info)
    if isinstance(info, inspect.StrType):
        fits = isinstance(value, str) and len(value) <= (info.max_length or 0)
    elif isinstance(info, inspect.LiteralType):
        fits = value in info.values and isinstance(value, str)
    elif isinstance(info, inspect.IntType):
        fits = type(value) is int and (info.ge or 0) <= value <= (info.le or 0)
    elif isinstance(info, inspect.BoolType):
        fits = isinstance(value, bool)
    else:
        fits = _converts(value, Money if isinstance(info, inspect.CustomType) else date)
    return None if fits else SchemaFault(path, message=message, **facts)


def describe_type(info: inspect.Type) -> tuple[str, dict[str, str | int]]:
    """The sentence that says what a value of this type looks like, and its facts."""
    if isinstance(info, inspect.StrType):
        return "schema-text", {"most": info.max_length or 0}
    if isinstance(info, inspect.LiteralType):
        return "schema-one-of", {"values": ", ".join(map(str, info.values))}
    if isinstance(info, inspect.IntType):
        return "schema-integer", {"least": info.ge or 0, "most": info.le or 0}
    if isinstance(info, inspect.BoolType):
        return "schema-boolean", {}
    return ("schema-money" if isinstance(info, inspect.CustomType) else "schema-date"), {}


def _converts(value: object, type: Any) -> bool:
    try:
        msgspec.convert(value, type, dec_hook=decode_value)
    except msgspec.ValidationError:
        return False
    return True
