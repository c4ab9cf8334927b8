"""The routes of the catalogues: violations, steps and terms, what is not covered, and the state of the law data."""

from __future__ import annotations

from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from penaltycalc.api.descriptions import (
    BAD_QUERY,
    NO_SUCH_STEP,
    NO_SUCH_TERM,
    NO_SUCH_VIOLATION,
    Link,
    list_problems,
)
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import build_json_response
from penaltycalc.calculators import catalogue
from penaltycalc.calculators.catalogue import (
    RulebookItem,
    StepCatalogue,
    StepItem,
    TermCatalogue,
    TermItem,
    ViolationCatalogue,
    ViolationItem,
)
from penaltycalc.calculators.coverage import CoverageAnswer, CoverageQuery, find_coverage
from penaltycalc.input.flat import decode_flat

_START: Final = "2026-09-18"
"""The start day of the deadlines and expiries that a catalogue links to."""
_FIRST_ID: Final = "$response.body#/items/0/id"
_ID: Final = "$response.body#/id"
_PROBLEMS: Final = list_problems(BAD_QUERY)


@get(
    "/v1/rulebook",
    operation_id="getRulebook",
    summary="法律数据和日历的现状 / The present law data and calendar",
    tags=["catalogues"],
    responses=_PROBLEMS,
    opt={"role": "read"},
)
async def get_rulebook(request: StrictRequest) -> Response[RulebookItem]:
    """Describe the law data and the calendar."""
    law, lang = request.law, parse_query(request).lang
    return build_json_response(request, lang, catalogue.describe_rulebook(law.rulebook, law.calendar, lang))


@get(
    "/v1/violations",
    operation_id="listViolations",
    summary="违法行为目录 / All violations",
    tags=["catalogues"],
    responses=_PROBLEMS,
    opt={
        "role": "read",
        "links": (
            Link("getPenalty", "penalty", {"violation": _FIRST_ID}),
            Link("getViolation", "violation", {"violation": _FIRST_ID}),
        ),
    },
)
async def list_violations(request: StrictRequest) -> Response[ViolationCatalogue]:
    """List all violations."""
    lang = parse_query(request).lang
    return build_json_response(request, lang, catalogue.list_violations(request.law.rulebook, lang))


@get(
    "/v1/violations/{violation:str}",
    operation_id="getViolation",
    summary="一项违法行为 / One violation",
    tags=["catalogues"],
    responses=list_problems(BAD_QUERY, NO_SUCH_VIOLATION),
    opt={"role": "read", "links": (Link("getPenalty", "penalty", {"violation": _ID}),)},
)
async def get_violation(request: StrictRequest, violation: FromPath[str]) -> Response[ViolationItem]:
    """Describe one violation."""
    lang = parse_query(request).lang
    return build_json_response(request, lang, catalogue.describe_violation(request.law.rulebook, violation, lang))


@get(
    "/v1/steps",
    operation_id="listSteps",
    summary="办理事项目录 / All steps",
    tags=["catalogues"],
    responses=_PROBLEMS,
    opt={
        "role": "read",
        "links": (
            Link("getDeadline", "deadline", {"step": _FIRST_ID, "start": _START}),
            Link("getStep", "step", {"step": _FIRST_ID}),
        ),
    },
)
async def list_steps(request: StrictRequest) -> Response[StepCatalogue]:
    """List all steps."""
    lang = parse_query(request).lang
    return build_json_response(request, lang, catalogue.list_steps(request.law.rulebook, lang))


@get(
    "/v1/steps/{step:str}",
    operation_id="getStep",
    summary="一个办理事项 / One step",
    tags=["catalogues"],
    responses=list_problems(BAD_QUERY, NO_SUCH_STEP),
    opt={"role": "read", "links": (Link("getDeadline", "deadline", {"step": _ID, "start": _START}),)},
)
async def get_step(request: StrictRequest, step: FromPath[str]) -> Response[StepItem]:
    """Describe one step."""
    lang = parse_query(request).lang
    return build_json_response(request, lang, catalogue.describe_step(request.law.rulebook, step, lang))


@get(
    "/v1/terms",
    operation_id="listTerms",
    summary="有效期、保护期目录 / All terms",
    tags=["catalogues"],
    responses=_PROBLEMS,
    opt={
        "role": "read",
        "links": (
            Link("getExpiry", "expiry", {"term": _FIRST_ID, "start": _START}),
            Link("getTerm", "term", {"term": _FIRST_ID}),
        ),
    },
)
async def list_terms(request: StrictRequest) -> Response[TermCatalogue]:
    """List all terms."""
    lang = parse_query(request).lang
    return build_json_response(request, lang, catalogue.list_terms(request.law.rulebook, lang))


@get(
    "/v1/terms/{term:str}",
    operation_id="getTerm",
    summary="一种证件或者保护期 / One term",
    tags=["catalogues"],
    responses=list_problems(BAD_QUERY, NO_SUCH_TERM),
    opt={"role": "read", "links": (Link("getExpiry", "expiry", {"term": _ID, "start": _START}),)},
)
async def get_term(request: StrictRequest, term: FromPath[str]) -> Response[TermItem]:
    """Describe one term."""
    lang = parse_query(request).lang
    return build_json_response(request, lang, catalogue.describe_term(request.law.rulebook, term, lang))


@get(
    "/v1/coverage",
    operation_id="findCoverage",
    summary="按字词查找收录的项目，以及未收录内容应查的条款 / Rows by words, and where to look for what is not covered",
    tags=["catalogues"],
    responses=_PROBLEMS,
    opt={"role": "read", "query": (CoverageQuery,)},
)
async def get_coverage(request: StrictRequest) -> Response[CoverageAnswer]:
    """Find rows by words, and the provisions to look at for what the law data does not hold."""
    lang, query = parse_query(request, None)
    answer = find_coverage(decode_flat(CoverageQuery, query).q, request.law.rulebook, lang)
    return build_json_response(request, lang, answer)


HANDLERS: Final = [
    get_rulebook,
    list_violations,
    get_violation,
    list_steps,
    get_step,
    list_terms,
    get_term,
    get_coverage,
]
