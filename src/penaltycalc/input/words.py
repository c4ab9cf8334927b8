"""Facts as people and spreadsheets write them, turned into the strict texts that flat.py parses.

Only forms with one meaning are accepted: a day with its year first, the number of a day in Excel's 1900 date
system, thousands in groups of three. Any other text is passed on as it is, and the strict parser refuses it with
its own fault. A text that is valid strictly is never changed.
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

# Full-width forms only. Unicode's NFKC would change more: it reads 10² as 102, and ① as 1.
_HALF_WIDTH: Final = {wide: wide - 0xFF01 + 0x21 for wide in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xFFE5: "¥"}

SERIAL_EPOCH: Final = date(1899, 12, 30)
"""Day 0 of Excel's 1900 date system for days from 1900-03-01 on. Before, Excel counts a 29th of February 1900."""

_STRICT_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Both signs between the numbers must be the same. Exports of spreadsheets add midnight to a plain day.
_DATE: Final = re.compile(
    r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日|([0-9]{2})([0-9]{2}))"
    r"(?:[ T]0?0:00(?::00)?)?"
)
# Five digits are the days from 1927 to 2173: a shorter number could just as well be a year.
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
    """Return the strict text of a fact; `text` itself where it is strict already or has no accepted form.

    `violations` are the ids of the rulebook. A spreadsheet turns the id 79-1-1 into the date 1979-01-01; a date
    is turned back into the id where it can come from one id only.
    """
    if field.name in _IDS:
        return _normalize_id(text, violations if field.name == "violation" else ())
    return _NORMALIZERS[field.kind](field, text)


def parse_words(kind: Kind, facts: Mapping[str, str], violations: Collection[str]) -> Request:
    """Parse the request of a calculation from facts as people write them; errors as parse_flat.

    A blank text is a fact that is not given.
    """
    return decode_words(CALCULATIONS[kind].request, facts, violations)


def decode_words(type: type[AnyStruct], facts: Mapping[str, str], violations: Collection[str] = ()) -> AnyStruct:
    """Decode a request or query of any type, as parse_words."""
    fields = list_fields(type)
    strict_facts: dict[str, str] = {}
    for name, text in facts.items():
        if name not in fields:
            strict_facts[name] = text  # decode_flat refuses it, also where it is blank
        elif text and not text.isspace():
            strict_facts[name] = normalize_fact(fields[name], text, violations)
    return decode_flat(type, strict_facts)


def _simplify(text: str) -> str:
    """Return a text with full-width digits, letters and signs as ASCII, without the spaces around it."""
    return (text if text.isascii() else text.translate(_HALF_WIDTH)).strip()


# --------------------------------------------------------------------------------- ids


def _normalize_id(text: str, violations: Collection[str]) -> str:
    """Return an id without the title that drop-down lists show behind it; or the id that a date was made of."""
    if text in violations:
        return text
    first, *_ = _simplify(text).split(maxsplit=1) or [text]
    if first in violations:
        return first
    # The whole text is tried, not its first word: a date can be followed by a space and its midnight.
    day = _parse_day(text)
    if day is None:
        return first
    candidates = [violation for violation in violations if _find_mistaken_day(violation) == day]
    return candidates[0] if len(candidates) == 1 else text


def _find_mistaken_day(id: str) -> date | None:
    """Return the day that a spreadsheet takes an id for: year, month, and the day, the 1st where there is none.

    81-1 is taken for the same day as 81-1-1 would be, if the law had both. Every spreadsheet by default takes
    two-digit years from 30 on for the 20th century; no article with a smaller number has violations.
    """
    match = _DATED_ID.fullmatch(id)
    if match is None:
        return None
    year, month, day = match.groups(default="1")
    return _make_date(1900 + int(year), int(month), int(day))


# --------------------------------------------------------------------------------- dates


def _normalize_date(_field: FlatField, text: str) -> str:
    return text if _STRICT_DATE.fullmatch(text) else _format_iso(text)


def _format_iso(text: str) -> str:
    day = _parse_day(text)
    return text if day is None else day.isoformat()


def _parse_day(text: str) -> date | None:
    """Parse a day in any accepted form; None where the text is none, or a day that does not exist."""
    simple = _simplify(text)
    serial = _SERIAL.fullmatch(simple)
    if serial is not None:
        return date.fromordinal(SERIAL_EPOCH.toordinal() + int(serial[1]))
    match = _DATE.fullmatch(simple)
    if match is None:
        return None
    year, _, *parts = match.groups()
    month, day = (int(part) for part in parts if part is not None)
    return _make_date(int(year), month, day)


def _make_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


# --------------------------------------------------------------------------------- other facts


def _normalize_money(_field: FlatField, text: str) -> str:
    if _STRICT_MONEY.fullmatch(text):
        return text
    match = _MONEY.fullmatch(_simplify(text))
    # The looser pattern limits neither digits nor decimal places, so the strict one has the last word.
    strict = match[1].replace(",", "") if match else ""
    return strict if _STRICT_MONEY.fullmatch(strict) else text


def _normalize_boolean(_field: FlatField, text: str) -> str:
    return _BOOLEANS.get(_simplify(text).lower(), text)


def _normalize_integer(_field: FlatField, text: str) -> str:
    # A minus is accepted here. The strict parser refuses it, except where working days are counted backwards.
    match = _INTEGER.fullmatch(_simplify(text))
    return match[1] if match else text


def _normalize_choice(field: FlatField, text: str) -> str:
    values: tuple[str, ...] = getattr(field.info, "values", ())
    if text in values:
        return text
    code = _simplify(text).lower()
    return code if code in values else text


def _normalize_clock_stops(_field: FlatField, text: str) -> str:
    stops = [_normalize_stop(part) for part in _simplify(text).split(";")]
    return ";".join(stops) if all(stops) else text


def _normalize_stop(text: str) -> str:
    """Return a stop in strict form; days that are none stay as they are. Empty where the text is no stop.

    A `/` stands between days and never in one, so 2026/10/12 is no form of a day here.
    """
    interval, _, reason = text.rpartition(":")  # the last colon: a time at midnight has colons too
    first, slash, last = interval.partition("/")
    if not slash:
        return ""
    return f"{_format_iso(first)}/{_format_iso(last) if last.strip() else ''}:{reason.strip().lower()}"


def _keep_text(_field: FlatField, text: str) -> str:
    return text


_NORMALIZERS: Final[dict[FlatKind, Callable[[FlatField, str], str]]] = {
    "text": _keep_text,
    "choice": _normalize_choice,
    "money": _normalize_money,
    "date": _normalize_date,
    "boolean": _normalize_boolean,
    "integer": _normalize_integer,
    "clock_stops": _normalize_clock_stops,
}
