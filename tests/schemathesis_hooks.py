"""What schemathesis has to be told: how files of a batch are sent, and what there is to ask for.

Random texts are no ids and random days lie millennia away, so that nearly all requests would be refused
before anything is calculated. Most ids are exchanged for known ones, most days for such of this century.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final
from zlib import crc32

import schemathesis

import penaltycalc

_RULEBOOK: Final = penaltycalc.load_rulebook()
_IDS: Final = {
    "violation": tuple(_RULEBOOK.violations),
    "step": tuple(_RULEBOOK.steps),
    "term": tuple(_RULEBOOK.terms),
    "year": tuple(str(year) for year in range(2007, 2101)),
}
_LONGEST_ID: Final = 100
_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")  # and not 20260520, which may be a sum of money


@schemathesis.serializer("application/x-ndjson", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def as_it_is(_: Any, value: Any) -> bytes:
    """The text of a generated file; anything else as a text."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", errors="surrogatepass")


@schemathesis.hook
def map_body(_: Any, body: Any) -> Any:
    """A body with ids and days that mean something."""
    return _meaningful(body)


@schemathesis.hook
def map_query(_: Any, query: Any) -> Any:
    """A query with ids and days that mean something."""
    return _meaningful(query)


@schemathesis.hook
def map_path_parameters(_: Any, path_parameters: Any) -> Any:
    """A path with ids that mean something."""
    return _meaningful(path_parameters)


def _meaningful(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {inner: _meaningful(one, inner) for inner, one in value.items()}
    if isinstance(value, list):
        return [_meaningful(one, name) for one in value]
    if isinstance(value, str):
        # By a number of its own, so that the same run exchanges the same; a fifth stays as it is.
        number = crc32(value.encode("utf-8", errors="surrogatepass"))
        return value if number % 5 == 0 else _exchanged(name, value, number)
    return value


def _exchanged(name: str, value: str, number: int) -> str:
    if name in _IDS and 0 < len(value) <= _LONGEST_ID:
        return _IDS[name][number % len(_IDS[name])]
    try:
        day = date.fromisoformat(value if _DAY.fullmatch(value) else "")
    except ValueError:
        return value
    return day.replace(year=2020 + number % 15, day=min(day.day, 28)).isoformat()
