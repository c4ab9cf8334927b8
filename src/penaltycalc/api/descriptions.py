"""How a handler describes its operation: the problems it can answer with, its links, and the keys of its `opt`.

Summary, tags, media type and problem responses are Litestar's own parameters of a handler. What Litestar has
no parameter for stands in `opt`:

- `role`: the role that a key needs, `"read"` or `"operate"`; None where the operation is open to everybody.
- `key_in_query`: True where a key may also stand in the query, because clients of the operation send no headers.
- `query`: the records whose flat names are the parameters of the query.
- `query_as_text`: True where these parameters are read as people write them, so that any text is accepted.
- `lang`: False where the answer has no language.
- `headers`: the headers of the answer, apart from those of every answer.
- `links`: the operations that an answer leads to.
- `receives`, `sends`: `"rows"` or `"file"` where body or answer is no single record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from litestar.openapi import ResponseSpec

from penaltycalc.api.media_types import PROBLEM
from penaltycalc.calculators.problems import Problem


@dataclass(kw_only=True)
class ProblemResponse(ResponseSpec):
    """A response that is a problem: the name of its component in the document, its status, its codes."""

    name: str
    status: int
    codes: tuple[str, ...]


def describe_problem(name: str, status: int, *codes: str) -> ProblemResponse:
    """Describe a response with that status, which carries a problem with one of the codes."""
    return ProblemResponse(
        Problem,
        generate_examples=False,
        description=", ".join(codes),
        media_type=PROBLEM,
        name=name,
        status=status,
        codes=codes,
    )


BAD_BODY: Final = describe_problem(
    "BadBody", 400, "malformed", "schema", "unknown-field", "unknown-query", "repeated-name"
)
BAD_QUERY: Final = describe_problem("BadQuery", 400, "malformed", "schema", "unknown-query", "repeated-name")
UNAUTHORISED: Final = describe_problem("Unauthorised", 401, "unauthorised")
FORBIDDEN: Final = describe_problem("Forbidden", 403, "forbidden")
NO_SUCH_VIOLATION: Final = describe_problem("NoSuchViolation", 404, "unknown-violation", "not-found")
NO_SUCH_STEP: Final = describe_problem("NoSuchStep", 404, "unknown-step", "not-found")
NO_SUCH_TERM: Final = describe_problem("NoSuchTerm", 404, "unknown-term", "not-found")
NO_SUCH_YEAR: Final = describe_problem("NoSuchYear", 404, "not-found")
NOT_ACCEPTABLE: Final = describe_problem("NotAcceptable", 406, "not-acceptable")
TIMEOUT: Final = describe_problem("Timeout", 408, "timeout")
TOO_LARGE: Final = describe_problem("TooLarge", 413, "too-large")
URI_TOO_LONG: Final = describe_problem("UriTooLong", 414, "uri-too-long")
UNSUPPORTED_MEDIA_TYPE: Final = describe_problem("UnsupportedMediaType", 415, "unsupported-media-type")
TOO_MANY_REQUESTS: Final = describe_problem("TooManyRequests", 429, "too-many-requests")
INTERNAL: Final = describe_problem("Internal", 500, "internal")
UNAVAILABLE: Final = describe_problem("Unavailable", 503, "unavailable")
INSUFFICIENT_STORAGE: Final = describe_problem("InsufficientStorage", 507, "insufficient-storage")

# The codes with which law, facts or calendar refuse each calculation. An id in the body that does not exist is
# among them (422); an id in the path that does not exist is a missing resource (404).
_PENALTY_CODES: Final = ("not-in-force", "dates-out-of-order", "outside-calendar")
_DEADLINE_CODES: Final = (
    "not-in-force",
    "dates-out-of-order",
    "reason-not-allowed",
    "extension-not-allowed",
    "over-the-cap",
    "outside-calendar",
)
_EXPIRY_CODES: Final = ("not-in-force", "dates-out-of-order", "over-the-cap", "fact-out-of-range", "outside-calendar")

PENALTY_REFUSED: Final = describe_problem("PenaltyRefused", 422, "unknown-violation", *_PENALTY_CODES)
PENALTY_FACTS_REFUSED: Final = describe_problem("PenaltyFactsRefused", 422, *_PENALTY_CODES, "fact-out-of-range")
PENALTY_CELL_REFUSED: Final = describe_problem(
    "PenaltyCellRefused",
    422,
    "unknown-violation",
    *_PENALTY_CODES,
    "fact-out-of-range",
    "barred",
    "decided-elsewhere",
)
DEADLINE_REFUSED: Final = describe_problem("DeadlineRefused", 422, "unknown-step", *_DEADLINE_CODES)
DEADLINE_FACTS_REFUSED: Final = describe_problem("DeadlineFactsRefused", 422, *_DEADLINE_CODES)
DEADLINE_EVENT_REFUSED: Final = describe_problem("DeadlineEventRefused", 422, *_DEADLINE_CODES, "no-date")
EXPIRY_REFUSED: Final = describe_problem("ExpiryRefused", 422, "unknown-term", *_EXPIRY_CODES)
EXPIRY_FACTS_REFUSED: Final = describe_problem("ExpiryFactsRefused", 422, *_EXPIRY_CODES)
OUTSIDE_CALENDAR: Final = describe_problem("OutsideCalendar", 422, "outside-calendar")
NOTICE_REFUSED: Final = describe_problem("NoticeRefused", 422, "bad-notice")
SPAN_REFUSED: Final = describe_problem("SpanRefused", 422, "dates-out-of-order", "outside-calendar")

# No handler names these: requests are read and keys are checked in the same way for all operations.
_OF_EVERY_OPERATION: Final = (NOT_ACCEPTABLE, URI_TOO_LONG, INTERNAL)
_OF_OPERATIONS_WITH_A_ROLE: Final = (UNAUTHORISED, TOO_MANY_REQUESTS)
_OF_OPERATIONS_WITH_A_BODY: Final = (TIMEOUT, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE)


def list_open_problems(*problems: ProblemResponse) -> Mapping[int, ResponseSpec]:
    """List the problems of an operation that needs no key, by status: `problems`, and those of every operation."""
    return {problem.status: problem for problem in (*problems, *_OF_EVERY_OPERATION)}


def list_problems(*problems: ProblemResponse) -> Mapping[int, ResponseSpec]:
    """List the problems of an operation that needs a key, by status: as `list_open_problems`, and those of keys."""
    return list_open_problems(*problems, *_OF_OPERATIONS_WITH_A_ROLE)


def list_body_problems(*problems: ProblemResponse) -> Mapping[int, ResponseSpec]:
    """List the problems of an operation that receives a body, by status: as `list_problems`, and those of bodies."""
    return list_problems(*problems, *_OF_OPERATIONS_WITH_A_BODY)


DIGESTS: Final = ("Penaltycalc-Engine", "Penaltycalc-Rulebook", "Penaltycalc-Calendar")
"""The headers that name what an answer rests on."""
DIGESTS_WITH_INPUTS: Final = (*DIGESTS, "Penaltycalc-Inputs")
"""As `DIGESTS`, with the digest of the facts of a single answer."""
FILE_NAME: Final = "Content-Disposition"
"""The header that proposes a name for a file."""


class Link(NamedTuple):
    """Another operation that an answer leads to, with parameters taken from this answer or from its request.

    `text` names the description in wording/document.toml. Links lead only to operations whose facts stand in
    path and query: the Java generator refuses a body in a link.
    """

    operation: str
    text: str
    parameters: Mapping[str, str]
