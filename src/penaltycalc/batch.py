"""Many calculations at once: rows in, rows out, in their order; knows no HTTP and no files.

A row that is refused is answered in its place with its problem. Rows with the same facts are
calculated once: a batch holds one rulebook and one calendar, so what it remembers cannot grow old.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from penaltycalc._version import __version__
from penaltycalc.answers import Provenance, data_since, decode_value, encode_answer, encode_value
from penaltycalc.calculations import CALCULATIONS, Answer, Kind, Request, calculate
from penaltycalc.deadlines import DeadlineRequest
from penaltycalc.errors import Malformed, PenaltycalcError, RequestError, SchemaFault, TooLarge
from penaltycalc.expiries import ExpiryRequest
from penaltycalc.intake import from_json, malformed, names_once
from penaltycalc.penalties import PenaltyRequest
from penaltycalc.refusals import RowProblem, row_problem
from penaltycalc.rulebook import Rulebook
from penaltycalc.wording import Language
from penaltycalc.workdays import WorkingCalendar

Row = Answer | RowProblem
T = TypeVar("T")
REMEMBERED: Final = 8192
"""How many different questions a batch remembers the answers to."""
MOST_PARTS: Final = 4
"""Clock stops or persons of a question that is remembered."""
MOST_REF: Final = 64
"""Characters of a reference."""

_rows: Final = msgspec.json.Decoder(list[PenaltyRequest | DeadlineRequest | ExpiryRequest], dec_hook=decode_value)
_row: Final = msgspec.json.Decoder(PenaltyRequest | DeadlineRequest | ExpiryRequest, dec_hook=decode_value)
_raw_rows: Final = msgspec.json.Decoder(list[msgspec.Raw])


class Refused(NamedTuple):
    """A row that holds no request: what is wrong with it, and its reference where it can be told."""

    error: PenaltycalcError
    ref: str | UnsetType


class Answered(NamedTuple):
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
        self._remembered = lru_cache(REMEMBERED)(self._calculated)

    @property
    def provenance(self) -> Provenance:
        """What all rows rest on; no inputs."""
        return Provenance(engine=__version__, rulebook=self.rulebook.digest, calendar=self.calendar.digest, inputs="")

    @property
    def data_since(self) -> date:
        """When the data in force took effect: what files of answers give as the day of their making."""
        return data_since(self.rulebook, self.calendar)

    def answer(self, request: Request) -> Answer:
        """The answer to one row, as to a single calculation, but with the digest of its inputs alone; LawRefuses."""
        if _is_long(request):
            return self._calculated(request)
        if request.ref is UNSET:
            return self._remembered(request)
        return replace(self._remembered(replace(request, ref=UNSET)), ref=request.ref)

    def _calculated(self, request: Request) -> Answer:
        answer = calculate(request, self.rulebook, self.calendar, lang=self.lang, explain=self.explain)
        return replace(answer, provenance=Provenance(inputs=answer.provenance.inputs))

    def row(self, number: int, request: Request | Refused) -> Row:
        """The answer to the row of that number, counted from 0, or the problem in its place."""
        if isinstance(request, Refused):
            return self._problem(number, request.error, request.ref)
        try:
            return self.answer(request)
        except PenaltycalcError as error:
            return self._problem(number, error, request.ref)

    def _problem(self, number: int, error: PenaltycalcError, ref: str | UnsetType) -> RowProblem:
        return row_problem(error, self.wording, instance=f"{self.place}#/{number}", ref=ref)

    def rows(self, requests: Iterable[Request | Refused], first: int = 0) -> list[Row]:
        """The answers to consecutive rows, the first of them with the number `first`."""
        return [self.row(number, request) for number, request in enumerate(requests, first)]

    def json(self, requests: Sequence[Request | Refused], first: int) -> Answered:
        """The answers to consecutive rows as elements of a JSON array, commas between them, no brackets."""
        rows = self.rows(requests, first)
        return Answered(encode_answer(rows)[1:-1], len(rows), problems_in(rows))

    def ndjson(self, lines: Sequence[bytes], first: int, most: int) -> Answered:
        """The answers to lines of NDJSON, as lines; `most` is the length that a line may have, in bytes."""
        rows = self.rows([read_line(line, most) for line in lines], first)
        return Answered(_encode_lines(rows), len(rows), problems_in(rows))


_encode_lines: Final = msgspec.json.Encoder(enc_hook=encode_value).encode_lines


def problems_in(rows: Iterable[Row]) -> Counter[str]:
    """How many of the rows are problems, by code."""
    return Counter(row.code for row in rows if isinstance(row, RowProblem))


def _is_long(request: Request) -> bool:
    """Whether the answer may take too much memory to be remembered."""
    if isinstance(request, DeadlineRequest):
        return request.ledger or len(request.clock_stops) > MOST_PARTS
    return isinstance(request, PenaltyRequest) and len(request.responsible_persons) > MOST_PARTS


# --------------------------------------------------------------------------------- reading rows


def read_array(body: bytes, most: int = sys.maxsize) -> Sequence[Request | Refused]:
    """The rows of a JSON array, each the request or what is wrong with it.

    RequestError (Malformed, SchemaFault) where the body as a whole is no JSON array; TooLarge where it
    holds more than `most` rows.
    """
    try:
        requests = _rows.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [_read(raw) for raw in _at_most(most, read_raw(body))]
    if names_once(body, _at_most(most, requests)):
        return requests
    return [_read(raw) for raw in read_raw(body)]


def _at_most(most: int, rows: list[T]) -> list[T]:
    if len(rows) > most:
        raise TooLarge(message="too-large-rows", limit=most)
    return rows


def read_raw(body: bytes) -> list[msgspec.Raw]:
    """The elements of a JSON array, not looked into; errors as `read_array`."""
    try:
        return _raw_rows.decode(body)
    except msgspec.ValidationError:
        raise SchemaFault(message="schema-rows") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise malformed(body) from None
    except RecursionError:
        raise Malformed(message="malformed-depth") from None


def read_line(line: bytes, most: int) -> Request | Refused:
    """The row that a line of NDJSON holds, or what is wrong with it; `most` is the length it may have, in bytes."""
    if len(line) > most:
        return Refused(TooLarge(message="too-large-line", limit=most), UNSET)
    return _read(line)


def _read(raw: bytes | msgspec.Raw) -> Request | Refused:
    body = bytes(raw)
    try:
        request = _row.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _refused(body)
    return request if names_once(body, request) else _refused(body)


def _refused(body: bytes) -> Request | Refused:
    """A row that does not read at once: what is wrong with it, unless it is odd but right after all."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Refused(malformed(body), UNSET)
    except RecursionError:
        return Refused(Malformed(message="malformed-depth"), UNSET)
    try:
        return from_json(body, CALCULATIONS[_kind_of(content)].request)
    except RequestError as error:
        return Refused(error, _ref_of(content))


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
    return ref if isinstance(ref, str) and len(ref) <= MOST_REF else UNSET
