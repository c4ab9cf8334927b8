"""One value of an answer, as text for one spreadsheet cell.

`out` is a dotted path into the answer (`outcome.persons.0.fine.maximum`); `minimum` and `maximum` are
short for the ends of the fine. What can never stand in an answer of that type is a fault; what can
but does not here is an empty text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, lru_cache
from typing import Any, Final

import msgspec
from msgspec import UNSET, inspect

from penaltycalc.calculators.calculate import Answer
from penaltycalc.calculators.calendar_queries import ShiftedDay, WorkingDays
from penaltycalc.calculators.deadlines import DeadlineAnswer
from penaltycalc.calculators.expiries import ExpiryAnswer
from penaltycalc.calculators.penalties import PenaltyAnswer
from penaltycalc.errors import FactOutOfRange, SchemaFault, UnknownField
from penaltycalc.input.words import SERIAL_EPOCH

CellAnswer = Answer | WorkingDays | ShiftedDay
CellPath = tuple[str, ...]

MAX_CHARACTERS: Final = 32_767
"""What a cell holds at most."""

FIRST_SERIAL_DAY: Final = date(1900, 3, 1)
"""From here on all spreadsheets give a day the same serial; Excel knows a 29th of February 1900."""

DEFAULTS: Final[dict[type[CellAnswer], str]] = {
    PenaltyAnswer: "maximum",
    DeadlineAnswer: "due",
    ExpiryAnswer: "last_day",
    WorkingDays: "working_days",
    ShiftedDay: "date",
}
"""What a cell shows where no path is given."""

_ENDS_OF_THE_FINE: Final = ("minimum", "maximum")
_WHERE: Final = ("out",)
_INDEX: Final = re.compile(r"[0-9]{1,9}")


def format_cell(answer: CellAnswer, out: str = "", *, serial: bool = False) -> str:
    """The text of a cell: the value at `out`, or the default one of this type of answer.

    Money as in the answer, TRUE and FALSE, dates as 2026-11-05 or with `serial` as days of Excel's
    1900 date system (ISO before 1900-03-01), nothing as empty text. Plain values of a list are
    joined by ", ", the texts of its records by "; ". Errors as `value_at`; SchemaFault where the
    text is longer than a cell holds.
    """
    text = _text(value_at(answer, out), serial=serial)
    if len(text) > MAX_CHARACTERS:
        raise SchemaFault(_WHERE, message="schema-cell-length", most=MAX_CHARACTERS)
    return text


def value_at(answer: CellAnswer, out: str) -> Any:
    """The value of an answer at a path; None where nothing stands there.

    Errors as `path_of`; FactOutOfRange for the outcome of a penalty that is not determined: an empty
    cell would read as no fine.
    """
    path = parse_path(type(answer), out)
    if isinstance(answer, PenaltyAnswer):
        path = _in_penalty(answer, path)
    value: Any = answer
    for part in path:
        value = _inside(value, part)
    return value


def _in_penalty(answer: PenaltyAnswer, path: CellPath) -> CellPath:
    """The path in this answer, with the ends of the fine at their place."""
    short = path[0] in _ENDS_OF_THE_FINE
    if not isinstance(answer.missing_facts, tuple):
        return ("outcome", "fine", *path) if short else path
    if path[0] == "outcome" or (answer.fine is UNSET and (short or path[0] == "fine")):
        missing = answer.missing_facts
        raise FactOutOfRange((missing[0],), message="facts-missing", names=", ".join(missing))
    return ("fine", *path) if short else path


def _inside(value: Any, part: str) -> Any:
    """The element or the member of that name; None where there is none."""
    if isinstance(value, tuple):
        index = int(part)
        return value[index] if index < len(value) else None
    if not isinstance(value, msgspec.Struct):
        return None
    config = value.__struct_config__
    if part == config.tag_field:
        return config.tag
    # A member of another kind of the same union is not there.
    name = _members_of(type(value)).get(part)
    found = getattr(value, name) if name is not None else None
    return None if found is UNSET else found


@cache
def _members_of(type: type[msgspec.Struct]) -> dict[str, str]:
    """The names of a record's members in Python, by their names in answers."""
    return dict(zip(type.__struct_encode_fields__, type.__struct_fields__, strict=True))


def _text(value: Any, *, serial: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        records = any(isinstance(one, msgspec.Struct) for one in value)
        return "; ".join(one.text for one in value) if records else ", ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, date):
        return str((value - SERIAL_EPOCH).days) if serial and value >= FIRST_SERIAL_DAY else value.isoformat()
    return str(value)


# --------------------------------------------------------------------------- paths, by the types


@lru_cache(maxsize=256)
def parse_path(type: type[CellAnswer], out: str) -> CellPath:
    """The parts of a path into answers of a type; blank: the default.

    UnknownField for a name that no such answer has, with the nearest; SchemaFault where a list needs
    an index, or where the path leads to a record.
    """
    path = tuple((out.strip() or DEFAULTS[type]).split("."))
    short = _ENDS_OF_THE_FINE if type is PenaltyAnswer else ()
    if len(path) == 1 and path[0] in short:
        return path
    infos = [_info(type)]
    for depth, part in enumerate(path):
        infos = _stepped(infos, path[:depth], part, () if depth else short)
    _check_shown(infos, path)
    return path


@cache
def _info(type: type[CellAnswer]) -> inspect.Type:
    return inspect.type_info(type)


def _stepped(infos: list[inspect.Type], before: CellPath, part: str, short: Iterable[str]) -> list[inspect.Type]:
    """The types that may stand at a part of a path, in those that may stand before it."""
    lists = [info for info in infos if isinstance(info, inspect.VarTupleType)]
    if lists:
        if not _INDEX.fullmatch(part):
            raise SchemaFault(_WHERE, message="schema-element", name=".".join(before))
        return [one for info in lists for one in _members(info.item_type)]
    named: dict[str, list[inspect.Type]] = {}
    for name, info in _names(infos):
        named.setdefault(name, []).append(info)
    if part not in named:
        raise UnknownField(_WHERE, part, [*named, *short])
    return named[part]


def _names(infos: list[inspect.Type]) -> Iterator[tuple[str, inspect.Type]]:
    """What any of these records may hold, by name."""
    for info in infos:
        if isinstance(info, inspect.StructType):
            if info.tag_field:
                yield info.tag_field, inspect.StrType()
            for field in info.fields:
                yield from ((field.encode_name, one) for one in _members(field.type))


def _members(info: inspect.Type) -> tuple[inspect.Type, ...]:
    return info.types if isinstance(info, inspect.UnionType) else (info,)


def _check_shown(infos: list[inspect.Type], path: CellPath) -> None:
    """Refuse records, and lists of records without a text."""
    name = ".".join(path)
    for info in infos:
        if isinstance(info, inspect.StructType):
            names = ", ".join(dict(_names(infos)))
            raise SchemaFault(_WHERE, message="schema-single-value", name=name, names=names)
        if isinstance(info, inspect.VarTupleType):
            records = [one for one in _members(info.item_type) if isinstance(one, inspect.StructType)]
            if any("text" not in dict(_names([one])) for one in records):
                raise SchemaFault(_WHERE, message="schema-element", name=name)
