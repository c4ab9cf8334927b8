"""The examples of the document: requests from examples.toml, and what the service answers to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

import msgspec
from msgspec import UNSET, UnsetType

from penaltycalc.api.app import Service
from penaltycalc.api.media_types import JSON
from penaltycalc.api.problems import (
    Forbidden,
    InsufficientStorage,
    Internal,
    Timeout,
    TooManyRequests,
    Unauthorised,
    Unavailable,
    UriTooLong,
)
from penaltycalc.calculators.explain import encode_answer
from penaltycalc.calculators.problems import build_problem
from penaltycalc.errors import BadNotice, PenaltycalcError, Reason, TooLarge
from penaltycalc.openapi.in_process import Reply, send_request
from penaltycalc.rules.wording import Language
from penaltycalc.settings import Settings

FILE: Final = Path(__file__).parent / "examples.toml"

RAISED: Final[dict[str, PenaltycalcError]] = {
    "too-large": TooLarge(limit=Settings().max_body),
    "uri-too-long": UriTooLong(limit=Settings().max_uri),
    "unauthorised": Unauthorised(),
    "forbidden": Forbidden(),
    "bad-notice": BadNotice("2027.json", "2027-01-01", Reason("fault-contradicts", {"file": "2027-2.json"})),
    "too-many-requests": TooManyRequests(),
    "insufficient-storage": InsufficientStorage(),
    "timeout": Timeout(),
    "unavailable": Unavailable(message="unavailable-batches"),
    "internal": Internal(),
}
"""The problems that depend on how the service runs, or need requests too long to be shown."""


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request, as examples.toml describes it; `zh` and `en` say what it shows."""

    request: str
    # msgspec gives each record an empty container of its own: these defaults are not shared.
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    media_type: str = JSON
    body: dict[str, Any] | list[Any] | UnsetType = UNSET
    text: str | UnsetType = UNSET
    take: int | UnsetType = UNSET
    zh: str = ""
    en: str = ""

    @property
    def method(self) -> str:
        """The method of HTTP."""
        return self.request.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path, without the query."""
        return self.request.partition(" ")[2].partition("?")[0]

    @property
    def target(self) -> str:
        """Path and query, as they stand in the first line of the request."""
        target = self.request.partition(" ")[2]
        return f"{target}?{urlencode(self.query)}" if self.query else target

    @property
    def shown_body(self) -> Any:
        """The body as the document shows it: JSON as such, any other as its text, UNSET where there is none."""
        return self.text if isinstance(self.body, UnsetType) else self.body

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        if not isinstance(self.body, UnsetType):
            return json.dumps(self.body).encode()
        return b"" if isinstance(self.text, UnsetType) else self.text.encode()


class Examples(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file: requests that are answered, requests that are refused, and values of parameters, by name."""

    answer: dict[str, Example]
    problem: dict[str, Example]
    parameters: dict[str, str | int | bool]
    cell_parameters: dict[str, str]


class AnsweredExample(NamedTuple):
    """An example and its answer: plain JSON or a text, of a long list its beginning; and the operation's id."""

    example: Example
    answer: Any
    operation: str | None


def read_examples() -> Examples:
    """Read examples.toml."""
    return msgspec.toml.decode(FILE.read_bytes(), type=Examples)


def send_example(service: Service, example: Example, headers: Mapping[str, str]) -> Reply:
    """Send the request of an example, with these headers besides its own."""
    content_type = {"Content-Type": example.media_type} if example.content else {}
    return send_request(
        service, example.method, example.target, {**content_type, **example.headers, **headers}, example.content
    )


def answer_examples(service: Service, examples: Mapping[str, Example]) -> dict[str, AnsweredExample]:
    """Send the requests that are answered; ValueError where one is refused."""
    answers = {}
    for name, example in examples.items():
        reply = send_example(service, example, {})
        # A change of the law may refuse an example, and the document must not show a refusal as an answer.
        if reply.status != 200:
            raise ValueError(f"example {name} is answered with status {reply.status}")
        answers[name] = AnsweredExample(example, _shorten(example, _decode(reply)), reply.operation)
    return answers


def answer_problems(service: Service, examples: Mapping[str, Example], lang: Language) -> dict[str, AnsweredExample]:
    """Answer the requests that are refused, in that language; ValueError where one is not refused as named."""
    answers = {}
    for name, example in examples.items():
        # For each of these a service would have to be set up that refuses keys, is overloaded, or fails.
        if name in RAISED:
            answer = _build_raised(service, RAISED[name], example, lang)
            operation = None
        else:
            reply = send_example(service, example, {"Accept-Language": lang})
            answer, operation = json.loads(reply.content), reply.operation
        # Some names go on behind the code, such as unknown-step-in-path.
        # An answer that has no code is no problem, and no name begins with the hyphen.
        if not name.startswith(answer.get("code", "-")):
            raise ValueError(f"example {name} is answered with {answer}")
        answers[name] = AnsweredExample(example, answer, operation)
    return answers


def _build_raised(service: Service, error: PenaltycalcError, example: Example, lang: Language) -> Any:
    wording = service.law.rulebook.wordings[lang]
    # As `problem_response` in api/problems.py, which needs a request to answer.
    in_body = example.method == "POST"
    problem = build_problem(error, wording, instance=quote(example.path), in_body=in_body, status=error.status)
    return json.loads(encode_answer(problem))


def _decode(reply: Reply) -> Any:
    """Decode a JSON answer as plain data; any other as its text."""
    return json.loads(reply.content) if reply.media_type == JSON else reply.content.decode()


def _shorten(example: Example, answer: Any) -> Any:
    """Keep the first elements of a long list, or the first lines of a text, where the example says so."""
    if isinstance(example.take, UnsetType):
        return answer
    if isinstance(answer, str):
        return "".join(answer.splitlines(keepends=True)[: example.take])
    # Only the lists are cut, so that the shown answer still has every member.
    return {name: value[: example.take] if isinstance(value, list) else value for name, value in answer.items()}
