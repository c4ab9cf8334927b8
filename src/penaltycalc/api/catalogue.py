"""The catalogues: violations, steps, terms, and the state of the law data."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final

import msgspec
from litestar import get
from litestar.params import FromPath

from penaltycalc.api.problems import problem_responses
from penaltycalc.api.request import StrictRequest, parse_query
from penaltycalc.api.response import (
    BytesResponse,
    Content,
    answer_headers,
    bytes_response,
    kept,
    with_etag,
)
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
from penaltycalc.calculators.explain import encode_answer

Http = StrictRequest
_ON_GET: Final = problem_responses(400, 406, 414, 500)
_ON_GET_ID: Final = problem_responses(400, 404, 406, 414, 500)


@get("/v1/rulebook", operation_id="getRulebook", tags=["catalogues"], responses=_ON_GET, opt={"role": "read"})
async def get_rulebook(request: Http) -> BytesResponse[RulebookItem]:
    """法律数据和日历的现状 / The law data and the calendar as they stand."""
    law, lang = request.law, parse_query(request).lang
    item = _written(catalogue.describe_rulebook, law.rulebook, law.calendar, lang)
    return bytes_response(request, answer_headers(lang), item)


@kept(256)
def _written(make: Callable[..., msgspec.Struct], *of: Hashable) -> Content:
    """What `make` makes of these, encoded once: of this very rulebook and calendar, which never change."""
    return with_etag(encode_answer(make(*of)))


def _catalogue(request: Http, make: Callable[..., msgspec.Struct], *id: str) -> BytesResponse[Any]:
    law, lang = request.law, parse_query(request).lang
    return bytes_response(request, answer_headers(lang), _written(make, law.rulebook, *id, lang))


@get("/v1/violations", operation_id="listViolations", tags=["catalogues"], responses=_ON_GET, opt={"role": "read"})
async def list_violations(request: Http) -> BytesResponse[ViolationCatalogue]:
    """违法行为目录 / All violations."""
    return _catalogue(request, catalogue.list_violations)


@get(
    "/v1/violations/{violation:str}",
    operation_id="getViolation",
    tags=["catalogues"],
    responses=_ON_GET_ID,
    opt={"role": "read"},
)
async def get_violation(request: Http, violation: FromPath[str]) -> BytesResponse[ViolationItem]:
    """一项违法行为 / One violation."""
    return _catalogue(request, catalogue.describe_violation, violation)


@get("/v1/steps", operation_id="listSteps", tags=["catalogues"], responses=_ON_GET, opt={"role": "read"})
async def list_steps(request: Http) -> BytesResponse[StepCatalogue]:
    """办理环节目录 / All steps."""
    return _catalogue(request, catalogue.list_steps)


@get("/v1/steps/{step:str}", operation_id="getStep", tags=["catalogues"], responses=_ON_GET_ID, opt={"role": "read"})
async def get_step(request: Http, step: FromPath[str]) -> BytesResponse[StepItem]:
    """一个办理环节 / One step."""
    return _catalogue(request, catalogue.describe_step, step)


@get("/v1/terms", operation_id="listTerms", tags=["catalogues"], responses=_ON_GET, opt={"role": "read"})
async def list_terms(request: Http) -> BytesResponse[TermCatalogue]:
    """有效期、保护期目录 / All terms."""
    return _catalogue(request, catalogue.list_terms)


@get("/v1/terms/{term:str}", operation_id="getTerm", tags=["catalogues"], responses=_ON_GET_ID, opt={"role": "read"})
async def get_term(request: Http, term: FromPath[str]) -> BytesResponse[TermItem]:
    """一个期限 / One term."""
    return _catalogue(request, catalogue.describe_term, term)


HANDLERS: Final = [get_rulebook, list_violations, get_violation, list_steps, get_step, list_terms, get_term]
