"""An example of each problem: a request that meets it, and the error that it meets.

Where the law, the facts or the form of the request refuse it, the error comes from the same functions
that answer requests. The others, which depend on how the service is run, are made here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from penaltycalc.api.media_types import JSON
from penaltycalc.api.problems import (
    Forbidden,
    InsufficientStorage,
    Internal,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    Timeout,
    TooManyRequests,
    Unauthorised,
    Unavailable,
    UnsupportedMediaType,
    UriTooLong,
)
from penaltycalc.api.state import LawData
from penaltycalc.calculators.calculate import CALCULATIONS, Kind, calculate
from penaltycalc.calculators.deadlines import DeadlineAnswer
from penaltycalc.calculators.problems import Problem, build_problem
from penaltycalc.errors import BadNotice, PenaltycalcError, TooLarge, UnknownId
from penaltycalc.export.ics import write_deadline_event
from penaltycalc.input.flat import parse_flat
from penaltycalc.input.json import decode_json
from penaltycalc.rules.wording import Language


class Example(NamedTuple):
    """A request as it is sent, and how the error comes about; `headers` without that of the language."""

    method: Literal["GET", "POST"]
    target: str
    headers: tuple[str, ...]
    body: str
    meet: Callable[[LawData, Language], PenaltycalcError]

    def request(self, lang: Language) -> str:
        """The request as text, asking for an answer in that language."""
        lines = [f"{self.method} {self.target}", f"Accept-Language: {lang}", *self.headers]
        return "\n".join([*lines, "", self.body] if self.body else lines)

    def problem(self, law: LawData, lang: Language) -> Problem:
        """The answer to the request."""
        error = self.meet(law, lang)
        return build_problem(
            error,
            law.rulebook.wordings[lang],
            instance=quote(urlsplit(self.target).path),
            in_body=self.method == "POST",
            status=404 if isinstance(error, UnknownId) and self.method == "GET" else error.status,
        )


def statuses(code: str, law: LawData) -> tuple[int, ...]:
    """The HTTP statuses that a problem comes with; an unknown id has one of its own where the path names it."""
    error = EXAMPLES[code].meet(law, "en")
    return (404, error.status) if isinstance(error, UnknownId) else (error.status,)


def _raised(ask: Callable[[], object]) -> PenaltycalcError:
    try:
        ask()
    except PenaltycalcError as error:
        return error
    raise LookupError  # an example that meets nothing is none


_PATHS: Final[dict[Kind, str]] = {"penalty": "/v1/penalties", "deadline": "/v1/deadlines", "expiry": "/v1/expiries"}


def _posted(kind: Kind, body: str) -> Example:
    """A calculation that the core refuses, its facts in the body."""

    def meet(law: LawData, lang: Language) -> PenaltycalcError:
        request = CALCULATIONS[kind].request
        return _raised(lambda: calculate(decode_json(body.encode(), request), law.rulebook, law.calendar, lang=lang))

    return Example("POST", _PATHS[kind], (f"Content-Type: {JSON}",), body, meet)


def _facts(kind: Kind, **facts: Any) -> Example:
    return _posted(kind, msgspec.json.format(msgspec.json.encode(facts), indent=2).decode())


def _queried(kind: Kind, id: str, query: str, form: str = "", then: Callable[..., object] | None = None) -> Example:
    """A calculation that the core refuses, its facts in the query; `then` renders its answer in a form of its own."""

    def ask(law: LawData, lang: Language) -> object:
        request = parse_flat(kind, {CALCULATIONS[kind].subject: id, **dict(parse_qsl(query))})
        answer = calculate(request, law.rulebook, law.calendar, lang=lang)
        return then(answer, law, lang) if then else answer

    def meet(law: LawData, lang: Language) -> PenaltycalcError:
        return _raised(lambda: ask(law, lang))

    return Example("GET", f"{_PATHS[kind]}/{id}{form}?{query}", (), "", meet)


def _event(answer: DeadlineAnswer, law: LawData, lang: Language) -> object:
    return write_deadline_event(answer, law.rulebook, law.calendar, lang)


def _met(
    method: Literal["GET", "POST"], target: str, make: Callable[[LawData], PenaltycalcError], *headers: str
) -> Example:
    """A request that is refused before its content matters, or for a reason that lies in the service."""
    return Example(method, target, headers, "", lambda law, _: make(law))


EXAMPLES: Final[dict[str, Example]] = {
    "malformed": _posted("penalty", '{"violation": "79-1-1", "severity": '),
    "schema": _facts("penalty", violation="79-1-1", goods_value=85000, conduct={"from": "2026-02-30"}),
    "unknown-field": _facts("penalty", violation="79-1-1", goods_valu="85000.00"),
    "unknown-query": _queried("deadline", "production-licence", "start=2026-09-18&asof=2026-10-09"),
    "repeated-name": _posted("penalty", '{"violation": "79-1-1", "severity": "ordinary", "severity": "severe"}'),
    "unauthorised": _met("GET", "/v1/violations", lambda _: Unauthorised()),
    "forbidden": _met("POST", "/v1/calendar/reload", lambda _: Forbidden(), "X-API-Key: …"),
    "not-found": _met("GET", "/v1/violation", lambda _: NotFound(path="/v1/violation")),
    "method-not-allowed": _met("GET", "/v1/penalties", lambda _: MethodNotAllowed(allowed="OPTIONS, POST")),
    "not-acceptable": _met("GET", "/v1/steps", lambda _: NotAcceptable(type=JSON), "Accept: text/csv"),
    "too-large": _met(
        "POST",
        "/v1/penalties",
        lambda law: TooLarge(limit=law.settings.max_body),
        f"Content-Type: {JSON}",
        "Content-Length: 20000000",
    ),
    "unsupported-media-type": _met(
        "POST", "/v1/penalties", lambda _: UnsupportedMediaType(type=JSON), "Content-Type: text/plain"
    ),
    "unknown-violation": _facts("penalty", violation="79-1-9", severity="ordinary"),
    "unknown-step": _queried("deadline", "production-license", "start=2026-09-18"),
    "unknown-term": _facts("expiry", term="drug-registrations", start="2026-06-01"),
    "not-in-force": _facts("penalty", violation="85-2", conduct={"from": "2026-03-01", "to": "2026-05-14"}),
    "dates-out-of-order": _facts("penalty", violation="85-2", conduct={"from": "2026-07-01", "to": "2026-06-01"}),
    "reason-not-allowed": _facts(
        "deadline",
        step="production-licence",
        start="2026-09-18",
        clock_stops=[{"from": "2026-10-12", "to": "2026-10-16", "reason": "registration_review"}],
    ),
    "extension-not-allowed": _facts(
        "deadline", step="production-licence", start="2026-09-18", extension_working_days=5
    ),
    "over-the-cap": _facts("deadline", step="licence-decision", start="2026-09-18", extension_working_days=11),
    "fact-out-of-range": _facts("expiry", term="drug-registration", start="2026-06-01", granted={"years": 3}),
    "outside-calendar": _facts("deadline", step="production-licence", start="2101-01-04"),
    "no-date": _queried("deadline", "urgent-import", "start=2026-09-18", "/ics", _event),
    "bad-notice": _met(
        "POST", "/v1/calendar/reload", lambda _: BadNotice("2027.json", "2027-01-01", "contradicts 2027-2.json")
    ),
    "timeout": _met("POST", "/v1/batch/csv", lambda _: Timeout(), "Content-Type: text/csv"),
    "uri-too-long": _met("GET", "/v1/penalties/85-2?ref=…", lambda law: UriTooLong(limit=law.settings.max_uri)),
    "too-many-requests": _met("GET", "/v1/violations", lambda _: TooManyRequests()),
    "insufficient-storage": _met("POST", "/v1/batch/csv", lambda _: InsufficientStorage(), "Content-Type: text/csv"),
    "unavailable": _met(
        "POST", "/v1/batch/csv", lambda _: Unavailable(message="unavailable-batches"), "Content-Type: text/csv"
    ),
    "internal": _met("GET", "/v1/violations", lambda _: Internal()),
}
"""By code; a test sends those that do not depend on how the service is run, and compares."""
