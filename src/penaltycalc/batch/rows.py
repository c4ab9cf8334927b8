"""Rows of a batch in JSON: read, answered and written in their order.

A row that is refused is answered in its place with its problem, so that one mistake does not cost the
answers to the other rows. Equal facts are calculated once in a batch; nothing outlives the batch.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple, assert_never

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
from penaltycalc.errors import (
    Label,
    Malformed,
    PenaltycalcError,
    RequestError,
    SchemaFault,
    TooLarge,
    build_choice_fault,
)
from penaltycalc.input.json import decode_json
from penaltycalc.rules.records import decode_value
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language
from penaltycalc.strict_json import MAX_NESTING, build_malformed_error, has_repeated_names

Row = Answer | RowProblem
MAX_REF: Final = 64
"""Characters of a reference."""

_array_decoder: Final = msgspec.json.Decoder(
    list[PenaltyRequest | DeadlineRequest | ExpiryRequest], dec_hook=decode_value
)
_row_decoder: Final = msgspec.json.Decoder(PenaltyRequest | DeadlineRequest | ExpiryRequest, dec_hook=decode_value)


MAX_KEPT_ANSWERS: Final = 4_096
"""How many answers a batch keeps at most while it runs: with their explanations they take about 60 MB."""
MAX_PARTS: Final = 4
"""Clock stops or persons of facts that are looked up, at most: rows with more of them are long and do not recur."""


class InvalidRow(NamedTuple):
    """A row that holds no request: its error, and its reference where that can be read."""

    error: PenaltycalcError
    ref: str | UnsetType


class BatchChunk(NamedTuple):
    """The answer to some rows: its bytes, the number of rows, and the refused rows counted by code."""

    content: bytes
    rows: int
    problems: Counter[str]


class Batch:
    """Law, calendar and options with which the rows of one batch are answered.

    `path` is what `instance` of a row's problem says before `#/row`: the path of the request; empty where the
    batch is no request.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        calendar: WorkingCalendar,
        *,
        lang: Language = "zh",
        explain: bool = False,
        path: str = "",
    ) -> None:
        self.rulebook = rulebook
        self.calendar = calendar
        self.lang = lang
        self.explain = explain
        self.path = path
        self.wording = rulebook.wordings[lang]
        # Portfolios repeat their facts: of 100,000 licences many began on the same day. While one batch runs, an
        # answer to facts that recur is looked up, which takes a sixth of the time. They are dropped with the batch.
        self._answers: dict[Request, Answer] = {}

    @property
    def provenance(self) -> Provenance:
        """What all rows rest on: version and digests, without the digest of any inputs."""
        return Provenance(engine=__version__, rulebook=self.rulebook.digest, calendar=self.calendar.digest, inputs="")

    @property
    def data_date(self) -> date:
        """The day on which the data took effect: files of answers name it as the day of their making."""
        return find_data_date(self.rulebook, self.calendar)

    def calculate_answer(self, request: Request) -> Answer:
        """Answer one request as a single calculation does, its provenance cut down to the digest of its inputs.

        The rest of the provenance is the same for all rows and stands once beside them. LawRefuses.
        """
        facts = request if request.ref is UNSET else replace(request, ref=UNSET)
        answer = self._answers.get(facts)
        if answer is None:
            answer = calculate(facts, self.rulebook, self.calendar, lang=self.lang, explain=self.explain)
            answer = replace(answer, provenance=Provenance(inputs=answer.provenance.inputs))
            if len(self._answers) < MAX_KEPT_ANSWERS and _is_short(facts):
                self._answers[facts] = answer
        return answer if request.ref is UNSET else replace(answer, ref=request.ref)

    def answer_row(self, number: int, request: Request | InvalidRow) -> Row:
        """Answer the row of that number, counted from 0, or describe in its place why it is refused."""
        if isinstance(request, InvalidRow):
            return self._build_problem(number, request.error, request.ref)
        try:
            return self.calculate_answer(request)
        except PenaltycalcError as error:
            return self._build_problem(number, error, request.ref)

    def _build_problem(self, number: int, error: PenaltycalcError, ref: str | UnsetType) -> RowProblem:
        return problem_for_row(error, self.wording, instance=f"{self.path}#/{number}", ref=ref)

    def answer_json(self, requests: Sequence[Request | InvalidRow], first: int) -> BatchChunk:
        """Answer consecutive rows as elements of a JSON array: commas between them, no brackets around them."""
        return self._encode_answers(requests, first, b",")

    def answer_ndjson(
        self, lines: Sequence[bytes], first: int, max_line: int, nesting: int = MAX_NESTING
    ) -> BatchChunk:
        """Answer lines of NDJSON with lines; a line longer than `max_line` bytes is refused in its place."""
        chunk = self._encode_answers([parse_line(line, max_line, nesting) for line in lines], first, b"\n")
        return chunk._replace(content=chunk.content + b"\n" if chunk.rows else b"")

    def _encode_answers(self, requests: Sequence[Request | InvalidRow], first: int, separator: bytes) -> BatchChunk:
        # Each row is encoded as soon as it is answered: its objects take more memory than its JSON.
        problems = Counter[str]()
        encoded: list[bytes] = []
        for number, request in enumerate(requests, first):
            row = self.answer_row(number, request)
            if isinstance(row, RowProblem):
                problems[row.code] += 1
            encoded.append(encode_answer(row))
        return BatchChunk(separator.join(encoded), len(encoded), problems)


def _is_short(facts: Request) -> bool:
    match facts:
        case DeadlineRequest():
            return not facts.ledger and len(facts.clock_stops) <= MAX_PARTS
        case PenaltyRequest():
            return len(facts.responsible_persons) <= MAX_PARTS
        case ExpiryRequest():
            return True
        case _:
            assert_never(facts)


# --------------------------------------------------------------------------------- reading rows


def parse_array(body: bytes, max_rows: int = sys.maxsize, nesting: int = MAX_NESTING) -> Sequence[Request | InvalidRow]:
    """Parse a JSON array into its rows: each the request, or what is wrong with it.

    RequestError (Malformed, SchemaFault) where the body as a whole is no JSON array; TooLarge where it
    holds more than `max_rows` rows.
    """
    try:
        requests = _array_decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        requests = None
    if requests is not None and len(requests) > max_rows:
        raise TooLarge(message="too-large-rows", limit=max_rows)
    if requests is not None and not has_repeated_names(body):
        return requests
    # Some row is wrong. msgspec does not say which others are, so each element is decoded alone.
    return [_parse_row(element, nesting) for element in split_array(body, max_rows)]


def split_array(body: bytes, max_rows: int = sys.maxsize) -> list[bytes]:
    """Cut a JSON array into the texts of its elements, without decoding them; errors as parse_array.

    The elements are cut off one by one, so that an array of millions of numbers is refused at its first
    element too many, and not after it has filled gigabytes.
    """
    try:
        text = body.decode()
        if not text.lstrip(_SPACE).startswith("["):
            json.loads(text)
            raise SchemaFault(message="schema-rows")
        return [element.encode() for element in _split_elements(text, max_rows)]
    except (ValueError, UnicodeDecodeError):
        raise build_malformed_error(body) from None
    except RecursionError:
        raise Malformed(message="malformed-depth") from None


def _split_elements(text: str, max_rows: int) -> Iterator[str]:
    """Cut off the elements of an array one by one; ValueError where the text is no array."""
    position = _skip_space(text, text.index("[") + 1)
    number, at_end = 0, text.startswith("]", position)
    while not at_end:
        start, (_, position) = position, _scan_element(text, position)
        number += 1
        if number > max_rows:
            raise TooLarge(message="too-large-rows", limit=max_rows)
        yield text[start:position]
        position = _skip_space(text, position)
        at_end = text.startswith("]", position)
        if not at_end:
            if not text.startswith(",", position):
                raise ValueError(position)
            position = _skip_space(text, position + 1)
    # A plain strip() would also let through spaces that JSON does not know, as U+3000 of Chinese texts.
    if text[position + 1 :].strip(_SPACE):
        raise ValueError(position)


def _skip_space(text: str, position: int) -> int:
    """Return the position of the next character of a JSON text that is no white space."""
    match = _SPACES.match(text, position)
    return match.end() if match else position


_SPACE: Final = " \t\r\n"
_SPACES: Final = re.compile(rf"[{_SPACE}]+")
# Numbers stay texts here: int() refuses more than 4,300 digits, which would make the whole array malformed.
_scan_element: Final = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode


def parse_line(line: bytes, max_line: int, nesting: int = MAX_NESTING) -> Request | InvalidRow:
    """Parse a line of NDJSON: the request, or what is wrong with it; `max_line` is its greatest length in bytes."""
    if len(line) > max_line:
        return InvalidRow(TooLarge(message="too-large-line", limit=max_line), UNSET)
    return _parse_row(line, nesting)


def _parse_row(body: bytes, nesting: int) -> Request | InvalidRow:
    try:
        request = _row_decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _parse_unusual_row(body, nesting)
    return _parse_unusual_row(body, nesting) if has_repeated_names(body) else request


def _parse_unusual_row(body: bytes, nesting: int) -> Request | InvalidRow:
    """Parse a row that msgspec did not take: list its faults, or accept it after all, as one with 5.0 for 5."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return InvalidRow(build_malformed_error(body), _find_ref(_decode_leniently(body)))
    except RecursionError:
        return InvalidRow(Malformed(message="malformed-depth"), UNSET)
    try:
        return decode_json(body, CALCULATIONS[_find_kind(content)].request, nesting=nesting)
    except RequestError as error:
        return InvalidRow(error, _find_ref(content))


def _decode_leniently(body: bytes) -> object:
    """Decode a row that is no JSON by the letter, as one with NaN, for its reference; None where that fails too."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _find_kind(content: object) -> Kind:
    """Return the `kind` of a row; SchemaFault."""
    if not isinstance(content, dict):
        raise SchemaFault(message="schema-object")
    if "kind" not in content:
        raise SchemaFault(("kind",), message="schema-missing", name=Label("fact", "kind"))
    for kind in CALCULATIONS:
        if content["kind"] == kind:
            return kind
    raise build_choice_fault(("kind",), content["kind"], "kind", CALCULATIONS)


def _find_ref(content: object) -> str | UnsetType:
    """Return the reference of a row, also where other things are wrong with it, so that its owner finds it again."""
    ref = content.get("ref") if isinstance(content, dict) else UNSET
    return ref if isinstance(ref, str) and len(ref) <= MAX_REF and not _SURROGATES.search(ref) else UNSET


_SURROGATES: Final = re.compile("[\ud800-\udfff]")
"""Halves of characters, which JSON can escape, but which no answer in UTF-8 can hold."""
