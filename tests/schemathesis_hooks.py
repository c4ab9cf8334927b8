"""The hooks of schemathesis: how files of a batch are encoded, and values that the service can answer.

Random texts are no ids and random days lie millennia away, so that nearly all requests would be refused before
anything is calculated. Most ids are replaced by ids of the catalogues, most days by days of this century.
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
_MAX_ID_LENGTH: Final = 100
_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")  # and not 20260520, which may be a sum of money


@schemathesis.serializer("application/x-ndjson", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def encode_file(_: Any, value: Any) -> bytes:
    """Encode the text of a generated file as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", errors="surrogatepass")


@schemathesis.hook
def map_body(_: Any, body: Any) -> Any:
    """Replace ids and days in a body."""
    return _replace_values(body)


@schemathesis.hook
def map_query(_: Any, query: Any) -> Any:
    """Replace ids and days in a query."""
    return _replace_values(query)


@schemathesis.hook
def map_path_parameters(_: Any, path_parameters: Any) -> Any:
    """Replace ids in a path."""
    return _replace_values(path_parameters)


def _replace_values(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _replace_values(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [_replace_values(element, name) for element in value]
    if isinstance(value, str):
        # The checksum decides, so that each run replaces the same values by the same; a fifth stays as it is.
        number = crc32(value.encode("utf-8", errors="surrogatepass"))
        return value if number % 5 == 0 else _replace_text(name, value, number)
    return value


def _replace_text(name: str, value: str, number: int) -> str:
    if name in _IDS and 0 < len(value) <= _MAX_ID_LENGTH:
        return _IDS[name][number % len(_IDS[name])]
    try:
        day = date.fromisoformat(value if _DAY.fullmatch(value) else "")
    except ValueError:
        return value
    return day.replace(year=2020 + number % 15, day=min(day.day, 28)).isoformat()
