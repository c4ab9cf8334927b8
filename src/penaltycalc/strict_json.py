"""What requests and holiday notices need beyond a JSON decoder: repeated names, depth, faults of form.

msgspec takes the last of two members of the same name. A request with two amounts has no meaning that
anyone could rely on, and neither has a notice with two lists of days, so both are refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from penaltycalc.errors import MAX_FAULTS, Malformed, Path, RepeatedName, RequestError

MAX_NESTING: Final = 32
"""How deep arrays and objects may lie in each other, where no setting says otherwise."""

Members = list[tuple[str, Any]]


class _RepetitionError(Exception):
    """Ends the reading at the first object that repeats a name."""


def has_repeated_names(body: bytes) -> bool:
    """Whether an object of a JSON text repeats a name, wherever it lies; `body` is valid JSON in UTF-8.

    The answer to an ordinary request is this second reading of the body (about 3 microseconds), and no list of
    faults: `find_repeated_names` names them where there are any.
    """
    try:
        _REPETITION_FINDER.decode(body.decode())
    except _RepetitionError:
        return True
    return False


def _refuse_repetition(members: Members) -> None:
    # What was read is not needed: with None in place of each object a large array takes little memory.
    if len({name for name, _ in members}) < len(members):
        raise _RepetitionError


_REPETITION_FINDER: Final = json.JSONDecoder(object_pairs_hook=_refuse_repetition)


class _Object(Members):
    """The members of a JSON object in order, with the repeated ones, which a dict would lose."""


def find_repeated_names(body: bytes) -> list[RequestError]:
    """A RepeatedName for each name that an object of a JSON text repeats, MAX_FAULTS at most.

    Empty where the text is no JSON: another error says so.
    """
    try:
        content = json.loads(body, object_pairs_hook=_Object)
    except ValueError:
        return []
    return list(islice(_walk_repeated_names(content, ()), MAX_FAULTS))


def _walk_repeated_names(value: object, path: Path) -> Iterator[RequestError]:
    if isinstance(value, _Object):
        seen: set[str] = set()
        for name, member in value:
            if name in seen:
                yield RepeatedName((*path, name), name)
            seen.add(name)
            yield from _walk_repeated_names(member, (*path, name))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from _walk_repeated_names(element, (*path, index))


def is_deeper_than(value: object, levels: int) -> bool:
    """Whether arrays and objects of decoded JSON lie in each other more than `levels` deep."""
    if not isinstance(value, dict | list):
        return False
    # The descent ends at the limit, so content of any depth is measured without a RecursionError.
    elements = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(is_deeper_than(element, levels - 1) for element in elements)


def build_malformed_error(body: bytes) -> Malformed:
    """Why a body cannot be decoded: it is empty, it is not UTF-8, or it is no JSON."""
    # No bytes are valid UTF-8 too, and "empty" tells the caller of a forgotten body more than "no JSON".
    if not body.strip():
        return Malformed(message="malformed-empty")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return Malformed(message="malformed-encoding")
    return Malformed()
