"""Many calculations at once: rows in, rows out, in their order; knows no HTTP and no files.

A row that is refused is answered in its place with its problem. Rows with the same facts are
calculated once: a batch holds one rulebook and one calendar, so what it remembers cannot grow old.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from penaltycalc._version import __version__
from penaltycalc.calculators.calculate import CALCULATIONS, Answer, Kind, Request, calculate
from penaltycalc.calculators.deadlines import DeadlineRequest
from penaltycalc.calculators.expiries import ExpiryRequest
from penaltycalc.calculators.explain import Provenance, encode_answer, find_data_date
from penaltycalc.calculators.penalties import PenaltyRequest
from penaltycalc.calculators.problems import RowProblem, problem_for_row
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.errors import Malformed, PenaltycalcError, RequestError, SchemaFault, TooLarge
from penaltycalc.input.json import decode_json
from penaltycalc.rules.records import decode_value
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language
from penaltycalc.strict_json import MAX_NESTING, has_repeated_names, malformed_error

Row = Answer | RowProblem
T = TypeVar("T")
REMEMBERED: Final = 16_384
"""How many different questions a batch remembers the answers to."""
MAX_PARTS: Final = 4
"""Clock stops or persons of a question that is remembered."""
MAX_REF: Final = 64
"""Characters of a reference."""

_rows: Final = msgspec.json.Decoder(list[PenaltyRequest | DeadlineRequest | ExpiryRequest], dec_hook=decode_value)
_row: Final = msgspec.json.Decoder(PenaltyRequest | DeadlineRequest | ExpiryRequest, dec_hook=decode_value)


class InvalidRow(NamedTuple):
    """A row that holds no request: what is wrong with it, and its reference where it can be told."""

    error: PenaltycalcError
    ref: str | UnsetType


class BatchChunk(NamedTuple):
    """Some rows answered: the content in the form of the batch, the number of rows, the refused ones by code."""

    content: bytes
    rows: int
    problems: Counter[str]


class Batch:
    """How the rows of one batch are answered.

    `place` is what `instance` of a row's problem says before `#/row`: the path of the batch.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        calendar: WorkingCalendar,
        *,
        lang: Language = "zh",
        explain: bool = False,
        place: str = "",
    ) -> None:
        self.rulebook = rulebook
        self.calendar = calendar
        self.lang = lang
        self.explain = explain
        self.place = place
        self.wording = rulebook.wordings[lang]
        self._remembered = lru_cache(REMEMBERED)(self.calculated)

    @property
    def provenance(self) -> Provenance:
        """What all rows rest on; no inputs."""
        return Provenance(engine=__version__, rulebook=self.rulebook.digest, calendar=self.calendar.digest, inputs="")

    @property
    def data_since(self) -> date:
        """When the data in force took effect: what files of answers give as the day of their making."""
        return find_data_date(self.rulebook, self.calendar)

    def answer(self, request: Request) -> Answer:
        """The answer to one row, as to a single calculation, but with the digest of its inputs alone; LawRefuses."""
        if _is_long(request):
            return self.calculated(request)
        if request.ref is UNSET:
            return self._remembered(request)
        return replace(self._remembered(replace(request, ref=UNSET)), ref=request.ref)

    def calculated(self, request: Request) -> Answer:
        """As `answer`, and not remembered."""
        answer = calculate(request, self.rulebook, self.calendar, lang=self.lang, explain=self.explain)
        return replace(answer, provenance=Provenance(inputs=answer.provenance.inputs))

    def row(self, number: int, request: Request | InvalidRow) -> Row:
        """The answer to the row of that number, counted from 0, or the problem in its place."""
        if isinstance(request, InvalidRow):
            return self._problem(number, request.error, request.ref)
        try:
            return self.answer(request)
        except PenaltycalcError as error:
            return self._problem(number, error, request.ref)

    def _problem(self, number: int, error: PenaltycalcError, ref: str | UnsetType) -> RowProblem:
        return problem_for_row(error, self.wording, instance=f"{self.place}#/{number}", ref=ref)

    def rows(self, requests: Iterable[Request | InvalidRow], first: int = 0) -> list[Row]:
        """The answers to consecutive rows, the first of them with the number `first`."""
        return [self.row(number, request) for number, request in enumerate(requests, first)]

    def json(self, requests: Sequence[Request | InvalidRow], first: int) -> BatchChunk:
        """The answers to consecutive rows as elements of a JSON array, commas between them, no brackets."""
        return self._written(requests, first, b",")

    def ndjson(self, lines: Sequence[bytes], first: int, most: int, nesting: int = MAX_NESTING) -> BatchChunk:
        """The answers to lines of NDJSON, as lines; `most` is the length that a line may have, in bytes."""
        answered = self._written([parse_line(line, most, nesting) for line in lines], first, b"\n")
        return answered._replace(content=answered.content + b"\n" if answered.rows else b"")

    def _written(self, requests: Sequence[Request | InvalidRow], first: int, between: bytes) -> BatchChunk:
        """The answers with something between them; each is written at once, since a long one takes less so."""
        problems = Counter[str]()
        written = []
        for number, request in enumerate(requests, first):
            row = self.row(number, request)
            if isinstance(row, RowProblem):
                problems[row.code] += 1
            written.append(encode_answer(row))
        return BatchChunk(between.join(written), len(written), problems)


def _is_long(request: Request) -> bool:
    """Whether the answer may take too much memory to be remembered."""
    if isinstance(request, DeadlineRequest):
        return request.ledger or len(request.clock_stops) > MAX_PARTS
    return isinstance(request, PenaltyRequest) and len(request.responsible_persons) > MAX_PARTS


# --------------------------------------------------------------------------------- reading rows


def parse_array(body: bytes, most: int = sys.maxsize, nesting: int = MAX_NESTING) -> Sequence[Request | InvalidRow]:
    """The rows of a JSON array, each the request or what is wrong with it, such as being nested too deep.

    RequestError (Malformed, SchemaFault) where the body as a whole is no JSON array; TooLarge where it
    holds more than `most` rows.
    """
    try:
        requests = _rows.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [_read(raw, nesting) for raw in split_array(body, most)]
    if len(requests) > most:
        raise TooLarge(message="too-large-rows", limit=most)
    if not has_repeated_names(body):
        return requests
    return [_read(raw, nesting) for raw in split_array(body, most)]


def split_array(body: bytes, most: int = sys.maxsize) -> list[bytes]:
    """The elements of a JSON array, not looked into; errors as `read_array`.

    They are read one by one: an array of millions of numbers would take gigabytes before it was counted.
    """
    try:
        text = body.decode()
        if not text.lstrip().startswith("["):
            json.loads(text)
            raise SchemaFault(message="schema-rows")
        return [element.encode() for element in _elements(text, most)]
    except (ValueError, UnicodeDecodeError):
        raise malformed_error(body) from None
    except RecursionError:
        raise Malformed(message="malformed-depth") from None


def _elements(text: str, most: int) -> Iterator[str]:
    """The texts of the elements of an array; ValueError where it is none."""
    place = _behind_space(text, text.index("[") + 1)
    number, ends = 0, text.startswith("]", place)
    while not ends:
        start, (_, place) = place, _skip(text, place)
        number += 1
        if number > most:
            raise TooLarge(message="too-large-rows", limit=most)
        yield text[start:place]
        place = _behind_space(text, place)
        ends = text.startswith("]", place)
        if not ends:
            if not text.startswith(",", place):
                raise ValueError(place)
            place = _behind_space(text, place + 1)
    if text[place + 1 :].strip(_SPACE):
        raise ValueError(place)


def _behind_space(text: str, place: int) -> int:
    """The place behind white space, at the next character of a JSON text."""
    found = _SPACES.match(text, place)
    return found.end() if found else place


_SPACE: Final = " \t\r\n"
_SPACES: Final = re.compile(rf"[{_SPACE}]+")
_skip: Final = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode


def parse_line(line: bytes, most: int, nesting: int = MAX_NESTING) -> Request | InvalidRow:
    """The row that a line of NDJSON holds, or what is wrong with it; `most` is the length it may have, in bytes."""
    if len(line) > most:
        return InvalidRow(TooLarge(message="too-large-line", limit=most), UNSET)
    return _read(line, nesting)


def _read(body: bytes, nesting: int) -> Request | InvalidRow:
    try:
        request = _row.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _refused(body, nesting)
    return _refused(body, nesting) if has_repeated_names(body) else request


def _refused(body: bytes, nesting: int) -> Request | InvalidRow:
    """A row that does not read at once: what is wrong with it, unless it is odd but right after all."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return InvalidRow(malformed_error(body), _ref_of(_loosely(body)))
    except RecursionError:
        return InvalidRow(Malformed(message="malformed-depth"), UNSET)
    try:
        return decode_json(body, CALCULATIONS[_kind_of(content)].request, nesting=nesting)
    except RequestError as error:
        return InvalidRow(error, _ref_of(content))


def _loosely(body: bytes) -> object:
    """What a row holds that is no JSON by the letter, as one with NaN; None where it cannot be read either."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _kind_of(content: object) -> Kind:
    if not isinstance(content, dict):
        raise SchemaFault(message="schema-object")
    if "kind" not in content:
        raise SchemaFault(("kind",), message="schema-missing", name="kind")
    for kind in CALCULATIONS:
        if content["kind"] == kind:
            return kind
    raise SchemaFault(("kind",), message="schema-one-of", values=", ".join(CALCULATIONS))


def _ref_of(content: object) -> str | UnsetType:
    """The reference of a row, also where other things are wrong with it."""
    ref = content.get("ref") if isinstance(content, dict) else UNSET
    return ref if isinstance(ref, str) and len(ref) <= MAX_REF and not _HALVES.search(ref) else UNSET


_HALVES: Final = re.compile("[\ud800-\udfff]")
"""Halves of characters, which no answer can be written with."""
