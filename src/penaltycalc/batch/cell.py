"""One value of an answer, as the text of one spreadsheet cell.

A path names the value: names and indexes with dots between them (`outcome.persons.0.fine.maximum`). `minimum` and
`maximum` are short for the two ends of the fine. A path that no answer of the type can have is an error; one that
this answer happens not to have gives an empty text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType, inspect

from penaltycalc.calculators.calculate import Answer
from penaltycalc.calculators.calendar_queries import ShiftedDay, WorkingDays
from penaltycalc.calculators.deadlines import DeadlineAnswer
from penaltycalc.calculators.expiries import ExpiryAnswer
from penaltycalc.calculators.penalties import PenaltyAnswer
from penaltycalc.errors import DecidedElsewhere, FactOutOfRange, Label, PenaltyBarred, SchemaFault, UnknownResult
from penaltycalc.input.words import SERIAL_EPOCH

CellAnswer = Answer | WorkingDays | ShiftedDay
CellPath = tuple[str, ...]

MAX_CHARACTERS: Final = 32_767
"""Characters that a cell holds."""

FIRST_SERIAL_DAY: Final = date(1900, 3, 1)
"""From here on all spreadsheets give a day the same number; before, Excel counts a 29th of February 1900."""

DEFAULTS: Final[dict[type[CellAnswer], str]] = {
    PenaltyAnswer: "maximum",
    DeadlineAnswer: "due",
    ExpiryAnswer: "last_day",
    WorkingDays: "working_days",
    ShiftedDay: "date",
}
"""The path that is used where none is given."""

_TYPES: Final[dict[type[CellAnswer], inspect.Type]] = {answer: inspect.type_info(answer) for answer in DEFAULTS}
_FINE_ENDS: Final = ("minimum", "maximum")
_WHERE: Final = ("out",)
# Nine digits are more than any list needs: int() raises an error for a text of more than 4,300.
_INDEX: Final = re.compile(r"[0-9]{1,9}")


def format_cell(answer: CellAnswer, out: str = "", *, serial: bool = False) -> str:
    """Write the value at the path `out` of an answer, or at the default path of its type.

    Money stands as in the answer, booleans as TRUE and FALSE, dates as 2026-11-05 or with `serial` as days of
    Excel's 1900 date system (before 1900-03-01 as ISO), nothing as an empty text. Plain values of a list are
    joined by ", ", the texts of its records by "; ". Errors as find_value; SchemaFault where the text is longer
    than a cell holds.
    """
    text = _format_value(find_value(answer, out), serial=serial)
    if len(text) > MAX_CHARACTERS:
        raise SchemaFault(_WHERE, message="schema-cell-length", most=MAX_CHARACTERS)
    return text


def find_value(answer: CellAnswer, out: str) -> Any:
    """Return the value of an answer at a path; None where the answer has none there.

    Errors as parse_path; of penalties, since a bare amount or an empty cell would mislead: FactOutOfRange for
    an outcome that is not determined, DecidedElsewhere for a fine on which other provisions decide, and,
    unless `out` itself names the amount, PenaltyBarred where no penalty is imposed and FactOutOfRange where
    that depends on the facts on harm.
    """
    path = parse_path(type(answer), out)
    if isinstance(answer, PenaltyAnswer):
        if not out.strip():
            _check_limitation(answer)
        path = _locate_in_penalty(answer, path)
    value: Any = answer
    for part in path:
        value = _find_member(value, part)
    return value


def _check_limitation(answer: PenaltyAnswer) -> None:
    """Refuse to give a bare amount where no penalty is imposed, and where the facts on harm decide whether one is."""
    if answer.penalty_excluded is not UNSET:
        raise PenaltyBarred
    if not isinstance(answer.limitation, UnsetType) and answer.limitation.depends_on_harm is True:
        facts = ("life_health_or_financial_safety", "harmful_consequence")
        raise FactOutOfRange((facts[0],), message="facts-missing", names=tuple(Label("fact", name) for name in facts))


def _locate_in_penalty(answer: PenaltyAnswer, path: CellPath) -> CellPath:
    """Return the path in this answer: the fine of an answer that is not determined stands elsewhere."""
    is_fine_end = path[0] in _FINE_ENDS
    if not isinstance(answer.missing_facts, tuple):
        path = ("outcome", "fine", *path) if is_fine_end else path
        outcome = answer.outcome
        if path[:2] == ("outcome", "fine") and not isinstance(outcome, UnsetType) and outcome.decided_by is not UNSET:
            raise DecidedElsewhere
        return path
    if path[0] == "outcome" or (answer.fine is UNSET and (is_fine_end or path[0] == "fine")):
        missing = answer.missing_facts
        names = tuple(Label("fact", name) for name in missing)
        raise FactOutOfRange((missing[0],), message="facts-missing", names=names)
    return ("fine", *path) if is_fine_end else path


def _find_member(value: Any, part: str) -> Any:
    """Return the element with that index or the member with that name; None where there is none."""
    if isinstance(value, tuple):
        index = int(part)
        return value[index] if index < len(value) else None
    if not isinstance(value, msgspec.Struct):
        return None
    config = value.__struct_config__
    if part == config.tag_field:
        return config.tag
    # Members have other names in Python where the name in the answer is a keyword, as `from`.
    names = dict(zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True))
    # A member that only another record of the same union has is not there.
    member = getattr(value, names[part]) if part in names else None
    return None if member is UNSET else member


def _format_value(value: Any, *, serial: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        has_records = any(isinstance(element, msgspec.Struct) for element in value)
        return "; ".join(record.text for record in value) if has_records else ", ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, date):
        return str((value - SERIAL_EPOCH).days) if serial and value >= FIRST_SERIAL_DAY else value.isoformat()
    return str(value)


# --------------------------------------------------------------------------- paths, by the types


def parse_path(type: type[CellAnswer], out: str) -> CellPath:
    """Parse a path into answers of a type; a blank one is the default path.

    UnknownResult for a name that no such answer has, with the nearest name; SchemaFault where a list needs an
    index, or where the path leads to a record and not to a single value.
    """
    path = tuple((out.strip() or DEFAULTS[type]).split("."))
    shortcuts = _FINE_ENDS if type is PenaltyAnswer else ()
    if len(path) == 1 and path[0] in shortcuts:
        return path
    infos = [_TYPES[type]]
    for depth, part in enumerate(path):
        infos = _list_next_types(infos, path[:depth], part, () if depth else shortcuts)
    _check_single_value(infos, path)
    return path


def _list_next_types(
    infos: list[inspect.Type], before: CellPath, part: str, shortcuts: Iterable[str]
) -> list[inspect.Type]:
    """List the types that can stand at a part of a path, given those that can stand at the part before it."""
    lists = [info for info in infos if isinstance(info, inspect.VarTupleType)]
    if lists:
        if not _INDEX.fullmatch(part):
            raise SchemaFault(_WHERE, message="schema-element", name=".".join(before))
        return [element for info in lists for element in _list_alternatives(info.item_type)]
    members: dict[str, list[inspect.Type]] = {}
    for name, info in _list_members(infos):
        members.setdefault(name, []).append(info)
    if part not in members:
        raise UnknownResult(_WHERE, part, [*members, *shortcuts])
    return members[part]


def _list_members(infos: list[inspect.Type]) -> Iterator[tuple[str, inspect.Type]]:
    """List the members that any of these records can have, by name."""
    for info in infos:
        if isinstance(info, inspect.StructType):
            if info.tag_field:
                yield info.tag_field, inspect.StrType()
            for field in info.fields:
                yield from ((field.encode_name, alternative) for alternative in _list_alternatives(field.type))


def _list_alternatives(info: inspect.Type) -> tuple[inspect.Type, ...]:
    return info.types if isinstance(info, inspect.UnionType) else (info,)


def _check_single_value(infos: list[inspect.Type], path: CellPath) -> None:
    """Refuse records, and lists of records that have no text to be joined."""
    name = ".".join(path)
    for info in infos:
        if isinstance(info, inspect.StructType):
            names = ", ".join(dict(_list_members(infos)))
            raise SchemaFault(_WHERE, message="schema-single-value", name=name, names=names)
        if isinstance(info, inspect.VarTupleType):
            alternatives = _list_alternatives(info.item_type)
            records = [record for record in alternatives if isinstance(record, inspect.StructType)]
            if any("text" not in dict(_list_members([record])) for record in records):
                raise SchemaFault(_WHERE, message="schema-element", name=name)
