"""The flat form of a request: one text for each fact, by its flat name.

Queries, the command line, CSV rows and cells write the same facts this way. A nested fact keeps its
own name, with a prefix where that alone says too little (`conduct_from`); of responsible persons
there is one; clock stops are written `2026-06-03/2026-06-10:hearing;2026-07-01/:testing`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import inspect

from penaltycalc.calculators.calculate import CALCULATIONS, Kind, Request
from penaltycalc.errors import FactOutOfRange, Path, RequestError, SchemaFault, UnknownQuery, raise_first
from penaltycalc.input.json import AnyStruct, convert

FlatKind = Literal["text", "choice", "money", "date", "boolean", "integer", "clock_stops"]

_PREFIXES: Final[dict[Path, str]] = {
    ("conduct",): "conduct_",
    ("granted",): "granted_",
    ("renewal_lead",): "renewal_lead_",
    ("harm",): "",
    ("exemption_facts",): "",
    ("readings",): "",
}
_PERSON: Final = {"role": "person_role", "name": "person_name", "income_during_violation": "person_income"}
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII)


class FlatField(NamedTuple):
    """A fact in flat form: its name, its place in the request, and what it looks like.

    `needs` names the fact without which this one says nothing: a last day needs its first day.
    """

    name: str
    path: Path
    kind: FlatKind
    info: inspect.Type
    required: bool
    needs: str | None = None


def list_flat_fields(kind: Kind) -> dict[str, FlatField]:
    """The flat names of a calculation, in the order of its request."""
    return list_fields(CALCULATIONS[kind].request)


@cache
def list_fields(type: type[msgspec.Struct]) -> dict[str, FlatField]:
    """The flat names of any request, in its order."""
    info = inspect.type_info(type)
    assert isinstance(info, inspect.StructType)
    return {field.name: field for field in _fields(info, (), "")}


def _fields(info: inspect.StructType, path: Path, prefix: str) -> Iterator[FlatField]:
    for field in info.fields:
        place = (*path, field.encode_name)
        inner = field.type
        if isinstance(inner, inspect.StructType):
            yield from _needing(_fields(inner, place, _PREFIXES[place]), inner)
        elif place == ("clock_stops",):
            yield FlatField("clock_stops", place, "clock_stops", inner, required=False)
        elif isinstance(inner, inspect.VarTupleType):
            person = inner.item_type
            assert isinstance(person, inspect.StructType)
            yield from _needing(_person(person, (*place, 0)), person)
        else:
            yield FlatField(f"{prefix}{field.encode_name}", place, _kind(inner), inner, field.required and not path)


def _person(info: inspect.StructType, path: Path) -> Iterator[FlatField]:
    for field in info.fields:
        inner = field.type
        yield FlatField(_PERSON[field.encode_name], (*path, field.encode_name), _kind(inner), inner, required=False)


def _needing(fields: Iterator[FlatField], info: inspect.StructType) -> Iterator[FlatField]:
    """The facts of a nested record, each with the name of the one that the record cannot be without."""
    made = list(fields)
    wanted = {field.encode_name for field in info.fields if field.required}
    needed = next((field.name for field in made if field.path[-1] in wanted), None)
    yield from (field._replace(needs=needed) for field in made)


def _kind(info: inspect.Type) -> FlatKind:
    kinds: dict[Any, FlatKind] = {
        inspect.LiteralType: "choice",
        inspect.BoolType: "boolean",
        inspect.IntType: "integer",
        inspect.DateType: "date",
        inspect.CustomType: "money",
    }
    return kinds.get(info.__class__, "text")


def find_flat_name(type: type[msgspec.Struct], path: Path) -> str:
    """The flat name of a place in a request; places inside clock stops are named after them."""
    fields = list_fields(type).values()
    for field in fields:
        if path[: len(field.path)] == field.path:
            return field.name
    group = [field.name for field in fields if field.path[: len(path)] == path]
    return group[0] if group else "/".join(map(str, path))


def parse_flat(kind: Kind, facts: Mapping[str, str]) -> Request:
    """A request from its flat form; RequestError with `where` as a flat name, all faults listed.

    FactOutOfRange where a fact lacks the one that it needs, as a last day its first day.
    """
    return decode_flat(CALCULATIONS[kind].request, facts)


def decode_flat(type: type[AnyStruct], facts: Mapping[str, str]) -> AnyStruct:
    """A record of any type from its flat form, as `from_flat`."""
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
                content[name] = _plain(field, text)
            else:
                _put(content, field.path, _plain(field, text))
        except SchemaFault as fault:
            faults.append(fault)
    if faults:
        found = [*faults, *_faults_beside(type, content)]
        raise_first(
            sorted(found, key=lambda fault: (fault.code != SchemaFault.code, not isinstance(fault, UnknownQuery)))
        )
    try:
        return convert(content, type)
    except RequestError as fault:
        refused = _renamed(type, fault)
        lonely = [fields[name] for name in facts if fields[name].needs not in (None, *facts)]
        # What they need is missing, of course: that alone is no fault of form.
        if {one.where for one in refused.faults} <= {(one.needs,) for one in lonely}:
            raise_first([FactOutOfRange((one.name,), message="fact-needs", name=str(one.needs)) for one in lonely])
        raise refused from None


def _faults_beside(type: type[msgspec.Struct], content: dict[str, Any]) -> list[RequestError]:
    """The other faults of a request that is refused for a name already."""
    try:
        convert(content, type)
    except RequestError as fault:
        return [one for one in _renamed(type, fault).faults if isinstance(one, RequestError)]
    return []


def _renamed(type: type[msgspec.Struct], fault: RequestError) -> RequestError:
    for one in fault.faults:
        one.where = (find_flat_name(type, one.where),)
        if one.message == "schema-missing":
            one.facts["name"] = one.where[0]
    return fault


def _put(content: dict[str, Any], path: Path, value: object) -> None:
    """Put a value at its place inside another, making the objects and the one-element list on the way."""
    place: Any = content
    for part, following in pairwise(path):
        if isinstance(part, int):
            place = place[0]
        else:
            place = place.setdefault(part, [{}] if isinstance(following, int) else {})
    place[path[-1]] = value


def _plain(field: FlatField, text: str) -> object:
    """The plain value that a text stands for; the text itself where it stands for none, to be refused."""
    kind = field.kind
    if kind in _PLAIN:
        return text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind == "integer":
        return int(text) if _WHOLE_NUMBER.fullmatch(text) else text
    return _clock_stops(text)


_PLAIN: Final = frozenset[FlatKind]({"text", "choice", "money", "date"})


def _clock_stops(text: str) -> object:
    stops: list[dict[str, str]] = []
    for part in text.split(";"):
        interval, colon, reason = part.partition(":")
        first, slash, last = interval.partition("/")
        if not (colon and slash):
            raise SchemaFault(("clock_stops",), message="schema-clock-stops")
        stops.append({"from": first, "reason": reason, **({"to": last} if last else {})})
    return stops
