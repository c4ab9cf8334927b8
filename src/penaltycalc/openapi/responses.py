"""What the OpenAPI document says that operations answer: problems, headers, examples, and where to go from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from penaltycalc.api.problems import MEDIA_TYPE
from penaltycalc.openapi.examples import (
    Desk,
    Example,
    Place,
    answer_to,
    body_of,
    desk_of,
    problem_for,
    read_examples,
    request_of,
)
from penaltycalc.openapi.schemas import TEMPLATE, Bilingual
from penaltycalc.rules.rulebook import Rulebook

Operation = dict[str, Any]

# ----------------------------------------------------------------------------------------- problems

_OF_BODY: Final = ("malformed", "schema", "unknown-field", "unknown-query", "repeated-name")
_OF_QUERY: Final = ("malformed", "schema", "unknown-query", "repeated-name")
_OF_PENALTY: Final = ("not-in-force", "dates-out-of-order", "outside-calendar")
_OF_DEADLINE: Final = (
    "not-in-force",
    "dates-out-of-order",
    "reason-not-allowed",
    "extension-not-allowed",
    "over-the-cap",
    "outside-calendar",
)
_OF_EXPIRY: Final = ("not-in-force", "dates-out-of-order", "over-the-cap", "fact-out-of-range", "outside-calendar")


class Refusal(NamedTuple):
    """A response that is a problem: its status, and the codes that it can carry."""

    status: int
    codes: tuple[str, ...]


REFUSALS: Final[dict[str, Refusal]] = {
    "BadBody": Refusal(400, _OF_BODY),
    "BadQuery": Refusal(400, _OF_QUERY),
    "Unauthorised": Refusal(401, ("unauthorised",)),
    "Forbidden": Refusal(403, ("forbidden",)),
    "NoSuchViolation": Refusal(404, ("unknown-violation", "not-found")),
    "NoSuchStep": Refusal(404, ("unknown-step", "not-found")),
    "NoSuchTerm": Refusal(404, ("unknown-term", "not-found")),
    "NoSuchYear": Refusal(404, ("not-found",)),
    "NotAcceptable": Refusal(406, ("not-acceptable",)),
    "Timeout": Refusal(408, ("timeout",)),
    "TooLarge": Refusal(413, ("too-large",)),
    "UriTooLong": Refusal(414, ("uri-too-long",)),
    "UnsupportedMediaType": Refusal(415, ("unsupported-media-type",)),
    "PenaltyRefused": Refusal(422, ("unknown-violation", *_OF_PENALTY)),
    "PenaltyFactsRefused": Refusal(422, (*_OF_PENALTY, "fact-out-of-range")),
    "PenaltyCellRefused": Refusal(422, ("unknown-violation", *_OF_PENALTY, "fact-out-of-range")),
    "DeadlineRefused": Refusal(422, ("unknown-step", *_OF_DEADLINE)),
    "DeadlineFactsRefused": Refusal(422, _OF_DEADLINE),
    "DeadlineEventRefused": Refusal(422, (*_OF_DEADLINE, "no-date")),
    "ExpiryRefused": Refusal(422, ("unknown-term", *_OF_EXPIRY)),
    "ExpiryFactsRefused": Refusal(422, _OF_EXPIRY),
    "OutsideCalendar": Refusal(422, ("outside-calendar",)),
    "NoticeRefused": Refusal(422, ("bad-notice",)),
    "SpanRefused": Refusal(422, ("dates-out-of-order", "outside-calendar")),
    "TooManyRequests": Refusal(429, ("too-many-requests",)),
    "Internal": Refusal(500, ("internal",)),
    "Unavailable": Refusal(503, ("unavailable",)),
    "InsufficientStorage": Refusal(507, ("insufficient-storage",)),
}
"""The problems of the document, each under the name of its component."""

_ALIKE: Final = {REFUSALS[name].status: name for name in REFUSALS if REFUSALS[name].status not in (400, 404, 422)}
"""The problems that are the same on every operation, by status."""

_TAKES_FACTS: Final = (
    "calculatePenalty",
    "calculateDeadline",
    "calculateExpiry",
    "calculateBatchCsv",
    "calculateBatchXlsx",
)
_NOT_THERE: Final = {
    "violation": "NoSuchViolation",
    "step": "NoSuchStep",
    "term": "NoSuchTerm",
    "year": "NoSuchYear",
}
_REFUSED: Final = {
    "calculatePenalty": "PenaltyRefused",
    "getPenalty": "PenaltyFactsRefused",
    "getPenaltyCell": "PenaltyCellRefused",
    "calculateDeadline": "DeadlineRefused",
    "getDeadline": "DeadlineFactsRefused",
    "getDeadlineEvent": "DeadlineEventRefused",
    "getDeadlineCell": "DeadlineRefused",
    "calculateExpiry": "ExpiryRefused",
    "getExpiry": "ExpiryFactsRefused",
    "getExpiryEvent": "ExpiryFactsRefused",
    "getExpiryCell": "ExpiryRefused",
    "getCalendarYear": "OutsideCalendar",
    "getCalendarYearCsv": "OutsideCalendar",
    "getCalendarYearFeed": "OutsideCalendar",
    "countWorkingDays": "SpanRefused",
    "shiftWorkingDays": "OutsideCalendar",
    "getWorkingDaysCell": "SpanRefused",
    "reloadCalendar": "NoticeRefused",
}


def _refusal(operation: Operation, status: int) -> str | None:
    """The name of the problem that an operation answers with that status; None where only the route knows it."""
    name = operation["operationId"]
    if status == 400:
        return "BadBody" if name in _TAKES_FACTS else "BadQuery"
    if status == 404:
        in_path = [parameter["name"] for parameter in operation["parameters"] if parameter.get("in") == "path"]
        return _NOT_THERE.get(in_path[0]) if in_path else None
    return _REFUSED.get(name) if status == 422 else _ALIKE.get(status)


# ------------------------------------------------------------------------------------------ headers

_DIGESTS: Final = ("Penaltycalc-Engine", "Penaltycalc-Rulebook", "Penaltycalc-Calendar")
_OF_ONE: Final = (*_DIGESTS, "Penaltycalc-Inputs")
_ALWAYS: Final = ("Content-Language", "Vary")
_OF_GET: Final = ("ETag", "Cache-Control")
_OF_PROBLEM: Final = ("Content-Language", "Vary", "Cache-Control", "Link")
_WITHOUT_DIGESTS: Final = ("catalogues", "operations")
_SAVED_AS_FILE: Final = (
    "getDeadlineEvent",
    "getExpiryEvent",
    "getCalendarYearFeed",
    "getCalendarYearCsv",
    "getConformanceCases",
)
_HEADER_EXAMPLES: Final = {
    "Penaltycalc-Engine": "0.1.0",
    "Content-Language": "zh",
    "Vary": "Accept-Language",
    "Cache-Control": "no-cache",
    "Content-Disposition": 'attachment; filename="calendar-2026.csv"',
    "Link": '</problems/schema>; rel="help"',
}


def _headers(place: Place, operation: Operation) -> dict[str, Any]:
    """The headers of an answer. A cell that shows a refusal has no digests, so they are not promised there."""
    tags, name = operation["tags"], operation["operationId"]
    names = [*_ALWAYS, *(_OF_GET if place.method == "get" else ())]
    if "batch" in tags:
        names += ["Cache-Control", *_DIGESTS]
    elif "spreadsheets" in tags:
        names += [*_DIGESTS, "Content-Disposition"]
    elif not {"cells", *_WITHOUT_DIGESTS} & set(tags):
        names += _OF_ONE
    if name in _SAVED_AS_FILE:
        names.append("Content-Disposition")
    return {one: {"$ref": f"#/components/headers/{one}"} for one in names}


def headers(said: Bilingual) -> dict[str, Any]:
    """The components that describe headers."""
    names = {*_OF_ONE, *_ALWAYS, *_OF_GET, *_OF_PROBLEM, "Content-Disposition"}
    return {name: _header(name, said) for name in sorted(names)}


def _header(name: str, said: Bilingual) -> dict[str, Any]:
    made = {"description": said.text("header", name), "required": True, "schema": {"type": "string"}}
    return {**made, "example": _HEADER_EXAMPLES[name]} if name in _HEADER_EXAMPLES else made


# -------------------------------------------------------------------------------------------- links


class Link(NamedTuple):
    """Where an answer leads: another operation, with facts taken from this answer or its request.

    Only operations with their facts in path and query: the Java generator refuses a body in a link.
    """

    to: str
    text: str
    parameters: Mapping[str, str]


_FIRST: Final = "$response.body#/items/0/id"
_ITSELF: Final = "$response.body#/id"
_DAY: Final = "2026-09-18"
_IN_BODY: Final = "$request.body#/start"
_IN_QUERY: Final = "$request.query.start"
_YEAR: Final = {"year": "$request.path.year"}


def _of_deadline(start: str) -> tuple[Link, ...]:
    step = {"step": "$response.body#/step"}
    return Link("getStep", "step", step), Link("getDeadlineEvent", "event", {**step, "start": start})


def _of_expiry(start: str) -> tuple[Link, ...]:
    term = {"term": "$response.body#/term"}
    return Link("getTerm", "term", term), Link("getExpiryEvent", "event", {**term, "start": start})


_OF_PENALTY_ANSWER: Final = (Link("getViolation", "violation", {"violation": "$response.body#/violation"}),)
LINKS: Final[dict[str, tuple[Link, ...]]] = {
    "listViolations": (
        Link("getPenalty", "penalty", {"violation": _FIRST}),
        Link("getViolation", "violation", {"violation": _FIRST}),
    ),
    "getViolation": (Link("getPenalty", "penalty", {"violation": _ITSELF}),),
    "listSteps": (
        Link("getDeadline", "deadline", {"step": _FIRST, "start": _DAY}),
        Link("getStep", "step", {"step": _FIRST}),
    ),
    "getStep": (Link("getDeadline", "deadline", {"step": _ITSELF, "start": _DAY}),),
    "listTerms": (
        Link("getExpiry", "expiry", {"term": _FIRST, "start": _DAY}),
        Link("getTerm", "term", {"term": _FIRST}),
    ),
    "getTerm": (Link("getExpiry", "expiry", {"term": _ITSELF, "start": _DAY}),),
    "calculatePenalty": _OF_PENALTY_ANSWER,
    "getPenalty": _OF_PENALTY_ANSWER,
    "calculateDeadline": _of_deadline(_IN_BODY),
    "getDeadline": _of_deadline(_IN_QUERY),
    "calculateExpiry": _of_expiry(_IN_BODY),
    "getExpiry": _of_expiry(_IN_QUERY),
    "getCalendarYear": (Link("getCalendarYearCsv", "csv", _YEAR), Link("getCalendarYearFeed", "feed", _YEAR)),
}
"""Where the answers of operations lead."""


def _linked(link: Link, said: Bilingual) -> Operation:
    return {
        "operationId": link.to,
        "description": said.text("link", link.text),
        "parameters": dict(link.parameters),
    }


# --------------------------------------------------------------------------------- into the document


class Outcomes:
    """The answers and problems of all operations, with their examples as components."""

    def __init__(self, rulebook: Rulebook, places: Mapping[str, Place], said: Bilingual) -> None:
        """`places`: where each operation is, by its id."""
        self.places = places
        self.said = said
        self.examples: dict[str, Operation] = {}
        self.responses: dict[str, Operation] = {}
        self._shown: dict[Refusal, list[str]] = {}
        self._answers: dict[str, list[str]] = {}
        self._requests: dict[str, dict[str, Operation]] = {}
        given, desk = read_examples(), desk_of(rulebook)
        for name, example in given.answer.items():
            if example.operation in places:
                self._show_answer(name, example, desk)
        for name, example in given.problem.items():
            if example.operation in places:
                self._show_problem(name, example, desk)

    def _show_answer(self, name: str, example: Example, desk: Desk) -> None:
        place = self.places[example.operation]
        summary = f"{example.zh} / {example.en}"
        shown = {"summary": summary, "value": answer_to(example, desk), "x-request": request_of(example, place)}
        if body_of(example) is not None:
            request = {"summary": summary, "value": shown["x-request"].pop("body")}
            self._requests.setdefault(example.operation, {})[name] = request
        self._answers.setdefault(example.operation, []).append(name)
        self.examples[name] = shown

    def _show_problem(self, name: str, example: Example, desk: Desk) -> None:
        place = self.places[example.operation]
        value = problem_for(name, example, desk, place)
        shown = {"summary": self.said.problem(value["code"]), "value": value}
        if example.path or example.query or example.headers or body_of(example) is not None:
            shown["x-request"] = request_of(example, place)
        self._shown.setdefault(Refusal(value["status"], (value["code"],)), []).append(f"problem-{name}")
        self.examples[f"problem-{name}"] = shown

    def describe(self, operation: Operation) -> None:
        """Give an operation its headers, examples and links, and its problems by name."""
        name = operation["operationId"]
        place = self.places[name]
        responses = {"200": self._answer(operation, place)}
        for status, response in operation["responses"].items():
            if status != "200":
                refusal = _refusal(operation, int(status))
                responses[status] = response if refusal is None else self._problem(refusal)
        operation["responses"] = dict(sorted(responses.items()))
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if name in self._requests:
                content["examples"] = self._requests[name]

    def _answer(self, operation: Operation, place: Place) -> Operation:
        name = operation["operationId"]
        answer: Operation = {
            "description": self.said.text("response", "ok"),
            "headers": _headers(place, operation),
            "content": operation["responses"]["200"]["content"],
        }
        for content in answer["content"].values():
            if name in self._answers:
                content["examples"] = {one: _example(one) for one in self._answers[name]}
        links = [link for link in LINKS.get(name, ()) if link.to in self.places]
        if links:
            answer["links"] = {link.to: _linked(link, self.said) for link in links}
        return answer

    def _problem(self, name: str) -> Operation:
        """The problem of that name, put among the components."""
        status, codes = REFUSALS[name]
        shown = [one for code in codes for one in self._shown.get(Refusal(status, (code,)), ())]
        self.responses[name] = {
            "description": "\n".join(f"- `{code}`: {self.said.problem(code)}" for code in codes),
            "headers": {one: {"$ref": f"#/components/headers/{one}"} for one in _OF_PROBLEM},
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": TEMPLATE.format(name="Problem")},
                    "examples": {one: _example(one) for one in shown},
                }
            },
        }
        return {"$ref": f"#/components/responses/{name}"}


def _example(name: str) -> Operation:
    return {"$ref": f"#/components/examples/{name}"}
