"""The flat form of a request: one text for each fact, by its flat name.

Queries, the options of the command line, rows of tables and cells give facts in this form. A fact in a nested
record has the name that it has there, with a prefix where that name alone says too little (`conduct_from` for
`from` in `conduct`). There are facts of one responsible person only. All clock stops are one text,
`2026-06-03/2026-06-10:hearing;2026-07-01/:testing`: first day, last day (absent while the clock stands), reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple, assert_never

import msgspec
from msgspec import inspect

from penaltycalc.calculators.calculate import CALCULATIONS, Kind, Request
from penaltycalc.calculators.fact_names import PERSON_NAMES, PREFIXES
from penaltycalc.errors import (
    FactOutOfRange,
    Label,
    Path,
    RequestError,
    SchemaFault,
    UnknownQuery,
    quote_value,
    raise_first,
)
from penaltycalc.input.json import AnyStruct, convert

FlatKind = Literal["text", "choice", "money", "date", "boolean", "integer", "clock_stops"]

# int() raises an error of its own above 4,300 digits; a longer number stays a text and is refused as one.
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII)


class FlatField(NamedTuple):
    """A fact in flat form: its name, its path in the request, and what its text looks like.

    `needs` names the fact without which this one says nothing: a last day needs its first day.
    """

    name: str
    path: Path
    kind: FlatKind
    info: inspect.Type
    required: bool
    needs: str | None = None


def list_flat_fields(kind: Kind) -> dict[str, FlatField]:
    """List the flat facts of a calculation by name, in the order of its request."""
    return list_fields(CALCULATIONS[kind].request)


# Every row and every query needs the fields of its type, and listing them takes about a millisecond, forty times
# as long as answering. The types are those of requests and queries, which the program itself defines.
@cache
def list_fields(type: type[msgspec.Struct]) -> dict[str, FlatField]:
    """List the flat facts of any request or query by name, in its order."""
    info = inspect.type_info(type)
    assert isinstance(info, inspect.StructType)
    return {field.name: field for field in _flatten_struct(info, (), "")}


def _flatten_struct(info: inspect.StructType, path: Path, prefix: str) -> Iterator[FlatField]:
    for field in info.fields:
        field_path = (*path, field.encode_name)
        field_type = field.type
        if isinstance(field_type, inspect.StructType):
            # A new record without an entry there stops the start (KeyError).
            nested = _flatten_struct(field_type, field_path, PREFIXES[field.encode_name])
            yield from _mark_needed(nested, field_type)
        elif field_path == ("clock_stops",):
            yield FlatField("clock_stops", field_path, "clock_stops", field_type, required=False)
        elif isinstance(field_type, inspect.VarTupleType):
            person = field_type.item_type
            assert isinstance(person, inspect.StructType)
            yield from _mark_needed(_flatten_person(person, (*field_path, 0)), person)
        else:
            # A fact of a nested record is required only where the record is there at all; `needs` says so.
            name, is_required = f"{prefix}{field.encode_name}", field.required and not path
            yield FlatField(name, field_path, _find_kind(field_type), field_type, is_required)


def _flatten_person(info: inspect.StructType, path: Path) -> Iterator[FlatField]:
    for field in info.fields:
        name = PERSON_NAMES[field.encode_name]
        yield FlatField(name, (*path, field.encode_name), _find_kind(field.type), field.type, required=False)


def _mark_needed(fields: Iterator[FlatField], info: inspect.StructType) -> Iterator[FlatField]:
    """Give each fact of a nested record the name of the fact that the record cannot be without."""
    nested = list(fields)
    required = {field.encode_name for field in info.fields if field.required}
    needed = next((field.name for field in nested if field.path[-1] in required), None)
    yield from (field._replace(needs=needed) for field in nested)


def _find_kind(info: inspect.Type) -> FlatKind:
    match info:
        case inspect.LiteralType():
            return "choice"
        case inspect.BoolType():
            return "boolean"
        case inspect.IntType():
            return "integer"
        case inspect.DateType():
            return "date"
        case inspect.CustomType():
            return "money"
        case _:
            return "text"


def find_flat_name(type: type[msgspec.Struct], path: Path, stated: Collection[str] = ()) -> str:
    """Find the flat name of a place in a request; of a record, that of its first fact that was not stated, if any.

    A place inside of clock stops has the name `clock_stops`. A path that leads nowhere is written as it is.
    """
    fields = list_fields(type).values()
    for field in fields:
        if path[: len(field.path)] == field.path:
            return field.name
    group = [field.name for field in fields if field.path[: len(path)] == path]
    unstated = [name for name in group if name not in stated]
    return next(iter(unstated or group), "/".join(map(str, path)))


def parse_flat(kind: Kind, facts: Mapping[str, str]) -> Request:
    """Parse the request of a calculation from its flat form.

    RequestError with every fault, where `where` is a flat name; FactOutOfRange where a fact lacks the one that
    it needs, as a last day its first day.
    """
    return decode_flat(CALCULATIONS[kind].request, facts)


def decode_flat(type: type[AnyStruct], facts: Mapping[str, str]) -> AnyStruct:
    """Decode a request or query of any type from its flat form; errors as parse_flat."""
    fields = list_fields(type)
    content: dict[str, Any] = {}
    faults: list[RequestError] = []
    for name, text in facts.items():
        field = fields.get(name)
        if field is None:
            faults.append(UnknownQuery((name,), name, fields))
            continue
        try:
            if len(field.path) == 1:
                content[name] = _parse_value(field, text)
            else:
                _put_value(content, field.path, _parse_value(field, text))
        except SchemaFault as fault:
            faults.append(fault)
    if faults:
        _raise_faults([*faults, *_find_other_faults(type, content)])
    try:
        return convert(content, type)
    except RequestError as error:
        renamed = _rename_locations(type, error)
        incomplete = [fields[name] for name in facts if fields[name].needs not in (None, *facts)]
        # The facts that they need are missing, of course. Where nothing else is wrong, the better message is
        # not that a name is missing, but that the fact that is there needs another one.
        if {fault.where for fault in renamed.faults} <= {(field.needs,) for field in incomplete}:
            raise_first([_build_needed_fact_error(field) for field in incomplete])
        raise renamed from None


def _build_needed_fact_error(field: FlatField) -> FactOutOfRange:
    given = Label("fact", field.name)
    return FactOutOfRange((field.name,), message="fact-needs", given=given, name=Label("fact", str(field.needs)))


def _raise_faults(faults: list[RequestError]) -> None:
    """Raise all faults: those of form first, then unknown names, then the others."""
    raise_first(sorted(faults, key=lambda fault: (fault.code != SchemaFault.code, not isinstance(fault, UnknownQuery))))


def _find_other_faults(type: type[msgspec.Struct], content: dict[str, Any]) -> list[RequestError]:
    """Find the other faults of a request that is refused for an unknown name or clock stops already."""
    try:
        convert(content, type)
    except RequestError as error:
        return [fault for fault in _rename_locations(type, error).faults if isinstance(fault, RequestError)]
    return []


def _rename_locations(type: type[msgspec.Struct], error: RequestError) -> RequestError:
    """Give every fault of an error the flat name of its place, in place of the path there."""
    for fault in error.faults:
        fault.where = (find_flat_name(type, fault.where),)
        if fault.message == "schema-missing":
            fault.facts["name"] = Label("fact", str(fault.where[0]))
    return error


def _put_value(content: dict[str, Any], path: Path, value: object) -> None:
    """Put a value at its path, and make the objects and the list of one element that lie on the way."""
    container: Any = content
    for part, next_part in pairwise(path):
        if isinstance(part, int):
            container = container[0]
        else:
            container = container.setdefault(part, [{}] if isinstance(next_part, int) else {})
    container[path[-1]] = value


def _parse_value(field: FlatField, text: str) -> object:
    """Parse the plain value that a text stands for, as JSON would have it.

    A text that stands for none is returned as it is: the conversion to the type of the request refuses it.
    """
    match field.kind:
        case "text" | "choice" | "money" | "date":
            return text
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
        case "integer":
            return int(text) if _WHOLE_NUMBER.fullmatch(text) else text
        case "clock_stops":
            return _parse_clock_stops(text)
        case _:
            assert_never(field.kind)


def _parse_clock_stops(text: str) -> list[dict[str, str]]:
    stops: list[dict[str, str]] = []
    for part in text.split(";"):
        interval, colon, reason = part.partition(":")
        first, slash, last = interval.partition("/")
        if not (colon and slash):
            raise SchemaFault(("clock_stops",), message="schema-clock-stops", given=quote_value(text))
        # An absent last day means that the clock still stands; an empty text would be refused as no day.
        stops.append({"from": first, "reason": reason, **({"to": last} if last else {})})
    return stops
