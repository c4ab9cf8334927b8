"""How people and spreadsheets write facts, turned into the strict flat text that flat.py reads.

Only forms with one meaning are read: a day with its year first, a serial of Excel's 1900 date
system, thousands in groups of three. Everything else is left as it came, and the strict reading
refuses it with its own fault. What is valid strictly is never changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Final

from penaltycalc.calculators.calculate import CALCULATIONS, Kind, Request
from penaltycalc.input.flat import FlatField, FlatKind, decode_flat, list_fields
from penaltycalc.input.json import AnyStruct
from penaltycalc.rules.money import PATTERN

_IDS: Final = frozenset(calculation.subject for calculation in CALCULATIONS.values())

# Not all of NFKC: it would read 10² as 102, and ① as 1.
_NARROW: Final = {wide: wide - 0xFF01 + 0x21 for wide in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xFFE5: "¥"}

SERIAL_EPOCH: Final = date(1899, 12, 30)
"""Day 0 of Excel's 1900 date system, as counted from 1900-03-01 on; before, Excel knows a 29th of February 1900."""

_STRICT_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE: Final = re.compile(
    r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日|([0-9]{2})([0-9]{2}))"
    r"(?:[ T]0?0:00(?::00)?)?"
)
_SERIAL: Final = re.compile(r"([1-9][0-9]{4})(?:\.0+)?")
_STRICT_MONEY: Final = re.compile(PATTERN)
_MONEY: Final = re.compile(r"(?:¥ ?)?([0-9]+(?:\.[0-9]+)?|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?)(?: ?元)?")
_INTEGER: Final = re.compile(r"(-?[0-9]{1,9})(?:\.0+)?")
_BOOLEANS: Final = {
    "true": "true",
    "1": "true",
    "yes": "true",
    "是": "true",
    "false": "false",
    "0": "false",
    "no": "false",
    "否": "false",
}
_DATED_ID: Final = re.compile(r"([0-9]{2})-([0-9]{1,2})(?:-([0-9]{1,2}))?")


def normalize_fact(field: FlatField, text: str, violations: Collection[str] = ()) -> str:
    """The strict text of a fact, or `text` itself where it is strict already or no known form.

    `violations` are the known ids: a spreadsheet turns the id 79-1-1 into the date 1979-01-01, which
    is taken back where it can stand for one id only.
    """
    if field.name in _IDS:
        return _id(text, violations if field.name == "violation" else ())
    return _READERS[field.kind](field, text)


def parse_words(kind: Kind, facts: Mapping[str, str], violations: Collection[str]) -> Request:
    """A request from facts as people write them; blank text is a fact not given. Errors as from_flat."""
    return decode_words(CALCULATIONS[kind].request, facts, violations)


def decode_words(type: type[AnyStruct], facts: Mapping[str, str], violations: Collection[str] = ()) -> AnyStruct:
    """A record of any type, as `from_lenient`."""
    fields = list_fields(type)
    given: dict[str, str] = {}
    for name, text in facts.items():
        if name not in fields:
            given[name] = text  # to be refused, blank or not
        elif text and not text.isspace():
            given[name] = normalize_fact(fields[name], text, violations)
    return decode_flat(type, given)


def _plain(text: str) -> str:
    """The text with full-width digits, letters and signs as ASCII, without the spaces around it."""
    return (text if text.isascii() else text.translate(_NARROW)).strip()


# --------------------------------------------------------------------------------- ids


def _id(text: str, violations: Collection[str]) -> str:
    """An id as it is, without the title that a drop-down shows behind it; taken back from a date."""
    if text in violations:
        return text
    first, *_ = _plain(text).split(maxsplit=1) or [text]
    if first in violations:
        return first
    # A date may hold a space itself, before its midnight.
    day = _day(text)
    if day is None:
        return first
    found = [known for known in violations if _mistaken_for(known) == day]
    return found[0] if len(found) == 1 else text


def _mistaken_for(id: str) -> date | None:
    """The day that a spreadsheet takes an id for: year and month, on the 1st where no day follows.

    So 81-1 would be the day of an 81-1-1, if the law had both. Two-digit years from 30 on are of the
    20th century in every spreadsheet's default; no article with a smaller number has violations.
    """
    found = _DATED_ID.fullmatch(id)
    if found is None:
        return None
    year, month, day = found.groups(default="1")
    return _date(1900 + int(year), int(month), int(day))


# --------------------------------------------------------------------------------- dates


def _date_text(_field: FlatField, text: str) -> str:
    return text if _STRICT_DATE.fullmatch(text) else _iso(text)


def _iso(text: str) -> str:
    day = _day(text)
    return text if day is None else day.isoformat()


def _day(text: str) -> date | None:
    """The day that a text is, in any form; None where it is none, or one that does not exist."""
    plain = _plain(text)
    serial = _SERIAL.fullmatch(plain)
    if serial is not None:
        return date.fromordinal(SERIAL_EPOCH.toordinal() + int(serial[1]))
    found = _DATE.fullmatch(plain)
    if found is None:
        return None
    year, _, *parts = found.groups()
    month, day = (int(part) for part in parts if part is not None)
    return _date(int(year), month, day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


# --------------------------------------------------------------------------------- other facts


def _money(_field: FlatField, text: str) -> str:
    if _STRICT_MONEY.fullmatch(text):
        return text
    found = _MONEY.fullmatch(_plain(text))
    strict = found[1].replace(",", "") if found else ""
    return strict if _STRICT_MONEY.fullmatch(strict) else text


def _boolean(_field: FlatField, text: str) -> str:
    return _BOOLEANS.get(_plain(text).lower(), text)


def _integer(_field: FlatField, text: str) -> str:
    # A sign is read here and refused by the strict reading, but of a shift by working days.
    found = _INTEGER.fullmatch(_plain(text))
    return found[1] if found else text


def _choice(field: FlatField, text: str) -> str:
    values: tuple[str, ...] = getattr(field.info, "values", ())
    if text in values:
        return text
    plain = _plain(text).lower()
    return plain if plain in values else text


def _clock_stops(_field: FlatField, text: str) -> str:
    """Each stop with its days and its reason in strict form; a `/` stands between days, never in one."""
    stops = [_stop(part) for part in _plain(text).split(";")]
    return ";".join(stops) if all(stops) else text


def _stop(text: str) -> str:
    """A stop in strict form, its days as they are where they are none; empty where it is no stop."""
    interval, _, reason = text.rpartition(":")  # a time at midnight has colons too
    first, slash, last = interval.partition("/")
    if not slash:
        return ""
    return f"{_iso(first)}/{_iso(last) if last.strip() else ''}:{reason.strip().lower()}"


def _text(_field: FlatField, text: str) -> str:
    return text


_READERS: Final[dict[FlatKind, Callable[[FlatField, str], str]]] = {
    "text": _text,
    "choice": _choice,
    "money": _money,
    "date": _date_text,
    "boolean": _boolean,
    "integer": _integer,
    "clock_stops": _clock_stops,
}
