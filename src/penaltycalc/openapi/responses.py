"""The answers and problems of operations in the document, with their headers, examples and links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from litestar.handlers import HTTPRouteHandler
from msgspec import UNSET

from penaltycalc._version import __version__
from penaltycalc.api.descriptions import DIGESTS_WITH_INPUTS, FILE_NAME, Link, ProblemResponse
from penaltycalc.api.media_types import PROBLEM
from penaltycalc.openapi.examples import RAISED, AnsweredExample, Example
from penaltycalc.openapi.schemas import FILE, ROW_ANSWERS, DocTexts, refer

Operation = dict[str, Any]

_ALWAYS: Final = ("Content-Language", "Vary")
_GET_HEADERS: Final = ("ETag", "Cache-Control")
_OF_PROBLEMS: Final = ("Content-Language", "Vary", "Cache-Control", "Link")
_HEADER_EXAMPLES: Final = {
    "Penaltycalc-Engine": __version__,
    "Content-Language": "zh",
    "Vary": "Accept-Language",
    "Cache-Control": "no-cache",
    "Content-Disposition": 'attachment; filename="calendar-2026.csv"',
    "Link": '</problems/schema>; rel="help"',
}
ANSWER_SCHEMAS: Final = {"rows": ROW_ANSWERS, "file": FILE}
"""The schemas of answers that are no single record, by what a handler says that it `sends`."""


class ResponseWriter:
    """Describes the responses of operations, and collects the components that they refer to."""

    def __init__(
        self,
        answers: Mapping[str, AnsweredExample],
        problems: Mapping[str, AnsweredExample],
        texts: DocTexts,
    ) -> None:
        """Answers and problems are examples by name."""
        self.texts = texts
        self.responses: dict[str, Operation] = {}
        self.examples: dict[str, Operation] = {}
        self._answers: dict[str, dict[str, AnsweredExample]] = {}
        self._problems: dict[tuple[int, str], list[str]] = {}
        for name, answered in answers.items():
            self._add_answer(name, answered)
        for name, answered in problems.items():
            self._add_problem(f"problem-{name}", answered)

    def _add_answer(self, name: str, answered: AnsweredExample) -> None:
        example = answered.example
        self.examples[name] = {
            "summary": f"{example.zh} / {example.en}",
            "value": answered.answer,
            # OpenAPI has no place for the request that an example answers, so that it stands in an extension.
            "x-request": describe_request(example),
        }
        self._answers.setdefault(answered.operation or "", {})[name] = answered

    def _add_problem(self, name: str, answered: AnsweredExample) -> None:
        problem, example = answered.answer, answered.example
        described = {"summary": self.texts.problem(problem["code"]), "value": problem}
        # A service with default settings answers the requests of the raised ones otherwise: they are not shown.
        if problem["code"] not in RAISED:
            request = describe_request(example)
            described["x-request"] = request if example.shown_body is UNSET else {**request, "body": example.shown_body}
        self.examples[name] = described
        # One code may have two statuses: an unknown id is 404 in a path and 422 in a body.
        self._problems.setdefault((problem["status"], problem["code"]), []).append(name)

    def describe(self, operation: Operation, handler: HTTPRouteHandler) -> None:
        """Give an operation its responses, and the examples of its body."""
        responses = {"200": self._describe_answer(operation, handler)}
        for problem in (handler.responses or {}).values():
            # Every handler makes its list with `list_problems` or its kin; Litestar's type says less.
            assert isinstance(problem, ProblemResponse)
            responses[str(problem.status)] = self._describe_problem(problem)
        operation["responses"] = dict(sorted(responses.items()))
        for content in operation.get("requestBody", {}).get("content", {}).values():
            examples = self._describe_bodies(operation["operationId"])
            if examples:
                content["examples"] = examples

    def _describe_answer(self, operation: Operation, handler: HTTPRouteHandler) -> Operation:
        content = operation["responses"]["200"]["content"]
        if "sends" in handler.opt:
            content = {str(handler.media_type): {"schema": ANSWER_SCHEMAS[handler.opt["sends"]]}}
        names = self._answers.get(operation["operationId"], {})
        for media in content.values():
            if names:
                media["examples"] = {name: _refer_example(name) for name in names}
        # Answers to POST have no validator (see `build_bytes_response`): clients must not wait for an ETag.
        headers = (*_ALWAYS, *(_GET_HEADERS if "GET" in handler.http_methods else ()), *handler.opt.get("headers", ()))
        answer: Operation = {
            "description": self.texts.text("response", "ok"),
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
            "content": content,
        }
        if handler.opt.get("links"):
            answer["links"] = {link.operation: self._describe_link(link) for link in handler.opt["links"]}
        return answer

    def _describe_bodies(self, operation: str) -> dict[str, Operation]:
        """Describe the bodies of an operation's examples."""
        return {
            name: {"summary": self.examples[name]["summary"], "value": answered.example.shown_body}
            for name, answered in self._answers.get(operation, {}).items()
            if answered.example.shown_body is not UNSET
        }

    def _describe_link(self, link: Link) -> Operation:
        return {
            "operationId": link.operation,
            "description": self.texts.text("link", link.text),
            "parameters": dict(link.parameters),
        }

    def _describe_problem(self, problem: ProblemResponse) -> Operation:
        """Put a problem among the components, and refer to it."""
        # An example belongs to every response with its status and code, whichever operation answered it.
        names = [name for code in problem.codes for name in self._problems.get((problem.status, code), ())]
        self.responses[problem.name] = {
            "description": "\n".join(f"- `{code}`: {self.texts.problem(code)}" for code in problem.codes),
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _OF_PROBLEMS},
            "content": {
                PROBLEM: {"schema": refer("Problem"), "examples": {name: _refer_example(name) for name in names}}
            },
        }
        return {"$ref": f"#/components/responses/{problem.name}"}


def describe_request(example: Example) -> Operation:
    """Describe a request without its body: method and address, and headers where it has some."""
    request: Operation = {"method": example.method, "url": example.target}
    return {**request, "headers": dict(example.headers)} if example.headers else request


def describe_headers(texts: DocTexts) -> Operation:
    """Describe all headers, as components."""
    names = {*DIGESTS_WITH_INPUTS, *_ALWAYS, *_GET_HEADERS, *_OF_PROBLEMS, FILE_NAME}
    return {name: _describe_header(name, texts) for name in sorted(names)}


def _describe_header(name: str, texts: DocTexts) -> Operation:
    header = {"description": texts.text("header", name), "required": True, "schema": {"type": "string"}}
    return {**header, "example": _HEADER_EXAMPLES[name]} if name in _HEADER_EXAMPLES else header


def _refer_example(name: str) -> Operation:
    return {"$ref": f"#/components/examples/{name}"}
