"""The examples of the OpenAPI document: requests from examples.toml, and what the service answers to them.

The answers are worked out by the functions that answer requests, from the packaged law and calendar, so
that they cannot drift and are the same in every deployment.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

import msgspec
from msgspec import UNSET, UnsetType

from penaltycalc.api.media_types import JSON
from penaltycalc.api.operations import Health
from penaltycalc.api.problems import (
    Forbidden,
    InsufficientStorage,
    Internal,
    NotAcceptable,
    NotFound,
    Timeout,
    TooManyRequests,
    Unauthorised,
    Unavailable,
    UnsupportedMediaType,
    UriTooLong,
)
from penaltycalc.batch.cell import format_cell
from penaltycalc.batch.csv import CsvDialect, CsvFormat
from penaltycalc.batch.rows import Batch, parse_array
from penaltycalc.calculators import catalogue
from penaltycalc.calculators.calculate import CALCULATIONS, Kind, Request, calculate
from penaltycalc.calculators.calendar_queries import (
    CountQuery,
    ShiftQuery,
    YearQuery,
    count_working_days,
    describe_year,
    shift_working_days,
)
from penaltycalc.calculators.explain import encode_answer
from penaltycalc.calculators.problems import build_problem, error_message
from penaltycalc.calendar.holidays import load_calendar
from penaltycalc.calendar.workdays import WorkingCalendar
from penaltycalc.errors import BadNotice, PenaltycalcError, TooLarge, UnknownId
from penaltycalc.export import ics, year_csv
from penaltycalc.input.flat import decode_flat, parse_flat
from penaltycalc.input.json import decode_json
from penaltycalc.input.words import decode_words, parse_words
from penaltycalc.rules.rulebook import Rulebook
from penaltycalc.rules.wording import Language
from penaltycalc.settings import Settings

HERE: Final = Path(__file__).parent


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: `operation` by its id, `path` and `query` in texts, a `body` of JSON or a `text` as it is sent.

    Of a long list the answer is shown up to its first `take` elements. `zh` and `en` say what it shows.
    """

    operation: str
    zh: str = ""
    en: str = ""
    path: dict[str, str] = {}
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: dict[str, Any] | list[Any] | UnsetType = UNSET
    text: str | UnsetType = UNSET
    take: int | UnsetType = UNSET

    @property
    def lang(self) -> Language:
        """The language asked for."""
        return "en" if self.query.get("lang") == "en" else "zh"

    @property
    def facts(self) -> dict[str, str]:
        """The query without its language."""
        return {name: text for name, text in self.query.items() if name != "lang"}

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        return json.dumps(self.body).encode() if isinstance(self.text, UnsetType) else self.text.encode()


class Examples(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file: requests that are answered, and requests that are refused, by name."""

    answer: dict[str, Example]
    problem: dict[str, Example]


class Place(NamedTuple):
    """Where an operation is: its method and its path with the names of its parameters."""

    method: str
    path: str


class Desk(NamedTuple):
    """What examples are answered from."""

    rulebook: Rulebook
    calendar: WorkingCalendar


def read_examples() -> Examples:
    """The examples as they stand in examples.toml."""
    return msgspec.toml.decode((HERE / "examples.toml").read_bytes(), type=Examples)


def desk_of(rulebook: Rulebook) -> Desk:
    """What examples are answered from: the packaged calendar, whatever notices a deployment has."""
    return Desk(rulebook, load_calendar(rulebook))


# ------------------------------------------------------------------------------------------ requests


def request_of(example: Example, place: Place) -> dict[str, Any]:
    """The request as a reader sees it: method and address, headers and body where it has them."""
    path = place.path.format(**{name: quote(text, safe="") for name, text in example.path.items()})
    shown: dict[str, Any] = {"method": place.method.upper(), "url": path}
    if example.query:
        shown["url"] += "?" + urlencode(example.query)
    if example.headers:
        shown["headers"] = dict(example.headers)
    content = body_of(example)
    return shown if content is None else {**shown, "body": content}


def body_of(example: Example) -> Any:
    """The body: JSON as such, any other as its text; None where there is none."""
    if not isinstance(example.body, UnsetType):
        return example.body
    return None if isinstance(example.text, UnsetType) else example.text


# ------------------------------------------------------------------------------------------- answers


def answer_to(example: Example, desk: Desk) -> Any:
    """What the service answers with status 200: plain JSON, or a text; of a long list its beginning."""
    answer = _ANSWERS[example.operation](example, desk)
    if isinstance(answer, bytes):
        text = answer.decode()
        return text if isinstance(example.take, UnsetType) else "".join(text.splitlines(keepends=True)[: example.take])
    plain = json.loads(encode_answer(answer))
    if not isinstance(example.take, UnsetType):
        for name in ("items", "days"):
            if name in plain:
                plain[name] = plain[name][: example.take]
    return plain


def problem_for(name: str, example: Example, desk: Desk, place: Place) -> dict[str, Any]:
    """The problem that an example is answered with."""
    path = request_of(Example(operation=example.operation, path=example.path), place)["url"]
    error = _BEFORE_ITS_CONTENT.get(name) or (NotFound(path=path) if name == "not-found" else _refused(example, desk))
    # As in problems.py: an id that the path names is a resource that is not there.
    status = 404 if isinstance(error, UnknownId) and place.method == "get" else error.status
    wording = desk.rulebook.wordings[example.lang]
    body = build_problem(error, wording, instance=path, in_body=place.method == "post", status=status)
    shown: dict[str, Any] = json.loads(encode_answer(body))
    return shown


def _refused(example: Example, desk: Desk) -> PenaltycalcError:
    try:
        answer_to(example, desk)
    except PenaltycalcError as error:
        return error
    raise AssertionError(example)


_LIMITS: Final = Settings()
_BEFORE_ITS_CONTENT: Final[dict[str, PenaltycalcError]] = {
    "not-acceptable": NotAcceptable(type=JSON),
    "too-large": TooLarge(limit=_LIMITS.max_body),
    "uri-too-long": UriTooLong(limit=_LIMITS.max_uri),
    "unsupported-media-type": UnsupportedMediaType(type=JSON),
    "unauthorised": Unauthorised(),
    "forbidden": Forbidden(),
    "bad-notice": BadNotice("2027.json", "2027-01-01", "contradicts 2027-2.json"),
    "too-many-requests": TooManyRequests(),
    "insufficient-storage": InsufficientStorage(),
    "timeout": Timeout(),
    "unavailable": Unavailable(message="unavailable-batches"),
    "internal": Internal(),
}
"""What is refused whatever the content says."""


def _calculated(desk: Desk, facts: Request, lang: Language) -> Any:
    return calculate(facts, desk.rulebook, desk.calendar, lang=lang)


def _posted(kind: Kind, example: Example, desk: Desk) -> Any:
    return _calculated(desk, decode_json(example.content, CALCULATIONS[kind].request), example.lang)


def _asked(kind: Kind, example: Example, desk: Desk) -> Any:
    return _calculated(desk, parse_flat(kind, {**example.path, **example.facts}), example.lang)


def _event(kind: Kind, write: Callable[..., bytes], example: Example, desk: Desk) -> bytes:
    return write(_asked(kind, example, desk), desk.rulebook, desk.calendar, example.lang)


def _catalogue(make: Callable[..., msgspec.Struct], example: Example, desk: Desk) -> Any:
    return make(desk.rulebook, *example.path.values(), example.lang)


def _rulebook(example: Example, desk: Desk) -> Any:
    return catalogue.describe_rulebook(desk.rulebook, desk.calendar, example.lang)


def _reloaded(_: Example, desk: Desk) -> Any:
    return catalogue.describe_calendar(desk.calendar)


def _year(example: Example, desk: Desk) -> Any:
    return describe_year(YearQuery(year=int(example.path["year"])), desk.rulebook, desk.calendar, lang=example.lang)


def _year_events(example: Example, desk: Desk) -> bytes:
    return ics.write_year_feed(_year(example, desk), desk.rulebook, desk.calendar, example.lang)


def _year_csv(example: Example, desk: Desk) -> bytes:
    return year_csv.write_year_csv(_year(example, desk))


def _count(example: Example, desk: Desk) -> Any:
    return count_working_days(decode_flat(CountQuery, example.facts), desk.rulebook, desk.calendar, lang=example.lang)


def _shift(example: Example, desk: Desk) -> Any:
    return shift_working_days(decode_flat(ShiftQuery, example.facts), desk.rulebook, desk.calendar, lang=example.lang)


def _batch(example: Example, desk: Desk, path: str) -> Batch:
    return Batch(desk.rulebook, desk.calendar, lang=example.lang, path=path)


def _rows(example: Example, desk: Desk) -> Any:
    return _batch(example, desk, "/v1/batch").answer_rows(parse_array(example.content))


def _lines(example: Example, desk: Desk) -> bytes:
    rows = example.content.splitlines(keepends=True)
    return _batch(example, desk, "/v1/batch/ndjson").answer_ndjson(rows, 0, _LIMITS.max_line).content


def _table(example: Example, desk: Desk) -> bytes:
    header, *rows = io.BytesIO(example.content)
    most = _LIMITS.max_line
    table = CsvFormat(_batch(example, desk, "/v1/batch/csv"), header, CsvDialect("utf-8", most), bom=False)
    return table.head + table.answer_block(rows, 0).content


def _cell(kind: Kind, example: Example, desk: Desk) -> bytes:
    facts = {name: text for name, text in example.facts.items() if name not in ("out", "as")}
    try:
        answer = _calculated(desk, parse_words(kind, facts, desk.rulebook.violations), example.lang)
    except PenaltycalcError as error:
        return f"#ERR {error.where[0]}: {error_message(error, desk.rulebook.wordings[example.lang])}".encode()
    return format_cell(answer, example.query.get("out", ""), serial="as" in example.query).encode()


def _count_cell(example: Example, desk: Desk) -> bytes:
    query = decode_words(CountQuery, example.facts)
    return format_cell(count_working_days(query, desk.rulebook, desk.calendar, lang=example.lang)).encode()


def _alive(_: Example, __: Desk) -> Any:
    return Health()


_ANSWERS: Final[dict[str, Callable[[Example, Desk], Any]]] = {
    "calculatePenalty": partial(_posted, "penalty"),
    "calculateDeadline": partial(_posted, "deadline"),
    "calculateExpiry": partial(_posted, "expiry"),
    "getPenalty": partial(_asked, "penalty"),
    "getDeadline": partial(_asked, "deadline"),
    "getExpiry": partial(_asked, "expiry"),
    "getDeadlineEvent": partial(_event, "deadline", ics.write_deadline_event),
    "getExpiryEvent": partial(_event, "expiry", ics.write_expiry_event),
    "getRulebook": _rulebook,
    "reloadCalendar": _reloaded,
    "listViolations": partial(_catalogue, catalogue.list_violations),
    "getViolation": partial(_catalogue, catalogue.describe_violation),
    "listSteps": partial(_catalogue, catalogue.list_steps),
    "getStep": partial(_catalogue, catalogue.describe_step),
    "listTerms": partial(_catalogue, catalogue.list_terms),
    "getTerm": partial(_catalogue, catalogue.describe_term),
    "getCalendarYear": _year,
    "getCalendarYearFeed": _year_events,
    "getCalendarYearCsv": _year_csv,
    "countWorkingDays": _count,
    "shiftWorkingDays": _shift,
    "calculateBatch": _rows,
    "streamBatch": _lines,
    "calculateBatchCsv": _table,
    "getPenaltyCell": partial(_cell, "penalty"),
    "getDeadlineCell": partial(_cell, "deadline"),
    "getExpiryCell": partial(_cell, "expiry"),
    "getWorkingDaysCell": _count_cell,
    "getHealth": _alive,
}
"""How the operations are answered that have examples."""
